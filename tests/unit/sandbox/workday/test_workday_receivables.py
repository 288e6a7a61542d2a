"""Customers, invoices, payments and credit memos through the wire."""

import pytest

from tests.unit.sandbox.workday.conftest import Caller, Reply, Requests


@pytest.fixture
async def billed(workday_caller: Caller, requests: type[Requests]) -> Caller:
    """A customer with one approved invoice over 169.00 USD."""
    await workday_caller.send(requests.customer())
    reply = await workday_caller.send(requests.invoice())
    assert reply.status == 200, reply.message
    return workday_caller


async def read(caller: Caller, requests: type[Requests], invoice_id: str = "INV-1") -> Reply:
    return await caller.send(requests.read_invoices(invoice_id))


async def test_a_customer_is_found_by_each_of_its_references(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    created = await workday_caller.send(requests.customer("acc-7"))
    wid = created.text("//wd:Submit_Customer_Response//wd:ID[@wd:type='WID']")
    for kind, value in (("WID", wid), ("Customer_ID", "acc-7"), ("Customer_Reference_ID", "acc-7")):
        reply = await workday_caller.send(requests.read_customer(kind, value))
        assert reply.texts("wd:Customer_Name") == ["Acme"]


async def test_a_reference_that_leads_nowhere_is_a_fault_not_an_empty_answer(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    reply = await workday_caller.send(requests.read_customer("Customer_Reference_ID", "acc-9"))
    assert "'acc-9' is not a valid ID value for type = 'Customer_Reference_ID'" in reply.message


async def test_add_only_refuses_a_customer_that_exists(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    await workday_caller.send(requests.customer())
    reply = await workday_caller.send(requests.customer(name="Other"))
    assert reply.message == ("The Web Service is set to Add Only; but the Customer already exists.")
    assert workday_caller.world.store.all("workday", "customer")[0]["name"] == "Acme"


async def test_without_add_only_a_customer_is_updated_in_place(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    await workday_caller.send(requests.customer())
    await workday_caller.send(requests.customer(add_only=False, name="Acme Inc"))
    assert [c["name"] for c in workday_caller.world.store.all("workday", "customer")] == [
        "Acme Inc"
    ]


async def test_an_invoice_needs_a_customer_that_exists(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    reply = await workday_caller.send(requests.invoice())
    assert "'acc-1' is not a valid ID value for type = 'Customer_Reference_ID'" in reply.message


async def test_amount_due_is_lines_plus_their_tax_and_ignores_inbound_tax_codes(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    await workday_caller.send(requests.customer())
    tax = "<wd:Tax_Code_Data><wd:Tax_Amount>999</wd:Tax_Amount></wd:Tax_Code_Data>"
    await workday_caller.send(requests.invoice(extra=tax))
    reply = await read(workday_caller, requests)
    assert reply.texts("wd:Amount_Due") == ["169"]
    assert reply.texts("wd:Extended_Amount") == ["100", "50"]


async def test_a_control_total_that_differs_from_the_lines_is_refused(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    await workday_caller.send(requests.customer())
    reply = await workday_caller.send(requests.invoice(control="169.00"))
    assert "does not equal the sum of the lines (150)" in reply.message
    assert workday_caller.world.store.count("workday", "invoice") == 0


async def test_auto_complete_approves_at_once_and_numbers_without_gaps(
    billed: Caller, requests: type[Requests]
) -> None:
    await billed.send(requests.invoice("INV-2", control="1.00"))
    await billed.send(requests.invoice("INV-3"))
    reply = await billed.send(requests.read_invoices("INV-1", "INV-3"))
    assert reply.texts("wd:Document_Status") == ["Approved", "Approved"]
    numbers = reply.texts("wd:Gapless_Invoice_Number")
    assert numbers == ["PERENNIAL_US-000001", "PERENNIAL_US-000002"]


async def test_without_auto_complete_an_invoice_waits_for_a_person(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    await workday_caller.send(requests.customer())
    await workday_caller.send(requests.invoice(auto_complete=False))
    waiting = await read(workday_caller, requests)
    assert waiting.texts("wd:Document_Status") == ["In Progress"]
    assert waiting.texts("wd:Gapless_Invoice_Number") == []
    await workday_caller.http.post("/workday/_control/approve/INV-1")
    approved = await read(workday_caller, requests)
    assert approved.texts("wd:Gapless_Invoice_Number") == ["PERENNIAL_US-000001"]


async def test_an_invoice_that_is_not_submitted_is_a_draft_with_a_warning(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    await workday_caller.send(requests.customer())
    reply = await workday_caller.send(requests.invoice(submit=False))
    assert reply.status == 200
    assert reply.text("//wd:Exception_Data/wd:Classification") == "Warning"
    assert (await read(workday_caller, requests)).texts("wd:Document_Status") == ["Draft"]


async def test_add_only_refuses_an_invoice_that_exists(
    billed: Caller, requests: type[Requests]
) -> None:
    reply = await billed.send(requests.invoice())
    assert reply.message == ("The Web Service is set to Add Only; documents cannot be resubmitted.")


async def test_an_approved_invoice_cannot_be_replaced(
    billed: Caller, requests: type[Requests]
) -> None:
    reply = await billed.send(requests.invoice(add_only=False))
    assert "is Approved and cannot be changed" in reply.message


@pytest.mark.parametrize(
    ("amount", "to_pay", "due", "status"),
    [("169.00", None, "0", "Paid"), ("100.00", "69.00", "100", "Partially Paid")],
)
async def test_a_payment_changes_what_is_due(
    billed: Caller, requests: type[Requests], amount: str, to_pay: str | None, due: str, status: str
) -> None:
    reply = await billed.send(requests.payment(amount=amount, to_pay=to_pay))
    assert reply.status == 200, reply.message
    invoice = await read(billed, requests)
    assert invoice.texts("wd:Amount_Due") == [due]
    assert invoice.texts("wd:Payment_Status") == [status]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "169.01"}, "exceeds the amount due of 169"),
        ({"amount": "10.00", "to_pay": "10.01"}, "exceed the Payment Amount"),
        ({"currency": "EUR"}, "Currency of the payment (EUR)"),
        ({"invoice_id": "INV-9"}, "'INV-9' is not a valid ID value"),
        ({"amount": "1.0001"}, "Invalid request"),
    ],
)
async def test_a_payment_that_does_not_fit_is_refused_and_changes_nothing(
    billed: Caller, requests: type[Requests], change: dict[str, str], words: str
) -> None:
    body = requests.payment(**change)  # pyright: ignore[reportArgumentType] - texts only
    reply = await billed.send(body)
    assert words in reply.message
    assert (await read(billed, requests)).texts("wd:Amount_Due") == ["169"]
    assert billed.world.store.count("workday", "payment") == 0


async def test_the_same_payment_twice_is_applied_once(
    billed: Caller, requests: type[Requests]
) -> None:
    await billed.send(requests.payment(amount="69.00", to_pay="69.00"))
    refused = await billed.send(requests.payment(amount="69.00", to_pay="69.00"))
    assert "Add Only; but the object being updated already exists" in refused.message
    again = await billed.send(requests.payment(amount="69.00", to_pay="69.00", add_only=False))
    assert again.status == 200
    assert (await read(billed, requests)).texts("wd:Amount_Due") == ["100"]


async def test_a_payment_is_found_by_its_reference_with_what_it_was_applied_to(
    billed: Caller, requests: type[Requests]
) -> None:
    await billed.send(requests.payment())
    reply = await billed.send(requests.read_payment("pay-1"))
    assert reply.texts("wd:Payment_Application_Status") == ["Fully Applied"]
    assert reply.texts("wd:Amount_to_Pay") == ["169"]


async def test_an_unpaid_invoice_is_canceled_and_stays_so(
    billed: Caller, requests: type[Requests]
) -> None:
    assert (await billed.send(requests.cancel())).status == 200
    assert (await billed.send(requests.cancel())).status == 200
    assert (await read(billed, requests)).texts("wd:Document_Status") == ["Canceled"]
    assert "is Canceled, not Approved" in (await billed.send(requests.payment())).message


async def test_a_paid_invoice_cannot_be_canceled(billed: Caller, requests: type[Requests]) -> None:
    await billed.send(requests.payment())
    reply = await billed.send(requests.cancel())
    assert reply.message == "Customer Invoice INV-1 is Paid and cannot be canceled."


@pytest.mark.parametrize(
    ("amount", "apply", "due", "open_credit"),
    [("69.00", True, "100", "0"), ("200.00", True, "0", "31"), ("69.00", False, "169", "69")],
)
async def test_a_credit_memo_reduces_what_is_due_only_when_applied(
    billed: Caller, requests: type[Requests], amount: str, apply: bool, due: str, open_credit: str
) -> None:
    reply = await billed.send(requests.credit(amount=amount, apply=apply))
    assert reply.status == 200, reply.message
    assert (await read(billed, requests)).texts("wd:Amount_Due") == [due]
    assert billed.world.store.all("workday", "adjustment")[0]["amount_due"] == open_credit


async def test_invoices_come_in_pages(billed: Caller, requests: type[Requests]) -> None:
    for number in range(2, 6):
        await billed.send(requests.invoice(f"INV-{number}"))
    reply = await billed.send(requests.read_invoices(page=2, count=2))
    assert reply.texts("wd:Invoice_Number") == ["INV-3", "INV-4"]
    assert reply.texts("wd:Total_Results") == ["5"]
    assert reply.texts("wd:Total_Pages") == ["3"]


async def test_more_than_999_references_are_refused(
    billed: Caller, requests: type[Requests]
) -> None:
    reply = await billed.send(requests.read_invoices(*["INV-1"] * 1000))
    assert "At most 999" in reply.message


async def test_the_journal_names_each_change_by_its_business_key(
    billed: Caller, requests: type[Requests]
) -> None:
    await billed.send(requests.payment())
    entries = (await billed.http.get("/_journal/workday")).json()
    assert [(entry["action"], entry["key"]) for entry in entries] == [
        ("customer.created", "acc-1"),
        ("invoice.submitted", "INV-1"),
        ("payment.put", "pay-1"),
    ]


async def test_the_page_shows_invoices_with_what_is_due(billed: Caller) -> None:
    page = await billed.http.get("/workday/")
    assert page.status_code == 200
    assert "169 USD" in page.text


async def test_an_unreachable_event_address_is_reported_not_hidden(billed: Caller) -> None:
    order = {"type": "invoice.paid", "data": {"invoice": "INV-1"}}
    answer = (await billed.http.post("/workday/_control/emit", json=order)).json()
    assert answer["deliveries"] == [0]
    assert answer["event"]["data"] == {"invoice": "INV-1"}
