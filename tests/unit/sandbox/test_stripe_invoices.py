from typing import Any

import pytest
import stripe

from tests.unit.sandbox.conftest import error_of

# The SDK hands its form to httpx in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


async def test_a_card_invoice_goes_from_draft_to_paid(vendor: Any) -> None:
    customer = await vendor.customer()
    draft = await vendor.draft(customer.id, 4900, number="PER-1", metadata={"invoice_id": "i1"})
    assert (draft.status, draft.amount_due, draft.number) == ("draft", 4900, "PER-1")
    opened = await vendor.api.invoices.finalize_invoice_async(draft.id)
    assert (opened.status, opened.amount_remaining) == ("open", 4900)
    paid = await vendor.api.invoices.pay_async(draft.id, {"off_session": True})
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 4900, 0)
    assert paid.status_transitions.paid_at is not None
    assert (await vendor.event_types())[-6:] == [
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


async def test_payments_lead_from_the_invoice_to_the_intent_and_back(vendor: Any) -> None:
    customer = await vendor.customer()
    opened = await vendor.opened(customer.id)
    await vendor.api.invoices.pay_async(opened.id)
    paid = await vendor.api.invoices.retrieve_async(opened.id, {"expand": ["payments"]})
    (payment,) = paid.payments.data
    assert (payment.status, payment.amount_paid) == ("paid", 4900)
    found = await vendor.api.invoice_payments.list_async(
        {"payment": {"type": "payment_intent", "payment_intent": payment.payment.payment_intent}}
    )
    assert [each.invoice for each in found.data] == [opened.id]


async def test_a_declined_charge_leaves_the_invoice_open(vendor: Any) -> None:
    customer = await vendor.customer("pm_card_chargeCustomerFail")
    opened = await vendor.opened(customer.id)
    with pytest.raises(stripe.CardError) as caught:
        await vendor.api.invoices.pay_async(opened.id)
    error = error_of(caught)
    assert (error.code, error.decline_code) == ("card_declined", "generic_decline")
    assert error.payment_intent.status == "requires_payment_method"
    again = await vendor.api.invoices.retrieve_async(opened.id)
    assert (again.status, again.attempt_count, again.amount_remaining) == ("open", 1, 4900)
    assert "invoice.payment_failed" in await vendor.event_types()


async def test_a_declined_invoice_is_paid_by_another_card(vendor: Any) -> None:
    customer = await vendor.customer("pm_card_chargeCustomerFail")
    opened = await vendor.opened(customer.id)
    with pytest.raises(stripe.CardError):
        await vendor.api.invoices.pay_async(opened.id)
    card = await vendor.api.payment_methods.attach_async(
        "pm_card_mastercard", {"customer": customer.id}
    )
    paid = await vendor.api.invoices.pay_async(opened.id, {"payment_method": card.id})
    assert (paid.status, paid.attempt_count) == ("paid", 2)


async def test_a_card_that_needs_its_holder_is_refused_off_session(vendor: Any) -> None:
    customer = await vendor.customer("pm_card_authenticationRequired")
    opened = await vendor.opened(customer.id)
    with pytest.raises(stripe.CardError) as caught:
        await vendor.api.invoices.pay_async(opened.id, {"off_session": True})
    assert error_of(caught).code == "authentication_required"
    assert "invoice.payment_action_required" in await vendor.event_types()


@pytest.mark.parametrize("verb", ["pay", "void_invoice", "mark_uncollectible", "finalize_invoice"])
async def test_a_paid_invoice_cannot_move_again(vendor: Any, verb: str) -> None:
    customer = await vendor.customer()
    opened = await vendor.opened(customer.id)
    await vendor.api.invoices.pay_async(opened.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await getattr(vendor.api.invoices, f"{verb}_async")(opened.id)
    assert caught.value.http_status == 400


async def test_a_void_invoice_cannot_be_paid(vendor: Any) -> None:
    customer = await vendor.customer()
    opened = await vendor.opened(customer.id)
    void = await vendor.api.invoices.void_invoice_async(opened.id)
    assert (void.status, void.status_transitions.voided_at is not None) == ("void", True)
    with pytest.raises(stripe.InvalidRequestError):
        await vendor.api.invoices.pay_async(opened.id)
    assert "payment_intent.canceled" in await vendor.event_types()


async def test_an_uncollectible_invoice_can_still_be_paid(vendor: Any) -> None:
    customer = await vendor.customer()
    opened = await vendor.opened(customer.id)
    given_up = await vendor.api.invoices.mark_uncollectible_async(opened.id)
    assert given_up.status == "uncollectible"
    assert (await vendor.api.invoices.pay_async(opened.id)).status == "paid"


async def test_a_finalized_invoice_takes_no_more_lines(vendor: Any) -> None:
    customer = await vendor.customer()
    opened = await vendor.opened(customer.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await vendor.api.invoices.add_lines_async(opened.id, {"lines": [{"amount": 1}]})
    assert error_of(caught).code == "invoice_not_editable"
    with pytest.raises(stripe.InvalidRequestError):
        await vendor.api.invoices.update_async(opened.id, {"description": "late"})
    changed = await vendor.api.invoices.update_async(opened.id, {"metadata": {"note": "x"}})
    assert changed.metadata["note"] == "x"


async def test_an_invoice_number_is_taken_once(vendor: Any) -> None:
    customer = await vendor.customer()
    await vendor.draft(customer.id, number="PER-1")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await vendor.draft(customer.id, number="PER-1")
    assert error_of(caught).param == "number"


async def test_an_invoice_without_number_gets_the_next_of_its_customer(vendor: Any) -> None:
    customer = await vendor.customer()
    first, second = [(await vendor.opened(customer.id)).number for _ in range(2)]
    assert (first[-5:], second[-5:], first[:8] == second[:8]) == ("-0001", "-0002", True)


async def test_an_invoice_over_nothing_is_paid_when_finalized(vendor: Any) -> None:
    customer = await vendor.customer(None)
    opened = await vendor.opened(customer.id, 0)
    assert (opened.status, opened.amount_due) == ("paid", 0)


async def test_a_draft_can_be_deleted_and_an_open_invoice_cannot(vendor: Any) -> None:
    customer = await vendor.customer()
    draft = await vendor.draft(customer.id)
    assert (await vendor.api.invoices.delete_async(draft.id)).deleted
    opened = await vendor.opened(customer.id)
    with pytest.raises(stripe.InvalidRequestError):
        await vendor.api.invoices.delete_async(opened.id)


async def test_paid_out_of_band_moves_no_money(vendor: Any) -> None:
    customer = await vendor.customer()
    opened = await vendor.opened(customer.id)
    paid = await vendor.api.invoices.pay_async(opened.id, {"paid_out_of_band": True})
    assert (paid.status, paid.amount_paid_off_stripe) == ("paid", 4900)
    assert (await vendor.api.charges.list_async({"customer": customer.id})).data == []


async def test_a_sent_invoice_needs_a_due_date(vendor: Any) -> None:
    customer = await vendor.customer()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await vendor.draft(customer.id, collection_method="send_invoice")
    assert error_of(caught).param == "days_until_due"


async def test_only_an_invoice_that_waits_for_its_customer_is_sent(vendor: Any) -> None:
    customer = await vendor.customer()
    with pytest.raises(stripe.InvalidRequestError):
        await vendor.api.invoices.send_invoice_async((await vendor.opened(customer.id)).id)
    sent = await vendor.api.invoices.send_invoice_async((await vendor.by_transfer(customer.id)).id)
    assert sent.status == "open"
    assert (await vendor.event_types())[-1] == "invoice.sent"


async def test_exclusive_tax_is_added_and_inclusive_tax_is_not(vendor: Any) -> None:
    customer = await vendor.customer()
    draft = await vendor.draft(customer.id, 0)
    rate = {"display_name": "VAT", "percentage": 19, "inclusive": False}
    lines = [
        {
            "price_data": {
                "currency": "eur",
                "unit_amount_decimal": "1000.5",
                "product_data": {"name": "Seat"},
            },
            "quantity": 3,
            "tax_amounts": [{"amount": 570, "taxable_amount": 3002, "tax_rate_data": rate}],
        }
    ]
    invoice = await vendor.api.invoices.add_lines_async(draft.id, {"lines": lines})
    assert (invoice.subtotal, invoice.total, invoice.total_excluding_tax) == (3002, 3572, 3002)


async def test_an_invoice_item_becomes_a_line_and_moves_the_total(vendor: Any) -> None:
    customer = await vendor.customer()
    draft = await vendor.draft(customer.id, 1000)
    item = await vendor.api.invoice_items.create_async(
        {"customer": customer.id, "invoice": draft.id, "amount": 250, "currency": "eur"}
    )
    assert item.invoice == draft.id
    assert (await vendor.api.invoices.retrieve_async(draft.id)).total == 1250


async def test_an_invoice_shows_ten_lines_and_lists_the_others(vendor: Any) -> None:
    customer = await vendor.customer()
    draft = await vendor.draft(customer.id, 1)
    many = {"lines": [{"amount": 1, "description": str(index)} for index in range(14)]}
    invoice = await vendor.api.invoices.add_lines_async(draft.id, many)
    assert (len(invoice.lines.data), invoice.lines.has_more, invoice.total) == (10, True, 15)
    listed = await vendor.api.invoices.line_items.list_async(draft.id, {"limit": 100})
    assert len(listed.data) == 15


async def test_invoices_are_found_by_metadata_status_and_customer(vendor: Any) -> None:
    customer = await vendor.customer()
    for index in range(3):
        await vendor.opened(customer.id, metadata={"invoice_id": f"i{index}"})
    await vendor.draft(customer.id)
    found = await vendor.api.invoices.search_async(
        {"query": "metadata['invoice_id']:'i1' AND status:'open'"}
    )
    assert [each.metadata["invoice_id"] for each in found.data] == ["i1"]
    page = await vendor.api.invoices.list_async(
        {"customer": customer.id, "status": "open", "limit": 2}
    )
    assert [each.metadata["invoice_id"] for each in page.data] == ["i2", "i1"]
    assert page.has_more
    rest = await vendor.api.invoices.list_async(
        {"customer": customer.id, "status": "open", "starting_after": page.data[-1].id}
    )
    assert [each.metadata["invoice_id"] for each in rest.data] == ["i0"]


async def test_the_hosted_page_shows_bank_details_and_the_pdf_is_one(vendor: Any) -> None:
    customer = await vendor.customer(None)
    opened = await vendor.by_transfer(customer.id, number="PER-7")
    path = opened.hosted_invoice_url.partition("/stripe/")[2]
    page = await vendor.plain.get(f"/stripe/{path}")
    assert "IBAN" in page.text
    assert "PER-7" in page.text
    pdf = await vendor.plain.get(f"/stripe/{path}/pdf")
    assert pdf.content.startswith(b"%PDF-1.4")
    assert (await vendor.plain.get("/stripe/")).status_code == 200
