"""What is given back of invoices for time that will not be used, line by line, with its tax."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from domain.credits.credit_documents import (
    CreditedLine,
    CreditNoteDocument,
    credit_note_for,
    tax_lines_of_credit,
)
from domain.credits.credit_notes import Credited, IssuedLine, credit_line
from domain.credits.mid_period import BilledSpan, MidPeriodChange, SpanCredit, credit_unused
from domain.invoicing.invoice_lines import BilledLines, join_tax_lines, span_text
from domain.invoicing.invoices import InvoiceDocument, InvoiceLine, TaxLine
from domain.periods.periods import Period
from domain.pricing.taxes import TaxPart

_ONE: Final = Decimal(1)
_UNUSED: Final = "unused time"
_ALL_THAT_IS_LEFT: Final = "unused time, all that is left"
Credits = tuple[tuple[InvoiceDocument, tuple[CreditedLine, ...]], ...]
"""Invoices and the lines that give back a part of each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _GivenBack:
    """What was given back of a line earlier; `is_for_time` if it was computed from time."""

    period: Period | None
    is_for_time: bool
    credited: Credited

    def covers(self, unused: Period) -> bool:
        """Whether all of this time was given back already."""
        given = self.period if self.is_for_time else None
        return given is not None and given.start <= unused.start and unused.end <= given.end


def credits_for_unused_time(
    mid: MidPeriodChange,
    invoices: Sequence[InvoiceDocument],
    credit_notes: Sequence[CreditNoteDocument],
) -> Credits:
    """Return what each invoice gives back for time after the change; lines without a credit are left out.

    Args:
        mid: The change.
        invoices: Issued, whose lines paid for the current period; credit lines among them count.
        credit_notes: What else was given back of them so far.
    """
    return tuple(
        (invoice, lines)
        for invoice in invoices
        if (lines := tuple(_credits_of(mid, invoice, invoices, credit_notes)))
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


def as_credited(line: InvoiceLine) -> CreditedLine:
    """Return a credit line of an invoice as the line of a credit note: the inverse of `as_negative_lines`."""
    prorated = line.prorated
    billed = line.amount if line.list_amount is None else line.list_amount
    return CreditedLine(
        line_id=line.credit_of or line.line_id,
        price_of=line.price_of,
        description=line.description,
        amount=-line.amount,
        billed=-billed,
        taxes=_negated(line.taxes),
        reason=line.reason,
        period=line.period,
        prorated=None if prorated is None else replace(prorated, amount=-prorated.amount),
        is_capped=line.reason == _ALL_THAT_IS_LEFT,
    )


def _credits_of(
    mid: MidPeriodChange,
    invoice: InvoiceDocument,
    invoices: Sequence[InvoiceDocument],
    credit_notes: Sequence[CreditNoteDocument],
) -> list[CreditedLine]:
    found: list[CreditedLine] = []
    for line in invoice.lines:
        if line.period is None or line.amount.is_negative or line.period.end <= mid.changed_at:
            continue
        credit = _credit(mid, line, line.period, _given_back(line, invoices, credit_notes))
        if credit is not None:
            found.append(credit)
    return found


def _given_back(
    line: InvoiceLine,
    invoices: Sequence[InvoiceDocument],
    credit_notes: Sequence[CreditNoteDocument],
) -> tuple[_GivenBack, ...]:
    """Return what was given back of the line, by credit notes and by credit lines of later invoices."""
    by_notes = (
        _GivenBack(
            period=each.period, is_for_time=each.prorated is not None, credited=each.as_credited
        )
        for note in credit_notes
        for each in note.lines
        if each.line_id == line.line_id
    )
    by_lines = (
        _GivenBack(
            period=each.period,
            is_for_time=True,
            credited=Credited(net=-each.amount, taxes=_negated(each.taxes)),
        )
        for invoice in invoices
        for each in invoice.lines
        if each.credit_of == line.line_id
    )
    return (*by_notes, *by_lines)


def _credit(
    mid: MidPeriodChange, line: InvoiceLine, span: Period, given: tuple[_GivenBack, ...]
) -> CreditedLine | None:
    start = max(mid.changed_at, span.start)
    if any(each.covers(Period(start=start, end=span.end)) for each in given):
        return None
    earlier = tuple(
        SpanCredit(period=each.period or span, amount=each.credited.net) for each in given
    )
    billed = BilledSpan(line_id=line.line_id, amount=line.amount, period=span, credits=earlier)
    unused = credit_unused(mid, billed)
    if unused.prorated.amount.is_zero:
        return None
    issued = IssuedLine(
        line_id=line.line_id,
        net=line.amount,
        taxes=line.taxes,
        credited=tuple(each.credited for each in given),
    )
    note = credit_line(issued, unused.prorated.amount)
    return CreditedLine(
        line_id=line.line_id,
        price_of=line.price_of,
        description=line.description.replace(
            span_text(span, mid.zone), span_text(unused.period, mid.zone)
        ),
        amount=note.net,
        billed=line.amount,
        taxes=note.taxes,
        reason=_ALL_THAT_IS_LEFT if unused.is_capped else _UNUSED,
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
        taxes=_negated(line.taxes),
        credit_of=line.line_id,
    )


def _negated(taxes: Sequence[TaxPart]) -> tuple[TaxPart, ...]:
    return tuple(replace(tax, amount=-tax.amount) for tax in taxes)


def _mirrored(tax: TaxLine) -> TaxLine:
    return replace(tax, taxable=-tax.taxable, amount=-tax.amount)
