from typing import Any

import pytest
import stripe

from tests.unit.sandbox.conftest import error_of

# The SDK hands its form to httpx in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


async def charged(vendor: Any, amount: int = 1000) -> Any:
    customer = await vendor.customer()
    return await vendor.api.payment_intents.create_async(
        {
            "amount": amount,
            "currency": "eur",
            "customer": customer.id,
            "payment_method": customer.invoice_settings.default_payment_method,
            "confirm": True,
            "off_session": True,
            "metadata": {"order": "o1"},
        }
    )


async def test_a_saved_card_is_charged_off_session(vendor: Any) -> None:
    intent = await charged(vendor)
    assert (intent.status, intent.amount_received) == ("succeeded", 1000)
    listed = await vendor.api.payment_intents.list_async({"customer": intent.customer})
    assert [each.id for each in listed.data] == [intent.id]


async def test_latest_charge_is_an_id_unless_expanded(vendor: Any) -> None:
    intent = await charged(vendor)
    assert intent.latest_charge.startswith("ch_")
    again = await vendor.api.payment_intents.retrieve_async(
        intent.id, {"expand": ["latest_charge"]}
    )
    assert again.latest_charge.amount == 1000


async def test_a_card_holder_is_asked_on_session(vendor: Any) -> None:
    customer = await vendor.customer("pm_card_authenticationRequired")
    intent = await vendor.api.payment_intents.create_async(
        {
            "amount": 1000,
            "currency": "eur",
            "customer": customer.id,
            "payment_method": customer.invoice_settings.default_payment_method,
            "confirm": True,
        }
    )
    assert intent.status == "requires_action"


async def test_a_succeeded_intent_is_neither_confirmed_nor_canceled(vendor: Any) -> None:
    intent = await charged(vendor)
    for verb in ("confirm", "cancel"):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            await getattr(vendor.api.payment_intents, f"{verb}_async")(intent.id)
        assert error_of(caught).code == "payment_intent_unexpected_state"


async def test_refunds_never_exceed_the_charge(vendor: Any) -> None:
    intent = await charged(vendor, 1000)
    first = await vendor.api.refunds.create_async(
        {"payment_intent": intent.id, "amount": 400, "reason": "requested_by_customer"}
    )
    assert (first.status, first.amount) == ("succeeded", 400)
    with pytest.raises(stripe.InvalidRequestError):
        await vendor.api.refunds.create_async({"payment_intent": intent.id, "amount": 601})
    rest = await vendor.api.refunds.create_async({"charge": intent.latest_charge})
    assert rest.amount == 600
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await vendor.api.refunds.create_async({"charge": intent.latest_charge})
    assert error_of(caught).code == "charge_already_refunded"
    charge = await vendor.api.charges.retrieve_async(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (1000, True)


async def test_a_transfer_pays_the_invoice_that_it_matches(vendor: Any) -> None:
    customer = await vendor.customer(None)
    small = await vendor.by_transfer(customer.id, 1000)
    exact = await vendor.by_transfer(customer.id, 2500)
    await vendor.fund(customer.id, 2500)
    assert (await vendor.api.invoices.retrieve_async(exact.id)).status == "paid"
    assert (await vendor.api.invoices.retrieve_async(small.id)).status == "open"
    assert (await vendor.event_types())[-8:] == [
        "cash_balance.funds_available",
        "customer_cash_balance_transaction.created",
        "customer_cash_balance_transaction.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


async def test_a_transfer_never_pays_an_invoice_in_part(vendor: Any) -> None:
    customer = await vendor.customer(None)
    opened = await vendor.by_transfer(customer.id, 4900)
    await vendor.fund(customer.id, 4899)
    assert (await vendor.api.invoices.retrieve_async(opened.id)).amount_remaining == 4900
    cash = await vendor.api.customers.cash_balance.retrieve_async(customer.id)
    assert cash.available["eur"] == 4899
    await vendor.fund(customer.id, 1)
    assert (await vendor.api.invoices.retrieve_async(opened.id)).status == "paid"


async def test_what_a_transfer_brings_too_much_stays_in_the_cash_balance(vendor: Any) -> None:
    customer = await vendor.customer(None)
    opened = await vendor.by_transfer(customer.id, 4900)
    await vendor.fund(customer.id, 6000)
    assert (await vendor.api.invoices.retrieve_async(opened.id)).amount_paid == 4900
    again = await vendor.api.customers.retrieve_async(customer.id, {"expand": ["cash_balance"]})
    assert again.cash_balance.available["eur"] == 1100
    booked = await vendor.api.customers.cash_balance_transactions.list_async(customer.id)
    assert [each.net_amount for each in booked.data] == [-4900, 6000]


async def test_a_reference_decides_between_equal_invoices(vendor: Any) -> None:
    customer = await vendor.customer(None)
    first = await vendor.by_transfer(customer.id, 100, number="PER-1")
    second = await vendor.by_transfer(customer.id, 100, number="PER-2")
    await vendor.fund(customer.id, 100, reference="your PER-2, thanks")
    states = [
        (await vendor.api.invoices.retrieve_async(each.id)).status for each in (first, second)
    ]
    assert states == ["open", "paid"]


async def test_two_invoices_are_paid_by_one_transfer_of_their_sum(vendor: Any) -> None:
    customer = await vendor.customer(None)
    kept = await vendor.by_transfer(customer.id, 100)
    paid = [await vendor.by_transfer(customer.id, amount) for amount in (300, 500)]
    await vendor.fund(customer.id, 800)
    assert [(await vendor.api.invoices.retrieve_async(each.id)).status for each in paid] == [
        "paid",
        "paid",
    ]
    assert (await vendor.api.invoices.retrieve_async(kept.id)).status == "open"


async def test_money_that_came_early_pays_the_invoice_when_it_opens(vendor: Any) -> None:
    customer = await vendor.customer(None)
    await vendor.fund(customer.id, 4900)
    assert (await vendor.by_transfer(customer.id, 4900)).status == "paid"


async def test_manual_reconciliation_leaves_the_money_alone(vendor: Any) -> None:
    customer = await vendor.customer(None)
    await vendor.api.customers.cash_balance.update_async(
        customer.id, {"settings": {"reconciliation_mode": "manual"}}
    )
    opened = await vendor.by_transfer(customer.id, 4900)
    await vendor.fund(customer.id, 4900)
    assert (await vendor.api.invoices.retrieve_async(opened.id)).status == "open"


async def test_an_invoice_overdue_for_over_thirty_days_is_not_paid_by_itself(vendor: Any) -> None:
    customer = await vendor.customer(None)
    now = vendor.world.now().timestamp()
    settings = {"payment_method_types": ["customer_balance"]}
    late = await vendor.opened(
        customer.id,
        4900,
        collection_method="send_invoice",
        due_date=int(now) - 31 * 24 * 3600,
        payment_settings=settings,
    )
    await vendor.fund(customer.id, 4900)
    assert (await vendor.api.invoices.retrieve_async(late.id)).status == "open"
