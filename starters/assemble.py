"""Where the API's process is put together: the only module of this room that knows storage and connectors."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from config.catalog import CatalogFile
from config.clock import utc_now
from config.settings import Settings, SettingsError
from config.telemetry import tracing_interceptors
from config.temporal import connect
from connectors.entitlement_service import EntitlementSettings, RestEntitlementService
from connectors.hmac_events import HmacEvents
from connectors.stripe.webhooks import StripeEvents
from domain.effects.inbound import ProviderEvent
from starters.temporal.workflow_client import TemporalWorkflowClient
from starters.use_cases.ports import WorkflowClient
from starters.use_cases.preview import Previews
from starters.use_cases.sell import Sales
from starters.use_cases.services import Services
from starters.use_cases.subscription_requests import SubscriptionRequests
from storage import migrate
from storage.database import Database
from storage.idempotency import IdempotencyKeys
from storage.inbound import InboundEvents
from storage.orders import OrderStore
from storage.read_model import ReadModel


@asynccontextmanager
async def open_services(
    settings: Settings, environment: Mapping[str, str] | None = None
) -> AsyncGenerator[Services]:
    """Open everything that the API needs, and close it at the end.

    Neither Temporal nor the database has to be up: what needs them answers 503 until they are.

    Raises:
        SettingsError: No API key is set.
        config.files.FileError: The catalog or policy file cannot be used.
    """
    client = await connect(
        environment, interceptors=tracing_interceptors(settings.otlp_endpoint), is_lazy=True
    )
    async with opened(settings, TemporalWorkflowClient(client=client)) as services:
        yield services


@asynccontextmanager
async def opened(
    settings: Settings, workflow_client: WorkflowClient, *, clock: Callable[[], datetime] = utc_now
) -> AsyncGenerator[Services]:
    """Open everything but Temporal; see `open_services`.

    Raises:
        SettingsError: No API key is set.
    """
    if not settings.api_keys:
        raise SettingsError(
            "PERENNIAL_API_KEYS is not set: choose a long random key, for example with "
            "'openssl rand -hex 24', and give it to the API and to its callers"
        )
    catalog = CatalogFile.load(settings.catalog_path, settings.policies_path, clock=clock)
    database = Database.open(settings.database_url)
    access = RestEntitlementService(
        EntitlementSettings(
            base_address=settings.entitlements_url,
            api_key=settings.entitlements_key.get_secret_value(),
        )
    )
    try:
        yield _services(settings, workflow_client, catalog, database, access, clock=clock)
    finally:
        await access.aclose()
        await database.dispose()


def _services(
    settings: Settings,
    workflow_client: WorkflowClient,
    catalog: CatalogFile,
    database: Database,
    access: RestEntitlementService,
    *,
    clock: Callable[[], datetime],
) -> Services:
    orders, read_model = OrderStore(database, clock), ReadModel(database)
    return Services(
        api_keys=tuple(key.get_secret_value() for key in settings.api_keys),
        sales=Sales(
            orders=orders, sales=read_model, catalog=catalog, workflow_client=workflow_client
        ),
        requests=SubscriptionRequests(read_model=read_model, workflow_client=workflow_client),
        previews=Previews(catalog=catalog, clock=clock),
        workflow_client=workflow_client,
        orders=orders,
        read_model=read_model,
        database=database,
        idempotency=IdempotencyKeys(database, clock),
        access=access,
        inbound=InboundEvents(database, clock),
        payment_events=_Dated(_stripe(settings), clock),
        erp_events=_Dated(_hmac(settings.erp_event_secret.get_secret_value()), clock),
        crm_events=_Dated(_hmac(settings.crm_event_secret.get_secret_value()), clock),
    )


def _stripe(settings: Settings) -> StripeEvents:
    return StripeEvents(
        secret=settings.stripe_webhook_secret.get_secret_value(),
        api_version=settings.stripe_api_version,
    )


def _hmac(secret: str) -> HmacEvents:
    return HmacEvents(secrets=(secret,))


@dataclass(frozen=True, slots=True)
class _Dated:
    """Gives a verifier the present instant."""

    events: HmacEvents | StripeEvents
    clock: Callable[[], datetime]

    def verify(self, body: bytes, signature: str | None) -> ProviderEvent:
        return self.events.verify(body, signature, self.clock())


async def migrate_database(settings: Settings) -> str | None:
    """Bring the database to the tables of this version and return its revision.

    Raises:
        UnavailableError: The database could not serve it; nothing was changed.
    """
    await migrate.upgrade(settings.database_url)
    return await migrate.current(settings.database_url)


async def database_revision(settings: Settings) -> tuple[str | None, str | None]:
    """Return the revision that the database is at, and the newest one.

    Raises:
        UnavailableError: The database does not answer.
    """
    return await migrate.current(settings.database_url), migrate.latest()
