"""Why a use case refuses a request. The API, the command line and webhooks each put it in their own words.

domain.failures.RejectedError
├── InvalidInputError        the input cannot be understood or is not sold; nothing was changed
├── RequestRefusedError      understood, but impossible in the present state; nothing was changed
└── SubscriptionClosedError  the subscription has ended
domain.failures.UnavailableError
└── InProgressError          the same idempotency key is being worked on right now
"""

from config.catalog_sale import NotSoldError
from domain.failures import RejectedError, UnavailableError
from perennial.field_errors import FieldError, echo


class InvalidInputError(RejectedError):
    """The input cannot be understood, or the catalog does not sell it.

    Attributes:
        errors: Everything that is wrong, one entry per field.
    """

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors


def not_sold(refusal: NotSoldError, *, within: str = "") -> InvalidInputError:
    """Return the error for what the catalog does not sell; `within` is put in front of the field's name."""
    allowed = f"not sold; allowed: {', '.join(refusal.allowed)}"
    field = f"{within}{refusal.field}"
    return InvalidInputError(FieldError(field=field, value=echo(refusal.value), allowed=allowed))


class RequestRefusedError(RejectedError):
    """The request cannot be done in the subscription's present state."""


class SubscriptionClosedError(RejectedError):
    """The subscription has ended; nothing more can be asked of it."""


class InProgressError(UnavailableError):
    """The same request is being worked on; ask again in a moment for its answer."""
