"""Events pushed by an ERP or a CRM: JSON signed by HMAC-SHA256 over timestamp and raw body.

Header: `X-Perennial-Signature: t=<unix seconds>,v1=<hex hmac-sha256 of "t.body">`; several `v1` while a
secret is being rotated. Body: `{"id", "type", "created", "data": {...}}`, `created` in unix seconds.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from domain.effects.inbound import ProviderEvent, WebhookRefusedError

SIGNATURE_HEADER: Final = "X-Perennial-Signature"
TOLERANCE: Final = timedelta(seconds=300)
_LONGEST: Final = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class HmacEvents:
    """Checks and reads the events of one sender.

    Attributes:
        secrets: Shared keys that are valid now; two while one is being replaced. An empty key is ignored.
        object_field: Field of `data` that names the sender's object.
    """

    secrets: tuple[str, ...] = field(repr=False)
    object_field: str = "id"

    def verify(self, body: bytes, signature: str | None, now: datetime) -> ProviderEvent:
        """Return the event that one of the secrets signed within 300 seconds of `now`.

        Args:
            body: The raw request body, byte for byte.
            signature: Value of the signature header, None if it was absent.
            now: The present instant, aware.

        Raises:
            WebhookRefusedError: The signature is missing, wrong or too old, or the body is not an
                event.
        """
        timestamp, digests = _parts(signature or "")
        # Anyone can sign with the empty key.
        known = [secret for secret in self.secrets if secret]
        if not any(_is_signed(body, timestamp, digests, secret) for secret in known):
            raise WebhookRefusedError("no signature of a known secret")
        if abs(now - _instant(timestamp)) > TOLERANCE:
            raise WebhookRefusedError("the signature is too old or from the future")
        return self._event(body)

    def _event(self, body: bytes) -> ProviderEvent:
        try:
            document = cast("dict[str, object]", json.loads(body))
            data = cast("dict[str, object]", document.get("data") or {})
            invoice_id, object_id = data.get("invoice_id"), data.get(self.object_field)
            created_at = _instant(int(cast("int", document["created"])))
            event_id, event_type = _named(document["id"]), _named(document["type"])
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise WebhookRefusedError("the body is not an event") from None
        return ProviderEvent(
            event_id=event_id,
            event_type=event_type,
            api_version=None,
            created_at=created_at,
            invoice_id=_text(invoice_id),
            object_id=_text(object_id),
        )


def sign(body: bytes, *, secret: str, at: datetime) -> str:
    """Return the header value for this body, as a sender computes it."""
    timestamp = int(at.timestamp())
    return f"t={timestamp},v1={_digest(body, timestamp, secret)}"


def _named(value: object) -> str:
    # The id identifies the event: two events without an id must not count as the same one.
    name = _text(value)
    if not name:
        raise ValueError("an event needs an id and a type")
    return name


def _text(value: object) -> str | None:
    is_plain = isinstance(value, str | int) and not isinstance(value, bool)
    text = str(value) if is_plain else ""
    # A NUL or a lone surrogate cannot be stored, so the sender would repeat the event for ever.
    return text if text.isprintable() and 0 < len(text) <= _LONGEST else None


def _parts(header: str) -> tuple[int, Sequence[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    digests = [value for name, _, value in pairs if name == "v1"]
    if len(stamps) != 1 or not digests or not (stamps[0].isascii() and stamps[0].isdigit()):
        raise WebhookRefusedError(f"{SIGNATURE_HEADER} must read t=<unix seconds>,v1=<hex digest>")
    return int(stamps[0]), digests


def _is_signed(body: bytes, timestamp: int, digests: Sequence[str], secret: str) -> bool:
    expected = _digest(body, timestamp, secret).encode()
    return any(hmac.compare_digest(expected, digest.encode()) for digest in digests)


def _digest(body: bytes, timestamp: int, secret: str) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def _instant(timestamp: int) -> datetime:
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (OverflowError, ValueError, OSError):
        raise WebhookRefusedError(f"{timestamp} is not a valid instant") from None
