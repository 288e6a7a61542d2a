"""The errors of the client, each with one meaning.

ClientError
├── InvalidInputError        the input has the wrong shape and was not sent: see `errors`
├── OrderRefusedError        something in the input is not allowed: see `errors`
├── OrderConflictError       the order id is already used for other content
├── RequestRefusedError      not possible in the present state, or the idempotency key was reused
├── NotFoundError            there is no such thing
├── UnauthorizedError        the API key is missing or wrong
├── UnavailableError         the API, Temporal or the database is down: send the same again later
└── WaitTimeoutError         the state waited for has not come yet
"""

from collections.abc import Sequence

from perennial.field_errors import FieldError


class ClientError(Exception):
    """Any refusal or failure that the client names.

    Attributes:
        status: HTTP status of the answer; None if there was none.
        kind: Name of the problem, as `invalid-input`; None if there was none.
    """

    def __init__(self, message: str, *, status: int | None = None, kind: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


class InvalidInputError(ClientError):
    """The input has the wrong shape; nothing was sent.

    Attributes:
        errors: Everything that is wrong, one entry per field.
    """

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors


class OrderRefusedError(ClientError):
    """Something in the input is not allowed; nothing was changed.

    Attributes:
        errors: Everything that is wrong, one entry per field.
    """

    def __init__(
        self, message: str, *, status: int, kind: str, errors: Sequence[FieldError]
    ) -> None:
        super().__init__(message, status=status, kind=kind)
        self.errors = tuple(errors)


class OrderConflictError(ClientError):
    """The order id is already used for other content; nothing was changed."""


class RequestRefusedError(ClientError):
    """The request was understood and cannot be done; nothing was changed."""


class NotFoundError(ClientError):
    """There is no such order or subscription."""


class UnauthorizedError(ClientError):
    """The API key is missing or wrong."""


class UnavailableError(ClientError):
    """The API cannot serve at the moment; sending the same again later does nothing twice.

    Attributes:
        retry_after: Seconds that the API asked to wait; None if it did not say.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        kind: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, kind=kind)
        self.retry_after = retry_after


class WaitTimeoutError(ClientError):
    """The state waited for has not come within the time given."""
