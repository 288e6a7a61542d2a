"""The carried state of a `Subscription` and what is derived from it; no waiting happens here."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from activities.messages import SubscriptionInput
from domain.effects.events import BusinessEvent, EntityState, EventType, SubscriptionRow
from domain.effects.outbox import Effect, effects_to_keep, recording
from domain.entitlements.grants import Grant
from domain.entitlements.holds import Hold, HoldLevel, HoldReason, standing_hold
from domain.ids import invoice_id, subscription_workflow_id
from domain.invoicing.invoices import InvoiceDocument
from domain.money.money import Money, sum_money
from domain.periods.periods import Period
from domain.pricing.terms import PlanTerms
from domain.subscription.states import TRANSITIONS, SubscriptionEvent, SubscriptionState
from domain.subscription.steps import SubscriptionFacts, next_due
from workflows.contract.messages import InvoiceChanged, InvoiceOutcome
from workflows.contract.requests import (
    CancelAt,
    CancelSubscription,
    QueuedRequest,
    SubscriptionRequest,
)

REMEMBERED_REQUESTS: Final = 100
"""Number of requests remembered by id, because Temporal's own de-duplication ends with the run."""


@dataclass(kw_only=True, slots=True)
class OpenInvoice:
    """An invoice whose final outcome is not known yet.

    Attributes:
        period_number: The period that it bills, counted from 0; a period may have several invoices.
        is_behind: A charge was declined or a transfer is overdue.
        is_started: Its workflow is known to have started.
        grant: What its payment releases.
        is_owed_after_end: It bills what was used before the subscription ended.
    """

    invoice_id: str
    period_number: int
    total: Money
    grant: Grant
    is_behind: bool = False
    is_started: bool = False
    is_owed_after_end: bool = False


@dataclass(kw_only=True, slots=True)
class SubscriptionProgress:
    """Everything a subscription knows; carried across runs as one value.

    Attributes:
        start: What it was started with; never changed.
        sequence: Number of business events so far.
        generation: How often it was revived.
        invoices: Number of invoices so far; it numbers their ids.
        period: The period that was invoiced last, or None before the first.
        terms: Terms of the last priced renewal; None before, when the sold terms apply.
        priced_period: Number of the period that `terms` was asked for.
        payment_method: The default payment method, or None.
        cancel_at: When a requested cancellation takes effect.
        grants: The grants of paid invoices as they stand, the newest last; those that are over are left out.
        hold_reasons: Why access is suspended, and how far; empty: it is not.
        ended_at: Instant from which nothing may be used any more, once it has ended.
        hold_version: Version of the last hold that was put; 0 for none.
        outcomes: Reported outcomes of invoices that are not handled yet, oldest first.
        inbox: Requests not yet acted on, oldest first.
        handled_requests: What the last requests asked for, by id, newest last.
        held_since: Since when requests have gone before the period that is due; None if none has.
        is_period_begun: This run has started the invoice of a later period, so its work is done.
    """

    start: SubscriptionInput
    payment_method: str | None
    state: SubscriptionState = SubscriptionState.PENDING
    sequence: int = 0
    generation: int = 0
    invoices: int = 0
    period: Period | None = None
    period_number: int = -1
    terms: PlanTerms | None = None
    priced_period: int = 0
    open_invoices: list[OpenInvoice] = field(default_factory=list[OpenInvoice])
    grants: list[Grant] = field(default_factory=list[Grant])
    cancel_at: datetime | None = None
    cancel_reason: str | None = None
    hold_reasons: dict[HoldReason, HoldLevel] = field(default_factory=dict[HoldReason, HoldLevel])
    ended_at: datetime | None = None
    hold_version: int = 0
    outcomes: list[InvoiceChanged] = field(default_factory=list[InvoiceChanged])
    inbox: list[QueuedRequest] = field(default_factory=list[QueuedRequest])
    handled_requests: dict[str, str] = field(default_factory=dict[str, str])
    held_since: datetime | None = None
    is_period_begun: bool = False
    outbox: list[Effect] = field(default_factory=list[Effect])

    @classmethod
    def begin(cls, start: SubscriptionInput) -> "SubscriptionProgress":
        """Return the state of a subscription that has done nothing yet."""
        return cls(start=start, payment_method=start.payment_method)

    @property
    def plan(self) -> PlanTerms:
        """The terms in force."""
        return self.terms or self.start.plan

    def facts(self, *, is_history_long: bool = False) -> SubscriptionFacts:
        """Return the facts that decide what the subscription does next."""
        return SubscriptionFacts(
            state=self.state,
            period=self.period,
            period_number=self.period_number,
            priced_period=self.priced_period,
            cancel_at=self.cancel_at,
            has_outcome=bool(self.outcomes),
            has_request=bool(self.inbox),
            held_since=self.held_since,
            has_unstarted_invoice=self.find_unstarted() is not None,
            has_open_invoice=bool(self.open_invoices),
            is_run_over=self.is_period_begun or is_history_long,
        )

    def move(self, event: SubscriptionEvent) -> None:
        """Move the state by the table of transitions."""
        self.state = TRANSITIONS.after(self.state, event)

    @property
    def entity(self) -> str:
        """The workflow id, under which its events are recorded."""
        return subscription_workflow_id(self.start.subscription_id)

    def carried(self, recorded: Collection[Effect]) -> EntityState:
        """Return the state as it is stored with these records."""
        kept = replace(self, outbox=effects_to_keep(self.outbox, recorded))
        return EntityState(
            entity=self.entity, generation=self.generation, sequence=self.sequence, state=kept
        )

    def record(
        self,
        event_type: EventType,
        summary: str,
        *,
        at: datetime,
        hold: Hold | None = None,
        grant: Grant | None = None,
    ) -> None:
        """Count a business event and queue the effect that records it with the subscription's row."""
        start = self.start
        self.sequence += 1
        event = BusinessEvent(
            entity=self.entity,
            generation=self.generation,
            sequence=self.sequence,
            event_type=event_type,
            at=at,
            account_id=start.account_id,
            subscription_id=start.subscription_id,
            summary=summary,
            hold=hold,
            grant=grant,
            subscription=self._row(at),
        )
        self.outbox.append(recording(event))

    def _row(self, at: datetime) -> SubscriptionRow:
        return SubscriptionRow(
            subscription_id=self.start.subscription_id,
            account_id=self.start.account_id,
            order_id=self.start.order_id,
            plan=self.plan.plan,
            quantity=self.plan.quantity,
            currency=self.plan.currency,
            state=self.state,
            period=self.period,
            period_number=self.period_number,
            cancel_at=self.cancel_at,
            next_due_at=next_due(self.facts(), at),
        )

    def remember(self, request: SubscriptionRequest) -> None:
        """Remember that the request was accepted, and what it asked for."""
        self.handled_requests[request.request_id] = request.content
        for forgotten in list(self.handled_requests)[:-REMEMBERED_REQUESTS]:
            del self.handled_requests[forgotten]

    def take_cancellation(self, request: CancelSubscription, now: datetime) -> bool:
        """Set when the subscription ends and return whether that changed anything; the earlier end applies.

        A pending subscription has no period to keep, so it ends at once.
        """
        ends_at = now
        is_kept = request.at is CancelAt.PERIOD_END and self.state is not SubscriptionState.PENDING
        if is_kept and self.period is not None:
            ends_at = max(self.period.end, now)
        if self.cancel_at is not None and self.cancel_at <= ends_at:
            return False
        self.cancel_at, self.cancel_reason = ends_at, request.reason
        return True

    def end_now(self, reason: str, now: datetime) -> None:
        """Set the subscription to end at once, unless its end is already due."""
        if self.cancel_at is None or self.cancel_at > now:
            self.cancel_at, self.cancel_reason = now, reason

    def watch(self) -> Callable[[], bool]:
        """Return a test of whether a message has arrived, from now on, that must be handled first."""
        cancel_at = self.cancel_at
        return lambda: bool(self.outcomes) or self.cancel_at != cancel_at

    def find_unstarted(self) -> OpenInvoice | None:
        """Return the invoice whose workflow is not known to have started, or None."""
        return next((known for known in self.open_invoices if not known.is_started), None)

    def find_open(self, invoice: str) -> OpenInvoice | None:
        """Return the open invoice of this id, or None if it has ended."""
        return next((known for known in self.open_invoices if known.invoice_id == invoice), None)

    def is_recovered(self) -> bool:
        """Whether the subscription is past due although no open invoice is behind any more."""
        return self.state is SubscriptionState.PAST_DUE and not any(
            invoice.is_behind for invoice in self.open_invoices
        )

    def amount_due(self) -> Money:
        """Return the total of all open invoices."""
        return sum_money((known.total for known in self.open_invoices), self.plan.currency)

    def next_invoice_id(self) -> str:
        """Return the id of the next invoice; a period may have several."""
        return invoice_id(self.start.subscription_id, self.invoices + 1)

    def open_invoice(self, draft: InvoiceDocument, grant: Grant, period_number: int) -> None:
        """Add the next invoice, which bills this period, to the open ones; its workflow is still to start."""
        self.invoices += 1
        self.period, self.period_number = draft.lines[0].period, period_number
        self.held_since = None
        self.open_invoices.append(
            OpenInvoice(
                invoice_id=draft.invoice_id,
                period_number=period_number,
                total=draft.total,
                grant=grant,
            )
        )

    def keep_grant(self, grant: Grant, now: datetime) -> None:
        """Keep a grant that now stands, in place of its earlier version."""
        self.grants = [
            known for known in self.grants if known.until > now and known.grant_id != grant.grant_id
        ]
        self.grants.append(grant)

    def invoices_to_stop(self, event: SubscriptionEvent) -> list[OpenInvoice]:
        """Return the open invoices that are no longer owed; mark the others as owed after the end.

        A subscription that ends with its period has used everything that its open invoices bill.
        """
        is_used_up = (
            event is SubscriptionEvent.CANCELLATION_DUE
            and self.state is not SubscriptionState.ABANDONED
            and self.period is not None
            and self.cancel_at is not None
            and self.cancel_at >= self.period.end
        )
        for invoice in self.open_invoices:
            invoice.is_owed_after_end = is_used_up
        return [known for known in self.open_invoices if not is_used_up or not known.is_started]

    def has_final_outcome(self, invoice: OpenInvoice) -> bool:
        """Whether a final outcome of the invoice waits to be handled."""
        ends = {InvoiceOutcome.PAID, InvoiceOutcome.CLOSED_UNPAID}
        return any(
            change.invoice_id == invoice.invoice_id and change.outcome in ends
            for change in self.outcomes
        )

    def hold(self, reason: HoldReason, level: HoldLevel, at: datetime) -> Hold:
        """Add a reason to suspend access; count the version of the hold and return the hold that stands.

        If a cancellation is the reason, the hold starts when the cancellation took effect. Its content then
        does not depend on when it is put.
        """
        self.hold_reasons[reason] = level
        self.hold_version += 1
        is_cancelled = self.cancel_at is not None and self.cancel_at <= at
        return standing_hold(
            self.hold_reasons,
            subscription_id=self.start.subscription_id,
            account_id=self.start.account_id,
            version=self.hold_version,
            starts_at=self.cancel_at if is_cancelled and self.cancel_at is not None else at,
        )
