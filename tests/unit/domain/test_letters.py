"""What customers read."""

from datetime import date

import pytest

from domain.accounts import AccountProfile
from domain.letters import Letter, LetterKind, render
from domain.money import Money

ACCOUNT = AccountProfile(
    account_id="acme", name="Acme\nLtd", email="billing@acme.example", country="US"
)


def letter(kind: LetterKind, **changes: object) -> Letter:
    values: dict[str, object] = {
        "letter_id": "sub-A1-0001/x",
        "kind": kind,
        "account_id": "acme",
        "number": "INV-000001",
        "amount": Money(minor_units=5700, currency="USD"),
        "plan": "Team",
        "due_on": date(2026, 2, 1),
        "link": "https://pay.example/1",
    }
    return Letter(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_names_its_invoice_the_amount_and_the_reader(kind: LetterKind):
    mail = render(letter(kind), ACCOUNT)
    assert "INV-000001" in mail.subject
    assert "57.00 USD" in mail.subject + mail.text
    assert mail.text.startswith("Dear Acme")
    assert mail.to == "billing@acme.example"
    assert mail.message_id == "sub-A1-0001/x"


@pytest.mark.parametrize("kind", LetterKind)
def test_no_line_break_reaches_a_header(kind: LetterKind):
    mail = render(letter(kind, number="INV-1\r\nBcc: x@example.com"), ACCOUNT)
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


def test_an_invoice_says_when_and_where_to_pay():
    text = render(letter(LetterKind.INVOICE), ACCOUNT).text
    assert "2026-02-01" in text
    assert "https://pay.example/1" in text


def test_a_letter_without_a_link_ends_with_its_words():
    text = render(letter(LetterKind.RECEIPT, link=None), ACCOUNT).text
    assert "http" not in text
    assert text.endswith("from this moment.\n")


def test_a_decline_is_told_without_its_reason():
    text = render(letter(LetterKind.PAYMENT_DECLINED), ACCOUNT).text.lower()
    assert not {"stolen", "lost", "fraud", "insufficient"} & set(text.split())
