"""Settings: environment variables `PERENNIAL_*` read once into a frozen value.

The defaults describe the local stack (`perennial up`). The connection to Temporal is not configured
here but by Temporal's own environment variables, see `config.temporal`.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    SecretStr,
    ValidationError,
    model_validator,
)

from config.setting_rules import broken_rules
from config.setting_types import (
    PREFIX,
    CountryField,
    EmptyIsNone,
    Hosts,
    Keys,
    OptionalSecret,
    OptionalText,
    Port,
    Secret,
    SmtpTls,
    Url,
    variable_of,
)

SANDBOX_URL: Final = "http://127.0.0.1:8090"

RENAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PERENNIAL_MAIL_FROM": "PERENNIAL_EMAIL_FROM",
        "PERENNIAL_MESSAGES_PER_SECOND": "PERENNIAL_EMAIL_PER_SECOND",
    }
)
"""Former names of variables. A variable with a former name is refused, so that its value is not ignored."""


class SettingsError(ValueError):
    """A variable has a value that cannot be used; the message names it and says what is allowed."""


class Settings(BaseModel):
    """Everything that may differ between two installations; the same for API, worker and commands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(
        default="sqlite:///.data/perennial.db",
        pattern=r"^(sqlite|postgres|postgresql)(\+[a-z]+)?://",
        description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
    )
    api_host: str = Field(
        default="127.0.0.1", min_length=1, description="interface on which the API listens"
    )
    api_port: Port = Field(default=8080, description="port of the API, 1 to 65535")
    api_keys: Keys = Field(
        default=(), description="keys that callers may present, separated by commas"
    )
    plain_http_hosts: Hosts = Field(
        default=(),
        description="hosts of vendors that may be reached by plain http inside a private network, "
        "separated by commas",
    )
    stripe_api_key: Secret = Field(
        default=SecretStr("sk_test_sandbox"), description="secret or restricted key of Stripe"
    )
    stripe_api_base: Url = Field(
        default=f"{SANDBOX_URL}/stripe",
        description="address of the Stripe API; https://api.stripe.com for the real one",
    )
    stripe_api_version: str = Field(
        default="2026-10-28.endive",
        pattern=r"^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$",
        description="API version that Stripe's events must have",
    )
    stripe_webhook_secret: Secret = Field(
        default=SecretStr("whsec_sandbox"), description="signing secret of the webhook endpoint"
    )
    workday_url: Url = Field(
        default=f"{SANDBOX_URL}/workday", description="address of the Workday host"
    )
    workday_tenant: str = Field(default="perennial", min_length=1, description="Workday tenant")
    workday_version: str = Field(
        default="v39.2", pattern=r"^v\d+\.\d+$", description="web service version such as v39.2"
    )
    workday_user: str = Field(
        default="isu_perennial",
        min_length=1,
        description="integration system user, without the tenant",
    )
    workday_password: Secret = Field(
        default=SecretStr("sandbox"), description="password of the integration system user"
    )
    workday_token_url: Annotated[Url | None, EmptyIsNone] = Field(
        default=None,
        description="token address of the tenant's API client; set it to use OAuth instead of the user's "
        "password",
    )
    workday_client_id: OptionalText = Field(default=None, description="id of that API client")
    workday_client_secret: OptionalSecret = Field(
        default=None, description="secret of that API client"
    )
    workday_refresh_token: OptionalSecret = Field(
        default=None,
        description="refresh token that does not expire; if not set, the client credentials grant is used",
    )
    workday_mapping_path: Annotated[Path | None, EmptyIsNone] = Field(
        default=None,
        description="TOML file of the tenant's reference ids; the shipped one if not set",
    )
    workday_auto_complete: bool = Field(
        default=True,
        description="true: our documents skip the tenant's approval; false: they need it",
    )
    salesforce_url: Url = Field(
        default=f"{SANDBOX_URL}/salesforce", description="address of the Salesforce org"
    )
    salesforce_client_id: str = Field(
        default="perennial", min_length=1, description="consumer key of the connected app"
    )
    salesforce_client_secret: Secret = Field(
        default=SecretStr("sandbox"), description="consumer secret of the connected app"
    )
    salesforce_api_version: str = Field(
        default="v67.0", pattern=r"^v\d+\.0$", description="REST API version such as v67.0"
    )
    salesforce_external_id_field: str = Field(
        default="Perennial_Id__c",
        pattern=r"^[A-Za-z]\w*__c$",
        description="API name of our unique external id on Account, Opportunity and Task, ending in __c",
    )
    salesforce_won_stage: str = Field(
        default="Closed Won", min_length=1, description="stage that means won in this org"
    )
    salesforce_lost_stage: str = Field(
        default="Closed Lost", min_length=1, description="stage that means lost in this org"
    )
    salesforce_task_status: str = Field(
        default="Not Started", min_length=1, description="status of a new task in this org"
    )
    salesforce_has_many_currencies: bool = Field(
        default=False,
        description="true: the org is multi-currency, so each amount is sent with its currency",
    )
    salesforce_country_field: CountryField = Field(
        default="BillingCountry",
        description="BillingCountry, or BillingCountryCode where the org has country picklists",
    )
    entitlements_url: Url = Field(
        default=f"{SANDBOX_URL}/entitlements", description="address of the entitlement service"
    )
    entitlements_key: Secret = Field(
        default=SecretStr("sandbox"), description="bearer key of the entitlement service"
    )
    smtp_host: str = Field(default="127.0.0.1", min_length=1, description="host of the SMTP relay")
    smtp_port: Port = Field(default=8025, description="port of the SMTP relay, 1 to 65535")
    smtp_tls: SmtpTls = Field(
        default=None,
        description="none, starttls, or tls from the first byte (port 465); if not set, STARTTLS when the "
        "relay offers it",
    )
    smtp_username: OptionalText = Field(
        default=None, description="user name at the SMTP relay, if it needs one"
    )
    smtp_password: OptionalSecret = Field(default=None, description="password of that user")
    email_from: str = Field(
        default="billing@perennial.example",
        pattern=r"^[^\s@]+@[^\s@]+$",
        description="email address from which emails are sent",
    )
    erp_event_secret: Secret = Field(
        default=SecretStr("erp_sandbox"), description="HMAC key of events from the ERP"
    )
    crm_event_secret: Secret = Field(
        default=SecretStr("crm_sandbox"), description="HMAC key of events from the CRM"
    )
    catalog_path: Annotated[Path | None, EmptyIsNone] = Field(
        default=None, description="TOML file of plans; the shipped catalog if not set"
    )
    policies_path: Annotated[Path | None, EmptyIsNone] = Field(
        default=None, description="TOML file of policies; the shipped policies if not set"
    )
    erp_per_second: PositiveFloat = Field(
        default=5.0, description="ERP calls per second over the whole fleet, above 0"
    )
    crm_per_second: PositiveFloat = Field(
        default=15.0, description="CRM calls per second over the whole fleet, above 0"
    )
    email_per_second: PositiveFloat = Field(
        default=20.0, description="emails per second over the whole fleet, above 0"
    )
    otlp_endpoint: Annotated[Url | None, EmptyIsNone] = Field(
        default=None, description="OTLP/HTTP collector for traces, such as http://127.0.0.1:4318"
    )

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings of this environment; a variable that is not set has its default.

        Raises:
            SettingsError: A value cannot be used, or a variable has its former name. The message names
                every bad variable and does not show secrets.
        """
        if former := [name for name in RENAMED if name in environment]:
            raise SettingsError("\n".join(f"{name} is now {RENAMED[name]}" for name in former))
        given = {
            name: environment[variable]
            for name in cls.model_fields
            if (variable := variable_of(name)) in environment
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise SettingsError(_explain(error, given)) from None

    @model_validator(mode="after")
    def _keep_the_rules(self) -> Self:
        if broken := broken_rules(self):
            raise ValueError("\n".join(broken))
        return self


def unknown_variables(environment: Mapping[str, str], known: frozenset[str]) -> tuple[str, ...]:
    """Return the `PERENNIAL_*` variables that nothing reads; most of them are typing errors."""
    fields = {variable_of(name) for name in Settings.model_fields}
    return tuple(
        sorted(
            name for name in environment if name.startswith(PREFIX) and name not in fields | known
        )
    )


def _explain(error: ValidationError, given: Mapping[str, str]) -> str:
    lines: list[str] = []
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        if not found["loc"]:
            lines.append(found["msg"].removeprefix("Value error, "))
            continue
        name = str(found["loc"][0])
        field = Settings.model_fields[name]
        # A database URL may contain a password.
        is_secret = name == "database_url" or "secret" in repr(field.annotation).lower()
        value = "(not shown)" if is_secret else repr(given.get(name))
        lines.append(f"{variable_of(name)}={value}: {found['msg']} ({field.description})")
    return "\n".join(lines)
