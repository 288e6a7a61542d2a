"""Tables of transitions: which event moves an entity from which state to which."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.failures import RejectedError

StateT = TypeVar("StateT")
EventT = TypeVar("EventT")


class IllegalTransitionError(RejectedError):
    """The event cannot happen in this state."""


@dataclass(frozen=True, slots=True)
class Transitions(Generic[StateT, EventT]):
    """The transitions of one kind of entity; whatever the table does not list is illegal.

    Attributes:
        entity: Name of the kind of entity, for messages.
        initial: The state in which every one of them begins.
        table: (state, event) -> state after it.
    """

    entity: str
    initial: StateT
    table: Mapping[tuple[StateT, EventT], StateT]

    def after(self, state: StateT, event: EventT) -> StateT:
        """Return the state after the event.

        Raises:
            IllegalTransitionError: If the table has no such transition.
        """
        try:
            return self.table[state, event]
        except KeyError:
            raise IllegalTransitionError(
                f"{event} cannot happen to a {self.entity} that is {state}"
            ) from None

    @property
    def final(self) -> frozenset[StateT]:
        """The states that no event leaves."""
        left = {before for before, _ in self.table}
        return frozenset(after for after in self.table.values() if after not in left)
