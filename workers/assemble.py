"""Assembles a worker process: the only module of this package that imports storage and connectors.

Here the type checker proves that connectors and storage implement the ports of `activities.ports`.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from temporalio.client import Client

from activities.crm import CrmActivities
from activities.emails import EmailActivities
from activities.erp import ErpActivities
from activities.events import EventActivities
from activities.grants import GrantActivities
from activities.numbers import NumberActivities
from activities.payments import PaymentActivities
from activities.sales import SaleActivities
from activities.starts import StartActivities
from config.catalog import CatalogFile
from config.clock import utc_now
from config.settings import Settings
from config.workday_mapping import load_workday_mapping
from connectors.entitlement_service import EntitlementSettings, RestEntitlementService
from connectors.salesforce.crm import SalesforceCrm
from connectors.salesforce.settings import SalesforceSettings
from connectors.smtp import SmtpEmailSender, SmtpSettings
from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from connectors.workday.erp import WorkdayErp
from connectors.workday.settings import OAuthClient, UsernameToken, WorkdayMapping, WorkdaySettings
from storage.database import Database
from storage.orders import OrderStore
from storage.recorder import Recorder
from storage.register import InvoiceRegister
from workers.registry import WorkerActivities
from workers.workflow_starter import TemporalStarter


@asynccontextmanager
async def assemble(
    settings: Settings, client: Client, clock: Callable[[], datetime] = utc_now
) -> AsyncGenerator[WorkerActivities]:
    """Create the activities with every connection that they need, and close the connections at the end.

    Raises:
        config.files.FileError: The catalog, policy or mapping file cannot be used.
    """
    async with AsyncExitStack() as stack:
        database = Database.open(settings.database_url)
        stack.push_async_callback(database.dispose)
        provider, erp = StripePayments(_stripe(settings)), WorkdayErp(_workday(settings))
        crm, email_sender = SalesforceCrm(_salesforce(settings)), SmtpEmailSender(_smtp(settings))
        entitlements = RestEntitlementService(_entitlements(settings))
        for connector in (provider, erp, crm, email_sender, entitlements):
            stack.push_async_callback(connector.aclose)
        orders = OrderStore(database, clock)
        catalog = CatalogFile.load(settings.catalog_path, settings.policies_path, clock=clock)
        catalog.check_seller()
        yield WorkerActivities(
            sales=SaleActivities(orders=orders, catalog=catalog),
            payments=PaymentActivities(provider=provider, orders=orders, entitlements=entitlements),
            grants=GrantActivities(entitlements=entitlements),
            events=EventActivities(recorder=Recorder(database)),
            numbers=NumberActivities(
                register=InvoiceRegister(
                    database, clock, seller=catalog.seller.party, zone=catalog.seller.zone
                )
            ),
            starts=StartActivities(starter=TemporalStarter(client)),
            erp=ErpActivities(erp=erp, orders=orders),
            crm=CrmActivities(crm=crm, orders=orders),
            emails=EmailActivities(email_sender=email_sender, orders=orders),
        )


def _stripe(settings: Settings) -> StripeSettings:
    return StripeSettings(
        api_key=settings.stripe_api_key.get_secret_value(), base_address=settings.stripe_api_base
    )


def _workday(settings: Settings) -> WorkdaySettings:
    file = load_workday_mapping(settings.workday_mapping_path)
    return WorkdaySettings(
        address=settings.workday_url,
        tenant=settings.workday_tenant,
        version=settings.workday_version,
        completes_processes=settings.workday_auto_complete,
        credentials=_workday_credentials(settings),
        mapping=WorkdayMapping(
            companies=file.companies,
            payment_terms=file.payment_terms,
            payment_types=file.payment_types,
            revenue_categories=file.revenue_categories,
            default_revenue_category=file.defaults.revenue_category,
            customer_category=file.defaults.customer_category,
            email_usage=file.defaults.email_usage,
        ),
    )


def _workday_credentials(settings: Settings) -> UsernameToken | OAuthClient:
    address, client = settings.workday_token_url, settings.workday_client_id
    secret, refresh = settings.workday_client_secret, settings.workday_refresh_token
    # `Settings` has checked that these three are set together or not at all.
    if address is None or client is None or secret is None:
        return UsernameToken(
            username=f"{settings.workday_user}@{settings.workday_tenant}",
            password=settings.workday_password.get_secret_value(),
        )
    return OAuthClient(
        token_address=address,
        client_id=client,
        client_secret=secret.get_secret_value(),
        refresh_token=None if refresh is None else refresh.get_secret_value(),
    )


def _salesforce(settings: Settings) -> SalesforceSettings:
    return SalesforceSettings(
        login_address=settings.salesforce_url,
        client_id=settings.salesforce_client_id,
        client_secret=settings.salesforce_client_secret.get_secret_value(),
        api_version=settings.salesforce_api_version,
        external_id_field=settings.salesforce_external_id_field,
        won_stage=settings.salesforce_won_stage,
        lost_stage=settings.salesforce_lost_stage,
        task_status=settings.salesforce_task_status,
        has_many_currencies=settings.salesforce_has_many_currencies,
        country_field=settings.salesforce_country_field,
    )


def _smtp(settings: Settings) -> SmtpSettings:
    password = settings.smtp_password
    return SmtpSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.email_from,
        domain=settings.email_from.partition("@")[2],
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
        uses_tls=settings.smtp_tls == "tls",
        # Not set: STARTTLS where the relay offers it.
        starts_tls=None if settings.smtp_tls is None else settings.smtp_tls == "starttls",
    )


def _entitlements(settings: Settings) -> EntitlementSettings:
    return EntitlementSettings(
        base_address=settings.entitlements_url,
        api_key=settings.entitlements_key.get_secret_value(),
    )
