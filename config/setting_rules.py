"""Rules between settings: what a real vendor needs and the local stack does not."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Final, Protocol
from urllib.parse import urlsplit

from config.setting_types import variable_of

# (address, secret): the default of the secret is valid for the sandbox only.
GUARDED: Final = (
    ("stripe_api_base", "stripe_api_key"),
    ("stripe_api_base", "stripe_webhook_secret"),
    ("workday_url", "workday_password"),
    ("workday_url", "erp_event_secret"),
    ("salesforce_url", "salesforce_client_secret"),
    ("salesforce_url", "crm_event_secret"),
    ("entitlements_url", "entitlements_key"),
)
_WORKDAY_OAUTH: Final = ("workday_token_url", "workday_client_id", "workday_client_secret")
# (settings that are useful only together, settings that may be added to them).
_GROUPS: Final[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = (
    (("smtp_username", "smtp_password"), ()),
    (_WORKDAY_OAUTH, ("workday_refresh_token",)),
)
# Addresses of vendors that receive secrets, payment data and names of customers.
ADDRESSES: Final = (
    "stripe_api_base",
    "workday_url",
    "workday_token_url",
    "salesforce_url",
    "entitlements_url",
)
# Name of the sandbox in the private network of Docker Compose.
_SANDBOX_HOST: Final = "sandbox"


class SettingValues(Protocol):
    """The settings that the rules read as attributes; they read others by the names in the tables above."""

    @property
    def model_fields_set(self) -> set[str]:
        """Names of the settings that were given."""
        ...

    @property
    def plain_http_hosts(self) -> tuple[str, ...]:
        """Hosts that may be reached by plain http."""
        ...

    @property
    def smtp_tls(self) -> str | None:
        """How the connection to the SMTP relay is encrypted."""
        ...

    @property
    def smtp_host(self) -> str:
        """Host of the SMTP relay."""
        ...

    @property
    def smtp_username(self) -> str | None:
        """User name at the SMTP relay."""
        ...


def broken_rules(settings: SettingValues) -> tuple[str, ...]:
    """Return a message for every rule that these settings break, each naming its variables."""
    return (
        *_public_secrets(settings),
        *_plain_addresses(settings),
        *_half_set(settings),
        *_readable_login(settings),
    )


def _public_secrets(settings: SettingValues) -> Iterator[str]:
    for address, secret in GUARDED:
        host = _host_of(getattr(settings, address))
        is_sandbox = _is_this_machine(host) or host == _SANDBOX_HOST
        is_default = secret not in settings.model_fields_set
        if is_default and not is_sandbox and not _is_replaced(secret, settings):
            yield (
                f"{variable_of(secret)} must be set when {variable_of(address)} is not on this "
                "machine: the default is public"
            )


def _is_replaced(secret: str, settings: SettingValues) -> bool:
    # With OAuth the password is not used. An incomplete API client is reported by `_half_set` only.
    has_client = any(getattr(settings, name) is not None for name in _WORKDAY_OAUTH)
    return secret == "workday_password" and has_client  # noqa: S105


def _plain_addresses(settings: SettingValues) -> Iterator[str]:
    allowed = {host.lower() for host in settings.plain_http_hosts}
    for name in ADDRESSES:
        address = getattr(settings, name)
        if address is None or address.startswith("https://"):
            continue
        host = _host_of(address)
        if not _is_this_machine(host) and host not in allowed:
            yield (
                f"{variable_of(name)} must begin with https://, because {host} is not on this "
                f"machine; in a private network, {variable_of('plain_http_hosts')} may name the host"
            )


def _half_set(settings: SettingValues) -> Iterator[str]:
    for needed, extra in _GROUPS:
        missing = [name for name in needed if getattr(settings, name) is None]
        given = [name for name in needed + extra if getattr(settings, name) is not None]
        if given and missing:
            yield (
                f"{_listed(missing)} must be set when {_listed(given)} is: they are useful only "
                "together"
            )


def _readable_login(settings: SettingValues) -> Iterator[str]:
    # If TLS is optional, an attacker between us and the relay can remove the relay's STARTTLS offer.
    is_private = settings.smtp_tls in {"starttls", "tls"}
    has_login = settings.smtp_username is not None
    if has_login and not is_private and not _is_this_machine(settings.smtp_host):
        yield (
            f"{variable_of('smtp_tls')} must be starttls or tls when {variable_of('smtp_username')} "
            f"is set and {variable_of('smtp_host')} is not on this machine: otherwise others on the "
            "network could read the password"
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(variable_of(name) for name in names)


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
