"""The four stories, each as what every outside system saw."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from temporalio.client import Client as TemporalClient

from domain.ids import (
    invoice_id,
    invoice_workflow_id,
    sale_workflow_id,
    subscription_workflow_id,
)
from domain.money.money import Money
from local_stack.demo.outside import Outside, StoryFailedError
from perennial.client import Client
from perennial.enums import SubscriptionState
from perennial.orders import Account, CardPayment, Order, TransferPayment
from workflows.contract.requests import CancelAt


@dataclass
class StoryResult:
    """What a story has shown so far.

    Attributes:
        unlocked_after: Time from the payment at Stripe to the active grant.
        workflows: Ids of the workflows to look at.
    """

    title: str
    unlocked_after: timedelta | None = None
    workflows: list[str] = field(default_factory=list[str])


Line = Callable[[str, str], None]
"""Prints one line: who saw it, and what."""


@dataclass
class Stage:
    """Where stories happen: our API, the outside systems, and Temporal for the last story.

    Attributes:
        tag: Makes the ids of one performance its own.
    """

    client: Client
    outside: Outside
    temporal: TemporalClient
    line: Line
    tag: str

    def begin(self, title: str) -> StoryResult:
        """Announce a story."""
        self.line("Sale", title)
        return StoryResult(title=title)

    def order(self, email: str, account: Account, **terms: object) -> Order:
        """Return an order of this performance."""
        return Order.model_validate(
            {"order_id": f"demo-{self.tag}-{email}", "account": account, **terms}
        )

    def account(self, email: str, name: str, country: str) -> Account:
        """Return an account of this performance."""
        return Account(
            account_id=f"demo-{self.tag}-{email}",
            name=name,
            email=f"billing-{self.tag}-{email}@customer.example",
            country=country,
        )

    async def sell(self, order: Order) -> str:
        """Sell, and return the subscription's id."""
        return (await self.client.sell(order)).subscription_id

    async def verify_unlocked(self, order: Order, result: StoryResult, *, number: int = 1) -> None:
        """Verify in every outside system that the invoice was paid once and unlocked what it bought.

        Raises:
            StoryFailedError: One of them says otherwise.
        """
        subscription = f"sub-{order.order_id}"
        invoice = invoice_id(subscription, number)
        grant = await self.outside.find("entitlements", "grant.put", invoice)
        provider_invoice = await self.outside.stripe_invoice(invoice)
        await self._verify_paid_once(provider_invoice)
        paid = await self.outside.find("stripe", "invoice.paid", str(provider_invoice["number"]))
        result.unlocked_after = grant.at - paid.at
        await self._verify_erp(provider_invoice)
        features = await self.outside.features(order.account.account_id)
        if not features:
            raise StoryFailedError(f"entitlements: {order.account.account_id} has no access")
        self.line(
            "Entitlements", f"{_words(features)}: unlocked {_ms(result.unlocked_after)} later"
        )
        subject = f"Payment received for invoice {provider_invoice['number']}"
        receipt = await self.outside.email(order.account.email, subject)
        self.line("Inbox", receipt)
        result.workflows = [
            sale_workflow_id(order.order_id),
            subscription_workflow_id(subscription),
            invoice_workflow_id(invoice),
        ]

    async def verify_locked(self, order: Order) -> None:
        """Verify that the account has no access yet.

        Raises:
            StoryFailedError: It has.
        """
        features = await self.outside.features(order.account.account_id)
        if features:
            raise StoryFailedError(f"entitlements: unlocked before payment: {_words(features)}")
        self.line("Entitlements", "locked")

    async def verify_won(self, order: Order) -> None:
        """Verify that the CRM shows the deal as won.

        Raises:
            StoryFailedError: It is there, but in another stage.
        """
        won = await self.outside.find("salesforce", "opportunity.created", order.order_id)
        if won.summary != "Closed Won":
            raise StoryFailedError(f"salesforce: {order.order_id} is {won.summary}, not won")
        self.line("CRM", f"opportunity {order.order_id} is {won.summary}")

    async def _verify_paid_once(self, invoice: Mapping[str, Any]) -> None:
        if invoice["status"] != "paid" or invoice["amount_paid"] != invoice["total"]:
            raise StoryFailedError(f"stripe: invoice {invoice['number']} is {invoice['status']}")
        # Of this invoice only: the next period may be charged while this one is being looked at.
        charges = await self.outside.successful_charges(str(invoice["id"]))
        by_card = invoice["collection_method"] == "charge_automatically"
        if by_card and len(charges) != 1:
            raise StoryFailedError(f"stripe: invoice {invoice['number']}: {len(charges)} charges")
        amount = _amount_of(invoice, "amount_paid")
        how = "charged once" if by_card else "received by bank transfer"
        self.line("Stripe", f"invoice {invoice['number']}: {amount} {how}, {invoice['status']}")

    async def _verify_erp(self, invoice: Mapping[str, Any]) -> None:
        number = str(invoice["number"])
        posted = await self.outside.find("workday", "invoice.submitted", number)
        payment = await self.outside.find("workday", "payment.put", number)
        total = _amount_of(invoice, "total")
        for said in (posted.summary, payment.summary):
            # Workday writes amounts without trailing zeros.
            if f"{total.to_decimal().normalize():f} {total.currency}" not in said:
                raise StoryFailedError(f"workday: {said!r} is not about {total}")
        self.line("ERP", f"invoice {posted.summary}; payment of {payment.summary}")


def _amount_of(invoice: Mapping[str, Any], field: str) -> Money:
    return Money(minor_units=invoice[field], currency=invoice["currency"].upper())


def _words(features: dict[str, int]) -> str:
    return ", ".join(f"{key} {amount}" if amount else key for key, amount in features.items())


def _ms(span: timedelta) -> str:
    return f"{span / timedelta(milliseconds=1):.0f} ms"


MONTHLY: Final = {"unit": "month", "count": 1}
YEARLY: Final = {"unit": "year", "count": 1}
HEARTBEAT: Final = {"unit": "second", "count": 5}


async def card_sale(stage: Stage) -> StoryResult:
    """A self-serve sale is charged and unlocked at once."""
    result = stage.begin("Lovelace Analytics buys 5 x Team by card")
    order = stage.order(
        "a",
        stage.account("a", "Lovelace Analytics", "US"),
        plan="team",
        quantity=5,
        interval=MONTHLY,
        currency="USD",
        payment=CardPayment(payment_method="pm_card_visa"),
    )
    await stage.sell(order)
    await stage.verify_won(order)
    await stage.verify_unlocked(order, result)
    return result


async def transfer_sale(stage: Stage) -> StoryResult:
    """An enterprise pays its invoice later, by bank transfer."""
    result = stage.begin("Curie Instruments buys 40 x Enterprise for a year, on 30 days' terms")
    order = stage.order(
        "b",
        stage.account("b", "Curie Instruments SA", "FR"),
        plan="enterprise",
        quantity=40,
        interval=YEARLY,
        currency="EUR",
        payment=TransferPayment(days_until_due=30),
        purchase_order="PO-4711",
    )
    subscription = await stage.sell(order)
    await stage.verify_won(order)
    stage.line("Inbox", await stage.outside.email(order.account.email, "due"))
    await stage.verify_locked(order)
    provider_invoice = await stage.outside.stripe_invoice(invoice_id(subscription, 1))
    await stage.outside.transfer(
        str(provider_invoice["customer"]),
        amount=int(provider_invoice["amount_due"]),
        currency="eur",
    )
    stage.line("Bank", f"transfer of {_amount_of(provider_invoice, 'amount_due')} arrives")
    await stage.verify_unlocked(order, result)
    return result


async def declined_sale(stage: Stage) -> StoryResult:
    """A declined card leaves the account locked; another card unlocks it."""
    result = stage.begin("Babbage Engines buys Starter with a card that is declined")
    order = stage.order(
        "c",
        stage.account("c", "Babbage Engines Ltd", "GB"),
        plan="starter",
        quantity=1,
        interval=MONTHLY,
        currency="USD",
        payment=CardPayment(payment_method="pm_card_chargeCustomerFail"),
    )
    subscription = await stage.sell(order)
    await stage.verify_won(order)
    stage.line("Inbox", await stage.outside.email(order.account.email, "did not go through"))
    await stage.verify_locked(order)
    await stage.client.change_payment_method(subscription, "pm_card_visa")
    stage.line("Customer", "adds another card")
    await stage.verify_unlocked(order, result)
    return result


async def renewal(stage: Stage) -> StoryResult:
    """Five seconds pass: the next period is charged, and the run continues as new.

    Raises:
        StoryFailedError: It did not.
    """
    result = stage.begin("Hopper Labs buys Heartbeat, which renews every 5 seconds")
    order = stage.order(
        "d",
        stage.account("d", "Hopper Labs", "US"),
        plan="heartbeat",
        quantity=1,
        interval=HEARTBEAT,
        currency="USD",
        payment=CardPayment(payment_method="pm_card_visa"),
    )
    subscription = await stage.sell(order)
    await stage.outside.find("entitlements", "grant.put", invoice_id(subscription, 1))
    handle = stage.temporal.get_workflow_handle(subscription_workflow_id(subscription))
    first = (await handle.describe()).run_id
    stage.line("Clock", "5 seconds pass")
    await stage.verify_unlocked(order, result, number=2)
    current = (await handle.describe()).run_id
    if current == first:
        raise StoryFailedError("temporal: the subscription did not continue as new")
    stage.line("Temporal", f"run {first[:8]} continued as new in run {current[:8]}")
    await stage.client.cancel(subscription, at=CancelAt.NOW, reason="end of the demonstration")
    await stage.client.wait_until(subscription, SubscriptionState.ENDED)
    stage.line("Customer", "cancels now")
    await stage.verify_locked(order)
    return result


STORIES: Final[tuple[tuple[str, Callable[[Stage], Awaitable[StoryResult]]], ...]] = (
    ("(a) Paid by card", card_sale),
    ("(b) Paid later", transfer_sale),
    ("(c) Declined, then another card", declined_sale),
    ("(d) Renewed", renewal),
)
