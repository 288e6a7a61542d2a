"""The carried state of a `Subscription` and what is derived from it; no waiting happens here."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from activities.messages import AttachPaymentMethod, InvoiceInput, RenewTerms, SubscriptionInput
from domain.effects.outbox import Effect
from domain.ids import invoice_id
from domain.invoicing.billing import billed_period, draft_for_period, grant_for_period
from domain.invoicing.invoices import InvoiceDocument, InvoiceHeader
from domain.money.money import Money, sum_money
from domain.periods.periods import Period, local_date
from domain.pricing.terms import PlanTerms
from domain.subscription.clock import ClockFacts
from domain.subscription.states import SubscriptionEvent, SubscriptionState, next_state
from workflows.contract.messages import (
    CancelAt,
    CancelSubscription,
    ChangePaymentMethod,
    InvoiceChanged,
)

REMEMBERED_REQUESTS = 100
"""Number of requests remembered by id, because Temporal's own de-duplication ends with the run."""


@dataclass(kw_only=True, slots=True)
class OpenInvoice:
    """An invoice whose final outcome is not known yet.

    Attributes:
        is_behind: A charge was declined or a transfer is overdue.
        is_started: Its workflow is known to have started.
        is_owed_after_end: It bills what was used before the subscription ended.
    """

    invoice_id: str
    total: Money
    is_behind: bool = False
    is_started: bool = True
    is_owed_after_end: bool = False


@dataclass(kw_only=True, slots=True)
class SubscriptionProgress:
    """Everything a subscription knows; carried across runs as one value.

    Attributes:
        start: What it was started with; never changed.
        sequence: Number of business events so far.
        period: The period that was invoiced last, or None before the first.
        terms: Terms of the last priced renewal; None before, when the sold terms apply.
        priced_period: Number of the period that `terms` was asked for.
        payment_method: The default payment method, or None.
        cancel_at: When a requested cancellation takes effect.
        hold_version: Version of the last hold that was put; 0 for none.
        inbox: Requests and messages not yet acted on, oldest first.
        handled_requests: What the last requests asked for, by id, newest last.
        held_since: Since when requests have gone before the period that is due; None if none has.
    """

    start: SubscriptionInput
    payment_method: str | None
    state: SubscriptionState = SubscriptionState.PENDING
    sequence: int = 0
    period: Period | None = None
    period_number: int = -1
    terms: PlanTerms | None = None
    priced_period: int = 0
    open_invoices: list[OpenInvoice] = field(default_factory=list[OpenInvoice])
    cancel_at: datetime | None = None
    cancel_reason: str | None = None
    hold_version: int = 0
    inbox: list[ChangePaymentMethod | InvoiceChanged] = field(
        default_factory=list[ChangePaymentMethod | InvoiceChanged]
    )
    handled_requests: dict[str, str] = field(default_factory=dict[str, str])
    held_since: datetime | None = None
    outbox: list[Effect] = field(default_factory=list[Effect])

    @property
    def plan(self) -> PlanTerms:
        """The terms in force."""
        return self.terms or self.start.plan

    def is_handled(self, request_id: str) -> bool:
        """Whether this request was accepted before."""
        return request_id in self.handled_requests

    def remember(self, request_id: str, content: str) -> None:
        """Remember that the request was accepted, and what it asked for."""
        self.handled_requests[request_id] = content
        for forgotten in list(self.handled_requests)[:-REMEMBERED_REQUESTS]:
            del self.handled_requests[forgotten]

    def outcomes(self) -> list[InvoiceChanged]:
        """Return the reported outcomes of invoices that are not handled yet, oldest first."""
        return [item for item in self.inbox if isinstance(item, InvoiceChanged)]

    def next_outcome(self) -> InvoiceChanged | None:
        """Return the oldest of `outcomes`, or None."""
        return next(iter(self.outcomes()), None)

    def next_request(self) -> ChangePaymentMethod | None:
        """Return the oldest request that waits, or None."""
        return next((item for item in self.inbox if isinstance(item, ChangePaymentMethod)), None)

    def has_first_request(self) -> bool:
        """Whether a request waits, and none has gone before the period that is due."""
        return self.next_request() is not None and self.held_since is None

    def add_invoice(self, draft: InvoiceDocument, number: int) -> None:
        """Add the invoice of period `number` to the open ones; its workflow is still to be started."""
        self.period, self.period_number = draft.lines[0].period, number
        self.held_since = None
        opened = OpenInvoice(invoice_id=draft.invoice_id, total=draft.total, is_started=False)
        self.open_invoices.append(opened)

    def find_unstarted(self) -> OpenInvoice | None:
        """Return the invoice whose workflow is not known to have started, or None."""
        return next((known for known in self.open_invoices if not known.is_started), None)

    def move(self, event: SubscriptionEvent) -> None:
        """Move the state by the table of transitions."""
        self.state = next_state(self.state, event)

    def is_recovered(self) -> bool:
        """Whether the subscription is past due although no open invoice is behind any more."""
        return self.state is SubscriptionState.PAST_DUE and not any(
            invoice.is_behind for invoice in self.open_invoices
        )

    def amount_due(self) -> Money:
        """Return the total of all open invoices."""
        return sum_money((known.total for known in self.open_invoices), self.plan.currency)

    def find_open(self, invoice: str) -> OpenInvoice | None:
        """Return the open invoice of this id, or None if it has ended."""
        return next((known for known in self.open_invoices if known.invoice_id == invoice), None)


def start_progress(start: SubscriptionInput) -> SubscriptionProgress:
    """Return the state of a subscription that has done nothing yet."""
    return SubscriptionProgress(start=start, payment_method=start.payment_method)


def clock_facts(progress: SubscriptionProgress) -> ClockFacts:
    """Return the facts that decide what the clock does next."""
    return ClockFacts(
        state=progress.state,
        period=progress.period,
        period_number=progress.period_number,
        cancel_at=progress.cancel_at,
    )


def attach_request(start: SubscriptionInput, asked: ChangePaymentMethod) -> AttachPaymentMethod:
    """Return the request to attach the payment method that a customer has given."""
    return AttachPaymentMethod(
        account_id=start.account_id,
        customer_id=start.customer_id,
        payment_method=asked.payment_method,
        request_id=asked.request_id,
    )


def renewal_question(
    start: SubscriptionInput, progress: SubscriptionProgress, number: int
) -> RenewTerms:
    """Return the question about the terms of period `number`."""
    period = billed_period(progress.plan, start=start.anchor, zone=start.zone, n=number).period
    return RenewTerms(
        account_id=start.account_id,
        terms=progress.plan,
        period_start=local_date(period.start, start.zone),
    )


def invoice_for(
    start: SubscriptionInput, progress: SubscriptionProgress, number: int
) -> InvoiceInput:
    """Return the invoice of period `number` (0 is the first) with its grant in escrow."""
    plan = progress.plan
    billed = billed_period(plan, start=start.anchor, zone=start.zone, n=number)
    invoice = invoice_id(start.subscription_id, number + 1)
    header = InvoiceHeader(
        invoice_id=invoice,
        subscription_id=start.subscription_id,
        account_id=start.account_id,
        legal_entity=start.policy.legal_entity,
        purchase_order=start.purchase_order,
    )
    return InvoiceInput(
        draft=draft_for_period(plan, header, billed=billed, start=start.anchor, zone=start.zone),
        grant=grant_for_period(
            plan,
            invoice_id=invoice,
            subscription_id=start.subscription_id,
            account_id=start.account_id,
            period=billed.period,
            # A transfer may come on the last day of its payment term: access must not end before.
            longest_dunning=start.policy.longest_dunning
            + timedelta(days=start.payment.days_until_due or 0),
        ),
        policy=start.policy.first if number == 0 else start.policy.renewal,
        number_series=start.policy.number_series,
        zone=start.zone,
        plan=plan.plan,
        payment=start.payment,
        customer_id=start.customer_id,
        payment_method=progress.payment_method,
    )


def content_of(request: ChangePaymentMethod | CancelSubscription) -> str:
    """Return what a request asks for, as text; the same id with another text is another request."""
    match request:
        case ChangePaymentMethod():
            return f"payment method {request.payment_method}"
        case CancelSubscription():
            return f"cancel at {request.at}"


def take_cancellation(
    request: CancelSubscription, progress: SubscriptionProgress, now: datetime
) -> bool:
    """Set when the subscription ends and return whether that changed anything; the earlier end applies.

    A pending subscription has no period to keep, so it ends at once.
    """
    is_now = (
        request.at is CancelAt.NOW
        or progress.state is SubscriptionState.PENDING
        or progress.period is None
    )
    ends_at = now if is_now or progress.period is None else max(progress.period.end, now)
    if progress.cancel_at is not None and progress.cancel_at <= ends_at:
        return False
    progress.cancel_at, progress.cancel_reason = ends_at, request.reason
    return True


def end_now(progress: SubscriptionProgress, reason: str, now: datetime) -> None:
    """Set the subscription to end at once, unless its end is already due."""
    if progress.cancel_at is None or progress.cancel_at > now:
        progress.cancel_at, progress.cancel_reason = now, reason


def invoices_to_stop(progress: SubscriptionProgress, event: SubscriptionEvent) -> list[OpenInvoice]:
    """Return the open invoices that are no longer owed; mark the others as owed after the end.

    A subscription that ends with its period has used everything that its open invoices bill.
    """
    period, ends_at = progress.period, progress.cancel_at
    is_used_up = (
        event is SubscriptionEvent.CANCELLATION_DUE
        and progress.state is not SubscriptionState.ABANDONED
        and period is not None
        and ends_at is not None
        and ends_at >= period.end
    )
    for invoice in progress.open_invoices:
        invoice.is_owed_after_end = is_used_up
    return [known for known in progress.open_invoices if not is_used_up or not known.is_started]
