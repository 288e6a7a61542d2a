"""What follows a sale elsewhere: the ERP's documents, the CRM's deal, the customer's emails; each once."""

from collections import Counter
from typing import Final

from tests.checker.facts import Entry, Facts, our_invoice
from tests.checker.violations import Violation, Violations

_WON: Final = "Closed Won"
_LOST: Final = "Closed Lost"


def erp_has_each_document_once(facts: Facts) -> Violations:
    """Books: one customer for each account, one invoice for each number, one payment after each paid one."""
    customers = Counter(entry.key for entry in facts.done("workday", "customer.created"))
    invoices = Counter(entry.key for entry in facts.done("workday", "invoice.submitted"))
    for what, counted in (("customers", customers), ("invoices", invoices)):
        for key, count in counted.items():
            if count > 1:
                yield Violation("books", key, f"{count} {what} in the ERP")
    for row in facts.table("accounts"):
        if row["account_id"] not in customers:
            yield Violation("books", row["account_id"], "is no customer in the ERP")
    opened = {str(each["number"]) for each in facts.provider_invoices if each["number"]}
    for number in sorted(opened ^ invoices.keys()):
        where = "the ERP" if number in opened else "the provider"
        yield Violation("books", number, f"is missing in {where}")


def erp_has_each_payment_once(facts: Facts) -> Violations:
    """Books: the ERP has a payment for each paid invoice, once, after the invoice, and no other."""
    paid = {str(each["number"]) for each in facts.provider_invoices if each["status"] == "paid"}
    submitted = {entry.key: entry.order for entry in facts.done("workday", "invoice.submitted")}
    posted: Counter[str] = Counter()
    for entry in facts.done("workday", "payment.put"):
        number = entry.summary.rpartition(" ")[2]
        posted[number] += 1
        if submitted.get(number, entry.order) >= entry.order:
            yield Violation("books", number, "its payment came to the ERP before it")
    for number in sorted(paid | posted.keys()):
        if posted[number] != (number in paid):
            text = f"{posted[number]} payments in the ERP, paid: {number in paid}"
            yield Violation("books", number, text)


def erp_cancels_what_is_void(facts: Facts) -> Violations:
    """Books: the ERP has cancelled what is void at the provider, and nothing else."""
    void = {str(each["number"]) for each in facts.provider_invoices if each["status"] == "void"}
    cancelled = {entry.key for entry in facts.done("workday", "invoice.canceled")}
    # The ERP's own key of an invoice need not be its number.
    cancelled |= {
        entry.summary.partition(" ")[0] for entry in facts.done("workday", "invoice.canceled")
    }
    numbers = {str(each["number"]) for each in facts.provider_invoices}
    for number in sorted((void ^ cancelled) & numbers):
        yield Violation(
            "books", number, f"void: {number in void}, in the ERP: {number in cancelled}"
        )


def crm_has_each_deal_once(facts: Facts) -> Violations:
    """CRM: one account each, one deal for each sale; it is lost if the sale failed, and else won."""
    for action in ("account.created", "opportunity.created"):
        for key, count in Counter(e.key for e in facts.done("salesforce", action)).items():
            if count > 1:
                yield Violation("CRM", key, f"{action} {count} times")
    stages: dict[str, str] = {}
    for entry in facts.entries:
        if entry.system == "salesforce" and entry.action.startswith("opportunity"):
            stages[entry.key] = entry.summary
    for row in facts.table("sales"):
        due = _LOST if row["state"] == "failed" else _WON
        if stages.get(row["order_id"]) != due:
            yield Violation("CRM", row["order_id"], f"is {stages.get(row['order_id'])}, not {due}")


def crm_has_each_task_once(facts: Facts) -> Violations:
    """CRM: no task is there twice."""
    tasks = Counter((e.key, e.summary) for e in facts.done("salesforce", "task.created"))
    for (key, summary), count in tasks.items():
        if count > 1:
            yield Violation("CRM", key, f"{count} tasks: {summary}")


def emails_come_once(facts: Facts) -> Violations:
    """Emails: a customer gets each text once, or once for each declined attempt that it tells of."""
    numbers = {row["invoice_id"]: str(row["number"]) for row in facts.table("invoices")}
    declined = Counter(
        numbers.get(row["invoice_id"])
        for row in facts.table("payment_attempts")
        if row["decline_class"] is not None
    )
    texts = Counter(
        (",".join(email["recipients"]), email["subject"], email["text"]) for email in facts.emails
    )
    for (recipient, subject, _), count in texts.items():
        is_about = [number for number in declined if number and number in subject]
        if count > 1 and count > sum(declined[number] for number in is_about):
            yield Violation("P4", recipient, f"{count} emails: {subject}")


def one_receipt_for_each_payment(facts: Facts) -> Violations:
    """Emails: one receipt for each paid invoice, and for no other."""
    receipts = Counter(
        email["subject"].rpartition(" ")[2]
        for email in facts.emails
        if email["subject"].startswith("Payment received for invoice ")
    )
    for provider_invoice in facts.provider_invoices:
        number, is_paid = str(provider_invoice["number"]), provider_invoice["status"] == "paid"
        if receipts[number] != is_paid:
            text = f"{receipts[number]} receipts, paid: {is_paid}"
            yield Violation("P4", our_invoice(provider_invoice), text)


def no_demand_after_a_payment(facts: Facts) -> Violations:
    """P4: no one is asked to pay what we know to be paid: it is unlocked in that moment."""
    numbers = {our_invoice(each): str(each["number"]) for each in facts.provider_invoices}
    unlocked: dict[str, Entry] = {}
    for entry in facts.done("entitlements", "grant.put"):
        unlocked.setdefault(numbers.get(entry.key, entry.key), entry)
    for entry in facts.done("mailbox", "message.received"):
        for number, unlock in unlocked.items():
            is_demand = number in entry.summary and "Payment received" not in entry.summary
            is_late = entry.order > unlock.order and entry.at >= unlock.at + facts.under_way
            if is_demand and is_late:
                yield Violation("P4", number, f"after its payment: {entry.summary}")
