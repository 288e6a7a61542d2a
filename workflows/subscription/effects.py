"""The effects of a `Subscription`: its business events, its hold, a task for a person."""

from datetime import datetime

from activities.messages import SubscriptionInput
from domain.effects.events import BusinessEvent, EventType, SubscriptionRow
from domain.effects.outbox import AddCrmTask, Effect, System, recording
from domain.entitlements.grants import Hold
from domain.ids import hold_id, subscription_workflow_id
from domain.periods.periods import local_date
from domain.subscription.clock import Rest, next_clock_step
from workflows.subscription.state import SubscriptionProgress, clock_facts


def hold_of_end(start: SubscriptionInput, progress: SubscriptionProgress, at: datetime) -> Hold:
    """Count the version of the hold and return the hold that ends all access of this subscription.

    If a cancellation is the reason, the hold starts when the cancellation took effect. Its content then
    does not depend on when it is put.
    """
    progress.hold_version += 1
    is_cancelled = progress.cancel_at is not None and progress.cancel_at <= at
    return Hold(
        hold_id=hold_id(start.subscription_id),
        version=progress.hold_version,
        account_id=start.account_id,
        subscription_id=start.subscription_id,
        is_active=True,
        reason="ended",
        starts_at=progress.cancel_at if is_cancelled and progress.cancel_at is not None else at,
    )


def record(
    start: SubscriptionInput,
    progress: SubscriptionProgress,
    event_type: EventType,
    *,
    at: datetime,
    summary: str,
    hold: Hold | None = None,
) -> Effect:
    """Count a business event and return the effect that records it and its row of the read model."""
    progress.sequence += 1
    event = BusinessEvent(
        entity=subscription_workflow_id(start.subscription_id),
        sequence=progress.sequence,
        event_type=event_type,
        at=at,
        account_id=start.account_id,
        subscription_id=start.subscription_id,
        summary=summary,
        hold=hold,
        subscription=SubscriptionRow(
            subscription_id=start.subscription_id,
            account_id=start.account_id,
            order_id=start.order_id,
            plan=progress.plan.plan,
            quantity=progress.plan.quantity,
            currency=progress.plan.currency,
            state=progress.state,
            period=progress.period,
            period_number=progress.period_number,
            cancel_at=progress.cancel_at,
            next_due_at=_next_due_at(progress, at),
        ),
    )
    return recording(event)


def _next_due_at(progress: SubscriptionProgress, at: datetime) -> datetime | None:
    step = next_clock_step(clock_facts(progress), at)
    return step.until if isinstance(step, Rest) else None


def late_payment_task(start: SubscriptionInput, invoice: str, at: datetime) -> Effect:
    """Return the effect that asks a person what to do with a payment that came after the end."""
    body = AddCrmTask(
        task_id=f"{invoice}-late-payment",
        account_id=start.account_id,
        opportunity_id=None,
        subject=f"Invoice {invoice} was paid after its subscription ended: refund or restore",
        due_on=local_date(at, start.zone),
    )
    return Effect(key=f"{invoice}/late-payment", system=System.CRM, body=body)
