"""Seller and buyer of an invoice: a snapshot taken at issue, never joined to live data.

It holds personal data, so our own tables keep it next to the invoice. It is never in a history: the
wire document carries the account id. Contents follow EU VAT Directive 2006/112, art. 226.
"""

from dataclasses import dataclass

from domain.invoicing.invoices import InvoiceDocument
from domain.parties.accounts import AccountProfile


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """A seller or a buyer.

    Attributes:
        name: Legal name.
        country: ISO 3166-1 alpha-2.
        vat_id: Tax registration; None for a consumer.
        address: Lines below the name, without the country.
        email: Email address that receives the document; None for a seller.
    """

    name: str
    country: str
    vat_id: str | None = None
    address: tuple[str, ...] = ()
    email: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceParties:
    """What an issued invoice says besides its lines; immutable, like the invoice.

    Attributes:
        purchase_order: The buyer's reference.
        notes: Texts that the law requires, such as that the buyer owes the tax.
    """

    invoice_id: str
    number: str
    seller: Party
    buyer: Party
    purchase_order: str | None
    notes: tuple[str, ...]


def parties_of(
    document: InvoiceDocument, *, seller: Party, account: AccountProfile
) -> InvoiceParties:
    """Return the snapshot that is kept with an issued invoice.

    Raises:
        ValueError: It is not issued, or has a reverse charge without both VAT ids.
    """
    if document.number is None:
        raise ValueError(f"invoice {document.invoice_id} is a draft: it has no parties yet")
    notes = tuple(tax.name for tax in document.tax_lines if tax.is_reverse_charge)
    if notes and None in {seller.vat_id, account.vat_id}:
        raise ValueError(f"invoice {document.number}: a reverse charge needs both VAT ids")
    buyer = Party(
        name=account.name,
        country=account.country,
        vat_id=account.vat_id,
        address=account.address,
        email=account.email,
    )
    return InvoiceParties(
        invoice_id=document.invoice_id,
        number=document.number,
        seller=seller,
        buyer=buyer,
        purchase_order=document.purchase_order,
        notes=notes,
    )
