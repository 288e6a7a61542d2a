"""An order's digest tells whether two orders are the same."""

from dataclasses import replace

import pytest

from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order, OrderItem, PaymentChoice, PaymentKind, order_digest
from domain.periods.periods import Interval, IntervalUnit

ORDER = Order(
    order_id="A1",
    account=AccountProfile(account_id="acme", name="Acme", email="a@acme.example", country="US"),
    plan="team",
    quantity=3,
    interval=Interval(unit=IntervalUnit.MONTH, count=1),
    currency="USD",
    payment=PaymentChoice(kind=PaymentKind.CARD, payment_method="pm_1"),
)


def test_the_digest_is_the_same_in_every_process_and_release():
    # Written out: orders in storage are compared with it for years.
    assert order_digest(ORDER) == DIGEST


def test_what_an_order_leaves_out_does_not_count():
    assert order_digest(replace(ORDER, add_ons=(), coupons=(), purchase_order=None)) == DIGEST


@pytest.mark.parametrize(
    "other",
    [
        replace(ORDER, quantity=4),
        replace(ORDER, plan="starter"),
        replace(ORDER, currency="EUR"),
        replace(ORDER, purchase_order="PO-1"),
        replace(ORDER, coupons=("welcome",)),
        replace(ORDER, add_ons=(OrderItem(price_of="support"),)),
        replace(ORDER, account=replace(ORDER.account, email="b@acme.example")),
        replace(ORDER, payment=replace(ORDER.payment, payment_method="pm_2")),
    ],
)
def test_other_content_has_another_digest(other: Order):
    assert order_digest(other) != DIGEST


DIGEST = "4813c1dda8548a303fca6d0684a3097f34bac770a4b825803eaa40daa1bdf3ad"
