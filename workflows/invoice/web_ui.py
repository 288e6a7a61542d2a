"""What operators read about an invoice in the Web UI."""

from domain.collection.next_step import Attempt
from workflows.contract import search_attributes as attributes
from workflows.entity.web_ui import Page, amount_columns, when
from workflows.invoice.state import InvoiceProgress


def page_of_invoice(invoice: InvoiceProgress) -> Page:
    """Return the page of the invoice."""
    document = invoice.document
    return Page(
        title=f"Invoice {document.number or document.invoice_id}: {invoice.state}",
        state=invoice.state,
        rows=[
            ("Amount due", invoice.amount_due),
            ("Plan", invoice.start.plan),
            ("Account", document.account_id),
            ("Subscription", document.subscription_id),
            ("Due on", document.due_on),
            ("Attempts", "; ".join(_attempt_text(attempt) for attempt in invoice.attempts)),
            ("Unlocked", when(invoice.granted_at)),
        ],
        columns={
            **amount_columns(invoice.amount_due),
            attributes.DUNNING_STEP: _declines(invoice.attempts),
        },
    )


def _declines(attempts: tuple[Attempt, ...]) -> int:
    return sum(attempt.decline_code is not None for attempt in attempts)


def _attempt_text(attempt: Attempt) -> str:
    outcome = "withdrawn" if attempt.is_withdrawn else attempt.decline_code or "accepted"
    return f"{attempt.number} {attempt.at:%Y-%m-%d %H:%M} {outcome}"
