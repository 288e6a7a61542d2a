"""Why a front door says no, as exceptions that the API, the command line and webhooks each word their way.

domain.failures.RejectedError
├── InvalidInputError        what was sent cannot be understood or sold; nothing was changed
├── RequestRefusedError      understood, but impossible in the present state; nothing was changed
└── SubscriptionClosedError  the subscription has ended
domain.failures.UnavailableError
└── InProgressError          the same idempotency key is being worked on right now
"""

from dataclasses import dataclass

from typing_extensions import override

from domain.failures import RejectedError, UnavailableError


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldError:
    """One thing that is wrong with what was sent.

    Attributes:
        field: Path of the field, as `account.email` or `add_ons.0.quantity`.
        allowed: What may stand there, in words.
        value: What was sent, cut short; None if it must not be repeated.
    """

    field: str
    allowed: str
    value: str | None = None

    @override
    def __str__(self) -> str:
        said = "" if self.value is None else f" {self.value!r}"
        return f"{self.field}{said}: {self.allowed}"


class InvalidInputError(RejectedError):
    """What was sent cannot be understood or is not sold.

    Attributes:
        errors: Everything that is wrong, one entry per field.
    """

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors


class RequestRefusedError(RejectedError):
    """The request cannot be done in the subscription's present state."""


class SubscriptionClosedError(RejectedError):
    """The subscription has ended; nothing more can be asked of it."""


class InProgressError(UnavailableError):
    """The same request is being worked on; ask again in a moment for its answer."""
