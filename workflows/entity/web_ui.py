"""What operators see of a workflow in the Web UI: columns (search attributes) and live details."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from domain.money.money import Money
    from workflows.contract import search_attributes as attributes

Columns = Mapping[SearchAttributeKey[Any], object | None]
"""Values by search attribute; None leaves the column empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """What a workflow waits for.

    Attributes:
        reason: What it waits for, in words; None while it acts.
        due: When it will act by itself, or None.
        attention: What an operator must fix, or None.
        effects: Number of queued effects per system; empty if there are none.
    """

    reason: str | None
    due: datetime | None
    attention: str | None
    effects: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """The page of a workflow.

    Attributes:
        title: Heading of the details.
        rows: Name and value of each detail; rows without a value are left out.
        columns: What this kind of workflow shows besides the columns that all have.
    """

    title: str
    state: str
    rows: list[tuple[str, object | None]]
    columns: Columns


class OperatorView:
    """Writes the page of one workflow.

    Args:
        page: Returns the page of the workflow as it is now.
    """

    def __init__(self, page: Callable[[], Page]) -> None:
        self._page = page
        # The columns stay when a run continues as new: a new run must not write them again.
        shown = workflow.info().typed_search_attributes
        self._shown: dict[str, object | None] = {key.name: shown.get(key) for key in attributes.ALL}

    def show(self, waiting: Waiting) -> None:
        """Show the workflow as it is now; only columns that change are written, as each is an event."""
        page = self._page()
        rows = [
            ("Needs an operator", waiting.attention),
            *page.rows,
            ("Waits for", waiting.reason),
            ("Next action", when(waiting.due)),
            ("Effects still to follow", waiting.effects),
        ]
        workflow.set_current_details(_details(page.title, rows))
        columns: Columns = {
            attributes.STATE: page.state,
            attributes.NEXT_DUE: waiting.due,
            attributes.ATTENTION: waiting.attention is not None,
            **page.columns,
        }
        changed = {
            key: value for key, value in columns.items() if self._shown.get(key.name) != value
        }
        if changed:
            workflow.upsert_search_attributes(  # pyright: ignore[reportUnknownMemberType] - SDK's generic without argument
                [_update(key, value) for key, value in changed.items()]
            )
            self._shown.update({key.name: value for key, value in changed.items()})


def amount_columns(amount_due: Money) -> Columns:
    """Return the columns of an amount: as people read it, and as it can be compared."""
    return {
        attributes.AMOUNT_DUE: amount_due.minor_units,
        attributes.AMOUNT_DUE_TEXT: str(amount_due),
    }


def when(instant: datetime | None) -> str | None:
    """Return an instant as text for operators, in UTC to the second, or None."""
    return None if instant is None else f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def _update(key: SearchAttributeKey[Any], value: object | None) -> SearchAttributeUpdate[Any]:
    return key.value_unset() if value is None else key.value_set(value)


def _details(title: str, rows: list[tuple[str, object | None]]) -> str:
    """Return live details as markdown: a heading and one bullet per row that has a value."""
    bullets = [f"- **{name}**: {value}" for name, value in rows if value not in (None, "")]
    return "\n".join([f"### {title}", "", *bullets])
