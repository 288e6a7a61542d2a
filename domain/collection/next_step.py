"""How an issued invoice is collected: a pure function from facts to the next step and its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from domain.collection.policy import CollectionPolicy
from domain.collection.provider_invoice import DeclineClass, ProviderInvoiceStatus
from domain.parties.orders import PaymentKind

_SLOWEST_POLL: Final = 16
"""Longest wait between two polls, in multiples of the policy's first wait (6 hours -> 4 days)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One business attempt to charge: which method, when, and how it was declined (None: it was not).

    A withdrawn attempt was cancelled between two tries, or refused, before its outcome was known. It
    does not count against its payment method, but its number is not used again.
    """

    number: int
    payment_method: str
    at: datetime
    decline_class: DeclineClass | None = None
    decline_code: str | None = None
    is_withdrawn: bool = False

    @property
    def is_pending(self) -> bool:
        """Whether the provider took the charge and has not declined it."""
        return self.decline_class is None and not self.is_withdrawn


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectionFacts:
    """What is known about an open provider invoice; every instant is absolute.

    Attributes:
        kind: Card (charge it) or transfer (wait for it).
        status: Status of the provider invoice as last read.
        payment_method: The method in force, or None when there is none.
        method_given_after: Number of attempts made before the customer gave this method. Each time a
            method is given, even the same one again, it asks for one more charge.
        attempts: Charges tried so far, oldest first.
        issued_at: When the provider invoice was opened.
        due_at: When the payment term ends; equals `issued_at` for cards.
        read_at: When the provider invoice was last read or written.
        is_reread_wanted: Something (a webhook, an operator) says that the provider invoice may have changed.
        is_paid_in_full: The provider says that it is paid, over the total of the document.
        is_processing: The provider has accepted a payment and does not know its outcome yet.
        is_behind_reported: The subscription already knows that this invoice is behind.
        stop_reason: Why collection must stop (cancelled), or None.
    """

    kind: PaymentKind
    status: ProviderInvoiceStatus
    payment_method: str | None
    attempts: tuple[Attempt, ...]
    issued_at: datetime
    due_at: datetime
    read_at: datetime
    is_reread_wanted: bool = False
    method_given_after: int = 0
    is_paid_in_full: bool = False
    is_processing: bool = False
    is_behind_reported: bool = False
    stop_reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlock:
    """The provider invoice is paid: release the grant."""

    step: Literal["unlock"] = "unlock"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """The provider invoice is called paid, but it is not what was asked for: a person must look."""

    step: Literal["question"] = "question"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reread:
    """Read the provider invoice again before deciding anything else."""

    reason: str
    step: Literal["reread"] = "reread"


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """Charge this method as business attempt `number`."""

    number: int
    payment_method: str
    reason: str
    step: Literal["charge"] = "charge"


@dataclass(frozen=True, kw_only=True, slots=True)
class FallBehind:
    """The payment term of a transfer is over: report it to the subscription and go on waiting."""

    step: Literal["fall_behind"] = "fall_behind"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """Stop collecting: void the provider invoice; a payment that arrived meanwhile still counts."""

    reason: str
    step: Literal["stop"] = "stop"


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """The provider invoice is void: it cannot be paid any more."""

    step: Literal["closed"] = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Nothing to do before `until`, unless a message arrives; `due` is the next deadline that matters."""

    until: datetime
    due: datetime
    reason: str
    step: Literal["wait"] = "wait"


CollectionStep = Unlock | Question | Reread | Charge | FallBehind | Stop | Closed | Wait


def next_step(facts: CollectionFacts, policy: CollectionPolicy, now: datetime) -> CollectionStep:
    """Return what to do with the provider invoice now, and why.

    A payment always goes first: a paid provider invoice is unlocked, whatever else was requested. Before
    collection gives up, the provider invoice is read once more, because a payment may not have been reported.
    """
    if facts.is_paid_in_full:
        return Unlock()
    if facts.status is ProviderInvoiceStatus.VOID:
        return Closed()
    if facts.is_reread_wanted:
        return Reread(reason="the provider reported a change")
    if facts.status is ProviderInvoiceStatus.PAID:
        return Question()
    return _stop(facts, policy, now) or _go_on(facts, policy, now)


def _go_on(facts: CollectionFacts, policy: CollectionPolicy, now: datetime) -> CollectionStep:
    charge_at, charge = _next_charge(facts, policy)
    if charge is not None and charge_at <= now:
        return charge
    poll_at = _poll_at(facts, policy)
    if poll_at <= now:
        return Reread(reason="regular poll")
    if _falls_behind_at(facts) == facts.due_at <= now:
        return FallBehind()
    return _wait(facts, policy, charge_at if charge is not None else None, poll_at)


def _falls_behind_at(facts: CollectionFacts) -> datetime | None:
    """Return when a transfer becomes overdue, or None if that does not apply or was already reported."""
    if facts.kind is not PaymentKind.TRANSFER or facts.is_behind_reported:
        return None
    return facts.due_at


def give_up_at(facts: CollectionFacts, policy: CollectionPolicy) -> datetime:
    """Return the instant at which collection ends unpaid."""
    return facts.due_at + policy.collect_for


def _stop(facts: CollectionFacts, policy: CollectionPolicy, now: datetime) -> CollectionStep | None:
    # While a payment is being processed, its outcome is unknown: neither void nor charge meanwhile.
    if facts.is_processing:
        return None
    if facts.stop_reason is not None:
        return Stop(reason=facts.stop_reason)
    deadline = give_up_at(facts, policy)
    if now < deadline:
        return None
    if facts.read_at < deadline:
        return Reread(reason="last look before giving up")
    return Stop(reason="collection_window_over")


def _next_charge(
    facts: CollectionFacts, policy: CollectionPolicy
) -> tuple[datetime, Charge | None]:
    """Return when to charge next and the charge, or (issue instant, None) when none is planned."""
    nothing = facts.issued_at, None
    method = facts.payment_method
    # A person may mark it uncollectible: it is not charged any more, but the customer can still pay it.
    is_chargeable = facts.status is ProviderInvoiceStatus.OPEN and not facts.is_processing
    if facts.kind is not PaymentKind.CARD or method is None or not is_chargeable:
        return nothing
    number = len(facts.attempts) + 1
    tried = [
        attempt
        for attempt in facts.attempts[facts.method_given_after :]
        if attempt.payment_method == method and not attempt.is_withdrawn
    ]
    if not tried:
        reason = "first attempt" if number == 1 else "the payment method now in force"
        return facts.issued_at, Charge(number=number, payment_method=method, reason=reason)
    last = tried[-1]
    wait = _retry_wait(tried, policy)
    if last.decline_class is not DeclineClass.SOFT or wait is None:
        return nothing
    return last.at + wait, Charge(
        number=number, payment_method=method, reason=f"retry {len(tried)} after {last.decline_code}"
    )


def _retry_wait(tried: list[Attempt], policy: CollectionPolicy) -> timedelta | None:
    retries_done = len(tried) - 1
    if retries_done >= len(policy.retry_after):
        return None
    return policy.retry_after[retries_done]


def _poll_at(facts: CollectionFacts, policy: CollectionPolicy) -> datetime:
    """Return when to poll the provider although no change was reported.

    The wait is as long as the provider invoice has been open, within limits. Most payments whose webhook is
    lost come early, and an invoice that waits for weeks must not fill its history with polls.
    """
    age = facts.read_at - facts.issued_at
    slowest = policy.reread_every * _SLOWEST_POLL
    return facts.read_at + min(max(age, policy.reread_every), slowest)


def _wait(
    facts: CollectionFacts, policy: CollectionPolicy, charge_at: datetime | None, poll_at: datetime
) -> Wait:
    if facts.is_processing:
        return Wait(until=poll_at, due=poll_at, reason="the provider is processing a payment")
    deadline = give_up_at(facts, policy)
    due, reason = deadline, "new payment method"
    if charge_at is not None and charge_at < deadline:
        due, reason = charge_at, "next charge"
    elif facts.kind is PaymentKind.TRANSFER:
        due, reason = min(_falls_behind_at(facts) or deadline, deadline), "bank transfer"
    return Wait(until=min(due, poll_at), due=due, reason=reason)
