"""The same order again is the same sale, whoever sends it, however often, and whenever."""

import asyncio
import json
from pathlib import Path

import pytest

from perennial.errors import OrderConflictError
from perennial.orders import Order
from tests.scenarios.machine import Machine
from tests.scenarios.scene import Scene, an_order, first_invoice
from tests.scenarios.terminal import perennial


def _file(folder: Path, order: Order) -> str:
    file = folder / "order.json"
    file.write_text(order.model_dump_json(exclude_none=True), "utf-8")
    return str(file)


async def test_the_same_file_sold_twice_creates_nothing_new_in_any_outside_system(
    machine: Machine, scene: Scene, tmp_path: Path
) -> None:
    order = an_order(quantity=5)
    file = _file(tmp_path, order)
    first = await perennial(machine, "sell", file, "--json")
    await scene.verify_sold_once(order)
    before = await scene.journals()

    second = await perennial(machine, "sell", file, "--json")

    subscription = json.loads(first.stdout)["subscription_id"]
    assert json.loads(second.stdout)["subscription_id"] == subscription
    shown = json.loads((await perennial(machine, "show", subscription, "--json")).stdout)
    assert shown["state"] == "active"
    assert [grant["grant_id"] for grant in shown["grants"]] == [first_invoice(order)]
    assert await scene.journals() == before


async def test_the_same_order_sent_by_five_at_once_is_one_sale(scene: Scene) -> None:
    order = an_order()

    answers = await asyncio.gather(*(scene.client.sell(order) for _ in range(5)))

    assert len({answer.subscription_id for answer in answers}) == 1
    await scene.verify_sold_once(order)


async def test_an_order_id_with_other_content_is_refused_and_changes_nothing(
    scene: Scene,
) -> None:
    order = an_order(quantity=5)
    await scene.sell(order)
    seen = await scene.verify_sold_once(order)
    before = await scene.journals()

    with pytest.raises(OrderConflictError) as refusal:
        await scene.sell(order.model_copy(update={"quantity": 6}))

    assert refusal.value.status == 409
    assert await scene.journals() == before
    assert seen.features["seats"] == 5
