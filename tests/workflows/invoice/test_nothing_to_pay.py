"""An invoice of nothing asks nobody for money."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.collection.provider_invoice import ProviderInvoice, ProviderInvoiceStatus
from domain.money.money import Money
from domain.parties.orders import Order
from domain.pricing.terms import PlanTerms, Trial
from tests.workflows import desk as desks
from tests.workflows.desk import TRANSFER, Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, PROVIDER_INVOICE


async def test_a_trial_on_terms_is_not_announced_as_an_invoice_to_transfer(
    desk: Desk, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
):
    plain = desks.terms_of

    def with_trial(order: Order) -> PlanTerms:
        return replace(plain(order), trial=Trial(days=14))

    monkeypatch.setattr(desks, "terms_of", with_trial)
    # A provider takes an invoice of nothing as paid the moment it is opened.
    world.provider.provider_invoices[PROVIDER_INVOICE] = ProviderInvoice(
        provider_invoice_id=PROVIDER_INVOICE,
        invoice_id=GRANT,
        status=ProviderInvoiceStatus.PAID,
        amount_due=Money.zero("USD"),
        amount_paid=Money.zero("USD"),
    )
    assert (await (await desk.sell(payment=TRANSFER)).result()).is_won
    await desk.environment.sleep(timedelta(hours=1))
    assert f"{GRANT}/invoice" not in world.email_sender.sent
