"""Rules that hold between settings: what a real vendor asks for that the embedded stack does not."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel

from config.setting_types import variable_of

# Address -> secret whose default opens nothing but the sandbox.
GUARDED: Final = (
    ("stripe_api_base", "stripe_api_key"),
    ("stripe_api_base", "stripe_webhook_secret"),
    ("workday_url", "workday_password"),
    ("workday_url", "erp_event_secret"),
    ("salesforce_url", "salesforce_client_secret"),
    ("salesforce_url", "crm_event_secret"),
    ("entitlements_url", "entitlements_key"),
)
# Compose gives the sandbox this name in its private network.
_SANDBOX_HOST: Final = "sandbox"


def broken_rules(settings: BaseModel) -> tuple[str, ...]:
    """Return a message for every rule that these settings break, each naming its variables."""
    return tuple(_public_secrets(settings))


def _public_secrets(settings: BaseModel) -> Iterator[str]:
    for address, secret in GUARDED:
        host = _host_of(getattr(settings, address))
        is_played = _is_this_machine(host) or host == _SANDBOX_HOST
        if secret not in settings.model_fields_set and not is_played:
            yield (
                f"{variable_of(secret)} must be set when {variable_of(address)} is not on this "
                "machine: the default is public"
            )


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
