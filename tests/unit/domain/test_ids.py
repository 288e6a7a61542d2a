"""Ids are functions of business keys."""

from domain import ids


def test_the_names_of_a_sale_derive_from_its_order():
    subscription = ids.subscription_id("A-1")
    assert subscription == "sub-A-1"
    invoice = ids.invoice_id(subscription, 12)
    assert invoice == "sub-A-1-0012"
    assert ids.sale_workflow_id("A-1") == "sale/A-1"
    assert ids.subscription_workflow_id(subscription) == "subscription/sub-A-1"
    assert ids.invoice_workflow_id(invoice) == "invoice/sub-A-1-0012"
    assert ids.hold_id(subscription) == "sub-A-1-hold"


def test_an_idempotency_key_names_the_business_attempt():
    assert ids.charge_key("sub-A-1-0001", 2) == "sub-A-1-0001/charge/2"
    assert ids.payment_customer_key("acme") == "acme/customer"
    assert ids.payment_method_key("acme", "pm_1") == "acme/payment-method/pm_1"
    assert ids.event_id("invoice/sub-A-1-0001", 3, "invoice_paid") == (
        "invoice/sub-A-1-0001/3/invoice_paid"
    )
