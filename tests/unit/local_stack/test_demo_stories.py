"""A step of a story counts only when the outside system says so."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from local_stack.demo.outside import Entry, Outside, StoryFailedError
from local_stack.demo.stories import Stage, StoryResult
from perennial.orders import Account, CardPayment, Order

PAID_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORDER = Order(
    order_id="order-1",
    account=Account(account_id="acme", name="Acme Ltd", email="a@acme.example", country="US"),
    plan="team",
    currency="USD",
    payment=CardPayment(payment_method="pm_card_visa"),
)


@dataclass
class PlayedOutside:
    """Outside systems that say what the test wants."""

    stage: str = "Closed Won"
    status: str = "paid"
    charges: int = 1
    posted: str = "INV-000001 95 USD Approved"
    payment: str = "95 USD for INV-000001"
    asked_charges_of: list[str] = field(default_factory=list[str])

    async def find(self, system: str, action: str, about: str) -> Entry:
        summary = {
            "opportunity.created": self.stage,
            "invoice.submitted": self.posted,
            "payment.put": self.payment,
        }.get(action, "")
        is_grant = action == "grant.put"
        return Entry(PAID_AT + timedelta(seconds=0.05 * is_grant), action, about, summary)

    async def stripe_invoice(self, invoice_id: str) -> dict[str, Any]:
        return {
            "id": "in_1",
            "number": "INV-000001",
            "customer": "cus_1",
            "status": self.status,
            "collection_method": "charge_automatically",
            "total": 9500,
            "amount_paid": 9500,
            "currency": "usd",
        }

    async def successful_charges(self, invoice: str) -> list[dict[str, Any]]:
        self.asked_charges_of.append(invoice)
        return [{}] * self.charges

    async def features(self, account_id: str) -> dict[str, int]:
        return {"seats": 5}

    async def email(self, to: str, subject: str) -> str:
        return subject


def stage_of(outside: PlayedOutside, lines: list[str]) -> Stage:
    nothing = cast("Any", None)
    return Stage(
        nothing, cast("Outside", outside), nothing, lambda who, what: lines.append(what), "tag"
    )


async def test_a_verified_sale_tells_what_each_system_saw() -> None:
    outside, lines, told = PlayedOutside(), list[str](), StoryResult(title="sale")

    await stage_of(outside, lines).verify_unlocked(ORDER, told)

    assert "invoice INV-000001: 95.00 USD charged once, paid" in lines
    assert told.unlocked_after == timedelta(milliseconds=50)
    # Not of the customer: the next period may be charged meanwhile.
    assert outside.asked_charges_of == ["in_1"]


@pytest.mark.parametrize(
    "outside",
    [
        PlayedOutside(charges=2),
        PlayedOutside(charges=0),
        PlayedOutside(status="open"),
        PlayedOutside(posted="INV-000001 96 USD Approved"),
        PlayedOutside(payment="95 EUR for INV-000001"),
    ],
    ids=["charged twice", "not charged", "not paid", "wrong invoice", "wrong payment"],
)
async def test_a_system_that_says_otherwise_fails_the_story(outside: PlayedOutside) -> None:
    with pytest.raises(StoryFailedError):
        await stage_of(outside, []).verify_unlocked(ORDER, StoryResult(title="sale"))


async def test_a_deal_that_is_not_won_fails_the_story() -> None:
    with pytest.raises(StoryFailedError, match="Negotiation"):
        await stage_of(PlayedOutside(stage="Negotiation"), []).verify_won(ORDER)
