"""Orders between the wire contract and the rulebook."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from domain.failures import UnavailableError
from perennial.orders import Order
from starters.use_cases.errors import InvalidInputError
from starters.use_cases.orders import form_of, order_of, read_order
from storage.idempotency import IdempotencyKeys

Build = Callable[..., dict[str, Any]]


def test_everything_that_does_not_exist_is_named_at_once(order: Build) -> None:
    form = Order.model_validate(
        order(account__country="ZZ", account__zone="Mars/Olympus", currency="AAA")
    )
    with pytest.raises(InvalidInputError) as refused:
        order_of(form)
    assert [error.field for error in refused.value.errors] == [
        "account.country",
        "account.zone",
        "currency",
    ]


async def test_within_a_question_the_whole_path_is_named(
    api: httpx.AsyncClient, order: Build
) -> None:
    question = {"order": order(account__country="ZZ")}
    answer = await api.post("/v1/previews/sale", json=question)
    assert [error["field"] for error in answer.json()["errors"]] == ["order.account.country"]


def test_a_document_of_another_shape_is_refused_by_its_fields(order: Build) -> None:
    text = json.dumps(order(quantity=0, plan=""))
    with pytest.raises(InvalidInputError) as refused:
        read_order(text)
    assert {error.field for error in refused.value.errors} == {"quantity", "plan"}


def test_an_order_comes_back_as_it_was_submitted(order: Build) -> None:
    form = Order.model_validate(
        order(
            interval={"unit": "year", "count": 2},
            payment={"kind": "transfer", "days_until_due": 14},
            add_ons=[{"price_of": "priority-support", "quantity": 2}],
            coupons=["welcome"],
            purchase_order="PO 7",
            opportunity_id="deal-1",
        )
    )
    assert form_of(order_of(form)) == form


async def test_what_does_not_exist_is_refused_before_the_key_is_claimed(
    api: httpx.AsyncClient, order: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def claim(*_: object, **__: object) -> None:
        raise UnavailableError("the database is down")

    monkeypatch.setattr(IdempotencyKeys, "begin", claim)
    key = {"Idempotency-Key": "k-1"}

    refused = await api.post("/v1/orders", json=order(account__country="ZZ"), headers=key)
    assert refused.status_code == 422
    later = await api.post("/v1/orders", json=order(), headers=key)
    assert later.status_code == 503
