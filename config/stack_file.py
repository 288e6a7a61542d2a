"""The file of a local stack, `.data/stack.json`: addresses and local secrets, readable by its owner only.

`perennial up` writes it. The other commands take from it what their environment does not set.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from perennial.client import KEY_VARIABLE, URL_VARIABLE

LOOPBACK: Final = "127.0.0.1"
DATA_VARIABLE: Final = "PERENNIAL_DATA"
DEFAULT_DATA: Final = Path(".data")
BUILD_VARIABLE: Final = "PERENNIAL_BUILD_ID"
KNOWN_VARIABLES: Final = frozenset({DATA_VARIABLE, URL_VARIABLE, KEY_VARIABLE, BUILD_VARIABLE})
_OWNER_ONLY: Final = 0o600


class StackError(Exception):
    """The local stack cannot be started; the message says why and what to do."""


class Ports(BaseModel):
    """Where the parts of the local stack listen."""

    model_config = ConfigDict(frozen=True)

    temporal: int = 7233
    web_ui: int = 8233
    api: int = 8080
    sandbox: int = 8090
    smtp: int = 8025

    @classmethod
    def shifted(cls, offset: int) -> Self:
        """Return the usual ports, each moved up by the offset."""
        return cls(**{name: port + offset for name, port in cls().model_dump().items()})


class Secrets(BaseModel):
    """Local secrets of one stack, made once and kept, so that running subscriptions survive a restart."""

    model_config = ConfigDict(frozen=True)

    api_key: str
    entitlements_key: str
    stripe_webhook_secret: str
    erp_event_secret: str
    crm_event_secret: str

    @classmethod
    def new(cls) -> Self:
        """Return new secrets."""
        return cls(
            api_key=f"pk_{secrets.token_hex(24)}",
            entitlements_key=secrets.token_hex(24),
            stripe_webhook_secret=f"whsec_{secrets.token_hex(24)}",
            erp_event_secret=secrets.token_hex(24),
            crm_event_secret=secrets.token_hex(24),
        )


class Stack(BaseModel):
    """One local stack: its ports, its secrets, and the process that runs it."""

    model_config = ConfigDict(frozen=True)

    pid: int
    data: Path
    ports: Ports
    secrets: Secrets

    @classmethod
    def read(cls, data: Path) -> Self | None:
        """Return the stack whose file lies in this folder, or None if there is none that can be read."""
        try:
            return cls.model_validate_json((data / "stack.json").read_text("utf-8"))
        except (OSError, ValidationError):
            return None

    def write(self) -> None:
        """Put the file into the folder, for its owner's eyes only."""
        file = self.data / "stack.json"
        new = file.with_suffix(".new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as output:
            output.write(self.model_dump_json(indent=2) + "\n")
        new.replace(file)

    @property
    def addresses(self) -> Mapping[str, str]:
        """What people can open, by name."""
        sandbox = f"http://{LOOPBACK}:{self.ports.sandbox}"
        return {
            "Temporal Web UI": f"http://{LOOPBACK}:{self.ports.web_ui}",
            "Temporal": f"{LOOPBACK}:{self.ports.temporal}",
            "API and its documentation": f"{self.api_url}/docs",
            "Sandbox": f"{sandbox}/",
            "Stripe": f"{sandbox}/stripe/",
            "Workday": f"{sandbox}/workday/",
            "Salesforce": f"{sandbox}/salesforce/",
            "Entitlements": f"{sandbox}/entitlements/",
            "Inbox": f"{sandbox}/mailbox/",
        }

    @property
    def api_url(self) -> str:
        """Address of the API."""
        return f"http://{LOOPBACK}:{self.ports.api}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make every command of ours part of this stack."""
        sandbox = f"http://{LOOPBACK}:{self.ports.sandbox}"
        return {
            DATA_VARIABLE: str(self.data),
            "TEMPORAL_ADDRESS": f"{LOOPBACK}:{self.ports.temporal}",
            "TEMPORAL_NAMESPACE": "default",
            URL_VARIABLE: self.api_url,
            KEY_VARIABLE: self.secrets.api_key,
            "PERENNIAL_DATABASE_URL": f"sqlite:///{self.data / 'perennial.db'}",
            "PERENNIAL_API_HOST": LOOPBACK,
            "PERENNIAL_API_PORT": str(self.ports.api),
            "PERENNIAL_API_KEYS": self.secrets.api_key,
            "PERENNIAL_STRIPE_API_BASE": f"{sandbox}/stripe",
            "PERENNIAL_STRIPE_WEBHOOK_SECRET": self.secrets.stripe_webhook_secret,
            "PERENNIAL_WORKDAY_URL": f"{sandbox}/workday",
            "PERENNIAL_SALESFORCE_URL": f"{sandbox}/salesforce",
            "PERENNIAL_ENTITLEMENTS_URL": f"{sandbox}/entitlements",
            "PERENNIAL_ENTITLEMENTS_KEY": self.secrets.entitlements_key,
            "PERENNIAL_SMTP_HOST": LOOPBACK,
            "PERENNIAL_SMTP_PORT": str(self.ports.smtp),
            "PERENNIAL_ERP_EVENT_SECRET": self.secrets.erp_event_secret,
            "PERENNIAL_CRM_EVENT_SECRET": self.secrets.crm_event_secret,
        }


def data_folder(environment: Mapping[str, str]) -> Path:
    """Return where the stack's files lie, absolute."""
    return Path(environment.get(DATA_VARIABLE) or DEFAULT_DATA).absolute()


def with_stack(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment, completed by the stack in the data folder, if there is one."""
    stack = Stack.read(data_folder(environment))
    return {**({} if stack is None else stack.environment), **environment}
