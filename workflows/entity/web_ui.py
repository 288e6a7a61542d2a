"""What operators see of a workflow in the Web UI: search attributes and live details."""

from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from workflows.contract import search_attributes as attributes


_Mark = tuple[str, object, SearchAttributeUpdate[Any]]
"""Name, value, and the search attribute update that shows the value."""


class OperatorView:
    """Writes search attributes only when they change, because each upsert is a history event."""

    def __init__(self) -> None:
        self._shown: dict[str, object] = {}

    def show(
        self,
        *,
        state: str,
        next_due: datetime | None,
        attention: str | None,
        details: str,
        amount_due: int | None = None,
        dunning_step: int | None = None,
    ) -> None:
        """Show the current state of the workflow.

        Args:
            state: The entity's state.
            next_due: When the workflow will act by itself, or None.
            attention: What an operator must fix, or None.
            details: Markdown for the workflow's page.
            amount_due: Minor units still to be paid, for invoices.
            dunning_step: Number of declined attempts, for invoices.
        """
        workflow.set_current_details(details)
        wanted = _marks(state, next_due, is_stuck=attention is not None)
        if amount_due is not None:
            wanted.append(("amount_due", amount_due, attributes.AMOUNT_DUE.value_set(amount_due)))
        if dunning_step is not None:
            mark = attributes.DUNNING_STEP.value_set(dunning_step)
            wanted.append(("dunning_step", dunning_step, mark))
        self._upsert(wanted)

    def _upsert(self, wanted: list[_Mark]) -> None:
        changed = [entry for entry in wanted if self._shown.get(entry[0], _UNSHOWN) != entry[1]]
        if changed:
            workflow.upsert_search_attributes(  # pyright: ignore[reportUnknownMemberType] - SDK's generic without argument
                [update for _, _, update in changed]
            )
            self._shown.update({name: value for name, value, _ in changed})


_UNSHOWN = object()


def _marks(state: str, next_due: datetime | None, *, is_stuck: bool) -> list[_Mark]:
    due = attributes.NEXT_DUE
    return [
        ("state", state, attributes.STATE.value_set(state)),
        ("next_due", next_due, due.value_set(next_due) if next_due else due.value_unset()),
        ("attention", is_stuck, attributes.ATTENTION.value_set(is_stuck)),
    ]


def details(title: str, rows: list[tuple[str, object | None]]) -> str:
    """Return live details as markdown: a heading and one bullet per row that has a value."""
    bullets = [f"- **{name}**: {value}" for name, value in rows if value not in (None, "")]
    return "\n".join([f"### {title}", "", *bullets])


def when(instant: datetime | None) -> str | None:
    """Return an instant as text for operators, in UTC to the second, or None."""
    return None if instant is None else f"{instant:%Y-%m-%d %H:%M:%S} UTC"
