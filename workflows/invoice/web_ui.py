"""What operators read about an invoice in the Web UI."""

from datetime import datetime

from activities.messages import InvoiceInput
from domain.collection.next_step import Attempt
from workflows.entity.web_ui import OperatorView, details, when
from workflows.invoice.state import InvoiceProgress


def show_invoice(
    operator_view: OperatorView,
    start: InvoiceInput,
    progress: InvoiceProgress,
    *,
    waits_for: str | None,
    next_due: datetime | None,
    attention: str | None,
    effects: str,
) -> None:
    """Show the state of the invoice, what it waits for and until when."""
    operator_view.show(
        state=progress.state,
        next_due=next_due,
        attention=attention,
        amount_due=progress.amount_due.minor_units,
        dunning_step=_declines(progress.attempts),
        details=details(
            f"Invoice {progress.document.number or progress.document.invoice_id}: {progress.state}",
            [
                ("Needs an operator", attention),
                ("Amount due", progress.amount_due),
                ("Plan", start.plan),
                ("Account", progress.document.account_id),
                ("Subscription", progress.document.subscription_id),
                ("Waits for", waits_for),
                ("Next action", when(next_due)),
                ("Due on", progress.document.due_on),
                ("Attempts", "; ".join(_attempt_text(attempt) for attempt in progress.attempts)),
                ("Unlocked", when(progress.granted_at)),
                ("Effects still to follow", effects),
            ],
        ),
    )


def _declines(attempts: tuple[Attempt, ...]) -> int:
    return sum(attempt.decline_code is not None for attempt in attempts)


def _attempt_text(attempt: Attempt) -> str:
    return f"{attempt.number} {attempt.at:%Y-%m-%d %H:%M} {attempt.decline_code or 'accepted'}"
