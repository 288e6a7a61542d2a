"""Writes `docs/settings.md` from the settings themselves: `python -m tests.unit.docs.settings_page`."""

from pathlib import Path
from typing import Final

from pydantic import SecretStr

from config.setting_rules import ADDRESSES, GUARDED
from config.setting_types import variable_of
from config.settings import Settings
from config.stack_file import DATA_VARIABLE, DEFAULT_DATA
from perennial.client import DEFAULT_URL, KEY_VARIABLE, URL_VARIABLE

PAGE: Final = Path(__file__).parents[3] / "docs" / "settings.md"
BUILD_VARIABLE: Final = "PERENNIAL_BUILD_ID"

_INTRODUCTION: Final = """\
# Settings

Environment variables, read once at the start of every process; the same for API, worker and commands. A value
that cannot be used ends the process with a message that names the variable. The defaults describe the local
stack of `perennial up`. `perennial doctor` names every `PERENNIAL_*` variable that nothing reads.

This page is generated from `config/settings.py`:
`.venv/bin/python -m tests.unit.docs.settings_page` writes it anew. A setting with a former name is refused, and the message
names the new one.

| Variable | Default | Meaning |
|---|---|---|
"""

_GUARDS: Final = """
## Secrets that must be set

The default secrets are public. A process does not start with one of them when the system that it opens is not on
this machine:

| When this is not on this machine | this must be set |
|---|---|
"""

_RULES: Final = """
An API client of Workday (`PERENNIAL_WORKDAY_TOKEN_URL`, `PERENNIAL_WORKDAY_CLIENT_ID` and
`PERENNIAL_WORKDAY_CLIENT_SECRET`) takes the place of `PERENNIAL_WORKDAY_USER` and `PERENNIAL_WORKDAY_PASSWORD`. The
login of the SMTP relay goes to another machine only by TLS.

## Encrypted, unless it is private

A vendor that is not on this machine must be reached by `https://`, because secrets, amounts and names go there. Where TLS ends
before the vendor, in a private network, `PERENNIAL_PLAIN_HTTP_HOSTS` names the hosts that may be reached by `http://`, such as
`entitlements.internal`. `docker-compose.yml` names `sandbox` there and nothing else. The rule holds for
{addresses}.
"""

_OTHERS: Final = f"""
## Other variables

| Variable | Default | Read by |
|---|---|---|
| `{URL_VARIABLE}` | `{DEFAULT_URL}` | the Python client and the commands: address of the API |
| `{KEY_VARIABLE}` | | the Python client and the commands: one of `PERENNIAL_API_KEYS` |
| `{DATA_VARIABLE}` | `{DEFAULT_DATA}` | `perennial up`, `perennial demo` and the commands: folder of the local stack |
| `{BUILD_VARIABLE}` | `development` | the worker: names the code that runs; Temporal shows it for each worker |

## Temporal

How to reach Temporal follows Temporal's own
[environment configuration](https://docs.temporal.io/develop/environment-configuration): `TEMPORAL_ADDRESS`,
`TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_CLIENT_CERT_PATH` and the others, or a profile in a TOML file
(`TEMPORAL_CONFIG_FILE`, `TEMPORAL_PROFILE`). Without any of them it is `127.0.0.1:7233`, namespace `default`.
"""


def settings_page() -> str:
    """Return the page as it must read for the settings of this version."""
    rows = "".join(
        f"| `{variable_of(name)}` | {_shown(field.default)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )
    guards = "".join(
        f"| `{variable_of(address)}` | `{variable_of(secret)}` |\n" for address, secret in GUARDED
    )
    addresses = ", ".join(f"`{variable_of(name)}`" for name in ADDRESSES)
    return _INTRODUCTION + rows + _GUARDS + guards + _RULES.format(addresses=addresses) + _OTHERS


def _shown(default: object) -> str:
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, bool):
        default = str(default).lower()
    return "" if default is None or default == () else f"`{default}`"


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
