"""Selling through the API: one sale per order id, and nothing changed by a bad order."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from domain.periods.periods import IntervalUnit
from perennial.orders import Order
from starters.use_cases.orders import order_of
from starters.use_cases.services import Services
from tests.unit.starters.conftest import FakeWorkflowClient

Build = Callable[..., dict[str, Any]]
CARD_NUMBER = "4242 4242 4242 4242"


async def test_an_order_is_answered_with_its_subscription(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    answer = await api.post("/v1/orders", json=order())

    assert answer.status_code == 202
    assert answer.json() == {
        "order_id": "order-1",
        "subscription_id": "sub-order-1",
        "status": "accepted",
    }
    assert list(workflow_client.sales) == ["order-1"]


async def test_the_same_order_again_gets_the_same_answer_and_is_one_sale(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    first = await api.post("/v1/orders", json=order())
    again = await api.post("/v1/orders", json=order())

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert len(workflow_client.sales) == 1


async def test_the_same_order_after_its_sale_has_ended_gets_the_same_answer(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    first = await api.post("/v1/orders", json=order())
    workflow_client.closed_sales.add("order-1")

    assert (await api.post("/v1/orders", json=order())).json() == first.json()


async def test_a_coupon_that_the_catalog_does_not_know_is_refused_by_its_place(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    answer = await api.post("/v1/orders", json=order(coupons=["welcome", "nonsense"]))

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["coupons.1"]
    assert workflow_client.sales == {}
    accepted = await api.post("/v1/orders", json=order(coupons=["welcome"]))
    assert accepted.status_code == 202


async def test_an_order_id_reused_with_other_content_is_a_conflict(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    await api.post("/v1/orders", json=order())
    before = dict(workflow_client.sales)

    answer = await api.post("/v1/orders", json=order(quantity=4))

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/conflict"
    assert workflow_client.sales == before


async def test_a_running_sale_of_other_content_is_a_conflict(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    workflow_client.answers_digest = "0" * 64

    assert (await api.post("/v1/orders", json=order())).status_code == 409


async def test_without_a_worker_the_sale_is_started_and_says_so(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    workflow_client.has_worker = False

    answer = await api.post("/v1/orders", json=order())

    assert answer.status_code == 202
    assert answer.json()["status"] == "accepted_waiting_for_worker"
    assert list(workflow_client.sales) == ["order-1"]


async def test_without_temporal_the_caller_is_asked_to_try_again(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    workflow_client.is_down = True

    answer = await api.post("/v1/orders", json=order())

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    workflow_client.is_down = False
    assert (await api.post("/v1/orders", json=order())).status_code == 202


async def test_a_kept_order_can_be_read_back(api: httpx.AsyncClient, order: Build) -> None:
    await api.post("/v1/orders", json=order(purchase_order="PO-7"))

    shown = (await api.get("/v1/orders/order-1")).json()

    assert (shown["subscription_id"], shown["state"]) == ("sub-order-1", "open")
    assert shown["order"]["purchase_order"] == "PO-7"
    assert Order.model_validate_json(httpx.Response(200, json=shown["order"]).content)


async def test_an_unknown_order_is_not_found(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/orders/order-9")).status_code == 404


BAD: list[tuple[dict[str, Any], str]] = [
    ({"plan": "platinum"}, "plan"),
    ({"currency": "CHF"}, "currency"),
    ({"currency": "usd"}, "currency"),
    ({"currency": "XXX"}, "currency"),
    ({"interval": {"unit": "week"}}, "interval"),
    ({"interval": {"unit": "fortnight"}}, "interval.unit"),
    ({"interval__count": 0}, "interval.count"),
    ({"quantity": 0}, "quantity"),
    ({"quantity": -1}, "quantity"),
    ({"quantity": True}, "quantity"),
    ({"quantity": 1.5}, "quantity"),
    ({"quantity": 3.0}, "quantity"),
    ({"quantity": "3"}, "quantity"),
    ({"quantity": 10**30}, "quantity"),
    ({"plan": "starter", "quantity": 2}, "quantity"),
    ({"order_id": ""}, "order_id"),
    ({"order_id": "a/b"}, "order_id"),
    ({"order_id": "a" * 65}, "order_id"),
    ({"order_id": "order-1\n"}, "order_id"),
    ({"account__account_id": "ac me"}, "account.account_id"),
    ({"account__email": "nobody"}, "account.email"),
    ({"account__email": "a@b.example\r\nBcc: c@d.example"}, "account.email"),
    ({"account__country": "ZZ"}, "account.country"),
    ({"account__country": "us"}, "account.country"),
    ({"account__zone": "Mars/Olympus"}, "account.zone"),
    ({"account__zone": "../../etc/passwd"}, "account.zone"),
    ({"account__name": "  "}, "account.name"),
    ({"account__name": "two\nlines"}, "account.name"),
    ({"payment__payment_method": None}, "payment.payment_method"),
    ({"payment__payment_method": "tok_visa"}, "payment.payment_method"),
    ({"payment": {"kind": "cash"}}, "payment"),
    ({"payment": {"kind": "transfer", "days_until_due": 0}}, "payment.days_until_due"),
    ({"unit_price": "1.00"}, "unit_price"),
    ({"add_ons": [{"price_of": "extra", "quantity": 1}]}, "add_ons.0.price_of"),
    ({"add_ons": [{"price_of": "extra", "quantity": 0}]}, "add_ons.0.quantity"),
    ({"account": None}, "account"),
]


@pytest.mark.parametrize(("changes", "field"), BAD)
async def test_a_bad_order_names_the_field_and_changes_nothing(
    api: httpx.AsyncClient,
    workflow_client: FakeWorkflowClient,
    services: Services,
    order: Build,
    changes: dict[str, Any],
    field: str,
) -> None:
    answer = await api.post("/v1/orders", json=order(**changes))

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "/problems/invalid-input"
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["errors"][0]["allowed"]
    assert not workflow_client.sales
    assert await services.orders.find_order("order-1") is None


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"plan": "platinum"}, "starter, team, enterprise, heartbeat"),
        ({"currency": "CHF"}, "USD, EUR, JPY, KWD"),
        ({"interval": {"unit": "week"}}, "month, year"),
        ({"plan": "starter", "quantity": 2}, "1 to 1"),
    ],
)
async def test_what_is_not_sold_is_answered_with_what_is(
    api: httpx.AsyncClient, order: Build, changes: dict[str, Any], allowed: str
) -> None:
    (error,) = (await api.post("/v1/orders", json=order(**changes))).json()["errors"]

    assert error["allowed"].endswith(f"allowed: {allowed}")


@pytest.mark.parametrize(
    "changes",
    [
        {"account__name": f"Acme {CARD_NUMBER}"},
        {"account__name": "5555-5555-5555-4444"},
        {"account__email": "4242424242424242@acme.example"},
        {"account__vat_id": "378282246310005"},
        {"purchase_order": CARD_NUMBER.replace(" ", ".")},
        {"order_id": "4242424242424242"},
        {"account__account_id": "4242424242424242"},
        {"opportunity_id": "6011111111111117"},
        {"quantity": 4242424242424242},
        {"plan": "4242424242424242"},
        {"card_number": "4242424242424242"},
        {"4242424242424242": "x"},
    ],
)
async def test_a_card_number_is_refused_and_neither_repeated_nor_logged(
    api: httpx.AsyncClient,
    workflow_client: FakeWorkflowClient,
    order: Build,
    changes: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    answer = await api.post("/v1/orders", json=order(**changes))

    assert answer.status_code == 422
    digits = "".join(filter(str.isdigit, str(changes)))
    assert len(digits) >= 13
    told = "".join(filter(str.isdigit, answer.text + caplog.text))
    assert digits not in told
    assert not workflow_client.sales


@pytest.mark.parametrize(
    "changes",
    [
        # Right Luhn digit, but no card network issues it: ids are often made of digits.
        {"order_id": "20261123021907000"},
        {"purchase_order": "PO 4500012345"},
        {"account__name": "Société Générale à Zürich"},
    ],
)
async def test_ordinary_numbers_and_names_are_taken(
    api: httpx.AsyncClient, order: Build, changes: dict[str, Any]
) -> None:
    assert (await api.post("/v1/orders", json=order(**changes))).status_code == 202


async def test_an_order_is_still_answered_when_its_plan_has_been_withdrawn(
    api: httpx.AsyncClient, services: Services, order: Build
) -> None:
    withdrawn = order_of(Order.model_validate(order(order_id="order-7", plan="legacy")))
    await services.orders.add_order(withdrawn)

    answer = await api.post("/v1/orders", json=order(order_id="order-7", plan="legacy"))

    assert answer.status_code == 202


def test_the_short_form_of_an_interval_means_one_unit(order: Build) -> None:
    short = Order.model_validate(order(interval="year"))

    assert (short.interval.unit, short.interval.count) == (IntervalUnit.YEAR, 1)
