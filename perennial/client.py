"""The client for services: sell, read, change and cancel subscriptions through the HTTP API."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx

from perennial.connection import Connection
from perennial.enums import FINAL_STATES, CancelAt, InvoiceState, SubscriptionState
from perennial.errors import ClientError, NotFoundError, WaitTimeoutError
from perennial.ids import is_entity_id
from perennial.invoices import InvoiceDocumentView, InvoiceView
from perennial.orders import Order, OrderView, SaleView
from perennial.requests import Cancellation, PaymentMethodChange, RequestForm, RequestView
from perennial.subscriptions import (
    EventPage,
    EventView,
    GrantPage,
    GrantView,
    InvoicePage,
    SubscriptionPage,
    SubscriptionSummary,
    SubscriptionView,
)

URL_VARIABLE: Final = "PERENNIAL_API_URL"
KEY_VARIABLE: Final = "PERENNIAL_API_KEY"
DEFAULT_URL: Final = "http://127.0.0.1:8080"
_POLL: Final = 0.25
PageT = TypeVar("PageT", SubscriptionPage, InvoicePage, GrantPage, EventPage)


class Client:
    """Talks to one Perennial API; use it as `async with Client.from_env() as client:`.

    Every call is safe to repeat and is repeated a few times on lost connections and 503: orders by
    their id, other requests by an idempotency key that stays the same.

    Raises:
        ClientError: The address or the key cannot be one.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: timedelta = timedelta(seconds=30),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._api = Connection(base_url, api_key, timeout=timeout, transport=transport)

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Return a client of `PERENNIAL_API_URL` with `PERENNIAL_API_KEY`.

        Raises:
            ClientError: The key is not set.
        """
        values = os.environ if environment is None else environment
        key = values.get(KEY_VARIABLE)
        if not key:
            raise ClientError(f"{KEY_VARIABLE} is not set: the API's operator gives out keys")
        return cls(values.get(URL_VARIABLE, DEFAULT_URL), key)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def sell(self, order: Order) -> SaleView:
        """Submit the order and return its subscription's id; the same order again returns the same.

        Raises:
            OrderRefusedError: Something in it is not allowed or not sold.
            OrderConflictError: The order id is already used for other content.
            UnavailableError: Try the same order again later.
        """
        return await self._api.post(SaleView, "/v1/orders", order, key=None)

    async def get_order(self, order_id: str) -> OrderView:
        """Return an order as submitted, and what became of it.

        Raises:
            NotFoundError: There is none.
        """
        return await self._api.get(OrderView, f"/v1/orders/{_segment(order_id)}")

    async def get(self, subscription_id: str) -> SubscriptionView:
        """Return a subscription with its newest invoices and grants, and the account's access right now.

        Raises:
            NotFoundError: There is none.
        """
        return await self._api.get(
            SubscriptionView, f"/v1/subscriptions/{_segment(subscription_id)}"
        )

    async def invoice(self, invoice_id: str) -> InvoiceDocumentView:
        """Return an invoice as a document: lines, tax, seller, buyer, and the charges that were tried.

        Raises:
            NotFoundError: There is none.
        """
        return await self._api.get(InvoiceDocumentView, f"/v1/invoices/{_segment(invoice_id)}")

    async def list(
        self, *, account_id: str | None = None, state: SubscriptionState | None = None
    ) -> AsyncIterator[SubscriptionSummary]:
        """Yield subscriptions in ascending order of their ids, fetching pages as needed."""
        query = {"account_id": account_id, "state": state}
        async for page in self._pages(SubscriptionPage, "/v1/subscriptions", query):
            for row in page.subscriptions:
                yield row

    async def invoices(self, subscription_id: str) -> AsyncIterator[InvoiceView]:
        """Yield all invoices of a subscription, oldest first, fetching pages as needed.

        Raises:
            NotFoundError: There is no such subscription.
        """
        path = f"/v1/subscriptions/{_segment(subscription_id)}/invoices"
        async for page in self._pages(InvoicePage, path):
            for invoice in page.invoices:
                yield invoice

    async def grants(self, subscription_id: str) -> AsyncIterator[GrantView]:
        """Yield what the invoices of a subscription unlocked, earliest start first, fetching pages as needed.

        Raises:
            NotFoundError: There is no such subscription.
        """
        path = f"/v1/subscriptions/{_segment(subscription_id)}/grants"
        async for page in self._pages(GrantPage, path):
            for grant in page.grants:
                yield grant

    async def events(self, subscription_id: str) -> tuple[EventView, ...]:
        """Return everything that happened to a subscription, its sale and its invoices, oldest first.

        Raises:
            NotFoundError: There is no such subscription.
        """
        path = f"/v1/subscriptions/{_segment(subscription_id)}/events"
        pages = [page async for page in self._pages(EventPage, path)]
        return tuple(event for page in pages for event in page.events)

    async def change_payment_method(
        self, subscription_id: str, payment_method: str, *, key: str | None = None
    ) -> RequestView:
        """Charge another payment method from now on, and what is open at once.

        Args:
            subscription_id: Whose payment method.
            payment_method: The provider's token (`pm_...`).
            key: Idempotency key, to repeat a request from another process; one is made if None.

        Raises:
            RequestRefusedError: Not possible in the present state.
            NotFoundError: There is no such subscription.
        """
        # Not validated here: the API names what is wrong with a token.
        form = PaymentMethodChange.model_construct(payment_method=payment_method)
        return await self.request(subscription_id, form, key=key)

    async def cancel(
        self,
        subscription_id: str,
        *,
        at: CancelAt | str = CancelAt.PERIOD_END,
        reason: str | None = None,
        key: str | None = None,
    ) -> RequestView:
        """End a subscription, `now` or at the `period_end`.

        Raises:
            ValueError: `at` is neither.
            RequestRefusedError: Not possible in the present state.
            NotFoundError: There is no such subscription.
        """
        form = Cancellation.model_construct(at=CancelAt(at))
        if reason is not None:
            form = form.model_copy(update={"reason": reason})
        return await self.request(subscription_id, form, key=key)

    async def request(
        self, subscription_id: str, form: RequestForm, *, key: str | None = None
    ) -> RequestView:
        """Send a request to a subscription; the same key does it once.

        Raises:
            RequestRefusedError: Not possible in the present state.
            NotFoundError: There is no such subscription.
        """
        path = f"/v1/subscriptions/{_segment(subscription_id)}/{form.path}"
        return await self._api.post(RequestView, path, form, key=key or secrets.token_hex(16))

    async def wait_until(
        self,
        subscription_id: str,
        state: SubscriptionState | str,
        timeout: timedelta = timedelta(seconds=60),  # noqa: ASYNC109 - a limit on polling, in words
    ) -> SubscriptionView:
        """Return the subscription once it is in this state, given as such or as its word ("active").

        Raises:
            WaitTimeoutError: It is not within the time given, or has ended in another state.
            ValueError: There is no such state.
        """
        wanted = SubscriptionState(state)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout.total_seconds()
        while True:
            found = await self.get(subscription_id)
            if found.state is wanted:
                return found
            if found.state in FINAL_STATES or loop.time() > deadline:
                raise WaitTimeoutError(
                    f"{subscription_id} is {found.state.value}, not {wanted.value}{_open(found)}"
                )
            await asyncio.sleep(_POLL)

    async def _pages(
        self, model: type[PageT], path: str, query: Mapping[str, str | None] | None = None
    ) -> AsyncIterator[PageT]:
        """Yield the pages at this path, one after the other."""
        after: str | None = None
        while True:
            page = await self._api.get(model, path, {**(query or {}), "after": after})
            yield page
            after = page.next_after
            if after is None:
                return


def _segment(entity_id: str) -> str:
    """Return the id as a part of a path: never a way to another address.

    Raises:
        NotFoundError: It can be no id.
    """
    if not is_entity_id(entity_id):
        raise NotFoundError(f"no such id can exist: {entity_id!r}")
    return entity_id


def _open(found: SubscriptionView) -> str:
    """Return what is still to be paid, in words."""
    unpaid = [invoice for invoice in found.invoices if invoice.state is InvoiceState.OPEN]
    return "".join(
        f"; invoice {invoice.number or invoice.invoice_id} is open, "
        f"{invoice.amount_due.amount} {invoice.amount_due.currency} due"
        for invoice in unpaid
    )
