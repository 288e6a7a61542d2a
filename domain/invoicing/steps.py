"""What an invoice does next, from its draft to its end: a pure function from facts to a step."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.collection.next_step import CollectionFacts, CollectionStep
from domain.collection.next_step import next_step as next_step_of_collection
from domain.collection.policy import CollectionPolicy
from domain.invoicing.transitions import CLOSED_STATES, InvoiceState


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceFacts:
    """The facts of an invoice that decide what it does next.

    Attributes:
        is_numbered: It has its legal number.
        is_opening: Opening the provider invoice was tried, and whether it exists is not known.
        stop_reason: Why collection must stop, or None.
        collection: What is known about the provider invoice; None until it is open.
        is_history_long: The run should end so that replays stay short.
    """

    state: InvoiceState
    is_numbered: bool
    is_opening: bool
    stop_reason: str | None
    collection: CollectionFacts | None
    is_history_long: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeNumber:
    """Take the legal number; from then on the document is immutable."""

    step: Literal["take_number"] = "take_number"


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenProviderInvoice:
    """Open the provider invoice; from then on the customer can pay."""

    step: Literal["open_provider_invoice"] = "open_provider_invoice"


@dataclass(frozen=True, kw_only=True, slots=True)
class CloseUnopened:
    """Close the invoice: it was stopped before the customer could pay it."""

    step: Literal["close_unopened"] = "close_unopened"


@dataclass(frozen=True, kw_only=True, slots=True)
class NextRun:
    """Go on in a new run with a short history."""

    step: Literal["next_run"] = "next_run"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finish:
    """Only effects are left."""

    step: Literal["finish"] = "finish"


InvoiceStep = TakeNumber | OpenProviderInvoice | CloseUnopened | NextRun | Finish | CollectionStep


def next_step(facts: InvoiceFacts, policy: CollectionPolicy, now: datetime) -> InvoiceStep:
    """Return what the invoice does now.

    Once opening was tried, a stop waits for its outcome: the customer may be able to pay already.
    """
    if facts.state in CLOSED_STATES:
        return Finish()
    if facts.is_history_long:
        return NextRun()
    if facts.collection is not None:
        return next_step_of_collection(facts.collection, policy, now)
    if facts.stop_reason is not None and not facts.is_opening:
        return CloseUnopened()
    return OpenProviderInvoice() if facts.is_numbered else TakeNumber()
