"""A preview as plain text: tables that an accountant can check line by line."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from domain.credits.credit_documents import CreditNoteDocument
from domain.invoicing.invoices import InvoiceDocument
from domain.money.money import Money, sum_money
from domain.periods.periods import zone_info
from domain.periods.proration import Convention, Prorated
from domain.plan_changes.preview import Preview

_COLUMNS: Final = (
    "line", "quantity", "unit price", "list amount", "discount", "part", "factor", "amount", "why",
)  # fmt: skip
_LEFT: Final = frozenset({"line", "why"})
Row = Sequence[str]


def preview_text(preview: Preview, zone: str) -> str:
    """Return the preview as text; dates are local, and the second one of a span is excluded."""
    terms = preview.terms
    bought = f"{terms.name} x {terms.quantity} per {terms.interval}, {terms.currency}"
    blocks = [f"{bought}, dates in {zone}, parts by {terms.proration.convention}"]
    if preview.invoice is not None:
        blocks.append(_document("Invoice now", preview.invoice))
    blocks.extend(_document("Credit note now", note) for note in preview.credit_notes)
    if preview.invoice is None and not preview.credit_notes:
        blocks.append("Nothing is invoiced or credited now.")
    elif preview.credit_notes:
        blocks.append(f"Balance now: {preview.balance}")
    if preview.renewal is not None:
        at = _date(preview.renewal.at, zone)
        blocks.append(_document(f"Next renewal on {at}", preview.renewal.invoice))
        notes = preview.renewal.credit_notes
        blocks.extend(_document("Credit note with the renewal", note) for note in notes)
    if preview.ends_at is not None:
        blocks.append(f"Ends on {_date(preview.ends_at, zone)}; nothing renews after it.")
    return "\n\n".join(blocks) + "\n"


def _document(title: str, document: InvoiceDocument | CreditNoteDocument) -> str:
    lines = (
        _invoice_rows(document) if isinstance(document, InvoiceDocument) else _credit_rows(document)
    )
    sums = [("Subtotal", document.subtotal)]
    sums += [(f"{tax.name} on {_plain(tax.taxable)}", tax.amount) for tax in document.tax_lines]
    sums.append(("Total", document.total))
    rows = [[*[name], *[""] * 6, _plain(amount), ""] for name, amount in sums]
    return f"{title}\n{_table([_COLUMNS, *lines, *rows], rule_before=len(rows))}"


def _invoice_rows(document: InvoiceDocument) -> list[Row]:
    rows: list[Row] = []
    for line in document.lines:
        off = sum_money((each.amount for each in line.discounts), document.currency)
        listed = line.list_amount
        why = [line.reason, *(each.discount_id for each in line.discounts)]
        rows.append(
            [
                line.description,
                f"{line.quantity:f}",
                f"{line.unit_price:f}",
                "" if listed is None else _plain(listed),
                "" if off.is_zero else _plain(-off),
                *_part(line.prorated),
                _plain(line.amount),
                ", ".join(why),
            ]
        )
    return rows


def _credit_rows(document: CreditNoteDocument) -> list[Row]:
    return [
        [
            line.description,
            "1",
            _plain(line.billed),
            _plain(line.billed),
            "",
            *_part(line.prorated),
            _plain(line.amount),
            line.reason,
        ]
        for line in document.lines
    ]


def _part(prorated: Prorated | None) -> Row:
    if prorated is None:
        return ["", ""]
    unit = "seconds" if prorated.convention is Convention.PER_SECOND else "days"
    return [f"{prorated.numerator}/{prorated.denominator} {unit}", f"{prorated.factor:f}"]


def _table(rows: Sequence[Row], *, rule_before: int) -> str:
    # A column in which nothing is said takes no room.
    used = [number for number in range(len(_COLUMNS)) if any(row[number] for row in rows[1:])]
    widths = {number: max(len(row[number]) for row in rows) for number in used}
    texts = [
        "  ".join(_cell(row[number], _COLUMNS[number], widths[number]) for number in used).rstrip()
        for row in rows
    ]
    rule = "-" * max(map(len, texts))
    sums = len(rows) - rule_before
    return "\n".join(_indented([texts[0], rule, *texts[1:sums], rule, *texts[sums:]]))


def _cell(text: str, column: str, width: int) -> str:
    return text.ljust(width) if column in _LEFT else text.rjust(width)


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _plain(money: Money) -> str:
    return f"{money.to_decimal():f}"


def _date(at: datetime, zone: str) -> str:
    return f"{at.astimezone(zone_info(zone)):%Y-%m-%d}"
