from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.invoicing.invoice_parties import InvoiceParties, Party, parties_of
from domain.invoicing.invoices import (
    InvoiceDocument,
    InvoiceLine,
    InvoiceNumber,
    InvoicePurpose,
    TaxLine,
    issue,
)
from domain.money.money import Money
from domain.parties.accounts import AccountProfile

SELLER = Party(name="Perennial GmbH", country="DE", vat_id="DE1", address=("Weg 1", "Berlin"))
ACCOUNT = AccountProfile(
    account_id="acme",
    name="Acme SARL",
    email="a@acme.example",
    country="FR",
    vat_id="FR1",
    address=("2 rue X", "Paris"),
)
TAX = TaxLine(
    name="Reverse charge",
    rate=Decimal(0),
    taxable=Money.parse("95.00", "EUR"),
    amount=Money.zero("EUR"),
    code="rc",
    is_reverse_charge=True,
)
LINE = InvoiceLine(
    line_id="i-1",
    price_of="team",
    description="Team",
    quantity=Decimal(5),
    unit_price=Decimal(19),
    amount=Money.parse("95.00", "EUR"),
    period=None,
    reason="one-off charge",
)
DRAFT = InvoiceDocument(
    invoice_id="i",
    subscription_id="s",
    account_id="acme",
    legal_entity="ACME_DE",
    purpose=InvoicePurpose.FIRST,
    currency="EUR",
    lines=(LINE,),
    tax_lines=(TAX,),
    purchase_order="PO 7",
)
NUMBER = InvoiceNumber(
    number="RE-1",
    issued_on=date(2026, 1, 1),
    due_on=date(2026, 1, 31),
    taken_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_an_issued_invoice_names_both_parties_as_they_are_now():
    assert parties_of(issue(DRAFT, NUMBER), seller=SELLER, account=ACCOUNT) == InvoiceParties(
        invoice_id="i",
        number="RE-1",
        seller=SELLER,
        buyer=Party(
            name="Acme SARL",
            country="FR",
            vat_id="FR1",
            address=("2 rue X", "Paris"),
            email="a@acme.example",
        ),
        purchase_order="PO 7",
        notes=("Reverse charge",),
    )


def test_a_draft_names_nobody():
    with pytest.raises(ValueError, match="invoice i is a draft"):
        parties_of(DRAFT, seller=SELLER, account=ACCOUNT)


@pytest.mark.parametrize(
    ("seller", "account"),
    [(replace(SELLER, vat_id=None), ACCOUNT), (SELLER, replace(ACCOUNT, vat_id=None))],
)
def test_a_reverse_charge_needs_both_vat_ids(seller: Party, account: AccountProfile):
    issued = issue(DRAFT, NUMBER)

    with pytest.raises(ValueError, match="invoice RE-1: a reverse charge needs both VAT ids"):
        parties_of(issued, seller=seller, account=account)
    plain = replace(issued, tax_lines=(replace(TAX, is_reverse_charge=False),))
    assert parties_of(plain, seller=seller, account=account).notes == ()


def test_an_invoice_is_issued_once_with_its_number_and_dates():
    issued = issue(DRAFT, NUMBER)

    assert (issued.number, issued.issued_on, issued.due_on) == (
        "RE-1",
        date(2026, 1, 1),
        date(2026, 1, 31),
    )
    assert replace(issued, number=None, issued_on=None, due_on=None) == DRAFT
    with pytest.raises(ValueError, match="invoice i is already issued as RE-1"):
        issue(issued, NUMBER)


def test_totals_add_up_over_lines_and_rates():
    vat = replace(TAX, code="vat", amount=Money.parse("18.05", "EUR"), is_reverse_charge=False)
    document = replace(DRAFT, lines=(LINE, LINE), tax_lines=(TAX, vat, vat))

    assert (str(document.subtotal), str(document.tax), str(document.total)) == (
        "190.00 EUR",
        "36.10 EUR",
        "226.10 EUR",
    )
