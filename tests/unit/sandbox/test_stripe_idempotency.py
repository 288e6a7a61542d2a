import asyncio
from pathlib import Path
from typing import Any

import pytest
import stripe

from sandbox.store import Store
from sandbox.world import WorldSettings
from tests.unit.sandbox.conftest import playing

# The SDK hands its form to httpx in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


async def test_a_key_that_comes_again_gets_the_first_answer(vendor: Any) -> None:
    options = {"idempotency_key": "sale/1/customer"}
    first = await vendor.api.customers.create_async({"name": "Ada"}, options)
    again = await vendor.api.customers.create_async({"name": "Ada"}, options)
    assert first.id == again.id
    assert vendor.http.headers["idempotent-replayed"] == "true"
    assert len((await vendor.api.customers.list_async()).data) == 1


async def test_the_order_of_parameters_does_not_matter(vendor: Any) -> None:
    key = {"Idempotency-Key": "k"}
    first = await vendor.post("customers", {"name": "Ada", "email": "a@example.test"}, **key)
    again = await vendor.post("customers", {"email": "a@example.test", "name": "Ada"}, **key)
    assert first.json() == again.json()


async def test_a_key_with_other_parameters_is_an_error(vendor: Any) -> None:
    await vendor.api.customers.create_async({"name": "Ada"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        await vendor.api.customers.create_async({"name": "Grace"}, {"idempotency_key": "k"})


async def test_a_key_on_another_path_is_an_error(vendor: Any) -> None:
    await vendor.post("customers", {"name": "Ada"}, **{"Idempotency-Key": "k"})
    answer = await vendor.post("payment_methods", {"name": "Ada"}, **{"Idempotency-Key": "k"})
    assert answer.json()["error"]["type"] == "idempotency_error"


async def test_a_decline_is_replayed_and_charges_once(vendor: Any) -> None:
    customer = await vendor.customer("pm_card_chargeCustomerFail")
    opened = await vendor.opened(customer.id)
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            await vendor.api.invoices.pay_async(opened.id, {}, {"idempotency_key": "i/charge/1"})
    assert (await vendor.api.invoices.retrieve_async(opened.id)).attempt_count == 1
    assert len((await vendor.api.charges.list_async({"customer": customer.id})).data) == 1


async def test_a_server_error_is_replayed_too(vendor: Any) -> None:
    await vendor.plain.post("/stripe/_control/trouble", json={"status": 500})
    key = {"Idempotency-Key": "k"}
    first = await vendor.post("customers", {"name": "Ada"}, **key)
    again = await vendor.post("customers", {"name": "Ada"}, **key)
    assert (first.status_code, again.status_code) == (500, 500)
    assert again.headers["idempotent-replayed"] == "true"
    fresh = await vendor.post("customers", {"name": "Ada"}, **{"Idempotency-Key": "k2"})
    assert fresh.status_code == 200


async def test_a_request_that_fails_validation_leaves_the_key_free(vendor: Any) -> None:
    key = {"Idempotency-Key": "k"}
    assert (await vendor.post("customers", {"balance": "x"}, **key)).status_code == 400
    assert (await vendor.post("customers", {"balance": "1"}, **key)).status_code == 200


async def test_a_key_in_use_answers_409(vendor: Any) -> None:
    await vendor.plain.post("/stripe/_control/trouble", json={"seconds": 0.3})
    key = {"Idempotency-Key": "k"}
    both = await asyncio.gather(
        *(vendor.post("customers", {"name": "Ada"}, **key) for _ in range(2))
    )
    refused, done = sorted(both, key=lambda each: -each.status_code)
    assert (refused.status_code, done.status_code) == (409, 200)
    assert refused.json()["error"]["code"] == "idempotency_key_in_use"
    assert vendor.world.store.count("stripe", "customer") == 1


async def test_a_lost_response_is_recovered_by_the_key(vendor: Any) -> None:
    customer = await vendor.customer()
    opened = await vendor.opened(customer.id)
    fault = {"fault": "lost_response", "times": 1, "match": "POST /v1/invoices"}
    await vendor.plain.post("/_faults/stripe", json=fault)
    options = {"idempotency_key": "i/charge/1"}
    with pytest.raises(stripe.APIConnectionError):
        await vendor.api.invoices.pay_async(opened.id, {}, options)
    paid = await vendor.api.invoices.pay_async(opened.id, {}, options)
    assert paid.status == "paid"
    charges = await vendor.api.charges.list_async({"customer": customer.id})
    assert len(charges.data) == 1


async def test_only_one_of_many_simultaneous_payments_succeeds(vendor: Any) -> None:
    customer = await vendor.customer()
    opened = await vendor.opened(customer.id)
    answers = await asyncio.gather(
        *(
            vendor.post(f"invoices/{opened.id}/pay", {}, **{"Idempotency-Key": f"k{index}"})
            for index in range(8)
        )
    )
    assert sorted(each.status_code for each in answers) == [200] + [400] * 7
    charges = await vendor.api.charges.list_async({"customer": customer.id})
    assert len(charges.data) == 1


async def test_objects_keys_and_indexes_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    options = {"idempotency_key": "k"}
    async with playing(Store(path), WorldSettings()) as vendor:
        customer = await vendor.customer(None, metadata={"account": "a1"})
        opened = await vendor.opened(customer.id, metadata={"invoice_id": "i1"})
        first = await vendor.api.customers.create_async({"name": "Ada"}, options)
    async with playing(Store(path), WorldSettings()) as vendor:
        found = await vendor.api.invoices.search_async({"query": "metadata['invoice_id']:'i1'"})
        assert [each.id for each in found.data] == [opened.id]
        again = await vendor.api.customers.create_async({"name": "Ada"}, options)
        assert again.id == first.id
