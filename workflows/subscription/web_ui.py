"""What operators read about a subscription in the Web UI."""

from datetime import datetime

from activities.messages import SubscriptionInput
from domain.invoicing.billing import period_price
from workflows.entity.web_ui import OperatorView, details, when
from workflows.subscription.state import SubscriptionProgress


def show_subscription(
    operator_view: OperatorView,
    start: SubscriptionInput,
    progress: SubscriptionProgress,
    *,
    waits_for: str | None,
    next_due: datetime | None,
    attention: str | None,
    effects: str,
) -> None:
    """Show the state of the subscription, what it waits for and until when."""
    plan = progress.plan
    behind = [known.invoice_id for known in progress.open_invoices if known.is_behind]
    amount_due = progress.amount_due()
    operator_view.show(
        state=progress.state,
        next_due=next_due,
        attention=attention,
        amount_due=amount_due.minor_units,
        details=details(
            f"Subscription {start.subscription_id}: {progress.state}",
            [
                ("Needs an operator", attention),
                ("Plan", f"{plan.quantity} x {plan.plan} ({plan.name})"),
                ("Price", f"{period_price(plan)} every {plan.interval}"),
                ("Account", start.account_id),
                ("Amount due", amount_due),
                ("Period", _period(progress)),
                ("Waits for", waits_for),
                ("Next action", when(next_due)),
                ("Ends", when(progress.cancel_at)),
                ("Open invoices", ", ".join(known.invoice_id for known in progress.open_invoices)),
                ("Behind", ", ".join(behind)),
                ("Effects still to follow", effects),
            ],
        ),
    )


def _period(progress: SubscriptionProgress) -> str | None:
    if progress.period is None:
        return None
    start, end = when(progress.period.start), when(progress.period.end)
    return f"{progress.period_number + 1}, {start} to {end}"
