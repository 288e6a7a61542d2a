"""An invoice as it is now, and as a document: lines, seller, buyer and payment. Fields are only ever added."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from perennial.documents import AmountView, PreviewLine, PreviewTax
from perennial.enums import DeclineClass, InvoicePurpose, InvoiceState


class InvoiceView(BaseModel):
    """An invoice as it is now."""

    invoice_id: str
    number: str | None = Field(description="Legal number; null before issue.")
    purpose: InvoicePurpose
    state: InvoiceState
    total: AmountView
    amount_due: AmountView
    issued_on: date | None
    due_on: date | None
    payment_id: str | None = Field(description="The payment provider's id of the payment.")
    hosted_url: str | None = Field(description="Page where the customer can see and pay it.")
    paid_at: datetime | None
    granted_at: datetime | None = Field(description="When what it bought was unlocked.")


class PartyView(BaseModel):
    """A seller or a buyer, as the invoice names it."""

    name: str
    country: str = Field(description="ISO 3166-1 alpha-2.", examples=["DE"])
    vat_id: str | None
    address: list[str]
    email: str | None = Field(description="Where the invoice goes; null for the seller.")


class AttemptView(BaseModel):
    """One business attempt to charge the invoice."""

    number: int
    payment_method: str
    at: datetime
    decline_class: DeclineClass | None = Field(description="Null: it was not declined.")
    decline_code: str | None


class InvoiceDocumentView(InvoiceView):
    """An invoice with everything that it says; immutable once it has its number."""

    subscription_id: str
    account_id: str
    legal_entity: str
    purchase_order: str | None
    seller: PartyView | None = Field(description="As of the day of issue; null before it.")
    buyer: PartyView | None = Field(description="As of the day of issue; null before it.")
    notes: list[str] = Field(
        description="What the law wants printed, as that the buyer owes the tax."
    )
    lines: list[PreviewLine]
    taxes: list[PreviewTax]
    subtotal: AmountView
    tax: AmountView
    attempts: list[AttemptView]
