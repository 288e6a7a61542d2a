"""Stories with dates: what people do and everything that happens on which day, and nothing else.

    await lived(
        life,
        on("2027-01-15 10:00", buys(), "money: invoice INV-000001 opened: 57.00 USD", ...),
        on("2027-02-15 10:00", "money: 57.00 USD charged", ...),
        until="2027-03-01 00:00",
    )

Everything of ours is real; time and the outside world are virtual (`tests/virtual_stack`). A line is written
as `tests/checker/happenings.py` says it; lines of one minute have no order.
"""

import difflib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tests.checker.check import violations
from tests.checker.facts import Facts
from tests.checker.happenings import Happening, outside, recorded
from tests.virtual_stack.life import Life

Act = Callable[[Life], Awaitable[None]]

_FORMAT: Final = "%Y-%m-%d %H:%M"
# What sale and invoice record repeats what the outside systems show.
_OWN: Final = "subscription/"


@dataclass(frozen=True)
class On:
    """One minute of a story: what people do then, and what happens."""

    at: datetime
    acts: tuple[Act, ...]
    lines: tuple[str, ...]


def on(at: str, *entries: Act | str) -> On:
    """Return what happens at this minute (UTC): acts of people, and the lines that follow."""
    return On(
        at=datetime.strptime(at, _FORMAT).replace(tzinfo=UTC),
        acts=tuple(entry for entry in entries if not isinstance(entry, str)),
        lines=tuple(entry for entry in entries if isinstance(entry, str)),
    )


def buys(**how: Any) -> Act:
    """The customer orders."""
    return lambda life: life.buys(**how)


def transfers() -> Act:
    """The customer sends the money of the first invoice."""
    return lambda life: life.transfers()


def gives_card(card: str) -> Act:
    """The customer gives another card."""
    return lambda life: life.gives_card(card)


def cancels(*, at: str = "now") -> Act:
    """The customer cancels."""
    return lambda life: life.cancels(at=at)


async def lived(life: Life, *story: On, until: str) -> None:
    """Lead the life of a story, and compare what happened with what it says, line by line.

    Raises:
        AssertionError: Something happened that it does not say, or the reverse, or a promise was broken.
    """
    end = on(until).at
    for day in story:
        await life.passes(day.at - life.stack.now)
        for act in day.acts:
            await act(life)
    await life.passes(end - life.stack.now)
    facts = await life.facts()
    told, written = _told(story), _written(facts)
    difference = difflib.unified_diff(told, written, "told", "lived", lineterm="")
    assert told == written, "\n".join(difference)
    broken = [str(each) for each in violations(facts)]
    assert not broken, "\n".join(broken)


def _told(story: tuple[On, ...]) -> list[str]:
    return sorted(f"{day.at:{_FORMAT}}  {line}" for day in story for line in day.lines)


def _written(facts: Facts) -> list[str]:
    own = [_shortened(each) for each in recorded(facts) if each.text.startswith(_OWN)]
    return sorted(f"{each.at:{_FORMAT}}  {each.who}: {each.text}" for each in outside(facts) + own)


def _shortened(happening: Happening) -> Happening:
    words = happening.text.rpartition(" ")[2].replace("_", " ")
    return Happening(happening.at, "recorded", words)
