"""Letters to customers: what they say, from facts that hold no personal data until they are rendered."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.money.money import Money
from domain.parties.accounts import AccountProfile


class LetterKind(StrEnum):
    """What a letter is for."""

    INVOICE = "invoice"
    """The invoice, with where and until when to pay it."""
    RECEIPT = "receipt"
    """A payment arrived and what it bought is unlocked."""
    PAYMENT_DECLINED = "payment_declined"
    """A charge was declined; what the customer can do."""
    PAYMENT_METHOD_REFUSED = "payment_method_refused"
    """The card of an order was refused before anything was charged."""
    INVOICE_CANCELLED = "invoice_cancelled"
    """An open invoice was cancelled; nothing is owed for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A letter before it meets its reader.

    Attributes:
        letter_id: Names the letter once; the mail's Message-ID derives from it.
        number: The invoice's legal number; the order id when there is no invoice yet.
        link: Page where the customer can act, or None.
    """

    letter_id: str
    kind: LetterKind
    account_id: str
    number: str
    amount: Money
    plan: str
    due_on: date | None = None
    link: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A letter ready to send: plain text, header values free of line breaks."""

    message_id: str
    to: str
    subject: str
    text: str


def render(letter: Letter, account: AccountProfile) -> Mail:
    """Return the mail that this account receives.

    The reason of a decline is not told: naming lost, stolen or fraudulent cards is forbidden by the
    card networks' advice, so every decline reads the same.
    """
    subject, paragraphs = _WRITERS[letter.kind](letter)
    body = [f"Dear {account.name},", *paragraphs]
    if letter.link is not None:
        body.append(letter.link)
    return Mail(
        message_id=letter.letter_id,
        to=account.email,
        subject=" ".join(subject.split()),
        text="\n\n".join(body) + "\n",
    )


def _invoice(letter: Letter) -> tuple[str, list[str]]:
    return f"Invoice {letter.number}: {letter.amount} due {letter.due_on}", [
        (
            f"thank you for choosing {letter.plan}. Your invoice {letter.number} over {letter.amount} "
            f"is due on {letter.due_on}."
        ),
        (
            "Everything it pays for unlocks the moment your transfer arrives. "
            "Bank details and the invoice are here:"
        ),
    ]


def _receipt(letter: Letter) -> tuple[str, list[str]]:
    return f"Payment received for invoice {letter.number}", [
        f"we received {letter.amount} for invoice {letter.number} ({letter.plan}).",
        "Thank you. What it pays for is yours to use from this moment.",
    ]


def _payment_declined(letter: Letter) -> tuple[str, list[str]]:
    return f"Your payment for invoice {letter.number} did not go through", [
        f"we could not collect {letter.amount} for invoice {letter.number} ({letter.plan}).",
        "Please add another payment method; we charge it at once and unlock right after.",
    ]


def _payment_method_refused(letter: Letter) -> tuple[str, list[str]]:
    return f"Your card for order {letter.number} was refused", [
        f"the card you gave for {letter.plan} ({letter.amount}) was refused, and nothing was charged.",
        "Please add another payment method; we charge it at once and unlock right after.",
    ]


def _invoice_cancelled(letter: Letter) -> tuple[str, list[str]]:
    return f"Invoice {letter.number} was cancelled", [
        f"invoice {letter.number} over {letter.amount} ({letter.plan}) was cancelled.",
        "You owe nothing for it.",
    ]


_WRITERS = {
    LetterKind.INVOICE: _invoice,
    LetterKind.RECEIPT: _receipt,
    LetterKind.PAYMENT_DECLINED: _payment_declined,
    LetterKind.PAYMENT_METHOD_REFUSED: _payment_method_refused,
    LetterKind.INVOICE_CANCELLED: _invoice_cancelled,
}
