"""The effects of a `Subscription` besides its records: a task for a person."""

from datetime import datetime

from activities.messages import SubscriptionInput
from domain.effects.outbox import AddCrmTask, Effect
from domain.periods.periods import local_date


def late_payment_task(start: SubscriptionInput, invoice: str, at: datetime) -> Effect:
    """Return the effect that asks a person what to do with a payment that came after the end."""
    body = AddCrmTask(
        task_id=f"{invoice}-late-payment",
        account_id=start.account_id,
        opportunity_id=None,
        subject=f"Invoice {invoice} was paid after its subscription ended: refund or restore",
        due_on=local_date(at, start.zone),
    )
    return Effect(key=f"{invoice}/late-payment", body=body)
