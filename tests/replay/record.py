"""Records histories of real runs into `tests/replay/histories` (`make histories`).

One file per workflow and path. A history that exists is kept: a released one must replay for ever.
`make histories ARGS=--replace-all` records all of them anew, which is allowed before the first release only.
"""

import asyncio
import json
import shutil
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

from domain.failures import OutcomeUnknownError, RejectedError, UnavailableError
from tests.workflows.desk import TRANSFER, Desk, Handle, card
from tests.workflows.stage import time_skipping, working
from workflows.contract import messages
from workflows.contract.messages import ProviderEventReceived
from workflows.contract.requests import CancelAt, CancelSubscription, ChangePaymentMethod

HISTORIES: Final = Path(__file__).parent / "histories"
_PLACES: Final = frozenset({"stackTrace", "identity"})
_SOON: Final = timedelta(minutes=10)

Path_ = Callable[[Desk], Awaitable[dict[str, Handle]]]


async def paid_by_card(desk: Desk) -> dict[str, Handle]:
    """A sale that goes well, with an outage and a lost answer on the way."""
    desk.world.faults.scripted = {
        "erp": [UnavailableError("down")],
        "put_grant": [UnavailableError("down")],
    }
    desk.world.provider.lost_answers = [OutcomeUnknownError("no answer")]
    sale = await desk.sell()
    await sale.result()
    await desk.until(lambda: len(desk.world.erp.posted) == 3, within=_SOON)
    await desk.invoice().result()
    return {"new-sale-won": sale, "invoice-paid-by-card": desk.invoice()}


async def declined_then_paid(desk: Desk) -> dict[str, Handle]:
    """A declined card, an operator's help, another card."""
    world = desk.world
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    world.faults.scripted = {"ensure_provider_invoice": [RejectedError("not enabled")]}
    sale = await desk.sell(payment=card("pm_bad"))
    await desk.until(lambda: bool(world.books.events), within=_SOON)
    await desk.until(lambda: any("attention" in e for e in world.books.events), within=_SOON)
    await desk.resume(desk.invoice())
    await desk.until(lambda: "sub-A1-0001/declined-1" in world.email_sender.sent, within=_SOON)
    request = ChangePaymentMethod(request_id="r1", payment_method="pm_good")
    await desk.ask(desk.subscription(), messages.REQUEST, request)
    await sale.result()
    await desk.invoice().result()
    return {
        "invoice-declined-then-paid": desk.invoice(),
        "subscription-activated": desk.subscription(),
    }


async def paid_by_transfer(desk: Desk) -> dict[str, Handle]:
    """A transfer that arrives after its term, told by an event."""
    world = desk.world
    sale = await desk.sell(payment=TRANSFER)
    await desk.until(lambda: "sub-A1-0001/invoice" in world.email_sender.sent, within=_SOON)
    await desk.environment.sleep(timedelta(days=32))
    world.provider.pay("in_sub-A1-0001")
    event = ProviderEventReceived(event_id="evt_1", event_type="invoice.paid")
    await desk.invoice().signal(messages.PROVIDER_EVENT, event)
    await sale.result()
    await desk.invoice().result()
    return {"invoice-paid-by-transfer": desk.invoice()}


async def never_paid(desk: Desk) -> dict[str, Handle]:
    """A sale that is undone."""
    desk.world.provider.refused_at_attach = frozenset({"pm_refused"})
    sale = await desk.sell(payment=card("pm_refused"))
    await sale.result()
    await desk.subscription().result()
    await desk.invoice().result()
    return {
        "new-sale-failed": sale,
        "subscription-abandoned": desk.subscription(),
        "invoice-voided": desk.invoice(),
    }


async def renewed_and_cancelled(desk: Desk) -> dict[str, Handle]:
    """Two renewals, one of them declined and recovered, then a cancellation."""
    world = desk.world
    await (await desk.sell()).result()
    first_run = await _current_run(desk)
    await desk.until(lambda: len(world.entitlements.grants) == 2, within=timedelta(days=40))
    world.provider.declines = {"pm_good": "insufficient_funds"}
    await desk.until(
        lambda: "sub-A1-0003/charge/1" in world.provider.charges, within=timedelta(days=40)
    )
    second_run = await _current_run(desk)
    world.provider.declines = {}
    await desk.until(lambda: len(world.entitlements.grants) == 3, within=timedelta(days=10))
    request = CancelSubscription(request_id="c1", at=CancelAt.NOW, reason="customer asked")
    await desk.ask(desk.subscription(), messages.REQUEST, request)
    await desk.subscription().result()
    return {
        "subscription-first-period": first_run,
        "subscription-recovered-and-ended": second_run,
        "invoice-retried": desk.invoice(3),
    }


async def _current_run(desk: Desk) -> Handle:
    subscription = desk.subscription()
    run = await desk.current_run_of(subscription)
    return desk.world.client.get_workflow_handle(subscription.id, run_id=run)


PATHS: Final[tuple[Path_, ...]] = (
    paid_by_card,
    declined_then_paid,
    paid_by_transfer,
    never_paid,
    renewed_and_cancelled,
)


def write(path: Path, history: str) -> None:
    """Write a history without the places it was recorded at: paths in stack traces, process names."""
    text = json.dumps(placeless(json.loads(history)), indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def placeless(value: Any) -> Any:
    """Return the JSON value without stack traces and process names."""
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        return {name: placeless(item) for name, item in known.items() if name not in _PLACES}
    if isinstance(value, list):
        return [placeless(item) for item in cast("list[Any]", value)]
    return value


async def main(*, is_replacing: bool) -> None:
    """Record every path on a server of its own."""
    if is_replacing:
        shutil.rmtree(HISTORIES, ignore_errors=True)
    HISTORIES.mkdir(parents=True, exist_ok=True)
    for path in PATHS:
        async with time_skipping() as environment, working(environment) as world:
            desk = Desk(environment=environment, world=world)
            for name, handle in (await path(desk)).items():
                file = HISTORIES / f"{name}.json"
                if file.exists():
                    print(f"{name}: kept")
                    continue
                history: Any = await handle.fetch_history()
                write(file, history.to_json())
                print(f"{name}: {len(history.events)} events")


if __name__ == "__main__":
    asyncio.run(main(is_replacing="--replace-all" in sys.argv[1:]))
