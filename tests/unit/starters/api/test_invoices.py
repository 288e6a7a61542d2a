"""An invoice as a document: over the API, by the client's shapes, and on the command line."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from config.settings import Settings
from domain.collection.next_step import Attempt
from domain.collection.provider_invoice import DeclineClass
from domain.effects.events import BusinessEvent, EventType, InvoiceRow
from domain.invoicing.invoice_parties import Party
from domain.invoicing.invoices import TaxLine
from domain.invoicing.transitions import InvoiceState
from domain.money.money import Money
from perennial.invoices import InvoiceDocumentView
from starters.cli import service_commands
from starters.cli.app import APP
from storage.database import Database
from storage.recorder import Recorder
from storage.register import InvoiceRegister
from tests.unit.storage.builders import draft_of

Build = Callable[..., dict[str, Any]]
SELLER = Party(name="Perennial GmbH", country="DE", vat_id="DE999999999", address=("Am Tor 1",))
INVOICE = "sub-order-1-0001"
AT = datetime(2026, 12, 1, tzinfo=UTC)
DECLINED = Attempt(
    number=1,
    payment_method="pm_1",
    at=AT,
    decline_class=DeclineClass.SOFT,
    decline_code="insufficient_funds",
)


@pytest.fixture
async def issued(settings: Settings, api: httpx.AsyncClient, order: Build) -> None:
    """Sell, number the first invoice and record it with a declined attempt, as workflows would."""
    await api.post("/v1/orders", json=order())
    database = Database.open(settings.database_url)
    vat = TaxLine(
        name="VAT 19 %",
        rate=Decimal("0.19"),
        taxable=Money(minor_units=4900, currency="EUR"),
        amount=Money(minor_units=931, currency="EUR"),
    )
    draft = replace(draft_of(INVOICE), tax_lines=(vat,), purchase_order="PO-7")
    register = InvoiceRegister(database, lambda: AT, seller=SELLER)
    number = await register.take_number(draft, series="INV", days_until_due=30)
    row = InvoiceRow(
        invoice_id=draft.invoice_id,
        subscription_id=draft.subscription_id,
        account_id=draft.account_id,
        number=number.number,
        purpose=draft.purpose,
        total=draft.total,
        issued_on=number.issued_on,
        due_on=number.due_on,
        state=InvoiceState.OPEN,
        amount_due=draft.total,
        provider_invoice_id="in_1",
    )
    event = BusinessEvent(
        entity=f"invoice/{INVOICE}",
        sequence=1,
        event_type=EventType.PAYMENT_DECLINED,
        at=AT,
        account_id="acme",
        subscription_id="sub-order-1",
        summary="attempt 1",
        invoice=row,
        attempt=DECLINED,
    )
    await Recorder(database).record([event])
    await database.dispose()


@pytest.mark.usefixtures("issued")
async def test_an_invoice_says_who_sells_who_buys_what_and_with_which_tax(
    api: httpx.AsyncClient,
) -> None:
    shown = (await api.get(f"/v1/invoices/{INVOICE}")).json()

    assert (shown["number"], shown["issued_on"], shown["due_on"]) == (
        "INV-000001",
        "2026-12-01",
        "2026-12-31",
    )
    assert shown["seller"] == {
        "name": "Perennial GmbH",
        "country": "DE",
        "vat_id": "DE999999999",
        "address": ["Am Tor 1"],
        "email": None,
    }
    assert (shown["buyer"]["name"], shown["buyer"]["email"]) == ("Acme Ltd", "billing@acme.example")
    assert shown["purchase_order"] == "PO-7"
    assert [line["description"] for line in shown["lines"]] == ["Team plan"]
    assert [(tax["name"], tax["amount"]["amount"]) for tax in shown["taxes"]] == [
        ("VAT 19 %", "9.31")
    ]
    assert (shown["subtotal"]["amount"], shown["tax"]["amount"], shown["total"]["amount"]) == (
        "49.00",
        "9.31",
        "58.31",
    )
    assert [(each["number"], each["decline_code"]) for each in shown["attempts"]] == [
        (1, "insufficient_funds")
    ]


async def test_an_unknown_invoice_is_not_found(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/invoices/sub-nobody-0001")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no such invoice"


@pytest.mark.usefixtures("issued")
async def test_people_read_an_invoice_as_a_table(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await api.get(f"/v1/invoices/{INVOICE}")
    document = InvoiceDocumentView.model_validate_json(answer.content)
    lines = [line.split() for line in _printed(document, monkeypatch).splitlines()]

    assert ["seller", "Perennial", "GmbH,", "Am", "Tor", "1,", "DE,", "DE999999999"] in lines
    assert ["VAT", "19", "%", "9.31"] in lines
    assert ["Total", "58.31"] in lines


def _printed(document: InvoiceDocumentView, monkeypatch: pytest.MonkeyPatch) -> str:
    class Played:
        async def __aenter__(self) -> "Played":
            return self

        async def __aexit__(self, *_: object) -> None: ...

        async def invoice(self, invoice_id: str) -> InvoiceDocumentView:
            assert invoice_id == INVOICE
            return document

    monkeypatch.setattr(service_commands, "_client", Played)
    monkeypatch.setattr(service_commands.asyncio, "run", _run_now)
    printed = CliRunner().invoke(APP, ["invoice", INVOICE])
    assert printed.exit_code == 0, printed.output
    return printed.output


def _run_now(work: Any) -> None:
    # The test's own loop runs already, and nothing in the command waits.
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("the command waits for something")
