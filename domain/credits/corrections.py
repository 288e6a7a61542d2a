"""Corrections of an issued invoice that are not for time: whole, by line, or by an amount with tax.

All of them count what was given back before, by credit notes and by credit lines of later invoices, so
that no sequence of corrections gives back more than was charged.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from domain.credits.credit_documents import CreditedLine, CreditNoteDocument, credit_note_for
from domain.credits.credit_notes import (
    Credited,
    CreditNoteLine,
    IssuedLine,
    credit_gross,
    credit_line,
    credit_whole,
)
from domain.credits.unused_time import as_credited
from domain.invoicing.invoices import InvoiceDocument
from domain.money.money import Money


def issued_lines(
    invoice: InvoiceDocument,
    *,
    credit_notes: Iterable[CreditNoteDocument] = (),
    later: Iterable[InvoiceDocument] = (),
) -> tuple[IssuedLine, ...]:
    """Return the lines of an invoice with what is left of them to credit.

    Args:
        invoice: Issued.
        credit_notes: All so far, of this invoice and of others.
        later: Invoices of changes, whose credit lines gave back a part of this one.
    """
    given = (*credit_notes,)
    after = (*later,)
    return tuple(
        IssuedLine(
            line_id=line.line_id,
            net=line.amount,
            taxes=line.taxes,
            credited=tuple(_given_back(line.line_id, given, after)),
        )
        for line in invoice.lines
    )


def credit_all(
    invoice: InvoiceDocument, lines: Sequence[IssuedLine], *, credit_note_id: str, reason: str
) -> CreditNoteDocument:
    """Return the draft that credits everything that is left; without lines if nothing is."""
    return _document(invoice, credit_whole(lines), credit_note_id, reason)


def credit_of_lines(
    invoice: InvoiceDocument,
    lines: Sequence[IssuedLine],
    amounts: Mapping[str, Money],
    *,
    credit_note_id: str,
    reason: str,
) -> CreditNoteDocument:
    """Return the draft that credits an amount of each line named, with the same part of its tax.

    Args:
        invoice: Issued.
        lines: From `issued_lines`.
        amounts: Line id -> amount before tax, more than 0.
        credit_note_id: Id of the document.
        reason: Why, in words an accountant reads.

    Raises:
        OverCreditError: A line has less than that left.
        ValueError: The invoice has no such line, or an amount is not positive.
    """
    by_id = {line.line_id: line for line in lines}
    unknown = [line_id for line_id in amounts if line_id not in by_id]
    if unknown:
        raise ValueError(f"invoice {invoice.invoice_id} has no line {unknown[0]!r}")
    taken = [credit_line(by_id[line_id], net) for line_id, net in amounts.items()]
    return _document(invoice, taken, credit_note_id, reason)


def credit_of_amount(
    invoice: InvoiceDocument,
    lines: Sequence[IssuedLine],
    gross: Money,
    *,
    credit_note_id: str,
    reason: str,
) -> CreditNoteDocument:
    """Return the draft that credits an amount with tax, spread over the lines by what each has left.

    Args:
        invoice: Issued.
        lines: From `issued_lines`.
        gross: With tax, more than 0.
        credit_note_id: Id of the document.
        reason: Why, in words an accountant reads.

    Raises:
        OverCreditError: The invoice has less than that left.
        ValueError: The amount is not positive.
    """
    return _document(invoice, credit_gross(lines, gross), credit_note_id, reason)


def _given_back(
    line_id: str, credit_notes: Sequence[CreditNoteDocument], later: Sequence[InvoiceDocument]
) -> Iterator[Credited]:
    for note in credit_notes:
        yield from (line.as_credited for line in note.lines if line.line_id == line_id)
    for invoice in later:
        for line in invoice.lines:
            if line.credit_of == line_id:
                yield as_credited(line).as_credited


def _document(
    invoice: InvoiceDocument, taken: Iterable[CreditNoteLine], credit_note_id: str, reason: str
) -> CreditNoteDocument:
    by_id = {line.line_id: line for line in invoice.lines}
    lines = [
        CreditedLine(
            line_id=each.line_id,
            price_of=by_id[each.line_id].price_of,
            description=by_id[each.line_id].description,
            amount=each.net,
            billed=by_id[each.line_id].amount,
            taxes=each.taxes,
            reason=reason,
        )
        for each in taken
    ]
    return credit_note_for(invoice, lines, credit_note_id=credit_note_id)
