"""An invoice as a document: what it says line by line, who sells, who buys, and how it was paid."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from domain.collection.next_step import Attempt
from domain.collection.provider_invoice import DeclineClass
from domain.effects.events import InvoiceRow
from domain.invoicing.invoice_parties import InvoiceParties, Party
from starters.preview_views import PreviewLine, PreviewTax
from starters.views import AmountView, InvoiceView


class PartyView(BaseModel):
    """A seller or a buyer, as the invoice names it."""

    name: str
    country: str = Field(description="ISO 3166-1 alpha-2.", examples=["DE"])
    vat_id: str | None
    address: list[str]
    email: str | None = Field(description="Where the invoice goes; null for the seller.")

    @classmethod
    def of(cls, party: Party) -> Self:
        """Return the view of a party."""
        return cls(
            name=party.name,
            country=party.country,
            vat_id=party.vat_id,
            address=list(party.address),
            email=party.email,
        )


class AttemptView(BaseModel):
    """One business attempt to charge the invoice."""

    number: int
    payment_method: str
    at: datetime
    decline_class: DeclineClass | None = Field(description="Null: it was not declined.")
    decline_code: str | None

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """Return the view of an attempt."""
        return cls(
            number=attempt.number,
            payment_method=attempt.payment_method,
            at=attempt.at,
            decline_class=attempt.decline_class,
            decline_code=attempt.decline_code,
        )


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

    @classmethod
    def with_parties(
        cls, row: InvoiceRow, parties: InvoiceParties | None, attempts: Sequence[Attempt]
    ) -> Self:
        """Return the view of an invoice, with the parties that were kept when it was numbered."""
        document = row.document
        return cls(
            **InvoiceView.of(row).model_dump(),
            subscription_id=document.subscription_id,
            account_id=document.account_id,
            legal_entity=document.legal_entity,
            purchase_order=document.purchase_order,
            seller=None if parties is None else PartyView.of(parties.seller),
            buyer=None if parties is None else PartyView.of(parties.buyer),
            notes=[] if parties is None else list(parties.notes),
            lines=[PreviewLine.of(line) for line in document.lines],
            taxes=[PreviewTax.of(tax) for tax in document.tax_lines],
            subtotal=AmountView.of(document.subtotal),
            tax=AmountView.of(document.tax),
            attempts=[AttemptView.of(attempt) for attempt in attempts],
        )
