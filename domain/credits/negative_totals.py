"""No invoice asks for less than nothing: what it would give back beyond that is a credit note.

The credits of a change come off its invoice, or off the renewal that takes them, as negative lines. If
they are more than the other lines ask for, they leave the document and correct the invoices that they
belong to instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from domain.credits.credit_documents import CreditedLine, CreditNoteDocument, tax_lines_of_credit
from domain.credits.unused_time import as_credit_notes, as_credited
from domain.invoicing.invoice_lines import BilledLines, join_tax_lines, numbered_lines
from domain.invoicing.invoices import InvoiceDocument


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """An invoice of 0 or more, and the credit notes beside it."""

    invoice: InvoiceDocument
    credit_notes: tuple[CreditNoteDocument, ...] = ()


def settle(
    draft: InvoiceDocument, issued: Sequence[InvoiceDocument], *, credit_note_id: str
) -> Settled:
    """Return the draft if it asks for 0 or more; otherwise without its credits, and these as notes.

    Args:
        draft: Its credit lines name the lines that they give back a part of.
        issued: Invoices whose lines may be given back by a credit note.
        credit_note_id: Each note gets a number behind it.
    """
    if not draft.total.is_negative:
        return Settled(invoice=draft)
    credited = tuple(_credited_by_invoice(draft, issued))
    given_back = [tax_lines_of_credit(invoice, lines) for invoice, lines in credited]
    left = {line.line_id for _, lines in credited for line in lines}
    lines = tuple(line for line in draft.lines if line.credit_of not in left)
    codes = {part.code for line in lines for part in line.taxes}
    tax_lines = join_tax_lines([draft.tax_lines, *given_back])
    kept = numbered_lines(
        BilledLines(lines=lines, tax_lines=tuple(tax for tax in tax_lines if tax.code in codes)),
        draft.invoice_id,
    )
    return Settled(
        invoice=replace(draft, lines=kept.lines, tax_lines=kept.tax_lines),
        credit_notes=as_credit_notes(credited, credit_note_id),
    )


def _credited_by_invoice(
    draft: InvoiceDocument, issued: Sequence[InvoiceDocument]
) -> Iterator[tuple[InvoiceDocument, tuple[CreditedLine, ...]]]:
    for invoice in issued:
        own = {line.line_id for line in invoice.lines}
        lines = tuple(as_credited(line) for line in draft.lines if line.credit_of in own)
        if lines:
            yield invoice, lines
