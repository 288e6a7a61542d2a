"""Stripe's webhooks: the signature is checked on the raw body; the content is only a hint.

Source: docs.stripe.com/webhooks (signatures, at-least-once and unordered delivery), read on 2026-11-22.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeAlias, cast

import stripe

from connectors.stripe.invoices import INVOICE_KEY
from domain.effects.inbound import ProviderEvent, WebhookRefusedError

SIGNATURE_HEADER: Final = "Stripe-Signature"
TOLERANCE_SECONDS: Final = 300

_Json: TypeAlias = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class StripeEvents:
    """Checks and reads the events of one webhook endpoint.

    Attributes:
        secret: The endpoint's signing secret (`whsec_...`). While the secret is rotated, Stripe signs with
            the old and the new one, so either is enough here.
        api_version: Version that the endpoint was created with.
    """

    secret: str = field(repr=False)
    api_version: str

    def verify(self, body: bytes, signature: str | None, now: datetime) -> ProviderEvent:
        """Return the event that Stripe signed within 300 seconds of `now`.

        A thin event counts as an event of another version: it has no object to read here.

        Args:
            body: The raw request body, byte for byte.
            signature: Value of the `Stripe-Signature` header, None if it was absent.
            now: The present instant, aware.

        Raises:
            WebhookRefusedError: The signature is missing, wrong, too old or from the future, or the
                body is not an event.
        """
        try:
            # One parameter of the SDK's function has no type.
            stripe.WebhookSignature.verify_header(  # pyright: ignore[reportUnknownMemberType]
                body, signature, self.secret
            )
            # The SDK's own tolerance accepts timestamps in the future. Such a signature could be replayed
            # until that time has passed.
            distance = abs(int(now.timestamp()) - _signed_at(signature or ""))
        except stripe.SignatureVerificationError as error:
            raise WebhookRefusedError(f"{SIGNATURE_HEADER}: {error.user_message}") from None
        except (ValueError, TypeError):
            # The body is not text, or the header is not a signature.
            raise WebhookRefusedError(f"{SIGNATURE_HEADER}: not a signature by Stripe") from None
        if distance > TOLERANCE_SECONDS:
            raise WebhookRefusedError(f"{SIGNATURE_HEADER}: too old or from the future")
        try:
            return self._read(cast("_Json", json.loads(body)))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise WebhookRefusedError("the body is not a Stripe event") from None

    def _read(self, event: _Json) -> ProviderEvent:
        version = event.get("api_version")
        is_expected = version == self.api_version
        subject = _child(_child(event, "data"), "object")
        subject_id = subject.get("id")
        return ProviderEvent(
            event_id=str(event["id"]),
            event_type=str(event["type"]),
            api_version=None if version is None else str(version),
            created_at=_instant(event["created"]),
            invoice_id=_invoice_id(subject) if is_expected else None,
            object_id=None if subject_id is None else str(subject_id),
            is_expected_version=is_expected,
        )


def _signed_at(header: str) -> int:
    """Return the one timestamp of the header, in unix seconds.

    Raises:
        ValueError: There is no timestamp, there are several, or it is not a number.
    """
    (stamp,) = [part.partition("=")[2] for part in header.split(",") if part.startswith("t=")]
    return int(stamp)


def _instant(created: object) -> datetime:
    # Seconds since 1970 in a snapshot event, ISO 8601 in a thin one.
    if isinstance(created, str):
        return datetime.fromisoformat(created).astimezone(UTC)
    return datetime.fromtimestamp(cast("int", created), UTC)


def _invoice_id(subject: _Json) -> str | None:
    details = _child(_child(subject, "parent"), "subscription_details")
    for holder in (subject, details):
        found = _child(holder, "metadata").get(INVOICE_KEY)
        if found is not None:
            return str(found)
    return None


def _child(parent: _Json, name: str) -> _Json:
    value = parent.get(name)
    return cast("_Json", value) if isinstance(value, dict) else {}
