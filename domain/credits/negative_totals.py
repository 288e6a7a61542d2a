"""No invoice has a negative total: its credits become credit notes instead.

The credits of a change are negative lines of its invoice, or of the renewal that takes them. If they
exceed the other lines, they leave the document and become credit notes of the invoices that they
correct.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from domain.credits.credit_documents import CreditedLine, CreditNoteDocument, tax_lines_of_credit
from domain.credits.unused_time import as_credit_notes, as_credited
from domain.invoicing.invoice_lines import BilledLines, join_tax_lines, numbered_lines
from domain.invoicing.invoices import InvoiceDocument


@dataclass(frozen=True, kw_only=True, slots=True)
class NonNegativeInvoice:
    """An invoice whose total is 0 or more, and the credit notes that go with it."""

    invoice: InvoiceDocument
    credit_notes: tuple[CreditNoteDocument, ...] = ()


def without_negative_total(
    draft: InvoiceDocument, issued: Sequence[InvoiceDocument], *, credit_note_id: str
) -> NonNegativeInvoice:
    """Return the draft if its total is 0 or more; otherwise move its credits to credit notes.

    Args:
        draft: Its credit lines name the lines that they give back a part of.
        issued: Invoices whose lines may be given back by a credit note.
        credit_note_id: Prefix of the ids; each note adds its number.
    """
    if not draft.total.is_negative:
        return NonNegativeInvoice(invoice=draft)
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
    return NonNegativeInvoice(
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
