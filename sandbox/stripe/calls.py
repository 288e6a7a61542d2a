"""What a request asks for, and the table row that says who answers it."""

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
        url: The path as Stripe names it in lists, as `/v1/customers`.
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
        path: Below `/v1`, an id being `{}`, as `invoices/{}/pay`.
        handler: Runs it without ever waiting, so that no other request sees half of it.
        fields: The parameters it takes, besides `expand`.
    """

    method: str
    path: str
    handler: Handler
    fields: Fields

    def accepted(self) -> Fields:
        """Return all parameters it takes."""
        return {**EXPAND, **self.fields}
