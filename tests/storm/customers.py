"""Customers of a storm: they order, pay, change their card and cancel at every moment, and repeat what got no answer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random
from string import ascii_lowercase
from typing import Any, Final

import httpx

from config.clock import utc_now
from domain.ids import subscription_id
from perennial.client import Client
from perennial.orders import Account, CardPayment, Order, TransferPayment
from tests.checker.answers import answer_of
from tests.checker.facts import ClientAnswer, Verdict
from tests.checker.known import EARLY_REQUESTS

_CARDS: Final = (
    *("pm_card_visa",) * 12,
    "pm_card_mastercard",
    "pm_card_amex",
    *("pm_card_chargeCustomerFail",) * 3,
    "pm_card_chargeDeclined",
    "pm_card_authenticationRequired",
)
# A renewal is due every five seconds, so that many periods fit into a storm.
_QUICK_PLAN: Final = "heartbeat"
_QUICK: Final = {"unit": "second", "count": 5}
_CANCELLED_AT_ONCE: Final = 8
_TRIES: Final = 12
_SPANS: Final = 4
_PAUSE_SECONDS: Final = 1.0
_STRIPE: Final = {"Authorization": "Bearer sk_test_storm"}


@dataclass
class Customers:
    """Everyone who buys during a storm.

    Attributes:
        client: Their services' client of our API.
        http: A client of the sandbox: their banks.
        span: Seconds within which they do what they do.
        answers: What they were told.
        subscriptions: What they were sold; what renews every few seconds comes first.
    """

    client: Client
    http: httpx.AsyncClient
    span: float
    answers: list[ClientAnswer] = field(default_factory=list[ClientAnswer])
    subscriptions: list[str] = field(default_factory=list[str])

    async def live(self, name: str, random: Random) -> None:
        """Lead the life of one customer, named so in every id; every draw of chance is taken from `random`."""
        order = self._order(name, random)
        calls = [self._sell(order)]
        if random.random() < 0.2:
            calls.append(self._sell(order))
        acts = [self._act(order, random) for _ in range(random.choice((0, 1, 1, 2)))]
        if isinstance(order.payment, TransferPayment) and random.random() < 0.7:
            acts.append(self._pay(order, random.uniform(0.5, self.span / 2)))
        if order.plan == _QUICK_PLAN:
            acts.append(self._leave(subscription_id(order.order_id)))
        await asyncio.gather(*calls, *acts)

    async def _leave(self, subscription: str) -> None:
        """Cancel what renews every few seconds: many of these are soon more than the machine can do."""
        for _ in range(_SPANS):
            await asyncio.sleep(self.span)
            if await self._end(subscription):
                return

    async def cancel_all(self) -> None:
        """Cancel everything, so that the storm comes to rest."""
        several = asyncio.Semaphore(_CANCELLED_AT_ONCE)

        async def cancel(subscription: str) -> None:
            async with several:
                await self._end(subscription)

        await asyncio.gather(*map(cancel, self.subscriptions))

    async def _end(self, subscription: str) -> bool:
        """Cancel a subscription; False if it is not known yet, as no worker has run since the order."""
        answer = await self._ask(
            "cancel_now",
            subscription,
            lambda: self.client.cancel(subscription, at="now", key=f"end-{subscription}"),
        )
        return not EARLY_REQUESTS.is_about(answer.text)

    def _order(self, name: str, random: Random) -> Order:
        is_quick, by_transfer = random.random() < 0.6, random.random() < 0.4
        payment = CardPayment(payment_method=random.choice(_CARDS))
        given = {
            "order_id": name,
            "account": Account(
                account_id=f"acc-{name}",
                name=f"{name} Ltd",
                email=f"{name}@customer.example",
                country="US",
            ),
            "plan": _QUICK_PLAN if is_quick else "team",
            "quantity": 1 if is_quick else random.randint(1, 50),
            "interval": _QUICK if is_quick else "month",
            "currency": "USD",
            "payment": TransferPayment() if by_transfer and not is_quick else payment,
        }
        # What renews in seconds is cancelled first.
        place = 0 if is_quick else len(self.subscriptions)
        self.subscriptions.insert(place, subscription_id(name))
        return Order.model_validate(given)

    async def _sell(self, order: Order) -> None:
        await self._ask("sell", order.order_id, lambda: self.client.sell(order))

    def _act(self, order: Order, random: Random) -> Awaitable[None]:
        subscription, card = subscription_id(order.order_id), random.choice(_CARDS)
        # A third comes at the same moment as the order, before anything was charged.
        delay = random.choice((0.0, random.uniform(0.0, 2.0), random.uniform(0.0, self.span)))
        # Letters only: a key that looks like a card number is refused.
        key = f"{order.order_id}-{''.join(random.choices(ascii_lowercase, k=12))}"
        calls: dict[str, Callable[[], Awaitable[Any]]] = {
            "cancel_now": lambda: self.client.cancel(subscription, at="now", key=key),
            "cancel_period_end": lambda: self.client.cancel(subscription, at="period_end", key=key),
            "change_payment_method": lambda: self.client.change_payment_method(
                subscription, card, key=key
            ),
        }
        request = random.choice(list(calls))
        return self._later(delay, request, subscription, calls[request])

    async def _later(
        self, delay: float, request: str, about: str, call: Callable[[], Awaitable[Any]]
    ) -> None:
        await asyncio.sleep(delay)
        await self._ask(request, about, call)

    async def _pay(self, order: Order, delay: float) -> None:
        """Send the money once there is a payment customer, as often as it takes."""
        for _ in range(_TRIES):
            await asyncio.sleep(delay)
            # The faults of the sandbox also meet the bank; what it sent twice is kept for later.
            with suppress(httpx.TransportError):
                if await self._is_sent(order):
                    return

    async def _is_sent(self, order: Order) -> bool:
        query = {"email": order.account.email}
        found = await self.http.get("/stripe/v1/customers", params=query, headers=_STRIPE)
        customers: list[dict[str, Any]] = found.json()["data"] if found.is_success else []
        if not customers:
            return False
        path = f"/stripe/v1/test_helpers/customers/{customers[0]['id']}/fund_cash_balance"
        form = {"amount": str(1900 * order.quantity), "currency": "usd"}
        sent = await self.http.post(path, data=form, headers=_STRIPE)
        return sent.is_success

    async def _ask(
        self, request: str, about: str, call: Callable[[], Awaitable[Any]]
    ) -> ClientAnswer:
        """Ask until there is an answer that is final, as a sane client does."""
        answer = await answer_of(request, about, call, clock=utc_now)
        for _ in range(_TRIES - 1):
            if answer.verdict is not Verdict.UNAVAILABLE:
                break
            await asyncio.sleep(_PAUSE_SECONDS)
            again = await answer_of(request, about, call, clock=utc_now)
            answer = replace(again, asked_at=answer.asked_at)
        self.answers.append(answer)
        return answer
