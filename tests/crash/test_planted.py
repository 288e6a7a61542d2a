"""The harness bites: faults planted into our own code are found on the paths that exist."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields, replace
from pathlib import Path as Folder
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from temporalio import activity, workflow

from activities import payments
from activities.payments import PaymentActivities
from domain.effects.events import BusinessEvent, EventType
from starters.use_cases.errors import SubscriptionClosedError
from starters.use_cases.subscription_requests import SubscriptionRequests
from storage.recorder import Recorder
from tests.crash.harness import Break, BreakKind, Lived, complaints, live
from tests.crash.path import Path
from tests.crash.paths import PATHS
from tests.virtual_temporal.points import PointKind
from workflows.subscription.state import SubscriptionProgress

_SANDBOX = "http://127.0.0.1:8090/stripe/v1"
_KEY = {"Authorization": "Bearer sk_test_planted"}


def _path(name: str) -> Path:
    return next(path for path in PATHS if path.name == name)


def _point(lived: Lived, kind: PointKind, detail: str) -> int:
    return next(
        index
        for index, point in enumerate(lived.points)
        if (point.kind, point.detail) == (kind, detail)
    )


@contextmanager
def _lost_over_continue_as_new(name: str) -> Generator[None]:
    """Let a subscription forget one thing with each new run."""
    [known] = [each for each in fields(SubscriptionProgress) if each.name == name]
    real: Callable[[object], None] = workflow.continue_as_new

    def forget(state: object) -> None:
        if isinstance(state, SubscriptionProgress):
            value = None if known.default is MISSING else known.default
            if known.default_factory is not MISSING:
                value = known.default_factory()
            state = replace(state, **{name: value})
        real(state)

    with patch.object(workflow, "continue_as_new", forget):
        yield


@pytest.mark.parametrize("name", ["payment_method", "state", "sequence", "invoices", "outbox"])
async def test_a_field_that_is_lost_over_continue_as_new_is_found(tmp_path: Folder, name: str):
    path = _path("renewed twice over continue-as-new")

    with _lost_over_continue_as_new(name):
        lived = await live(path, tmp_path)

    assert complaints(path, lived)


async def test_an_open_invoice_that_is_lost_over_continue_as_new_is_found(tmp_path: Folder):
    path = _path("renewal declined then paid")

    with _lost_over_continue_as_new("open_invoices"):
        lived = await live(path, tmp_path)

    assert complaints(path, lived)


async def test_a_cancellation_that_is_lost_over_continue_as_new_is_found(tmp_path: Folder):
    path = _path("cancelled at the end at every moment of a renewal")
    found: list[str] = []

    with _lost_over_continue_as_new("cancel_at"):
        for index in path.act_at or ():
            lived = await live(path, tmp_path, Break(index, BreakKind.SOMEONE_ACTS))
            found += complaints(path, lived)
            if found:
                break

    assert "answers: sub-a1: cancel_period_end was accepted and not done" in found


async def test_a_second_charge_is_found(tmp_path: Folder):
    path, real = _path("card paid"), PaymentActivities._charge

    async def charge_again(self: PaymentActivities, request: Any) -> Any:
        result = await real(self, request)
        if activity.info().attempt > 1:
            async with httpx.AsyncClient(headers=_KEY) as stripe:
                customers = (await stripe.get(f"{_SANDBOX}/customers")).json()["data"]
                form = {
                    "amount": "5700",
                    "currency": "usd",
                    "customer": customers[0]["id"],
                    "payment_method": request.payment_method,
                    "confirm": "true",
                    "off_session": "true",
                }
                answer = await stripe.post(f"{_SANDBOX}/payment_intents", data=form)
                answer.raise_for_status()
        return result

    undisturbed = await live(path, tmp_path)
    index = _point(undisturbed, PointKind.EFFECT_DONE, "charge_provider_invoice")
    with patch.object(PaymentActivities, "_charge", charge_again):
        lived = await live(path, tmp_path, Break(index, BreakKind.ANSWER_LOST))

    assert any("was charged without an invoice" in each for each in complaints(path, lived))
    assert any("57.00 USD charged" in each for each in complaints(path, lived, undisturbed))


async def test_an_unlock_before_the_payment_is_found(tmp_path: Folder):
    path = _path("transfer paid")

    with patch.object(payments, "is_paid_in_full", return_value=True):
        lived = await live(path, tmp_path)

    assert "P3: sub-a1-0001: was unlocked before it was paid" in complaints(path, lived)


@pytest.mark.parametrize("dropped", [EventType.INVOICE_ISSUED, EventType.SUBSCRIPTION_ACTIVATED])
async def test_a_dropped_event_is_found(tmp_path: Folder, dropped: EventType):
    path, real = _path("card paid"), Recorder.record

    async def record(self: Recorder, events: Sequence[BusinessEvent], state: Any = None) -> None:
        await real(self, [each for each in events if each.event_type is not dropped], state)

    with patch.object(Recorder, "record", record):
        lived = await live(path, tmp_path)

    assert complaints(path, lived)


async def test_a_wrong_final_answer_is_found(tmp_path: Folder):
    path = _path("cancelled now")

    async def refuse(*_: object) -> Any:
        raise SubscriptionClosedError("subscription sub-a1 is closed")

    with patch.object(SubscriptionRequests, "submit", refuse):
        lived = await live(path, tmp_path)

    assert any("cancel_now was refused" in each for each in complaints(path, lived))


async def test_a_path_that_has_lost_points_says_so(tmp_path: Folder):
    path = _path("card paid")

    lived = await live(path, tmp_path)

    assert complaints(path, lived) == []
    longer = replace(path, points=len(lived.points) + 1)
    assert complaints(longer, lived) == ["has lost points: 62 -> 61"]
