"""What a preview answers, as documented shapes. Fields are only ever added."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from domain.credits.credit_documents import CreditedLine, CreditNoteDocument
from domain.invoicing.invoices import InvoiceDocument, InvoiceLine, TaxLine
from domain.periods.periods import Period
from domain.periods.proration import Convention, Prorated
from domain.plan_changes.preview import Preview, Renewal
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.taxes import TaxMode
from starters.views import AmountView


class SpanView(BaseModel):
    """A span of time, the end excluded."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, period: Period | None) -> Self | None:
        """Return the view of a period."""
        return None if period is None else cls(start=period.start, end=period.end)


class PartView(BaseModel):
    """The part of a whole period that a line is for."""

    convention: Convention
    numerator: int = Field(description="Days or seconds in the part.", examples=[16])
    denominator: int = Field(description="Days or seconds in the whole.", examples=[31])
    factor: str = Field(description="To 9 decimals, half up.", examples=["0.516129032"])

    @classmethod
    def of(cls, prorated: Prorated | None) -> Self | None:
        """Return the view of a part."""
        if prorated is None:
            return None
        return cls(
            convention=prorated.convention,
            numerator=prorated.numerator,
            denominator=prorated.denominator,
            factor=f"{prorated.factor:f}",
        )


class DiscountedView(BaseModel):
    """What one discount took off the list amount."""

    discount_id: str
    amount: AmountView


class PreviewLine(BaseModel):
    """One line, to be read from left to right; see `domain.invoicing.invoices`."""

    description: str
    reason: str
    quantity: str
    unit_price: str
    list_amount: AmountView | None = None
    discounts: list[DiscountedView] = Field(default_factory=list[DiscountedView])
    span: SpanView | None = None
    part: PartView | None = None
    amount: AmountView = Field(description="Before tax, after discount; negative for a credit.")

    @classmethod
    def of(cls, line: InvoiceLine) -> Self:
        """Return the view of an invoice line."""
        listed = line.list_amount
        return cls(
            description=line.description,
            reason=line.reason,
            quantity=f"{line.quantity:f}",
            unit_price=f"{line.unit_price:f}",
            list_amount=None if listed is None else AmountView.of(listed),
            discounts=[
                DiscountedView(discount_id=each.discount_id, amount=AmountView.of(each.amount))
                for each in line.discounts
            ],
            span=SpanView.of(line.period),
            part=PartView.of(line.prorated),
            amount=AmountView.of(line.amount),
        )

    @classmethod
    def of_credit(cls, line: CreditedLine) -> Self:
        """Return the view of a line of a credit note."""
        return cls(
            description=line.description,
            reason=line.reason,
            quantity="1",
            unit_price=f"{line.billed.to_decimal():f}",
            list_amount=AmountView.of(line.billed),
            span=SpanView.of(line.period),
            part=PartView.of(line.prorated),
            amount=AmountView.of(line.amount),
        )


class PreviewTax(BaseModel):
    """The tax of one rate."""

    name: str
    rate: str = Field(description="A fraction.", examples=["0.19"])
    taxable: AmountView
    amount: AmountView
    is_reverse_charge: bool

    @classmethod
    def of(cls, tax: TaxLine) -> Self:
        """Return the view of a tax line."""
        return cls(
            name=tax.name,
            rate=f"{tax.rate:f}",
            taxable=AmountView.of(tax.taxable),
            amount=AmountView.of(tax.amount),
            is_reverse_charge=tax.is_reverse_charge,
        )


class PreviewDocument(BaseModel):
    """An invoice or a credit note that would be issued."""

    lines: list[PreviewLine]
    taxes: list[PreviewTax]
    prices: TaxMode | None = Field(
        default=None, description="Whether unit prices and list amounts contain tax."
    )
    subtotal: AmountView
    tax: AmountView
    total: AmountView

    @classmethod
    def of(cls, document: InvoiceDocument | CreditNoteDocument) -> Self:
        """Return the view of a draft."""
        lines, prices = _lines_of(document)
        return cls(
            lines=lines,
            taxes=[PreviewTax.of(tax) for tax in document.tax_lines],
            prices=prices,
            subtotal=AmountView.of(document.subtotal),
            tax=AmountView.of(document.tax),
            total=AmountView.of(document.total),
        )


class PreviewRenewal(BaseModel):
    """The next renewal."""

    at: datetime
    invoice: PreviewDocument
    credit_notes: list[PreviewDocument] = Field(
        default_factory=list[PreviewDocument],
        description="If a change gives back more than the renewal asks for.",
    )

    @classmethod
    def of(cls, renewal: Renewal | None) -> Self | None:
        """Return the view of a renewal."""
        if renewal is None:
            return None
        return cls(
            at=renewal.at,
            invoice=PreviewDocument.of(renewal.invoice),
            credit_notes=[PreviewDocument.of(note) for note in renewal.credit_notes],
        )


class PreviewView(BaseModel):
    """What would happen; nothing was recorded and no number was taken."""

    plan: str
    version: int
    quantity: int
    interval: str
    currency: str
    convention: Convention
    on_change: ProrationBehaviour
    period: SpanView | None = Field(description="Afterwards; null after an end.")
    invoice: PreviewDocument | None = Field(description="Issued at once; null if nothing is.")
    credit_notes: list[PreviewDocument]
    balance: AmountView = Field(description="Owed at once, with tax; negative: given back.")
    renewal: PreviewRenewal | None
    ends_at: datetime | None

    @classmethod
    def of(cls, preview: Preview) -> Self:
        """Return the view of a preview."""
        terms = preview.terms
        return cls(
            plan=terms.plan,
            version=terms.version,
            quantity=terms.quantity,
            interval=str(terms.interval),
            currency=terms.currency,
            convention=terms.proration.convention,
            on_change=terms.on_change,
            period=SpanView.of(preview.period),
            invoice=None if preview.invoice is None else PreviewDocument.of(preview.invoice),
            credit_notes=[PreviewDocument.of(note) for note in preview.credit_notes],
            balance=AmountView.of(preview.balance),
            renewal=PreviewRenewal.of(preview.renewal),
            ends_at=preview.ends_at,
        )


def _lines_of(
    document: InvoiceDocument | CreditNoteDocument,
) -> tuple[list[PreviewLine], TaxMode | None]:
    if isinstance(document, InvoiceDocument):
        return [PreviewLine.of(line) for line in document.lines], document.tax_mode
    return [PreviewLine.of_credit(line) for line in document.lines], None
