"""Stripe's events: only what Stripe signed lately is believed."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.stripe.webhooks import StripeEvents
from domain.effects.inbound import WebhookRefusedError

SECRET = "whsec_of_the_tests"
VERSION = "2026-10-28.endive"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVENTS = StripeEvents(secret=SECRET, api_version=VERSION)


def body(**changes: Any) -> str:
    event: dict[str, Any] = {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.paid",
        "api_version": VERSION,
        "created": 1_763_856_000,
        "data": {
            "object": {
                "id": "in_1",
                "object": "invoice",
                "metadata": {"perennial_invoice_id": "sub-1-0001"},
            }
        },
    }
    return json.dumps(event | changes)


def signed(text: str, secret: str = SECRET, age: int = 0) -> str:
    at = int(NOW.timestamp()) - age
    digest = hmac.new(secret.encode(), f"{at}.{text}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def test_a_signed_event_tells_our_invoice_and_stripes_object():
    event = EVENTS.verify(body().encode(), signed(body()), NOW)
    assert (event.event_id, event.event_type, event.api_version) == (
        "evt_1",
        "invoice.paid",
        VERSION,
    )
    assert (event.invoice_id, event.object_id) == ("sub-1-0001", "in_1")
    assert event.created_at.timestamp() == 1_763_856_000
    assert event.is_expected_version


def test_our_invoice_is_also_found_in_the_parent():
    details = {"subscription_details": {"metadata": {"perennial_invoice_id": "sub-2-0001"}}}
    text = body(data={"object": {"id": "in_1", "object": "invoice", "parent": details}})
    assert EVENTS.verify(text.encode(), signed(text), NOW).invoice_id == "sub-2-0001"


def test_an_event_about_something_else_has_no_invoice():
    text = body(data={"object": {"id": "cus_1", "object": "customer", "metadata": {}}})
    event = EVENTS.verify(text.encode(), signed(text), NOW)
    assert (event.invoice_id, event.object_id) == (None, "cus_1")


def test_an_event_of_another_version_is_known_but_not_trusted():
    text = body(api_version="2017-08-15")
    event = EVENTS.verify(text.encode(), signed(text), NOW)
    assert (event.api_version, event.invoice_id) == ("2017-08-15", None)
    assert not event.is_expected_version


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        "t=1,v1=abc",
        signed(body(), "whsec_of_somebody_else"),
        signed(body(), age=301),
    ],
    ids=["absent", "empty", "nonsense", "wrong digest", "other secret", "too old"],
)
def test_an_event_that_stripe_did_not_sign_lately_is_refused(header: str | None):
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(body().encode(), header, NOW)


@pytest.mark.parametrize("ahead", [301, 86_400, 10**12, 10**30, 10**400])
def test_a_signature_from_the_future_is_refused(ahead: int):
    with pytest.raises(WebhookRefusedError, match="from the future"):
        EVENTS.verify(body().encode(), signed(body(), age=-ahead), NOW)


@pytest.mark.parametrize("age", [300, -300])
def test_clocks_may_differ_by_five_minutes(age: int):
    assert EVENTS.verify(body().encode(), signed(body(), age=age), NOW).event_id == "evt_1"


def test_a_second_timestamp_does_not_hide_the_first():
    header = f"{signed(body(), age=-86_400)},t={int(NOW.timestamp())}"
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(body().encode(), header, NOW)


def test_a_body_that_was_changed_after_signing_is_refused():
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(body(type="invoice.voided").encode(), signed(body()), NOW)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"object": "event"}', "{"])
def test_a_signed_body_that_is_no_event_is_refused(text: str):
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(text.encode(), signed(text), NOW)


def test_a_signed_body_that_is_nested_beyond_reason_is_refused():
    text = "[" * 200_000
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(text.encode(), signed(text), NOW)


def test_a_signature_of_letters_beyond_ascii_is_refused():
    with pytest.raises(WebhookRefusedError, match="Stripe-Signature"):
        EVENTS.verify(body().encode(), f"t={int(NOW.timestamp())},v1=\xe9", NOW)


def test_a_thin_event_is_known_but_not_trusted():
    thin = {
        "id": "evt_2",
        "object": "v2.core.event",
        "type": "v1.invoice.paid",
        "created": "2026-11-23T01:00:00.123Z",
        "related_object": {"id": "in_1", "type": "invoice"},
    }
    text = json.dumps(thin)
    event = EVENTS.verify(text.encode(), signed(text), NOW)
    assert (event.event_id, event.event_type, event.invoice_id) == (
        "evt_2",
        "v1.invoice.paid",
        None,
    )
    assert event.created_at.isoformat() == "2026-11-23T01:00:00.123000+00:00"
    assert not event.is_expected_version


def test_a_body_that_is_not_text_is_refused():
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(b"\xff\xfe", "t=1,v1=abc", NOW)


def test_either_signature_will_do_while_a_secret_is_rolled():
    both = f"{signed(body(), 'whsec_old')},{signed(body()).partition(',')[2]}"
    assert EVENTS.verify(body().encode(), both, NOW).event_id == "evt_1"
