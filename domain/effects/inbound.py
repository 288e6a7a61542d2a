"""Events that outside systems push to us: hints that something changed; their content is not trusted."""

from dataclasses import dataclass
from datetime import datetime

from domain.failures import RejectedError


class WebhookRefusedError(RejectedError):
    """The event is refused: a bad or old signature, or a body that cannot be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderEvent:
    """A verified event; code that acts on it reads the object again first.

    Attributes:
        event_id: The sender's id; the same event may arrive more than once, and out of order.
        event_type: The sender's name for the event, such as `invoice.paid`.
        api_version: Version of the sender's API that shaped the body, or None if it has none.
        created_at: When the sender says it happened.
        invoice_id: Our invoice id as found in the object, or None if it concerns no invoice of ours.
        object_id: The sender's id of the object, or None.
        is_expected_version: False if the API version is not the one we were built for; then no
            field of the object was trusted and `invoice_id` is None.
    """

    event_id: str
    event_type: str
    api_version: str | None
    created_at: datetime
    invoice_id: str | None
    object_id: str | None
    is_expected_version: bool = True
