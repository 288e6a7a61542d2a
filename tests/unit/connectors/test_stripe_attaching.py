"""A card offered again: Stripe replays its answer to the same key, so a new request needs a new key."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from domain.collection.provider_invoice import StoredPaymentMethod

DECLINED = {"error": {"type": "card_error", "code": "card_declined", "message": "no"}}


@dataclass
class Issuer:
    """A Stripe that takes the card or not, and gives the same answer to the same key."""

    takes_it: bool = True
    answers: dict[str, httpx.Response] = field(default_factory=dict[str, httpx.Response])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/attach"):
            return httpx.Response(200, json={"id": "cus_1", "object": "customer"})
        key = request.headers["Idempotency-Key"]
        method = {"id": "pm_1", "object": "payment_method", "type": "card"}
        taken, refused = httpx.Response(200, json=method), httpx.Response(402, json=DECLINED)
        return self.answers.setdefault(key, taken if self.takes_it else refused)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest_asyncio.fixture
async def payments(issuer: Issuer) -> AsyncGenerator[StripePayments]:
    provider = StripePayments(StripeSettings(api_key="sk_test_x"))
    provider._transport._pool = httpx.AsyncClient(transport=httpx.MockTransport(issuer))
    yield provider
    await provider.aclose()


async def attach(payments: StripePayments, **more: Any) -> StoredPaymentMethod:
    return await payments.attach_payment_method(
        account_id="acme", customer_id="cus_1", payment_method="pm_1", **more
    )


async def test_a_card_offered_again_after_its_decline_is_tried_anew(
    payments: StripePayments, issuer: Issuer
):
    issuer.takes_it = False
    assert (await attach(payments, request_id="r1")).decline is not None
    issuer.takes_it = True
    assert (await attach(payments, request_id="r2")).decline is None


async def test_a_request_that_is_repeated_has_the_same_result(
    payments: StripePayments, issuer: Issuer
):
    issuer.takes_it = False
    first = await attach(payments, request_id="r1")
    issuer.takes_it = True
    assert await attach(payments, request_id="r1") == first


async def test_the_card_of_an_order_keeps_the_key_that_it_had(
    payments: StripePayments, issuer: Issuer
):
    await attach(payments)
    assert list(issuer.answers) == ["acme/payment-method/pm_1/cus_1"]


@pytest.mark.parametrize("request_id", ["k" * 300, "a b\r\nX: y", "ключ"])
async def test_any_request_id_makes_a_key_that_stripe_takes(
    payments: StripePayments, issuer: Issuer, request_id: str
):
    await attach(payments, request_id=request_id)
    (key,) = issuer.answers
    assert len(key) <= 255
    assert key.isprintable()
