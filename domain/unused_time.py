"""What is given back of invoices for time that will not be used, line by line, with its tax."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from domain.change_proration import BilledSpan, MidPeriodChange, SpanCredit, credit_unused
from domain.credit_documents import (
    CreditedLine,
    CreditNoteDocument,
    credit_note_for,
    issued_line,
    tax_lines_of_credit,
)
from domain.credit_notes import credit_line
from domain.invoice_lines import BilledLines, join_tax_lines, span_text
from domain.invoices import InvoiceDocument, InvoiceLine, TaxLine

_ONE: Final = Decimal(1)
Credits = tuple[tuple[InvoiceDocument, tuple[CreditedLine, ...]], ...]
"""Invoices and the lines that give back a part of each."""


def credits_for_unused_time(
    mid: MidPeriodChange,
    invoices: Sequence[InvoiceDocument],
    credit_notes: Sequence[CreditNoteDocument],
) -> Credits:
    """Return what each invoice gives back for time after the change; lines of nothing are left out.

    Args:
        mid: The change.
        invoices: Issued, whose lines paid for the current period.
        credit_notes: What was given back of them so far.
    """
    return tuple(
        (invoice, lines)
        for invoice in invoices
        if (lines := tuple(_credits_of(mid, invoice, credit_notes)))
    )


def as_negative_lines(credited: Credits) -> BilledLines:
    """Return the credits as lines of an invoice."""
    return BilledLines(
        lines=tuple(_negative(line) for _, lines in credited for line in lines),
        tax_lines=join_tax_lines(
            [_mirrored(tax) for tax in tax_lines_of_credit(invoice, lines)]
            for invoice, lines in credited
        ),
    )


def as_credit_notes(credited: Credits, credit_note_id: str) -> tuple[CreditNoteDocument, ...]:
    """Return the credits as one credit note per invoice."""
    return tuple(
        credit_note_for(invoice, lines, credit_note_id=f"{credit_note_id}-{number}")
        for number, (invoice, lines) in enumerate(credited, start=1)
    )


def _credits_of(
    mid: MidPeriodChange, invoice: InvoiceDocument, credit_notes: Sequence[CreditNoteDocument]
) -> list[CreditedLine]:
    found: list[CreditedLine] = []
    for line in invoice.lines:
        is_unused = line.period is not None and line.period.end > mid.changed_at
        if is_unused and not line.amount.is_negative:
            credit = _credit(mid, line, credit_notes)
            if credit is not None:
                found.append(credit)
    return found


def _credit(
    mid: MidPeriodChange, line: InvoiceLine, credit_notes: Sequence[CreditNoteDocument]
) -> CreditedLine | None:
    span = line.period or mid.whole
    earlier = tuple(
        SpanCredit(period=each.period or span, amount=each.amount)
        for note in credit_notes
        for each in note.lines
        if each.line_id == line.line_id
    )
    billed = BilledSpan(line_id=line.line_id, amount=line.amount, period=span, credits=earlier)
    unused = credit_unused(mid, billed)
    if unused.prorated.amount.is_zero:
        return None
    note = credit_line(issued_line(line, credit_notes), unused.prorated.amount)
    name = line.description.split(", ", maxsplit=1)[0]
    return CreditedLine(
        line_id=line.line_id,
        price_of=line.price_of,
        description=f"{name}, {span_text(unused.period, mid.zone)}",
        amount=note.net,
        billed=line.amount,
        taxes=note.taxes,
        reason="unused time, all that is left" if unused.is_capped else "unused time",
        period=unused.period,
        prorated=unused.prorated,
        is_capped=unused.is_capped,
    )


def _negative(line: CreditedLine) -> InvoiceLine:
    prorated = line.prorated
    return InvoiceLine(
        line_id=line.line_id,
        price_of=line.price_of,
        description=line.description,
        quantity=_ONE,
        unit_price=(-line.billed).to_decimal(),
        amount=-line.amount,
        period=line.period,
        reason=line.reason,
        factor=None if prorated is None else prorated.factor,
        list_amount=-line.billed,
        prorated=None if prorated is None else replace(prorated, amount=-prorated.amount),
        taxes=tuple(replace(tax, amount=-tax.amount) for tax in line.taxes),
        credit_of=line.line_id,
    )


def _mirrored(tax: TaxLine) -> TaxLine:
    return replace(tax, taxable=-tax.taxable, amount=-tax.amount)
