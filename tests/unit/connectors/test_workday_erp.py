"""The Workday connector against the sandbox's tenant."""

import dataclasses
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from connectors.workday.envelopes import all_at, text_at
from connectors.workday.erp import WorkdayErp
from connectors.workday.settings import WorkdaySettings
from domain.effects.outbox import CancelErpInvoice, PostErpInvoice, PostErpPayment
from domain.failures import (
    ConflictError,
    NotReadyError,
    OutcomeUnknownError,
    RejectedError,
)
from domain.invoicing.invoices import InvoiceDocument
from domain.parties.orders import PaymentKind
from tests.unit.connectors.conftest import Sandbox, account, day, document, line, tax, usd


@pytest_asyncio.fixture
async def erp(workday_settings: WorkdaySettings) -> AsyncGenerator[WorkdayErp]:
    connector = WorkdayErp(workday_settings)
    yield connector
    await connector.aclose()


@pytest_asyncio.fixture
async def customer(erp: WorkdayErp, name: str) -> None:
    await erp.ensure_customer(account(name), currency="USD")


def posting(invoice: InvoiceDocument, kind: PaymentKind = PaymentKind.CARD) -> PostErpInvoice:
    return PostErpInvoice(document=invoice, payment_kind=kind)


def payment(name: str, minor_units: int = 4900) -> PostErpPayment:
    return PostErpPayment(
        payment_id=f"pi_{name}",
        invoice_number=f"INV-{name}",
        account_id=f"acc-{name}",
        legal_entity="acme-us",
        payment_kind=PaymentKind.CARD,
        amount=usd(minor_units),
        paid_on=day(),
    )


def cancellation(name: str) -> CancelErpInvoice:
    return CancelErpInvoice(document=document(name), reason="never paid")


def count(sandbox: Sandbox, action: str, key: str) -> int:
    entries = sandbox.journal("workday")
    return sum(each["action"] == action and key in str(each) for each in entries)


async def posted(erp: WorkdayErp, name: str) -> Any:
    found = await erp._find_invoice(f"INV-{name}", RejectedError())
    assert found is not None
    return found


async def test_a_customer_is_created_once(erp: WorkdayErp, sandbox: Sandbox, name: str):
    for spelling in ("Ada Lovelace Ltd", "Ada L."):
        await erp.ensure_customer(account(name, name=spelling), currency="USD")
    assert count(sandbox, "customer.created", f"acc-{name}") == 1


async def test_a_customer_whose_answer_was_lost_is_found_by_the_repeat(
    erp: WorkdayErp, sandbox: Sandbox, name: str
):
    sandbox.fault("workday", fault="lost_response", times=1)
    with pytest.raises(OutcomeUnknownError):
        await erp.ensure_customer(account(name), currency="USD")
    await erp.ensure_customer(account(name), currency="USD")
    assert count(sandbox, "customer.created", f"acc-{name}") == 1


@pytest.mark.usefixtures("customer")
async def test_an_invoice_is_posted_under_our_number_and_adds_up(erp: WorkdayErp, name: str):
    extra = line(1000, line_id="add-on", description="Audit log")
    invoice = document(name, lines=(line(), extra), tax_lines=(tax(1121, 5900),))
    await erp.ensure_invoice(posting(invoice))
    data = await posted(erp, name)
    assert text_at(data, "Invoice_Number") == f"INV-{name}"
    assert text_at(data, "Document_Status") == "Approved"
    assert text_at(data, "Control_Amount_Total") == "59"
    assert text_at(data, "Amount_Due") == "70.21"
    assert text_at(data, "Payment_Terms_Reference/ID") == "IMMEDIATE"
    taxes = [
        text_at(each, "Calculated_Tax_Amount")
        for each in all_at(data, "Customer_Invoice_Line_Replacement_Data")
    ]
    assert taxes == ["9.31", "1.9"]


@pytest.mark.usefixtures("customer")
async def test_an_invoice_paid_by_transfer_has_its_own_terms(erp: WorkdayErp, name: str):
    await erp.ensure_invoice(posting(document(name), PaymentKind.TRANSFER))
    assert text_at(await posted(erp, name), "Payment_Terms_Reference/ID") == "NET_30"


@pytest.mark.usefixtures("customer")
async def test_posting_twice_is_posting_once(erp: WorkdayErp, sandbox: Sandbox, name: str):
    for _ in range(2):
        await erp.ensure_invoice(posting(document(name)))
    assert count(sandbox, "invoice.submitted", f"INV-{name}") == 1


@pytest.mark.usefixtures("customer")
async def test_an_invoice_whose_answer_was_lost_is_found_by_the_repeat(
    erp: WorkdayErp, sandbox: Sandbox, name: str
):
    sandbox.fault("workday", fault="lost_response", times=2)
    with pytest.raises(OutcomeUnknownError):
        await erp.ensure_invoice(posting(document(name)))
    await erp.ensure_invoice(posting(document(name)))
    assert count(sandbox, "invoice.submitted", f"INV-{name}") == 1


@pytest.mark.usefixtures("customer")
async def test_an_invoice_whose_answer_alone_was_lost_is_found_at_once(
    erp: WorkdayErp, sandbox: Sandbox, name: str
):
    sandbox.fault("workday", fault="lost_response", times=1)
    await erp.ensure_invoice(posting(document(name)))
    assert count(sandbox, "invoice.submitted", f"INV-{name}") == 1


@pytest.mark.usefixtures("customer")
async def test_a_number_that_stands_for_another_amount_is_a_conflict(erp: WorkdayErp, name: str):
    await erp.ensure_invoice(posting(document(name)))
    with pytest.raises(ConflictError):
        await erp.ensure_invoice(posting(document(name, lines=(line(5000),))))


@pytest.mark.usefixtures("customer")
async def test_another_gross_amount_due_is_a_conflict(erp: WorkdayErp, name: str):
    await erp.ensure_invoice(posting(document(name, tax_lines=(tax(),))))
    with pytest.raises(ConflictError, match=r"58.31 is due .* we bill 49.00 USD"):
        await erp.ensure_invoice(posting(document(name)))


@pytest.mark.usefixtures("customer")
async def test_an_invoice_that_somebody_cancelled_is_a_conflict(erp: WorkdayErp, name: str):
    await erp.ensure_invoice(posting(document(name)))
    await erp.cancel_invoice(cancellation(name))
    with pytest.raises(ConflictError, match="was cancelled there"):
        await erp.ensure_invoice(posting(document(name)))


@pytest.mark.usefixtures("customer")
async def test_a_paid_invoice_may_be_posted_again(erp: WorkdayErp, sandbox: Sandbox, name: str):
    await erp.ensure_invoice(posting(document(name)))
    await erp.ensure_payment(payment(name))
    await erp.ensure_invoice(posting(document(name)))
    assert count(sandbox, "invoice.submitted", f"INV-{name}") == 1


async def test_an_invoice_waits_for_its_customer(erp: WorkdayErp, name: str):
    with pytest.raises(NotReadyError):
        await erp.ensure_invoice(posting(document(name)))


@pytest.mark.usefixtures("customer")
async def test_a_company_that_the_tenant_does_not_have_is_refused(erp: WorkdayErp, name: str):
    with pytest.raises(RejectedError) as raised:
        await erp.ensure_invoice(posting(document(name, legal_entity="nobody")))
    assert type(raised.value) is RejectedError


@pytest.mark.usefixtures("customer")
async def test_a_payment_settles_its_invoice_once(erp: WorkdayErp, sandbox: Sandbox, name: str):
    await erp.ensure_invoice(posting(document(name)))
    for _ in range(2):
        await erp.ensure_payment(payment(name))
    data = await posted(erp, name)
    assert (text_at(data, "Payment_Status"), text_at(data, "Amount_Due")) == ("Paid", "0")
    assert count(sandbox, "payment.put", f"pi_{name}") == 1


@pytest.mark.usefixtures("customer")
async def test_a_payment_whose_answer_was_lost_is_found_at_once(
    erp: WorkdayErp, sandbox: Sandbox, name: str
):
    await erp.ensure_invoice(posting(document(name)))
    sandbox.fault("workday", fault="lost_response", times=1)
    await erp.ensure_payment(payment(name))
    assert count(sandbox, "payment.put", f"pi_{name}") == 1


@pytest.mark.usefixtures("customer")
async def test_a_payment_id_that_stands_for_another_amount_is_a_conflict(
    erp: WorkdayErp, name: str
):
    await erp.ensure_invoice(posting(document(name)))
    await erp.ensure_payment(payment(name))
    with pytest.raises(ConflictError):
        await erp.ensure_payment(payment(name, 4800))


@pytest.mark.usefixtures("customer")
async def test_a_payment_waits_for_its_invoice(erp: WorkdayErp, name: str):
    with pytest.raises(NotReadyError):
        await erp.ensure_payment(payment(name))


@pytest.mark.usefixtures("customer")
async def test_an_invoice_that_waits_for_approval_is_not_replaced(
    workday_settings: WorkdaySettings, name: str
):
    patient = WorkdayErp(dataclasses.replace(workday_settings, completes_processes=False))
    await patient.ensure_invoice(posting(document(name)))
    with pytest.raises(ConflictError):
        await patient.ensure_invoice(posting(document(name, lines=(line(5000),))))
    await patient.aclose()


@pytest.mark.usefixtures("customer")
async def test_a_payment_waits_while_its_invoice_waits_for_approval(
    erp: WorkdayErp, workday_settings: WorkdaySettings, sandbox: Sandbox, name: str
):
    patient = WorkdayErp(dataclasses.replace(workday_settings, completes_processes=False))
    await patient.ensure_invoice(posting(document(name)))
    await patient.aclose()
    with pytest.raises(NotReadyError):
        await erp.ensure_payment(payment(name))
    async with httpx.AsyncClient() as client:
        approve = f"{sandbox.address}/workday/_control/approve/INV-{name}"
        (await client.post(approve)).raise_for_status()
    await erp.ensure_payment(payment(name))


@pytest.mark.usefixtures("customer")
async def test_more_than_is_due_is_refused(erp: WorkdayErp, name: str):
    await erp.ensure_invoice(posting(document(name)))
    with pytest.raises(RejectedError, match="exceed"):
        await erp.ensure_payment(payment(name, 5000))


@pytest.mark.usefixtures("customer")
async def test_cancelling_twice_is_cancelling_once(erp: WorkdayErp, sandbox: Sandbox, name: str):
    await erp.ensure_invoice(posting(document(name)))
    for _ in range(2):
        await erp.cancel_invoice(cancellation(name))
    assert text_at(await posted(erp, name), "Document_Status") == "Canceled"
    assert count(sandbox, "invoice.canceled", f"INV-{name}") == 1


async def test_an_invoice_that_never_arrived_counts_as_cancelled(erp: WorkdayErp, name: str):
    await erp.cancel_invoice(cancellation(name))


@pytest.mark.usefixtures("customer")
async def test_a_paid_invoice_is_not_cancelled(erp: WorkdayErp, name: str):
    await erp.ensure_invoice(posting(document(name)))
    await erp.ensure_payment(payment(name))
    with pytest.raises(RejectedError, match="cannot be canceled"):
        await erp.cancel_invoice(cancellation(name))


async def test_an_invoice_follows_when_its_customer_has_come(
    erp: WorkdayErp, sandbox: Sandbox, name: str
):
    with pytest.raises(NotReadyError):
        await erp.ensure_invoice(posting(document(name)))
    await erp.ensure_customer(account(name), currency="USD")
    await erp.ensure_invoice(posting(document(name)))
    assert count(sandbox, "invoice.submitted", f"INV-{name}") == 1


@pytest.mark.usefixtures("customer")
async def test_a_prorated_line_is_taken_although_its_factors_do_not_multiply_out(
    erp: WorkdayErp, name: str
):
    prorated = dataclasses.replace(line(4900), amount=usd(1633), reason="10 of 30 days")
    await erp.ensure_invoice(posting(document(name, lines=(prorated,))))
    assert text_at(await posted(erp, name), "Control_Amount_Total") == "16.33"
