"""Invoice lines, invoice items and the totals of an invoice."""

from decimal import ROUND_HALF_UP, Decimal

from sandbox.store import Document
from sandbox.stripe.books import Books
from sandbox.stripe.errors import missing_parameter, refuse, refuse_state
from sandbox.stripe.lists import list_of
from sandbox.stripe.shapes import INVOICE_ITEM, INVOICE_LINE, fresh

EMBEDDED = 10
"""An invoice object contains this many of its lines; the others are read from its list of lines."""


_FROM_ITEM = (
    "amount",
    "currency",
    "description",
    "discountable",
    "metadata",
    "period",
    "pricing",
    "quantity",
    "quantity_decimal",
)


def lines_of(books: Books, invoice: str) -> list[Document]:
    """Return all lines of an invoice, in the order in which they were added."""
    found = books.find("_lines", invoice)
    return [] if found is None else found["data"]


def store_lines(books: Books, invoice: Document, lines: list[Document]) -> None:
    """Save an invoice with these lines and their totals."""
    books.save_as("_lines", invoice["id"], {"data": lines})
    url = f"/v1/invoices/{invoice['id']}/lines"
    shown = list_of(lines[:EMBEDDED], url, has_more=len(lines) > EMBEDDED)
    subtotal = sum(line["amount"] for line in lines)
    taxes = [tax for line in lines for tax in line["taxes"]]
    added = sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "exclusive")
    included = sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "inclusive")
    total = subtotal + added
    due = max(total + invoice["starting_balance"], 0)
    invoice |= {
        "lines": {**shown, "total_count": len(lines)},
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - included,
        "total": total,
        "total_excluding_tax": total - added - included,
        "total_taxes": taxes,
        "amount_due": due,
        "amount_remaining": due,
    }
    books.save("invoice", invoice)


def require_draft(invoice: Document) -> None:
    """Check that an invoice can still be changed.

    Raises:
        StripeError: The invoice is no longer a draft.
    """
    if invoice["status"] != "draft":
        refuse_state(
            "Finalized invoices can't be updated in this way.", code="invoice_not_editable"
        )


def _amount(given: Document) -> tuple[int, Decimal]:
    quantity = Decimal(given.get("quantity_decimal") or given.get("quantity") or 1)
    price: Document = given.get("price_data") or {}
    unit = given.get("unit_amount_decimal", price.get("unit_amount_decimal"))
    if unit is None:
        unit = price.get("unit_amount")
    if given.get("amount") is not None:
        if unit is not None:
            refuse("You may only specify one of these parameters: amount, price_data.")
        return given["amount"], quantity
    if unit is None:
        missing_parameter("amount")
    total = (Decimal(unit) * quantity).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return int(total), quantity


def _taxes(books: Books, given: Document) -> list[Document]:
    amounts: list[Document] = given.get("tax_amounts") or []
    return [
        {
            "amount": tax["amount"],
            "tax_behavior": "inclusive" if tax["tax_rate_data"]["inclusive"] else "exclusive",
            "tax_rate_details": {"tax_rate": books.new_id("txr")},
            "taxability_reason": tax.get("taxability_reason") or "standard_rated",
            "taxable_amount": tax["taxable_amount"],
            "type": "tax_rate_details",
        }
        for tax in amounts
    ]


def new_item(books: Books, customer: str, currency: str, given: Document) -> Document:
    """Save and return an invoice item; it belongs to no invoice yet."""
    amount, quantity = _amount(given)
    price: Document = given.get("price_data") or {}
    if str(price.get("currency") or currency).lower() != currency:
        refuse("The currency of the item must be that of the invoice.", param="currency")
    product: Document = price.get("product_data") or {}
    now = books.stamp()
    return books.save(
        "invoiceitem",
        fresh(INVOICE_ITEM)
        | {
            "id": books.new_id("ii"),
            "amount": amount,
            "currency": currency,
            "customer": customer,
            "date": now,
            "description": given.get("description") or product.get("name"),
            "discountable": given.get("discountable", True),
            "metadata": given.get("metadata") or {},
            "net_amount": amount,
            "period": given.get("period") or {"start": now, "end": now},
            "pricing": _pricing(
                books, price, Decimal(amount) / quantity if quantity else Decimal(0)
            ),
            "quantity": int(quantity),
            "quantity_decimal": f"{quantity:f}",
        },
    )


def _pricing(books: Books, price: Document, unit: Decimal) -> Document:
    return {
        "price_details": {
            "price": books.new_id("price"),
            "product": price.get("product") or books.new_id("prod"),
        },
        "type": "price_details",
        "unit_amount_decimal": f"{unit.normalize():f}",
    }


def line_of(books: Books, item: Document, invoice: str, given: Document) -> Document:
    """Return the invoice line of an invoice item, and assign the item to the invoice."""
    item["invoice"] = invoice
    books.save("invoiceitem", item)
    line = fresh(INVOICE_LINE) | {name: item[name] for name in _FROM_ITEM}
    line |= {
        "id": books.new_id("il"),
        "invoice": invoice,
        "subtotal": item["amount"],
        "taxes": _taxes(books, given),
    }
    line["parent"]["invoice_item_details"]["invoice_item"] = item["id"]
    return line
