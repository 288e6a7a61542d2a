"""Emails to customers: the facts of each email, without personal data, and its rendered text."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.money.money import Money
from domain.parties.accounts import AccountProfile


class EmailKind(StrEnum):
    """What an email is for."""

    INVOICE = "invoice"
    """The invoice, with how and until when to pay it."""
    RECEIPT = "receipt"
    """A payment arrived and what it bought is unlocked."""
    PAYMENT_DECLINED = "payment_declined"
    """A charge was declined; the email says what the customer can do."""
    PAYMENT_METHOD_REFUSED = "payment_method_refused"
    """The card of an order was refused before anything was charged."""
    INVOICE_CANCELLED = "invoice_cancelled"
    """An open invoice was cancelled; nothing is owed for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Email:
    """An email before it is rendered for its recipient.

    Attributes:
        email_id: Unique per email; the Message-ID header derives from it.
        number: The invoice's legal number; the order id when there is no invoice yet.
        link: Page where the customer can act, or None.
    """

    email_id: str
    kind: EmailKind
    account_id: str
    number: str
    amount: Money
    plan: str
    due_on: date | None = None
    link: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedEmail:
    """An email ready to send: plain text, header values free of line breaks."""

    message_id: str
    to: str
    subject: str
    text: str


def render(email: Email, account: AccountProfile) -> RenderedEmail:
    """Return the email that this account receives.

    The email does not say why a payment was declined: the card networks' advice forbids naming lost,
    stolen or fraudulent cards, so every decline reads the same.
    """
    subject, paragraphs = _WRITERS[email.kind](email)
    body = [f"Dear {account.name},", *paragraphs]
    if email.link is not None:
        body.append(email.link)
    return RenderedEmail(
        message_id=email.email_id,
        to=account.email,
        subject=" ".join(subject.split()),
        text="\n\n".join(body) + "\n",
    )


def _invoice(email: Email) -> tuple[str, list[str]]:
    return f"Invoice {email.number}: {email.amount} due {email.due_on}", [
        (
            f"thank you for choosing {email.plan}. Your invoice {email.number} over {email.amount} "
            f"is due on {email.due_on}."
        ),
        (
            "Everything it pays for unlocks the moment your transfer arrives. "
            "Bank details and the invoice are here:"
        ),
    ]


def _receipt(email: Email) -> tuple[str, list[str]]:
    return f"Payment received for invoice {email.number}", [
        f"we received {email.amount} for invoice {email.number} ({email.plan}).",
        "Thank you. What it pays for is yours to use from this moment.",
    ]


def _payment_declined(email: Email) -> tuple[str, list[str]]:
    return f"Your payment for invoice {email.number} did not go through", [
        f"we could not collect {email.amount} for invoice {email.number} ({email.plan}).",
        "Please add another payment method; we charge it at once and unlock right after.",
    ]


def _payment_method_refused(email: Email) -> tuple[str, list[str]]:
    return f"Your card for order {email.number} was refused", [
        f"the card you gave for {email.plan} ({email.amount}) was refused, and nothing was charged.",
        "Please add another payment method; we charge it at once and unlock right after.",
    ]


def _invoice_cancelled(email: Email) -> tuple[str, list[str]]:
    return f"Invoice {email.number} was cancelled", [
        f"invoice {email.number} over {email.amount} ({email.plan}) was cancelled.",
        "You owe nothing for it.",
    ]


_WRITERS = {
    EmailKind.INVOICE: _invoice,
    EmailKind.RECEIPT: _receipt,
    EmailKind.PAYMENT_DECLINED: _payment_declined,
    EmailKind.PAYMENT_METHOD_REFUSED: _payment_method_refused,
    EmailKind.INVOICE_CANCELLED: _invoice_cancelled,
}
