"""How to reach a Workday tenant, and the reference IDs of its configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.failures import RejectedError
from domain.parties.orders import PaymentKind


@dataclass(frozen=True, kw_only=True, slots=True)
class UsernameToken:
    """WS-Security credentials of an integration system user.

    Attributes:
        username: `user@tenant`.
    """

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class OAuthClient:
    """An API client for integrations; its bearer token also works for SOAP.

    Attributes:
        token_address: Such as `https://host/ccx/oauth2/tenant/token`.
        refresh_token: Non-expiring refresh token; None uses the client credentials grant.
    """

    token_address: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkdayMapping:
    """Our words -> reference IDs of the tenant; all of them are tenant configuration.

    Attributes:
        companies: Legal entity -> Company_Reference_ID; the name of an entity that is not listed is its id.
        payment_terms: How an account pays -> Payment_Terms_ID.
        payment_types: How an account pays -> Payment_Type_ID.
        revenue_categories: Plan or add-on -> Revenue_Category_ID.
        default_revenue_category: For plans and add-ons that are not listed there.
        customer_category: Customer_Category_ID of new customers; Workday requires one.
        email_usage: Communication_Usage_Type_ID of a customer's email address.
    """

    payment_terms: Mapping[PaymentKind, str]
    payment_types: Mapping[PaymentKind, str]
    default_revenue_category: str
    customer_category: str
    companies: Mapping[str, str] = field(default_factory=dict[str, str])
    revenue_categories: Mapping[str, str] = field(default_factory=dict[str, str])
    email_usage: str = "BUSINESS"

    def terms_of(self, kind: PaymentKind) -> str:
        """Return the Payment_Terms_ID.

        Raises:
            RejectedError: None is configured.
        """
        return _mapped(self.payment_terms, kind, "payment terms")

    def payment_type_of(self, kind: PaymentKind) -> str:
        """Return the Payment_Type_ID.

        Raises:
            RejectedError: None is configured.
        """
        return _mapped(self.payment_types, kind, "payment type")

    def company_of(self, legal_entity: str) -> str:
        """Return the Company_Reference_ID."""
        return self.companies.get(legal_entity, legal_entity)

    def revenue_category_of(self, price_of: str) -> str:
        """Return the Revenue_Category_ID of a plan or add-on."""
        return self.revenue_categories.get(price_of, self.default_revenue_category)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkdaySettings:
    """One tenant.

    Attributes:
        address: Such as `https://wd2-impl-services1.workday.com`.
        tenant: Tenant name, part of the path.
        version: Web service version, part of the path.
        completes_processes: Whether our documents skip the tenant's approval (`Auto_Complete`).
        timeout_seconds: Longest wait for an answer.
    """

    address: str
    tenant: str
    credentials: UsernameToken | OAuthClient
    mapping: WorkdayMapping
    version: str = "v39.2"
    completes_processes: bool = True
    timeout_seconds: float = 60.0


def _mapped(table: Mapping[PaymentKind, str], kind: PaymentKind, noun: str) -> str:
    if kind not in table:
        raise RejectedError(f"no Workday {noun} is configured for {kind.value}")
    return table[kind]
