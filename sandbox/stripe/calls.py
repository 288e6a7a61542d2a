"""One request, and one row of the table of endpoints."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.store import Document
from sandbox.stripe.books import Books
from sandbox.stripe.events import EventLog
from sandbox.stripe.forms import EXPAND, Fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One valid request.

    Attributes:
        books: The account's objects.
        log: Its events.
        ids: The ids in the URL, in order.
        params: The typed parameters.
        url: The path as Stripe names it in lists, such as `/v1/customers`.
    """

    books: Books
    log: EventLog
    ids: tuple[str, ...]
    params: Document
    url: str

    def text(self, name: str) -> str | None:
        """Return a text parameter, or None when absent."""
        value = self.params.get(name)
        return None if value is None else str(value)


Handler: TypeAlias = Callable[[Call], Document]


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint.

    Attributes:
        method: HTTP method.
        path: Path below `/v1` with `{}` for each id, such as `invoices/{}/pay`.
        handler: Runs the request. It never waits, so that no other request sees a partial result.
        fields: The parameters that it accepts, except `expand`.
    """

    method: str
    path: str
    handler: Handler
    fields: Fields

    def accepted(self) -> Fields:
        """Return all parameters that it accepts."""
        return {**EXPAND, **self.fields}
