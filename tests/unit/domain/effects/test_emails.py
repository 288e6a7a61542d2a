"""What customers read."""

from dataclasses import replace
from datetime import date

import pytest

from domain.effects.emails import Email, EmailKind, render
from domain.money.money import Money
from domain.parties.accounts import AccountProfile

ACCOUNT = AccountProfile(
    account_id="acme", name="Acme\nLtd", email="billing@acme.example", country="US"
)


def email(kind: EmailKind, **changes: object) -> Email:
    values: dict[str, object] = {
        "email_id": "sub-A1-0001/x",
        "kind": kind,
        "account_id": "acme",
        "number": "INV-000001",
        "amount": Money(minor_units=5700, currency="USD"),
        "plan": "Team",
        "due_on": date(2026, 2, 1),
        "link": "https://pay.example/1",
    }
    return Email(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", EmailKind)
def test_every_email_names_its_invoice_the_amount_and_the_reader(kind: EmailKind):
    mail = render(email(kind), ACCOUNT)
    assert "INV-000001" in mail.subject
    assert "57.00 USD" in mail.subject + mail.text
    assert mail.text.startswith("Dear Acme")
    assert mail.to == "billing@acme.example"
    assert mail.message_id == "sub-A1-0001/x"


@pytest.mark.parametrize("kind", EmailKind)
def test_no_line_break_reaches_a_header(kind: EmailKind):
    mail = render(email(kind, number="INV-1\r\nBcc: x@example.com"), ACCOUNT)
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


def test_an_invoice_says_when_and_where_to_pay():
    text = render(email(EmailKind.INVOICE), ACCOUNT).text
    assert "2026-02-01" in text
    assert "https://pay.example/1" in text


def test_an_email_without_a_link_ends_with_its_words():
    text = render(email(EmailKind.RECEIPT, link=None), ACCOUNT).text
    assert "http" not in text
    assert text.endswith("from this moment.\n")


def test_a_decline_is_told_without_its_reason():
    text = render(email(EmailKind.PAYMENT_DECLINED), ACCOUNT).text.lower()
    assert not {"stolen", "lost", "fraud", "insufficient"} & set(text.split())


TEXTS = {
    EmailKind.INVOICE: (
        "Invoice INV-000001: 57.00 USD due 2026-02-01",
        """Dear Acme Ltd,

thank you for choosing Team. Your invoice INV-000001 over 57.00 USD is due on 2026-02-01.

Everything it pays for unlocks the moment your transfer arrives. Bank details and the invoice are here:

https://pay.example/1
""",
    ),
    EmailKind.RECEIPT: (
        "Payment received for invoice INV-000001",
        """Dear Acme Ltd,

we received 57.00 USD for invoice INV-000001 (Team).

Thank you. What it pays for is yours to use from this moment.

https://pay.example/1
""",
    ),
    EmailKind.PAYMENT_DECLINED: (
        "Your payment for invoice INV-000001 did not go through",
        """Dear Acme Ltd,

we could not collect 57.00 USD for invoice INV-000001 (Team).

Please add another payment method; we charge it at once and unlock right after.

https://pay.example/1
""",
    ),
    EmailKind.PAYMENT_METHOD_REFUSED: (
        "Your card for order INV-000001 was refused",
        """Dear Acme Ltd,

the card you gave for Team (57.00 USD) was refused, and nothing was charged.

Please add another payment method; we charge it at once and unlock right after.

https://pay.example/1
""",
    ),
    EmailKind.INVOICE_CANCELLED: (
        "Invoice INV-000001 was cancelled",
        """Dear Acme Ltd,

invoice INV-000001 over 57.00 USD (Team) was cancelled.

You owe nothing for it.

https://pay.example/1
""",
    ),
}


@pytest.mark.parametrize("kind", EmailKind)
def test_an_email_reads_word_for_word(kind: EmailKind):
    mail = render(email(kind), replace(ACCOUNT, name="Acme Ltd"))
    assert (mail.subject, mail.text) == TEXTS[kind]
