"""Effects of a decision, which must never delay it: first in first out per system, once per key.

Each body is an effect on one outside system, done by the activity whose name is its `effect`; records of
events go together in one activity. The workflow carries the queue in its state, so that no effect is lost
when a run ends.

A new effect is a body here, an activity of that name, and the step that queues it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from domain.effects.emails import Email
from domain.effects.events import BusinessEvent
from domain.invoicing.invoices import InvoiceDocument
from domain.money.money import Money
from domain.parties.orders import PaymentKind


class System(StrEnum):
    """The system that receives an effect; each has its own queue, so an outage delays no other system."""

    RECORD = "record"
    ERP = "erp"
    CRM = "crm"
    EMAIL = "email"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordEvent:
    """Append a business event and update the read model."""

    event: BusinessEvent
    system: ClassVar[System] = System.RECORD
    effect: Literal["record_event"] = "record_event"


@dataclass(frozen=True, kw_only=True, slots=True)
class PutErpCustomer:
    """Make sure that the account exists as an ERP customer."""

    account_id: str
    currency: str
    system: ClassVar[System] = System.ERP
    effect: Literal["put_erp_customer"] = "put_erp_customer"


@dataclass(frozen=True, kw_only=True, slots=True)
class PostErpInvoice:
    """Post the issued invoice; its number is the ERP's reference id.

    Attributes:
        zone: IANA time zone of the account, in which the days of its periods are counted.
    """

    document: InvoiceDocument
    payment_kind: PaymentKind
    zone: str = "UTC"
    system: ClassVar[System] = System.ERP
    effect: Literal["post_erp_invoice"] = "post_erp_invoice"


@dataclass(frozen=True, kw_only=True, slots=True)
class PostErpPayment:
    """Post the payment of an invoice; `payment_id` is the ERP's reference id."""

    payment_id: str
    invoice_number: str
    account_id: str
    legal_entity: str
    payment_kind: PaymentKind
    amount: Money
    paid_on: date
    system: ClassVar[System] = System.ERP
    effect: Literal["post_erp_payment"] = "post_erp_payment"


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelErpInvoice:
    """Cancel an invoice that was voided unpaid."""

    document: InvoiceDocument
    reason: str
    system: ClassVar[System] = System.ERP
    effect: Literal["cancel_erp_invoice"] = "cancel_erp_invoice"


@dataclass(frozen=True, kw_only=True, slots=True)
class WinOpportunity:
    """Make sure that the CRM holds the account and shows the opportunity as won."""

    opportunity_id: str
    account_id: str
    subscription_id: str
    plan: str
    amount: Money
    closed_on: date
    system: ClassVar[System] = System.CRM
    effect: Literal["win_opportunity"] = "win_opportunity"


@dataclass(frozen=True, kw_only=True, slots=True)
class LoseOpportunity:
    """Show the opportunity as lost, because the sale was undone."""

    opportunity_id: str
    account_id: str
    reason: str
    closed_on: date
    system: ClassVar[System] = System.CRM
    effect: Literal["lose_opportunity"] = "lose_opportunity"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddCrmTask:
    """Add a task for the account's owner; `task_id` is the external id, so that it is added once."""

    task_id: str
    account_id: str
    opportunity_id: str | None
    subject: str
    due_on: date
    system: ClassVar[System] = System.CRM
    effect: Literal["add_crm_task"] = "add_crm_task"


@dataclass(frozen=True, kw_only=True, slots=True)
class SendEmail:
    """Send an email to the account's email address."""

    email: Email
    system: ClassVar[System] = System.EMAIL
    effect: Literal["send_email"] = "send_email"


EffectBody = (
    RecordEvent
    | PutErpCustomer
    | PostErpInvoice
    | PostErpPayment
    | CancelErpInvoice
    | WinOpportunity
    | LoseOpportunity
    | AddCrmTask
    | SendEmail
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """One entry of an outbox; its key makes it happen once, also after retries."""

    key: str
    body: EffectBody

    @property
    def system(self) -> System:
        """The system that receives the effect."""
        return self.body.system


def effects_to_keep(queued: Iterable[Effect], recorded: Collection[Effect]) -> list[Effect]:
    """Return what is stored of a queue, with references instead of documents.

    The records with which it is stored are left out; a record that waits for the next batch is not lost.
    """
    kept: list[Effect] = []
    for effect in queued:
        match effect.body:
            case RecordEvent() if effect in recorded:
                pass
            case PostErpInvoice() | CancelErpInvoice() as body:
                kept.append(replace(effect, body=replace(body, document=body.document.reference())))
            case _:
                kept.append(effect)
    return kept


def recording(event: BusinessEvent) -> Effect:
    """Return the effect that records this event; its key is the event's id."""
    return Effect(key=event.event_id, body=RecordEvent(event=event))
