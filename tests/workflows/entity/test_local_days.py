"""The dates that other systems are told are those of the account's calendar, not of ours."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from activities.messages import SaleTerms
from domain.collection.provider_invoice import ProviderInvoice, ProviderInvoiceStatus
from domain.effects.outbox import (
    AddCrmTask,
    Effect,
    LoseOpportunity,
    PostErpInvoice,
    PostErpPayment,
    WinOpportunity,
)
from tests.workflows import desk as desks
from workflows.contract.messages import NewSaleInput
from workflows.invoice import effects as invoice_effects
from workflows.invoice.state import InvoiceProgress
from workflows.new_sale import effects as sale_effects
from workflows.new_sale.state import SaleProgress
from workflows.subscription.effects import late_payment_task
from workflows.subscription.inputs import invoice_input
from workflows.subscription.state import SubscriptionProgress

LATE = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
PLAN = desks.terms_of(desks.order_of("A1", desks.CARD))
SALE = NewSaleInput(
    order_id="A1", order_digest="d", subscription_id="sub-A1", account_id="acme", plan="team"
)
DAYS = [
    ("Europe/Berlin", date(2026, 4, 1)),
    ("UTC", date(2026, 3, 31)),
    ("America/New_York", date(2026, 3, 31)),
]


def invoiced(zone: str) -> InvoiceProgress:
    subscription = SubscriptionProgress.begin(desks.subscription_input(LATE, zone))
    given = invoice_input(subscription, "sub-A1-0001", 0)
    invoice = InvoiceProgress.begin(replace(given, draft=replace(given.draft, number="US-1")))
    invoice.provider_invoice = ProviderInvoice(
        provider_invoice_id="in_1",
        invoice_id=given.draft.invoice_id,
        status=ProviderInvoiceStatus.PAID,
        amount_due=given.draft.total,
        amount_paid=given.draft.total,
        payment_id="pi_1",
    )
    return invoice


def sold(zone: str) -> SaleProgress:
    terms = SaleTerms(
        account_id="acme",
        zone=zone,
        opportunity_id="opp-1",
        purchase_order=None,
        payment=desks.CARD,
        plan=PLAN,
        policy=desks.DEFAULT_SUBSCRIPTION_POLICY,
    )
    return SaleProgress(start=SALE, terms=terms, accepted_at=LATE)


def bodies(effects: list[Effect], kind: type) -> list[object]:
    return [effect.body for effect in effects if isinstance(effect.body, kind)]


def test_the_erp_learns_in_which_zone_the_days_of_an_invoice_are_counted():
    effects = invoice_effects.effects_of_issue(invoiced("Europe/Berlin"))
    (posted,) = bodies(effects, PostErpInvoice)
    assert isinstance(posted, PostErpInvoice)
    assert posted.zone == "Europe/Berlin"


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize(("zone", "day"), DAYS)
def test_a_payment_is_of_the_day_it_came_on(zone: str, day: date, is_known: bool):
    invoice = invoiced(zone)
    invoice.paid_at = LATE if is_known else None
    effects = invoice_effects.effects_of_payment(invoice, LATE)
    (posted,) = bodies(effects, PostErpPayment)
    assert isinstance(posted, PostErpPayment)
    assert posted.paid_on == day


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin"])
def test_a_payment_is_never_older_than_its_invoice(zone: str):
    invoice = invoiced(zone)
    invoice.document = replace(invoice.document, issued_on=date(2026, 4, 1))
    (posted,) = bodies(invoice_effects.effects_of_payment(invoice, LATE), PostErpPayment)
    assert isinstance(posted, PostErpPayment)
    assert posted.paid_on == date(2026, 4, 1)


@pytest.mark.parametrize(("zone", "day"), DAYS)
def test_a_deal_is_won_on_the_day_of_the_account(zone: str, day: date):
    effects = sale_effects.effects_of_acceptance(sold(zone), LATE)
    (won,) = bodies(effects, WinOpportunity)
    assert isinstance(won, WinOpportunity)
    assert won.closed_on == day


@pytest.mark.parametrize(("zone", "day"), DAYS)
def test_a_deal_is_lost_and_its_task_due_on_the_day_of_the_account(zone: str, day: date):
    effects = sale_effects.effects_of_failure(sold(zone), LATE)
    (lost,), (task,) = bodies(effects, LoseOpportunity), bodies(effects, AddCrmTask)
    assert isinstance(lost, LoseOpportunity)
    assert isinstance(task, AddCrmTask)
    assert (lost.closed_on, task.due_on) == (day, day)


@pytest.mark.parametrize(("zone", "day"), DAYS)
def test_late_money_is_a_task_of_the_day_of_the_account(zone: str, day: date):
    task = late_payment_task(desks.subscription_input(LATE, zone), "sub-A1-0001", LATE).body
    assert isinstance(task, AddCrmTask)
    assert task.due_on == day
