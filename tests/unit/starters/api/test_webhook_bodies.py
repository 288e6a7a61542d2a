"""Events that nobody could keep or believe, whatever they say."""

from datetime import UTC, datetime

import httpx
import pytest

from connectors.hmac_events import sign


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"id": "evt\\u0000", "type": "t", "created": 1, "data": {}}',
        b'{"id": "evt\\ud800", "type": "t", "created": 1, "data": {}}',
        b'{"id": "evt-1", "type": "t\\n", "created": 1, "data": {}}',
        b'{"id": "4242424242424242", "type": "t", "created": 1, "data": {}}',
        b'{"id": "' + b"e" * 256 + b'", "type": "t", "created": 1, "data": {}}',
    ],
    ids=["deep", "nul", "surrogate", "newline", "card number", "long"],
)
@pytest.mark.parametrize("source", ["erp", "crm"])
async def test_a_signed_event_that_cannot_be_kept_is_refused_for_good(
    api: httpx.AsyncClient, source: str, body: bytes
) -> None:
    signature = sign(body, secret=f"{source}_sandbox", at=datetime.now(UTC))

    answer = await api.post(
        f"/webhooks/{source}", content=body, headers={"X-Perennial-Signature": signature}
    )

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/webhook-refused")


@pytest.mark.parametrize("source", ["stripe", "erp", "crm"])
async def test_an_event_without_a_signature_hears_which_header_is_missing(
    api: httpx.AsyncClient, source: str
) -> None:
    answer = await api.post(f"/webhooks/{source}", content=b"{}")

    assert answer.status_code == 400
    assert "-Signature is missing" in answer.json()["detail"]
