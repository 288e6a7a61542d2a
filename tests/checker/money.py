"""Charges: one for each invoice that is paid, none for any other, none after an end."""

from datetime import timedelta
from typing import Final

from tests.checker.facts import Facts, Row, by, ends, our_invoice
from tests.checker.violations import Violation, Violations

_ENDING: Final = timedelta(minutes=1)
_STATES: Final = {"paid": "paid", "void": "void", "uncollectible": "void", "open": "open"}


def one_charge_per_invoice(facts: Facts) -> Violations:
    """P1: a paid invoice has one successful charge of its amount; a void one has none that was kept."""
    charges = by(
        (each for each in facts.charges if each["status"] == "succeeded"), "payment_intent"
    )
    payments = by(facts.provider_payments, "invoice")
    for provider_invoice in facts.provider_invoices:
        intents = [each["payment"]["payment_intent"] for each in payments[provider_invoice["id"]]]
        kept = [
            charge["amount"] - charge["amount_refunded"]
            for intent in intents
            for charge in charges[intent]
            if charge["amount"] > charge["amount_refunded"]
        ]
        status, number = provider_invoice["status"], str(provider_invoice["number"])
        if len(kept) > 1:
            yield Violation("P1", number, f"{len(kept)} successful charges: {kept}")
        if status == "paid" and sum(kept) != provider_invoice["amount_paid"]:
            text = f"{provider_invoice['amount_paid']} is paid, {sum(kept)} was charged"
            yield Violation("P1", number, text)
        if status in {"void", "uncollectible"} and kept:
            yield Violation(
                "P1", number, f"{sum(kept)} was charged for an invoice that is {status}"
            )


def every_charge_has_its_invoice(facts: Facts) -> Violations:
    """P1: no money was taken for anything that is not an invoice of ours."""
    known = {each["payment"]["payment_intent"] for each in facts.provider_payments}
    for charge in facts.charges:
        if charge["status"] == "succeeded" and charge["payment_intent"] not in known:
            yield Violation("P1", charge["id"], "was charged without an invoice")


def one_provider_invoice_each(facts: Facts) -> Violations:
    """P1: an invoice has one provider invoice, with its number, its total and its state; no draft is left."""
    rows = {row["invoice_id"]: row for row in facts.table("invoices")}
    by_id: dict[str, list[Row]] = {}
    for provider_invoice in facts.provider_invoices:
        by_id.setdefault(our_invoice(provider_invoice), []).append(provider_invoice)
    for invoice_id, found in by_id.items():
        if len(found) > 1:
            yield Violation("P1", invoice_id, f"{len(found)} provider invoices")
        row = rows.get(invoice_id)
        if row is None:
            yield Violation("P6", invoice_id, "is not in our tables")
            continue
        yield from _agree(invoice_id, row, found[0])


def _agree(invoice_id: str, row: Row, provider_invoice: Row) -> Violations:
    theirs = {
        "state": _STATES.get(provider_invoice["status"], provider_invoice["status"]),
        "number": provider_invoice["number"],
        "total_minor_units": provider_invoice["total"],
        "provider_invoice_id": provider_invoice["id"],
        "amount_due_minor_units": provider_invoice["amount_remaining"]
        if provider_invoice["status"] == "open"
        else 0,
    }
    for column, value in theirs.items():
        if row[column] != value:
            text = f"{column} is {row[column]}, at the provider {value}"
            yield Violation("books", invoice_id, text)


def nothing_is_charged_after_an_end(facts: Facts) -> Violations:
    """P4: no card is charged once its subscription has ended."""
    ended = ends(facts)
    subscriptions = {row["number"]: row["subscription_id"] for row in facts.table("invoices")}
    numbers = {each["id"]: each["number"] for each in facts.provider_invoices}
    invoices = {
        each["payment"]["payment_intent"]: each["invoice"] for each in facts.provider_payments
    }
    succeeded = {each["id"]: each for each in facts.charges if each["status"] == "succeeded"}
    for entry in facts.done("stripe", "charge.succeeded"):
        charge = succeeded.get(entry.key)
        if charge is None or charge["payment_method_details"]["type"] != "card":
            continue
        number = numbers.get(invoices.get(charge["payment_intent"], ""))
        end = ended.get(subscriptions.get(number, ""))
        if end is not None and entry.at > end + facts.under_way:
            # Told apart for a storm, in which what was under way needs seconds to hear of an end.
            words = "as it ended" if entry.at <= end + _ENDING else "long after it ended"
            yield Violation("P4", str(number), f"charged at {entry.at}, {words} at {end}")
