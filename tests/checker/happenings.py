"""What has happened, as dated lines for people: one line for each thing that someone outside could notice."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from tests.checker.facts import Entry, Facts, Row

_AMOUNT: Final = re.compile(r"(\d+) ([a-z]{3}) \(minor units\)")
_CENTS: Final = 100


@dataclass(frozen=True, order=True, slots=True)
class Happening:
    """One line of a life.

    Attributes:
        who: The system that shows it: money, access, ERP, CRM, email, or our own record.
    """

    at: datetime
    who: str
    text: str


def _amount(entry: Entry) -> str:
    found = _AMOUNT.search(entry.summary)
    assert found is not None, entry
    return f"{Decimal(found[1]) / _CENTS:.2f} {found[2].upper()}"


_SAID: Final[Mapping[tuple[str, str], tuple[str, str]]] = MappingProxyType(
    {
        ("stripe", "customer.created"): ("money", "payment customer created"),
        ("stripe", "invoice.finalized"): ("money", "invoice {key} opened: {amount}"),
        ("stripe", "invoice.paid"): ("money", "invoice {key} paid: {amount}"),
        ("stripe", "invoice.voided"): ("money", "invoice {key} voided"),
        ("stripe", "invoice.marked_uncollectible"): ("money", "invoice {key} uncollectible"),
        ("stripe", "invoice.payment_action_required"): ("money", "invoice {key} asks its holder"),
        ("stripe", "charge.succeeded"): ("money", "{amount} charged"),
        ("stripe", "charge.failed"): ("money", "charge of {amount} declined"),
        ("stripe", "charge.refunded"): ("money", "{amount} refunded"),
        ("stripe", "cash_balance.funds_available"): ("money", "a transfer arrives"),
        ("entitlements", "grant.put"): ("access", "grant {key}: {summary}"),
        ("entitlements", "grant.conflict"): ("access", "grant {key} refused: {summary}"),
        ("entitlements", "hold.put"): ("access", "hold {key}: {summary}"),
        ("entitlements", "hold.conflict"): ("access", "hold {key} refused: {summary}"),
        ("workday", "customer.created"): ("ERP", "customer {key}"),
        ("workday", "invoice.submitted"): ("ERP", "invoice {summary}"),
        ("workday", "invoice.approved"): ("ERP", "invoice {summary}"),
        ("workday", "invoice.canceled"): ("ERP", "invoice {summary}"),
        ("workday", "adjustment.submitted"): ("ERP", "adjustment {summary}"),
        ("workday", "payment.put"): ("ERP", "payment of {summary}"),
        ("salesforce", "account.created"): ("CRM", "account {key}"),
        ("salesforce", "opportunity.created"): ("CRM", "deal {key}: {summary}"),
        ("salesforce", "opportunity.updated"): ("CRM", "deal {key}: {summary}"),
        ("salesforce", "task.created"): ("CRM", "task: {summary}"),
        ("mailbox", "message.received"): ("email", "{summary}"),
    }
)
"""What is said, by system and action."""

_UNSAID: Final = frozenset(
    {
        # Steps on the way to something that is said.
        ("stripe", "customer.updated"),
        ("stripe", "customer_cash_balance_transaction.created"),
        ("stripe", "invoice.created"),
        ("stripe", "invoice.deleted"),
        ("stripe", "invoice.payment_failed"),
        ("stripe", "invoice.payment_succeeded"),
        ("stripe", "invoice.sent"),
        ("stripe", "invoice.updated"),
        ("stripe", "invoice_payment.paid"),
        ("stripe", "invoiceitem.created"),
        ("stripe", "payment_intent.canceled"),
        ("stripe", "payment_intent.created"),
        ("stripe", "payment_intent.payment_failed"),
        ("stripe", "payment_intent.requires_action"),
        ("stripe", "payment_intent.succeeded"),
        ("stripe", "payment_method.attached"),
        ("stripe", "payment_method.detached"),
        ("stripe", "refund.created"),
        ("stripe", "refund.updated"),
        ("workday", "customer.updated"),
        ("salesforce", "account.updated"),
        # The same once more, which changed nothing.
        ("entitlements", "grant.repeated"),
        ("entitlements", "grant.superseded"),
        ("entitlements", "hold.repeated"),
        ("entitlements", "hold.superseded"),
        ("mailbox", "message.repeated"),
    }
)


def outside(facts: Facts) -> list[Happening]:
    """Return what the outside systems did, in order.

    Raises:
        KeyError: For something that this module has no words for.
    """
    found: list[Happening] = []
    for entry in facts.entries:
        if (entry.system, entry.action) not in _UNSAID:
            who, words = _SAID[entry.system, entry.action]
            amount = _amount(entry) if "{amount}" in words else ""
            text = words.format(key=entry.key, summary=entry.summary, amount=amount)
            found.append(Happening(entry.at, who, text))
    return found


def recorded(facts: Facts) -> list[Happening]:
    """Return our own business events, entity by entity in their order."""
    entities = dict.fromkeys(str(event["entity"]) for event in facts.table("events"))
    return [_recorded(event) for entity in sorted(entities) for event in facts.events_of(entity)]


def _recorded(event: Row) -> Happening:
    return Happening(event["at"], "record", f"{event['entity']}: {event['event_type']}")
