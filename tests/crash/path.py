"""A path: a life that the stack must lead to the same end wherever its worker dies."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

from tests.checker.check import Invariant
from tests.virtual_stack.life import Life
from tests.virtual_temporal.points import Point

Script = Callable[[Life], Awaitable[None]]
At = Callable[[Life, int, Point], None]


@dataclass(frozen=True, kw_only=True)
class Path:
    """A declared scenario.

    Attributes:
        name: What happens, in a few words.
        script: What customer, bank and operator do, and how long they wait.
        least_points: Crash points that it has; a change that loses some must say so here.
        state: The state of the subscription in the end; None where there is none.
        charges: Successful charges in the end.
        has_access: Whether the customer may use something in the end.
        at: Called at each point with its number, before anything is broken there.
        except_for: Invariants that this path breaks today, with an issue that mends them.
        differs: Lines that may come or not, depending on the moment of a crash.
    """

    name: str
    script: Script
    least_points: int
    state: str | None = "active"
    charges: int = 1
    has_access: bool = True
    at: At | None = None
    except_for: Collection[Invariant] = field(default=())
    differs: Collection[str] = field(default=())
