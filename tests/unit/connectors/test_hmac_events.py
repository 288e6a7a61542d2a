"""Events of ERP and CRM: only what the shared secret signed lately is believed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hmac_events import HmacEvents, sign
from domain.effects.inbound import WebhookRefusedError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BODY = json.dumps(
    {
        "id": "workday-event-1",
        "type": "invoice.approved",
        "created": int(NOW.timestamp()),
        "data": {"id": "INV-1", "invoice_id": "sub-1-0001"},
    }
).encode()
EVENTS = HmacEvents(secrets=("new", "old"))


def test_the_signature_is_that_of_the_documented_recipe():
    assert sign(b"{}", secret="key", at=datetime(2026, 1, 1, tzinfo=UTC)) == (
        "t=1767225600,v1=df344de429b8ee672e1863e0008fdbd0080000536fbccdf0e4f89846acbbe872"
    )


@pytest.mark.parametrize("secret", ["new", "old"])
def test_an_event_signed_by_a_valid_secret_is_read(secret: str):
    event = EVENTS.verify(BODY, sign(BODY, secret=secret, at=NOW), NOW)
    assert (event.event_id, event.event_type) == ("workday-event-1", "invoice.approved")
    assert (event.invoice_id, event.object_id) == ("sub-1-0001", "INV-1")
    assert (event.created_at, event.api_version) == (NOW, None)


def test_either_signature_will_do_while_the_sender_changes_keys():
    unknown, known = sign(BODY, secret="x", at=NOW), sign(BODY, secret="new", at=NOW)
    header = f"{unknown},{known.partition(',')[2]}"
    assert EVENTS.verify(BODY, header, NOW).event_id == "workday-event-1"


@pytest.mark.parametrize("age", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_an_event_from_another_time_is_refused(age: timedelta):
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(BODY, sign(BODY, secret="new", at=NOW - age), NOW)


def test_an_event_of_five_minutes_ago_is_still_read():
    header = sign(BODY, secret="new", at=NOW - timedelta(seconds=300))
    assert EVENTS.verify(BODY, header, NOW).event_id == "workday-event-1"


@pytest.mark.parametrize(
    "header",
    [None, "", "t=1", "v1=ab", "t=x,v1=ab", "t=1,t=2,v1=ab", f"t={10**30},v1=ab", "t=1,v1=é"],
)
def test_a_header_that_signs_nothing_is_refused(header: str | None):
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(BODY, header, NOW)


def test_a_body_that_was_changed_after_signing_is_refused():
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(BODY + b" ", sign(BODY, secret="new", at=NOW), NOW)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff", b'{"id":"1","type":"x","created":"y"}']
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes):
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(body, sign(body, secret="new", at=NOW), NOW)


@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_an_empty_secret_signs_nothing(secrets: tuple[str, ...]):
    with pytest.raises(WebhookRefusedError):
        HmacEvents(secrets=secrets).verify(BODY, sign(BODY, secret="", at=NOW), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": ""},
        {"id": {}},
        {"id": True},
        {"id": "a\x00b"},
        {"id": "\ud800"},
        {"id": "x" * 256},
        {"type": None},
        {"created": "now"},
        {"created": 1e400},
        {"created": -(10**20)},
        {"data": 5},
        {"data": [1]},
    ],
)
def test_an_event_that_cannot_be_told_from_others_or_kept_is_refused(change: dict[str, object]):
    body = json.dumps(json.loads(BODY) | change).encode()
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(body, sign(body, secret="new", at=NOW), NOW)


@pytest.mark.parametrize("named", [{}, [], 1.5, True, "a\x00"])
def test_an_object_that_is_not_named_by_text_is_nobodys(named: object):
    body = json.dumps(json.loads(BODY) | {"data": {"id": named, "invoice_id": named}}).encode()
    event = EVENTS.verify(body, sign(body, secret="new", at=NOW), NOW)
    assert (event.invoice_id, event.object_id) == (None, None)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"id":1,"data":' * 100_000])
def test_a_body_nested_without_end_is_no_event(body: bytes):
    with pytest.raises(WebhookRefusedError, match="not an event"):
        EVENTS.verify(body, sign(body, secret="new", at=NOW), NOW)


@given(st.binary(), st.text(max_size=200))
def test_nothing_unsigned_is_believed_and_nothing_breaks(body: bytes, header: str):
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(body, header, NOW)


@given(st.binary())
def test_signed_nonsense_is_refused_and_nothing_else(body: bytes):
    header = sign(body, secret="new", at=NOW)
    with pytest.raises(WebhookRefusedError):
        EVENTS.verify(body, header, NOW)
