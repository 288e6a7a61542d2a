"""The harness breaks what it says, and passes over nothing that goes wrong meanwhile."""

from dataclasses import replace
from itertools import count
from pathlib import Path as Folder
from random import Random
from typing import Any
from unittest.mock import patch

from tests.checker.known import Known
from tests.crash.harness import Break, BreakKind, breaks_of, is_known, live
from tests.crash.path import NEVER_PAID, PAID, Path
from tests.crash.paths import PATHS
from tests.crash.run import sampled, tried
from tests.virtual_stack import worker
from tests.virtual_stack.life import Life
from tests.virtual_temporal.points import Point, PointKind
from workflows.invoice.state import InvoiceProgress

CARD_PAID = next(path for path in PATHS if path.name == "card paid")
DONE = Point(PointKind.EFFECT_DONE, "invoice/1", "charge_provider_invoice")
TIMER = Point(PointKind.TIMER, "invoice/1", "")


async def _acts(_: Life) -> None: ...


def test_the_worker_dies_at_every_point_and_every_answer_is_lost():
    assert breaks_of(CARD_PAID, [TIMER, DONE]) == [
        Break(0, BreakKind.WORKER_DIES),
        Break(1, BreakKind.WORKER_DIES),
        Break(1, BreakKind.ANSWER_LOST),
    ]


def test_someone_acts_at_every_point_that_the_path_names():
    path = replace(CARD_PAID, act=_acts)
    acts = [BreakKind.SOMEONE_ACTS, BreakKind.SOMEONE_ACTS_AND_WORKER_DIES]
    everywhere = [Break(index, kind) for index in (0, 1) for kind in acts]

    assert breaks_of(path, [TIMER, DONE]) == everywhere
    assert breaks_of(replace(path, act_at=range(1, 2)), [TIMER, DONE]) == everywhere[2:]


def test_a_sample_breaks_something_where_money_moves():
    points = [TIMER] * 50 + [DONE]
    breaks = breaks_of(CARD_PAID, points)

    for seed in range(20):
        chosen = sampled(breaks, points, Random(seed), 3)
        assert len(set(chosen)) == 3
        assert any(each.index == 50 for each in chosen)
    assert sorted(sampled(breaks, points, Random(1), 99), key=breaks.index) == breaks


def test_only_what_the_path_says_is_known():
    known = Known(issue="R0.00, 1", text="answered 404", signs=("404",))
    path = replace(CARD_PAID, known=known, ends_if_known=(NEVER_PAID,))

    assert is_known(path, ["answered 404"])
    assert is_known(path, ["answered 404", f"ends as {NEVER_PAID}"])
    assert not is_known(path, ["answered 404", "P1: two charges"])
    assert not is_known(path, ["answered 404", f"ends as {PAID}"])
    assert not is_known(path, [f"ends as {NEVER_PAID}"])
    assert not is_known(path, [])
    assert not is_known(CARD_PAID, ["answered 404"])


async def test_a_worker_that_dies_is_followed_by_a_fresh_one(tmp_path: Folder):
    begun, real = count(), worker.assemble

    def assembled(*given: Any) -> Any:
        next(begun)
        return real(*given)

    with patch.object(worker, "assemble", assembled):
        await live(CARD_PAID, tmp_path, Break(20, BreakKind.WORKER_DIES))
    assert next(begun) == 2


async def test_code_that_does_other_things_when_it_is_replayed_is_found(tmp_path: Folder):
    calls, real = count(), InvoiceProgress.record

    def record(self: InvoiceProgress, event_type: Any, summary: str, **given: Any) -> None:
        real(self, event_type, f"{summary} ({next(calls)})", **given)

    with patch.object(InvoiceProgress, "record", record):
        outcome = await tried(CARD_PAID, tmp_path, at_most=0)

    assert outcome.lives == 2
    assert any(each.startswith("replayed at every task") for each in outcome.complaints)
    assert not any(each.startswith("undisturbed") for each in outcome.complaints)


async def test_a_life_that_cannot_be_led_or_is_another_one_each_time_is_found(tmp_path: Folder):
    lives = count()

    async def changing(life: Life) -> None:
        number = next(lives)
        if number == 3:
            raise RuntimeError("broken script")
        await (life.buys(card=None) if number == 2 else life.buys())

    path: Path = replace(CARD_PAID, script=changing)
    outcome = await tried(path, tmp_path, at_most=2)

    assert any("the path is not the same every time" in each for each in outcome.complaints)
    assert any("RuntimeError: broken script" in each for each in outcome.complaints)
