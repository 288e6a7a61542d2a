"""What commands print: tables for people, JSON for machines, one clear line for errors."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from perennial.documents import AmountView
from perennial.invoices import InvoiceDocumentView, PartyView
from perennial.subscriptions import EventView, SubscriptionView
from starters.cli.findings import Finding

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def print_json(value: BaseModel | Sequence[BaseModel] | Mapping[str, object]) -> None:
    """Print a value as JSON; nothing else goes to standard output then."""
    if isinstance(value, BaseModel):
        content: object = value.model_dump(mode="json")
    elif isinstance(value, Mapping):
        content = dict(value)
    else:
        content = [item.model_dump(mode="json") for item in value]
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def print_error(message: str) -> None:
    """Print an error for people to standard error."""
    ERR.print(f"[bold red]error:[/] {_plain(message)}", soft_wrap=True)


def say(message: str) -> None:
    """Print one line about progress to standard error."""
    ERR.print(f"[dim]{_plain(message)}[/]", soft_wrap=True)


def print_addresses(addresses: Mapping[str, str]) -> None:
    """Print the addresses of the parts."""
    table = Table(title="Perennial is up", title_justify="left", show_header=False, box=None)
    for name, address in addresses.items():
        table.add_row(f"[bold]{name}[/]", address)
    OUT.print(table)


def print_subscription(shown: SubscriptionView) -> None:
    """Print a subscription, its invoices and what the account may use."""
    facts = Table(title=shown.subscription_id, title_justify="left", show_header=False, box=None)
    for name, value in _facts(shown).items():
        facts.add_row(f"[bold]{name}[/]", _plain(value))
    OUT.print(facts)
    if not shown.invoices:
        return
    table = _table("invoice", "number", "state", "total", "due", "paid", "unlocked")
    for invoice in shown.invoices:
        table.add_row(
            invoice.invoice_id,
            invoice.number or "",
            invoice.state.value,
            _amount(invoice.total),
            _amount(invoice.amount_due),
            _instant(invoice.paid_at),
            _instant(invoice.granted_at),
        )
    OUT.print(table)
    if shown.has_earlier_invoices:
        address = f"/v1/subscriptions/{shown.subscription_id}/invoices"
        say(f"these are the newest {len(shown.invoices)} invoices; all: GET {address}")


def print_invoice(shown: InvoiceDocumentView) -> None:
    """Print an invoice as people read it: who, what, tax, total."""
    facts = Table(
        title=shown.number or shown.invoice_id, title_justify="left", show_header=False, box=None
    )
    for name, value in _invoice_facts(shown).items():
        if value:
            facts.add_row(f"[bold]{name}[/]", _plain(value))
    OUT.print(facts)
    table = _table("line", "quantity", "unit price", "amount", "why")
    for line in shown.lines:
        table.add_row(
            _plain(line.description),
            line.quantity,
            line.unit_price,
            line.amount.amount,
            line.reason,
        )
    for name, amount in [
        ("Subtotal", shown.subtotal),
        *((tax.name, tax.amount) for tax in shown.taxes),
        ("Total", shown.total),
    ]:
        table.add_row(f"[bold]{_plain(name)}[/]", "", "", amount.amount, "")
    OUT.print(table)


def print_events(events: Sequence[EventView]) -> None:
    """Print what happened, oldest first."""
    table = _table("at", "what", "event", "summary")
    for event in events:
        table.add_row(
            _instant(event.at), event.entity, event.event_type.value, _plain(event.summary)
        )
    OUT.print(table)


def print_findings(findings: Sequence[Finding]) -> None:
    """Print what the doctor found."""
    table = _table("", "check", "found", "what to do")
    for finding in findings:
        table.add_row(
            "[green]ok[/]" if finding.is_ok else "[red]no[/]",
            finding.check,
            _plain(finding.detail),
            _plain(finding.advice or ""),
        )
    OUT.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold")
    for column in columns:
        # Ids and advice are copied from the screen: never cut, rather broken into lines.
        table.add_column(column, overflow="fold")
    return table


def _facts(shown: SubscriptionView) -> dict[str, str]:
    access = shown.access
    features = "the entitlement service does not answer"
    if access is not None:
        features = ", ".join(_feature(f.key, f.quantity) for f in access.features) or "nothing"
    period = shown.period
    return {
        "state": shown.state.value,
        "account": shown.account_id,
        "plan": f"{shown.plan} x {shown.quantity}",
        "period": f"{_instant(period.start)} to {_instant(period.end)}" if period else "",
        "next due": _instant(shown.next_due_at),
        "ends": _instant(shown.cancel_at),
        "may use": features,
    }


def _invoice_facts(shown: InvoiceDocumentView) -> dict[str, str]:
    return {
        "state": shown.state.value,
        "issued": "" if shown.issued_on is None else f"{shown.issued_on}, due {shown.due_on}",
        "seller": _party(shown.seller),
        "buyer": _party(shown.buyer),
        "reference": shown.purchase_order or "",
        "notes": "; ".join(shown.notes),
        "currency": shown.total.currency,
        "due": shown.amount_due.amount,
    }


def _party(party: PartyView | None) -> str:
    if party is None:
        return "named when the invoice is issued"
    return ", ".join(filter(None, [party.name, *party.address, party.country, party.vat_id]))


def _feature(key: str, quantity: int) -> str:
    return f"{key} ({quantity})" if quantity else key


def _amount(amount: AmountView) -> str:
    return f"{amount.amount} {amount.currency}"


def _instant(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}Z"


def _plain(text: str) -> str:
    # Square brackets would be read as markup.
    return text.replace("[", "\\[")
