"""What operators read about a subscription in the Web UI."""

from domain.invoicing.billing import period_price
from workflows.entity.web_ui import Page, amount_columns, when
from workflows.subscription.state import SubscriptionProgress


def page_of_subscription(subscription: SubscriptionProgress) -> Page:
    """Return the page of the subscription."""
    start, plan, open_invoices = (
        subscription.start,
        subscription.plan,
        subscription.open_invoices,
    )
    amount_due = subscription.amount_due()
    return Page(
        title=f"Subscription {start.subscription_id}: {subscription.state}",
        state=subscription.state,
        rows=[
            ("Plan", f"{plan.quantity} x {plan.plan} ({plan.name})"),
            ("Price", f"{period_price(plan)} every {plan.interval}"),
            ("Account", start.account_id),
            ("Amount due", amount_due),
            ("Period", _period(subscription)),
            ("Ends", when(subscription.cancel_at)),
            ("Open invoices", ", ".join(known.invoice_id for known in open_invoices)),
            (
                "Behind",
                ", ".join(known.invoice_id for known in open_invoices if known.is_behind),
            ),
            ("Access suspended", ", ".join(subscription.hold_reasons)),
        ],
        columns=amount_columns(amount_due),
    )


def _period(subscription: SubscriptionProgress) -> str | None:
    if subscription.period is None:
        return None
    start, end = when(subscription.period.start), when(subscription.period.end)
    return f"{subscription.period_number + 1}, {start} to {end}"
