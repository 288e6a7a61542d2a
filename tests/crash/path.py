"""A path: a life that the stack must lead to the same end wherever its worker dies."""

from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any

from tests.checker.known import Known
from tests.virtual_stack.life import Life
from tests.virtual_temporal.points import Point

Script = Callable[[Life], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class End:
    """How a life ends.

    Attributes:
        state: The state of the subscription.
        charges: Successful charges.
        has_access: Whether the customer may use something.
    """

    state: str
    charges: int
    has_access: bool


PAID = End("active", 1, has_access=True)
NEVER_PAID = End("abandoned", 0, has_access=False)
ENDED = End("ended", 1, has_access=False)


@dataclass(frozen=True, kw_only=True)
class Path:
    """A declared scenario.

    Attributes:
        name: What happens, in a few words.
        script: What customer, bank and operator do, and how long they wait.
        points: Crash points that it has at least; a change that loses some must say so here.
        ends: The ends that it may have; more than one only if `act` decides.
        act: What someone does at every point in turn, once each; the path is then led once for each of its
            points, and once more with the worker dying after it.
        act_at: Numbers of the points at which someone acts, counted from 0; None is all.
        at: Called at each point, before anything is broken there.
        ends_if_known: The ends that a life may have in which the known is broken.
        known: What is broken on this path today. A path that is not broken any more must not say so.
    """

    name: str
    script: Script
    points: int
    ends: Collection[End] = (PAID,)
    act: Callable[[Life], Coroutine[Any, Any, None]] | None = None
    act_at: range | None = None
    at: Callable[[Life, Point], None] | None = None
    known: Known | None = None
    ends_if_known: Collection[End] = ()
