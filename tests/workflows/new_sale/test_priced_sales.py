"""What terms say reaches the provider and the entitlement service: add-ons, tax, discounts, trials."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.collection.provider_invoice import ProviderInvoice, ProviderInvoiceStatus
from domain.money.money import Money
from domain.parties.orders import Order
from domain.pricing.discounts import Discount
from domain.pricing.pricing import Price, PriceModel
from domain.pricing.taxes import TaxRate
from domain.pricing.terms import Charge, PlanTerms, Trial
from tests.workflows import desk as desks
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld

VAT = TaxRate(code="de-standard", name="VAT 19 %", rate=Decimal("0.19"))
SEATS_OF_TEAM = desks.terms_of(desks.order_of("A1", desks.CARD)).charges[0]


def flat(name: str, amount: str) -> Charge:
    price = Price(model=PriceModel.FLAT, currency="USD", unit_price=Decimal(amount))
    return Charge(price_of=name, name=name.title(), price=price, quantity=1, tax_rates=(VAT,))


@pytest.fixture
def sold_as(monkeypatch: pytest.MonkeyPatch) -> "Sold":
    return Sold(monkeypatch)


class Sold:
    """Decides what the catalog makes of an order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._plain = desks.terms_of

    def __call__(self, **changes: Any) -> None:
        def terms_of(order: Order) -> PlanTerms:
            return replace(self._plain(order), **changes)

        self._monkeypatch.setattr(desks, "terms_of", terms_of)


async def test_add_ons_one_off_charges_discounts_and_tax_are_collected(
    desk: Desk, world: FakeWorld, sold_as: Sold
):
    sold_as(
        charges=(replace(SEATS_OF_TEAM, tax_rates=(VAT,)), flat("support", "99.00")),
        one_off=(flat("onboarding", "250.00"),),
        discounts=(Discount(discount_id="launch", percent=Decimal(10), periods=1),),
    )
    assert (await (await desk.sell()).result()).is_won
    # (57.00 + 99.00 + 250.00) less 10 % = 365.40, and 19 % on each line: 9.75 + 16.93 + 42.75.
    assert [str(money) for money in world.provider.money_taken] == ["434.83 USD"]
    taken = world.provider.money_taken
    await desk.until(lambda: len(world.provider.money_taken) == 2, within=timedelta(days=32))
    # 57.00 + 99.00 without discount or one-off charge, and 10.83 + 18.81.
    assert [str(money) for money in world.provider.money_taken[len(taken) :]] == ["185.64 USD"]


async def test_a_trial_unlocks_at_once_and_is_paid_for_when_it_ends(
    desk: Desk, world: FakeWorld, sold_as: Sold
):
    sold_as(trial=Trial(days=14))
    # A provider takes an invoice of nothing as paid the moment it is opened.
    world.provider.provider_invoices["in_sub-A1-0001"] = ProviderInvoice(
        provider_invoice_id="in_sub-A1-0001",
        invoice_id="sub-A1-0001",
        status=ProviderInvoiceStatus.PAID,
        amount_due=Money.zero("USD"),
        amount_paid=Money.zero("USD"),
        hosted_url="https://pay.example/sub-A1-0001",
        paid_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert (await (await desk.sell()).result()).is_won
    assert set(world.entitlements.grants) == {"sub-A1-0001"}
    assert world.provider.charges == {}

    await desk.until(lambda: bool(world.provider.charges), within=timedelta(days=15))
    await desk.until(lambda: "sub-A1-0002" in world.entitlements.grants, within=timedelta(hours=1))
    await desk.until(lambda: "payment of INV-000002" in world.erp.posted, within=timedelta(hours=1))
    assert [str(money) for money in world.provider.money_taken] == ["57.00 USD"]
    # Nothing was paid for the trial, so there is no payment to post.
    assert "payment of INV-000001" not in world.erp.posted
