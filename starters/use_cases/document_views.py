"""Documents and previews of the rulebook as the wire contract shows them."""

from domain.credits.credit_documents import CreditedLine, CreditNoteDocument
from domain.invoicing.invoices import InvoiceDocument, InvoiceLine, TaxLine
from domain.money.money import Money
from domain.periods.periods import Period
from domain.periods.proration import Prorated
from domain.plan_changes.preview import Preview, Renewal
from perennial import enums
from perennial.documents import (
    AmountView,
    DiscountedView,
    PartView,
    PreviewDocument,
    PreviewLine,
    PreviewTax,
    SpanView,
)
from perennial.previews import PreviewRenewal, PreviewView


def amount_view(money: Money) -> AmountView:
    """Return an amount in major and minor units."""
    return AmountView(
        amount=f"{money.to_decimal():f}",
        currency=money.currency,
        minor_units=money.minor_units,
    )


def line_view(line: InvoiceLine) -> PreviewLine:
    """Return a line of an invoice."""
    listed = line.list_amount
    return PreviewLine(
        description=line.description,
        reason=line.reason,
        quantity=f"{line.quantity:f}",
        unit_price=f"{line.unit_price:f}",
        list_amount=None if listed is None else amount_view(listed),
        discounts=[
            DiscountedView(discount_id=each.discount_id, amount=amount_view(each.amount))
            for each in line.discounts
        ],
        span=_span(line.period),
        part=_part(line.prorated),
        amount=amount_view(line.amount),
    )


def tax_view(tax: TaxLine) -> PreviewTax:
    """Return the tax of one rate."""
    return PreviewTax(
        name=tax.name,
        rate=f"{tax.rate:f}",
        taxable=amount_view(tax.taxable),
        amount=amount_view(tax.amount),
        is_reverse_charge=tax.is_reverse_charge,
    )


def preview_view(preview: Preview) -> PreviewView:
    """Return what would happen."""
    terms = preview.terms
    return PreviewView(
        plan=terms.plan,
        version=terms.version,
        quantity=terms.quantity,
        interval=str(terms.interval),
        currency=terms.currency,
        convention=enums.Convention(terms.proration.convention),
        on_change=enums.ProrationBehaviour(terms.on_change),
        period=_span(preview.period),
        invoice=None if preview.invoice is None else _document(preview.invoice),
        credit_notes=[_document(note) for note in preview.credit_notes],
        balance=amount_view(preview.balance),
        renewal=None if preview.renewal is None else _renewal(preview.renewal),
        ends_at=preview.ends_at,
    )


def _renewal(renewal: Renewal) -> PreviewRenewal:
    return PreviewRenewal(
        at=renewal.at,
        invoice=_document(renewal.invoice),
        credit_notes=[_document(note) for note in renewal.credit_notes],
    )


def _document(document: InvoiceDocument | CreditNoteDocument) -> PreviewDocument:
    lines, prices = _lines_of(document)
    return PreviewDocument(
        lines=lines,
        taxes=[tax_view(tax) for tax in document.tax_lines],
        prices=prices,
        subtotal=amount_view(document.subtotal),
        tax=amount_view(document.tax),
        total=amount_view(document.total),
    )


def _lines_of(
    document: InvoiceDocument | CreditNoteDocument,
) -> tuple[list[PreviewLine], enums.TaxMode | None]:
    if not isinstance(document, InvoiceDocument):
        return [_credited_line(line) for line in document.lines], None
    return [line_view(line) for line in document.lines], enums.TaxMode(document.tax_mode)


def _credited_line(line: CreditedLine) -> PreviewLine:
    return PreviewLine(
        description=line.description,
        reason=line.reason,
        quantity="1",
        unit_price=f"{line.billed.to_decimal():f}",
        list_amount=amount_view(line.billed),
        span=_span(line.period),
        part=_part(line.prorated),
        amount=amount_view(line.amount),
    )


def _span(period: Period | None) -> SpanView | None:
    return None if period is None else SpanView(start=period.start, end=period.end)


def _part(prorated: Prorated | None) -> PartView | None:
    if prorated is None:
        return None
    return PartView(
        convention=enums.Convention(prorated.convention),
        numerator=prorated.numerator,
        denominator=prorated.denominator,
        factor=f"{prorated.factor:f}",
    )
