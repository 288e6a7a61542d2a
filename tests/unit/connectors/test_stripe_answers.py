"""Charging, voiding and refunding against answers that no sandbox gives at will, scripted word for word."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from connectors.stripe.amounts import from_stripe, to_stripe
from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from domain.collection.provider_invoice import ChargeResult, DeclineClass, ProviderInvoiceStatus
from domain.failures import (
    ConflictError,
    NotReadyError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
)
from domain.money.money import Money
from tests.unit.connectors.conftest import document, opened, usd

REPLAYED = {"Idempotent-Replayed": "true"}


def invoice(status: str = "open", intent: str | None = None, **changes: Any) -> dict[str, Any]:
    payment = {"id": "pi_1", "object": "payment_intent", "status": intent}
    entry = {
        "id": "inpay_1",
        "object": "invoice_payment",
        "status": "open",
        "payment": {"type": "payment_intent", "payment_intent": payment},
    }
    fields: dict[str, Any] = {
        "id": "in_1",
        "object": "invoice",
        "status": status,
        "currency": "usd",
        "total": 4900,
        "amount_due": 4900,
        "amount_paid": 4900 if status == "paid" else 0,
        "lines": {"object": "list", "data": [{"id": "il_1"}], "has_more": False, "url": "/"},
        "metadata": {"perennial_invoice_id": "sub-1-0001"},
        "status_transitions": {"paid_at": 1_763_856_000 if status == "paid" else None},
        "hosted_invoice_url": None,
        "payments": {"object": "list", "data": [entry] if intent else [], "url": "/"},
    }
    return fields | changes


def refusal(status: int = 400, **error: Any) -> httpx.Response:
    kind = "card_error" if status == 402 else "invalid_request_error"
    return httpx.Response(status, json={"error": {"type": kind, "message": "no", **error}})


class Script:
    """A Stripe that says what it is told, request by request, and keeps the requests."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response | Exception] = []
        self.requests: list[httpx.Request] = []

    def then(self, *answers: Any) -> None:
        for each in answers:
            is_ready = isinstance(each, httpx.Response | Exception)
            self.answers.append(each if is_ready else httpx.Response(200, json=each))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def posts(self) -> list[str]:
        return [each.url.path for each in self.requests if each.method == "POST"]

    def keys(self) -> list[str]:
        return [each.headers["Idempotency-Key"] for each in self.requests if each.method == "POST"]


@pytest.fixture
def script() -> Script:
    return Script()


@pytest_asyncio.fixture
async def payments(script: Script) -> AsyncGenerator[StripePayments]:
    provider = StripePayments(StripeSettings(api_key="sk_test_x"))
    provider._transport._pool = httpx.AsyncClient(transport=httpx.MockTransport(script))
    yield provider
    await provider.aclose()


async def charge(payments: StripePayments) -> ChargeResult:
    return await payments.charge(
        provider_invoice_id="in_1", payment_method="pm_1", idempotency_key="k"
    )


@pytest.mark.parametrize(
    "garbled",
    [
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"[]"),
        httpx.Response(200, content=b"null"),
        httpx.Response(200, content=b"\xff"),
        httpx.Response(302, headers={"Location": "https://login.example"}),
        httpx.Response(500, json={"error": "boom"}),
        httpx.Response(500, json={"error": None}),
        httpx.Response(502, content=b"\xff<html>"),
    ],
    ids=lambda each: f"{each.status_code} {each.content!r}",
)
async def test_an_answer_that_nobody_can_read_leaves_the_outcome_open_until_the_invoice_is_asked(
    payments: StripePayments, script: Script, garbled: httpx.Response
):
    script.then(garbled, invoice("paid"))
    assert (await charge(payments)).provider_invoice.status is ProviderInvoiceStatus.PAID
    script.then(garbled, invoice("open"))
    with pytest.raises(OutcomeUnknownError):
        await charge(payments)


@pytest.mark.parametrize(
    "broken",
    [
        httpx.Response(200, content=b"<html>"),
        httpx.Response(502, content=b"<html>"),
        httpx.Response(500, json={"error": {"type": "api_error", "message": "boom"}}),
        httpx.ReadTimeout("no answer"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else str(each.status_code),
)
async def test_an_answer_to_a_read_that_nobody_can_read_changed_nothing(
    payments: StripePayments, script: Script, broken: httpx.Response | Exception
):
    script.then(broken)
    with pytest.raises(UnavailableError):
        await payments.read_provider_invoice("in_1")


@pytest.mark.parametrize("intent", ["processing", "requires_capture", "succeeded"])
@pytest.mark.parametrize(
    "refused",
    [
        lambda: refusal(code="payment_intent_unexpected_state"),
        lambda: refusal(param="payment_method", code="resource_missing"),
        lambda: refusal(500),
        lambda: httpx.ReadTimeout("late"),
    ],
    ids=["refused", "method refused", "server error", "no answer"],
)
async def test_a_payment_that_is_under_way_is_neither_a_failure_nor_a_decline(
    payments: StripePayments, script: Script, intent: str, refused: Callable[[], Any]
):
    script.then(refused(), invoice("open", intent))
    result = await charge(payments)
    assert (result.provider_invoice.is_processing, result.decline) == (True, None)


async def test_a_part_that_was_paid_does_not_count_as_the_rest_being_under_way(
    payments: StripePayments, script: Script
):
    part = invoice("open", "succeeded", amount_paid=900)
    part["payments"]["data"][0]["status"] = "paid"
    script.then(part)
    provider_invoice = await payments.read_provider_invoice("in_1")
    assert (provider_invoice.is_processing, provider_invoice.amount_paid) == (False, usd(900))


@pytest.mark.parametrize("status", [400, 402])
@pytest.mark.parametrize(
    "code", ["invoice_payment_intent_requires_action", "authentication_required"]
)
async def test_a_demand_for_the_payer_is_a_decline_whatever_its_status(
    payments: StripePayments, script: Script, status: int, code: str
):
    script.then(refusal(status, code=code), invoice("open", "requires_action"))
    decline = (await charge(payments)).decline
    assert decline is not None
    assert (decline.decline_class, decline.code) == (
        DeclineClass.AUTHENTICATE,
        "authentication_required",
    )


async def test_a_refusal_that_stripe_replays_is_asked_again_under_a_successor(
    payments: StripePayments, script: Script
):
    stale = refusal(code="account_invalid")
    stale.headers.update(REPLAYED)
    script.then(stale, invoice("void"))
    assert (await payments.void_provider_invoice("in_1")).status is ProviderInvoiceStatus.VOID
    assert script.keys() == ["in_1/void", "in_1/void/after-1"]


async def test_a_decline_that_stripe_replays_asks_the_issuer_no_second_time(
    payments: StripePayments, script: Script
):
    stale = refusal(402, code="card_declined", decline_code="insufficient_funds")
    stale.headers.update(REPLAYED)
    script.then(stale, invoice("open"))
    decline = (await charge(payments)).decline
    assert decline is not None
    assert decline.code == "insufficient_funds"
    assert script.keys() == ["k"]


async def test_a_provider_invoice_with_a_payment_under_way_is_voided_later_or_not_at_all(
    payments: StripePayments, script: Script
):
    script.then(refusal(), invoice("open", "processing"))
    with pytest.raises(NotReadyError):
        await payments.void_provider_invoice("in_1")


async def test_a_void_that_is_refused_for_good_is_a_refusal(
    payments: StripePayments, script: Script
):
    script.then(refusal(), invoice("open"))
    with pytest.raises(RejectedError):
        await payments.void_provider_invoice("in_1")


@pytest.mark.parametrize("status", ["draft", "open"])
async def test_a_debt_in_the_customers_balance_is_never_collected_with_an_invoice(
    payments: StripePayments, script: Script, status: str
):
    found = invoice(status, amount_due=5400, starting_balance=500)
    found["metadata"]["perennial_invoice_id"] = "sub-x-0001"
    script.then({"object": "list", "data": [found], "has_more": False, "url": "/"}, found)
    with pytest.raises(ConflictError, match=r"54\.00 USD instead of 49\.00 USD"):
        await opened(payments, document("x"), "cus_1")
    assert script.posts() == []


async def test_a_refund_whose_key_remembers_a_server_error_is_looked_up_before_the_next_key(
    payments: StripePayments, script: Script
):
    none: dict[str, Any] = {"object": "list", "data": [], "has_more": False, "url": "/"}
    refund = {
        "id": "re_1",
        "object": "refund",
        "amount": 900,
        "currency": "usd",
        "status": "pending",
        "metadata": {"perennial_refund_key": "k"},
    }
    stale = httpx.Response(500, json={"error": {"type": "api_error"}}, headers=REPLAYED)
    script.then(none, stale, none, refund)
    made = await payments.refund_payment(payment_id="pi_1", amount=usd(900), idempotency_key="k")
    assert (made.refund_id, made.status) == ("re_1", "pending")
    assert script.keys() == ["k", "k/after-1"]
    script.then(none, stale, none | {"data": [refund]})
    again = await payments.refund_payment(payment_id="pi_1", amount=usd(900), idempotency_key="k")
    assert again == made
    assert script.keys() == ["k", "k/after-1", "k"]
    script.then(*[none, stale] * 10)
    with pytest.raises(OutcomeUnknownError, match="replays an old error"):
        await payments.refund_payment(payment_id="pi_1", amount=usd(900), idempotency_key="k")
    assert script.keys()[3:] == ["k", *(f"k/after-{spent}" for spent in range(1, 10))]


async def test_every_request_names_the_version_and_a_key_of_ours_and_is_sent_once(
    payments: StripePayments, script: Script
):
    script.then(refusal(409, code="idempotency_key_in_use"))
    with pytest.raises(UnavailableError):
        await charge(payments)
    script.then(refusal(429, code="rate_limit"))
    with pytest.raises(UnavailableError):
        await charge(payments)
    assert [each.headers["Stripe-Version"] for each in script.requests] == ["2026-10-28.endive"] * 2
    assert script.keys() == ["k", "k"]


ZERO_DECIMAL = "BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF"


@pytest.mark.parametrize(
    ("currencies", "minor_units", "amount"),
    [
        (ZERO_DECIMAL, 700, 700),
        ("ISK UGX", 700, 70_000),
        ("MGA", 70_000, 700),
        ("BHD JOD KWD OMR TND", 7_000, 7_000),
        ("HUF TWD USD EUR", 700, 700),
    ],
)
def test_every_currency_of_stripes_table_is_counted_as_stripe_counts_it(
    currencies: str, minor_units: int, amount: int
):
    for currency in currencies.split():
        money = Money(minor_units=minor_units, currency=currency)
        assert (to_stripe(money), from_stripe(amount, currency.lower())) == (amount, money)
