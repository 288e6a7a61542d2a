"""How Stripe's errors, amounts and objects are read, without any Stripe."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import stripe

from connectors.stripe.amounts import from_stripe, to_stripe
from connectors.stripe.failures import decline_of, failure_of
from connectors.stripe.invoices import decline_without_error, line_params, provider_invoice_of
from connectors.stripe.provider import API_VERSION
from domain.collection.provider_invoice import DeclineClass, ProviderInvoiceStatus
from domain.failures import (
    ConflictError,
    CredentialsError,
    NotReadyError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    ThrottledError,
    UnavailableError,
    UnknownEntityError,
)
from domain.money.money import Money
from tests.unit.connectors.conftest import document, line


def error(status: int, body: Mapping[str, Any], kind: Any = stripe.APIError) -> stripe.StripeError:
    fields: dict[str, Any] = {"http_status": status, "json_body": {"error": dict(body)}}
    return kind("said", headers={}, **fields)


def refused(status: int, **body: Any) -> stripe.StripeError:
    return stripe.InvalidRequestError(
        body.get("message", "said"),
        body.get("param"),
        body.get("code"),
        None,
        status,
        {"error": body},
        {},
    )


def declined(**body: Any) -> stripe.CardError:
    return stripe.CardError("said", None, body.get("code"), None, 402, {"error": body}, {})


def invoice(**changes: Any) -> stripe.Invoice:
    fields: dict[str, Any] = {
        "id": "in_1",
        "object": "invoice",
        "status": "open",
        "currency": "usd",
        "total": 4900,
        "amount_paid": 0,
        "metadata": {"perennial_invoice_id": "sub-1-0001"},
        "status_transitions": {"paid_at": None},
        "hosted_invoice_url": None,
    }
    return stripe.Invoice.construct_from(fields | changes, "sk_test_x")


def attempt(status: str) -> dict[str, Any]:
    intent = {"id": "pi_1", "object": "payment_intent", "status": status}
    payment = {
        "id": "inpay_1",
        "object": "invoice_payment",
        "status": "open",
        "payment": {"type": "payment_intent", "payment_intent": intent},
    }
    return {"object": "list", "data": [payment], "has_more": False, "url": "/"}


def test_the_pinned_sdk_speaks_the_version_that_we_expect_of_events():
    assert stripe.StripeClient("sk_test_x")._requestor._options.stripe_version == API_VERSION


@pytest.mark.parametrize(
    ("raised", "failure"),
    [
        (error(409, {"code": "idempotency_key_in_use"}), UnavailableError),
        (error(429, {"code": "rate_limit"}, stripe.RateLimitError), ThrottledError),
        (error(429, {"code": "lock_timeout"}, stripe.RateLimitError), UnavailableError),
        (error(400, {"type": "idempotency_error"}, stripe.IdempotencyError), ConflictError),
        (error(401, {}, stripe.AuthenticationError), CredentialsError),
        (error(403, {}, stripe.PermissionError), CredentialsError),
        (refused(400, message="no"), RejectedError),
        (refused(404, code="resource_missing"), UnknownEntityError),
        (refused(400, code="resource_missing"), UnknownEntityError),
        (error(500, {"type": "api_error"}), OutcomeUnknownError),
        (error(502, {}), OutcomeUnknownError),
        (error(503, {}), UnavailableError),
        (error(504, {}), OutcomeUnknownError),
    ],
)
def test_every_answer_means_exactly_one_failure(
    raised: stripe.StripeError, failure: type[PerennialError]
):
    assert type(failure_of(raised)) is failure


@pytest.mark.parametrize("code", ["resource_missing", None])
@pytest.mark.parametrize("status", [200, 400])
def test_what_stripe_says_is_one_line_without_addresses(code: str | None, status: int):
    said = "No such customer\r\n2026-01-01 ERROR forged \x1b[31m(ada@acme.example)"
    told = str(failure_of(refused(status, code=code, message=said)))
    assert "No such customer 2026-01-01 ERROR forged [31m((address))" in told
    assert told.isprintable()


def test_stripe_s_words_that_are_no_text_are_told_all_the_same():
    assert "no message" in str(failure_of(refused(400, code="resource_missing", message="")))
    assert "7" in str(failure_of(refused(400, code="resource_missing", message=7)))


@pytest.mark.parametrize(
    ("cause", "failure"),
    [
        (httpx.ConnectError(""), UnavailableError),
        (httpx.ConnectTimeout(""), UnavailableError),
        (httpx.PoolTimeout(""), UnavailableError),
        (httpx.ReadTimeout(""), OutcomeUnknownError),
        (httpx.WriteError(""), OutcomeUnknownError),
        (httpx.ReadError(""), OutcomeUnknownError),
        (httpx.RemoteProtocolError(""), OutcomeUnknownError),
    ],
)
def test_a_connection_that_broke_is_judged_by_whether_anything_was_sent(
    cause: Exception, failure: type[PerennialError]
):
    raised = stripe.APIConnectionError("broken")
    raised.__cause__ = cause
    assert type(failure_of(raised)) is failure
    assert type(failure_of(raised, is_read=True)) is UnavailableError


def test_a_decline_code_outranks_the_error_code():
    found = decline_of(declined(code="card_declined", decline_code="stolen_card"))
    assert (found.code, found.decline_class) == ("stolen_card", DeclineClass.HARD)


def test_the_advice_outranks_the_decline_code():
    found = decline_of(
        declined(
            code="card_declined",
            decline_code="generic_decline",
            advice_code="do_not_try_again",
            network_decline_code="05",
        )
    )
    assert found.decline_class is DeclineClass.HARD
    assert (found.advice_code, found.network_code) == ("do_not_try_again", "05")


def test_the_networks_advice_is_kept_before_its_decline_code():
    found = decline_of(declined(code="x", network_advice_code="03", network_decline_code="51"))
    assert (found.network_code, found.decline_class) == ("03", DeclineClass.HARD)


def test_an_invoice_that_wants_its_payer_asks_for_authentication():
    found = decline_of(declined(code="invoice_payment_intent_requires_action"))
    assert found.decline_class is DeclineClass.AUTHENTICATE


@pytest.mark.parametrize(
    ("minor_units", "currency", "amount"),
    [
        (4900, "USD", 4900),
        (-4900, "EUR", -4900),
        (500, "JPY", 500),
        (500, "ISK", 50000),
        (500, "UGX", 50000),
        (50000, "MGA", 500),
        (12340, "BHD", 12340),
    ],
)
def test_amounts_are_counted_as_stripe_counts_them(minor_units: int, currency: str, amount: int):
    money = Money(minor_units=minor_units, currency=currency)
    assert to_stripe(money) == amount
    assert from_stripe(amount, currency.lower()) == money


@pytest.mark.parametrize(
    ("minor_units", "currency", "reason"),
    [(12345, "KWD", "last decimal"), (50001, "MGA", "whole units"), (10, "CLF", "does not take")],
)
def test_an_amount_that_stripe_cannot_take_is_refused_by_name(
    minor_units: int, currency: str, reason: str
):
    with pytest.raises(RejectedError, match=reason):
        to_stripe(Money(minor_units=minor_units, currency=currency))


def test_a_fraction_of_a_whole_currency_from_stripe_is_refused():
    with pytest.raises(RejectedError, match="fraction"):
        from_stripe(50001, "isk")


def test_a_line_names_its_period_and_one_without_a_period_names_none():
    month = {"start": 1_793_491_200, "end": 1_796_083_200}  # 1 November to 1 December 2026, UTC
    lines = line_params(document("x", lines=(line(), line(line_id="setup", period=None))))
    assert [each.get("period") for each in lines] == [month, None]


def test_a_draft_is_not_ready():
    with pytest.raises(NotReadyError):
        provider_invoice_of(invoice(status="draft"))


@pytest.mark.parametrize("metadata", [None, {}, {"another_shop": "sub-1-0001"}])
def test_an_invoice_of_somebody_else_is_refused(metadata: dict[str, str] | None):
    with pytest.raises(RejectedError, match="not one of ours"):
        provider_invoice_of(invoice(metadata=metadata))


@pytest.mark.parametrize("method", ["payment_intent", "charge", "payment_record"])
def test_a_paid_invoice_tells_when_and_by_which_payment(method: str):
    payment = {
        "id": "inpay_1",
        "object": "invoice_payment",
        "status": "paid",
        "payment": {"type": method, method: "id_1"},
    }
    provider_invoice = provider_invoice_of(
        invoice(
            status="paid",
            amount_paid=4900,
            status_transitions={"paid_at": 1_763_856_000},
            payments={"object": "list", "data": [payment], "has_more": False, "url": "/"},
        )
    )
    assert provider_invoice.status is ProviderInvoiceStatus.PAID
    assert provider_invoice.payment_id == "id_1"
    assert provider_invoice.paid_at is not None
    assert provider_invoice.paid_at.timestamp() == 1_763_856_000


@pytest.mark.parametrize(
    ("status", "is_processing"), [("processing", True), ("requires_payment_method", False)]
)
def test_an_open_invoice_tells_whether_a_payment_is_under_way(status: str, is_processing: bool):
    assert provider_invoice_of(invoice(payments=attempt(status))).is_processing is is_processing


def test_a_charge_that_is_under_way_is_no_decline():
    assert decline_without_error(invoice(payments=attempt("processing"))) is None


def test_a_charge_that_waits_for_its_payer_is_a_decline():
    found = decline_without_error(invoice(payments=attempt("requires_action")))
    assert found is not None
    assert found.decline_class is DeclineClass.AUTHENTICATE


def test_a_charge_that_tells_nothing_is_an_unknown_outcome():
    with pytest.raises(OutcomeUnknownError):
        decline_without_error(invoice(payments=attempt("requires_payment_method")))
