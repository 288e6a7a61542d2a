"""Failures of outside systems; each class has one meaning for the code that decides what happens next.

    PerennialError
    ├── RejectedError            the other side understood and refused: repeating cannot help
    │   ├── ConflictError        the key already exists with other content: a person must look
    │   └── UnknownEntityError   what was named does not exist
    ├── UnavailableError         the call did not happen or is known to have had no effect: repeat it
    │   ├── ThrottledError       the other side asked for a pause
    │   ├── NotReadyError        something that must come first is not there yet
    │   └── CredentialsError     our credentials were refused: repeat slowly until an operator fixes them
    └── OutcomeUnknownError      sent, but no response: look the object up before anything else

A card decline is none of these: it is a result (`domain.collection.provider_invoice.ChargeResult`).
"""

from datetime import timedelta


class PerennialError(Exception):
    """Base of all failures that Perennial defines; the message is safe to log and to show to an operator."""


class RejectedError(PerennialError):
    """The other side understood the request and refused it; the same request will be refused again."""


class ConflictError(RejectedError):
    """The key is already used for other content; nothing was changed and a person must look."""


class UnknownEntityError(RejectedError):
    """The named object does not exist on the other side."""


class UnavailableError(PerennialError):
    """The other side could not serve the call and is known not to have acted on it."""


class ThrottledError(UnavailableError):
    """The other side asked us to slow down.

    Attributes:
        retry_after: How long it asked us to wait, or None if it did not say.
    """

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotReadyError(UnavailableError):
    """An object that this call refers to has not arrived yet, but is on its way."""


class CredentialsError(UnavailableError):
    """Our credentials were refused; repeating helps only after an operator has fixed them."""


class OutcomeUnknownError(PerennialError):
    """The call was sent and its response was lost; look the object up by its key before acting again."""
