"""Converts orders between the wire contract and the rulebook, and checks what their shape cannot show."""

from collections.abc import Iterator
from dataclasses import asdict

from domain.money.currencies import EXPONENTS
from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order, OrderItem, PaymentChoice, PaymentKind
from domain.periods.periods import Interval, UnknownZoneError, zone_info
from domain.periods.periods import IntervalUnit as DomainIntervalUnit
from perennial import enums, orders
from perennial.errors import InvalidInputError as WrongShapeError
from perennial.field_errors import FieldError, echo
from perennial.forms import COUNTRY_ALLOWED, CURRENCY_ALLOWED
from starters.use_cases.countries import COUNTRIES
from starters.use_cases.errors import InvalidInputError


def read_order(text: str | bytes) -> Order:
    """Return the order in this JSON document.

    Raises:
        InvalidInputError: It is no JSON or no order; every bad field is named.
    """
    try:
        return order_of(orders.Order.read(text))
    except WrongShapeError as error:
        raise InvalidInputError(*error.errors) from None


def order_of(form: orders.Order, *, within: str = "") -> Order:
    """Return the order as the rulebook knows it.

    Args:
        form: The order, whose shape was checked.
        within: Put in front of the names of fields, such as `order.`.

    Raises:
        InvalidInputError: Its country, time zone or currency does not exist; each is named.
    """
    unknown = tuple(_unknown(form, within))
    if unknown:
        raise InvalidInputError(*unknown)
    return Order(
        order_id=form.order_id,
        account=AccountProfile(**form.account.model_dump()),
        plan=form.plan,
        quantity=form.quantity,
        interval=interval_of(form.interval),
        currency=form.currency,
        payment=_choice(form.payment),
        opportunity_id=form.opportunity_id,
        purchase_order=form.purchase_order,
        add_ons=tuple(
            OrderItem(price_of=item.price_of, quantity=item.quantity) for item in form.add_ons
        ),
        coupons=form.coupons,
    )


def interval_of(form: orders.Interval) -> Interval:
    """Return the interval as the rulebook knows it."""
    return Interval(unit=DomainIntervalUnit(form.unit), count=form.count)


def form_of(order: Order) -> orders.Order:
    """Return the form of a stored order; it was checked when it was submitted."""
    payment = order.payment
    choice = (
        orders.CardPayment.model_construct(payment_method=payment.payment_method or "")
        if payment.kind is PaymentKind.CARD
        else orders.TransferPayment.model_construct(days_until_due=payment.days_until_due or 0)
    )
    interval = orders.Interval.model_construct(
        unit=enums.IntervalUnit(order.interval.unit), count=order.interval.count
    )
    return orders.Order.model_construct(
        order_id=order.order_id,
        account=orders.Account.model_construct(**asdict(order.account)),
        plan=order.plan,
        quantity=order.quantity,
        interval=interval,
        currency=order.currency,
        payment=choice,
        opportunity_id=order.opportunity_id,
        purchase_order=order.purchase_order,
        add_ons=tuple(orders.AddOn.model_construct(**asdict(item)) for item in order.add_ons),
        coupons=order.coupons,
    )


def unknown_zone(field: str, zone: str) -> FieldError | None:
    """Return what is wrong with a time zone, or None if it exists."""
    try:
        zone_info(zone)
    except UnknownZoneError:
        return FieldError(
            field=field,
            allowed="must be an IANA time zone such as 'Europe/Berlin'",
            value=echo(zone),
        )
    return None


def _unknown(form: orders.Order, within: str) -> Iterator[FieldError]:
    account = form.account
    if account.country not in COUNTRIES:
        yield FieldError(
            field=f"{within}account.country", allowed=COUNTRY_ALLOWED, value=echo(account.country)
        )
    zone = unknown_zone(f"{within}account.zone", account.zone)
    if zone is not None:
        yield zone
    if form.currency not in EXPONENTS:
        yield FieldError(
            field=f"{within}currency", allowed=CURRENCY_ALLOWED, value=echo(form.currency)
        )


def _choice(payment: orders.CardPayment | orders.TransferPayment) -> PaymentChoice:
    if isinstance(payment, orders.CardPayment):
        return PaymentChoice(kind=PaymentKind.CARD, payment_method=payment.payment_method)
    return PaymentChoice(kind=PaymentKind.TRANSFER, days_until_due=payment.days_until_due)
