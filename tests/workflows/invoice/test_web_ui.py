"""What operators read of an invoice is true."""

from datetime import UTC, datetime

from domain.collection.next_step import Attempt
from domain.collection.provider_invoice import DeclineClass
from tests.workflows import desk as desks
from workflows.invoice.state import InvoiceProgress
from workflows.invoice.web_ui import page_of_invoice
from workflows.subscription.inputs import invoice_input
from workflows.subscription.state import SubscriptionProgress

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def test_each_attempt_is_shown_with_its_outcome():
    subscription = SubscriptionProgress.begin(desks.subscription_input(NOON))
    invoice = InvoiceProgress.begin(invoice_input(subscription, "sub-A1-0001", 0))
    invoice.attempts = (
        Attempt(number=1, payment_method="pm_1", at=NOON, is_withdrawn=True),
        Attempt(
            number=2,
            payment_method="pm_1",
            at=NOON,
            decline_class=DeclineClass.HARD,
            decline_code="stolen_card",
        ),
        Attempt(number=3, payment_method="pm_2", at=NOON),
    )
    shown = dict(page_of_invoice(invoice).rows)["Attempts"]
    assert shown == (
        "1 2026-03-31 12:00 withdrawn; 2 2026-03-31 12:00 stolen_card; 3 2026-03-31 12:00 accepted"
    )
