"""What a sale does next, from its order to its end: a pure function from facts to a step."""

from dataclasses import dataclass
from typing import Literal

from domain.sales.states import SaleState


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleFacts:
    """The facts of a sale that decide what it does next.

    Attributes:
        has_terms: What was sold is known.
        has_customer: The payment provider has a customer for the account.
        is_method_decided: Attaching a payment method was tried or is not needed.
        is_started: The workflow of the subscription was started.
        is_paid: Whether the first invoice was paid; None until its outcome is known.
        is_stopped: An operator has cancelled the sale.
        is_stop_reported: The subscription, or its invoice, was told to stop.
        is_history_long: The run should end so that replays stay short.
    """

    state: SaleState
    has_terms: bool
    has_customer: bool
    is_method_decided: bool
    is_started: bool
    is_paid: bool | None
    is_stopped: bool
    is_stop_reported: bool
    is_history_long: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOrder:
    """Read what was sold."""

    step: Literal["read_order"] = "read_order"


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateCustomer:
    """Create the payment customer."""

    step: Literal["create_customer"] = "create_customer"


@dataclass(frozen=True, kw_only=True, slots=True)
class AttachPaymentMethod:
    """Attach the payment method of the order, if it has one."""

    step: Literal["attach_payment_method"] = "attach_payment_method"


@dataclass(frozen=True, kw_only=True, slots=True)
class StartSubscription:
    """Start the workflow of the subscription."""

    step: Literal["start_subscription"] = "start_subscription"


@dataclass(frozen=True, kw_only=True, slots=True)
class AwaitFirstInvoice:
    """Wait for the outcome of the first invoice."""

    step: Literal["await_first_invoice"] = "await_first_invoice"


@dataclass(frozen=True, kw_only=True, slots=True)
class EndSubscription:
    """Make the subscription, or its invoice, stop, because an operator has cancelled the sale."""

    step: Literal["end_subscription"] = "end_subscription"


@dataclass(frozen=True, kw_only=True, slots=True)
class Win:
    """The first invoice is paid: the sale is won."""

    step: Literal["win"] = "win"


@dataclass(frozen=True, kw_only=True, slots=True)
class Undo:
    """The first invoice will not be paid: undo what the sale did."""

    step: Literal["undo"] = "undo"


@dataclass(frozen=True, kw_only=True, slots=True)
class NextRun:
    """Go on in a new run with a short history."""

    step: Literal["next_run"] = "next_run"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finish:
    """Only effects are left."""

    step: Literal["finish"] = "finish"


SaleStep = (
    ReadOrder
    | CreateCustomer
    | AttachPaymentMethod
    | StartSubscription
    | AwaitFirstInvoice
    | EndSubscription
    | Win
    | Undo
    | NextRun
    | Finish
)


def next_step(facts: SaleFacts) -> SaleStep:  # noqa: PLR0911 - one decision, read from top to bottom
    """Return what the sale does now.

    A known outcome goes first: a payment counts although an operator cancels the sale in the same moment.
    A cancelled sale sets up nothing more; it waits for the outcome that its cancellation leads to.
    """
    if facts.state is not SaleState.OPEN:
        return Finish()
    if facts.is_paid is not None:
        return Win() if facts.is_paid else Undo()
    if facts.is_history_long:
        return NextRun()
    if facts.is_stopped:
        return AwaitFirstInvoice() if facts.is_stop_reported else EndSubscription()
    if not facts.has_terms:
        return ReadOrder()
    if not facts.has_customer:
        return CreateCustomer()
    if not facts.is_method_decided:
        return AttachPaymentMethod()
    return AwaitFirstInvoice() if facts.is_started else StartSubscription()
