"""Orders as people and services write them: one form for the API body, the JSON file and the client."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from domain.ids import is_business_id
from domain.money.currencies import EXPONENTS
from domain.parties import orders as domain_orders
from domain.parties.accounts import AccountProfile
from domain.parties.orders import OrderItem, PaymentChoice, PaymentKind
from domain.periods.periods import Interval as DomainInterval
from domain.periods.periods import IntervalUnit, UnknownZoneError, zone_info
from starters.card_numbers import holds_card_number, is_card_number
from starters.countries import COUNTRIES
from starters.json_text import JsonError, read_json
from starters.order_text import CARD_NUMBER_FOUND, email_address, free_text
from starters.refusals import FieldError, InvalidInputError

_LONGEST_ECHO: Final = 64
_MOST_UNITS: Final = 1_000_000
WHOLE: Final = "body"
"""Named as the field when the whole document is wrong."""
_WORDS: Final = {
    "missing": "is required",
    "extra_forbidden": "there is no such field",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


def _business_id(value: str) -> str:
    if not is_business_id(value):
        raise ValueError(
            "must be 1 to 64 letters, digits, '_', '-' or '.', and start with a letter or digit"
        )
    if is_card_number(value):
        raise ValueError(CARD_NUMBER_FOUND)
    return value


def _country(value: str) -> str:
    if value not in COUNTRIES:
        raise ValueError("must be an ISO 3166-1 alpha-2 code in upper case such as 'DE'")
    return value


def _zone(value: str) -> str:
    try:
        zone_info(value)
    except UnknownZoneError:
        raise ValueError("must be an IANA time zone such as 'Europe/Berlin'") from None
    return value


def _currency(value: str) -> str:
    if value not in EXPONENTS:
        raise ValueError("must be an active ISO 4217 code in upper case such as 'USD'")
    return value


def _interval(value: object) -> object:
    return {"unit": value} if isinstance(value, str) else value


BusinessId = Annotated[str, AfterValidator(_business_id)]
FreeText = Annotated[str, Field(max_length=200), AfterValidator(free_text)]
AddressLine = Annotated[FreeText, Field(max_length=100)]
PaymentMethodToken = Annotated[
    str,
    Field(
        pattern=r"^pm_[A-Za-z0-9_]{1,64}$",
        description="The provider's token of a stored payment method.",
        examples=["pm_card_visa"],
    ),
]
Quantity = Annotated[int, Field(strict=True, ge=1, le=_MOST_UNITS)]


class Form(BaseModel):
    """A value at the edge: strict, frozen, without unknown fields, silent about what it refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, strict=True)


class Account(Form):
    """Who buys. Personal data: kept in our tables, never in workflow ids or histories."""

    account_id: BusinessId = Field(description="Your key of the customer.", examples=["acme"])
    name: FreeText = Field(description="Legal name.", examples=["Acme Ltd"])
    email: Annotated[str, Field(max_length=254), AfterValidator(email_address)] = Field(
        description="Where invoices and notices go.", examples=["billing@acme.example"]
    )
    country: Annotated[str, AfterValidator(_country)] = Field(
        description="ISO 3166-1 alpha-2 code.", examples=["US"]
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="IANA time zone of the billing days.", examples=["Europe/Berlin"]
    )
    vat_id: Annotated[FreeText, Field(max_length=32)] | None = Field(
        default=None, description="Tax registration of the buyer."
    )
    address: Annotated[tuple[AddressLine, ...], Field(max_length=6, strict=False)] = Field(
        default=(),
        description="Postal address, at most 6 lines without the country; companies need it on invoices.",
        examples=[["1 Analytical Row", "London N1 7AA"]],
    )


class Interval(Form):
    """How often the subscription renews; `"month"` is short for `{"unit": "month"}`."""

    unit: Annotated[IntervalUnit, Field(strict=False)]
    count: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1


class CardPayment(Form):
    """A stored payment method is charged at once."""

    kind: Literal["card"] = "card"
    payment_method: PaymentMethodToken


class TransferPayment(Form):
    """An invoice is sent with bank details; what it bought unlocks when the money arrives."""

    kind: Literal["transfer"] = "transfer"
    days_until_due: Annotated[int, Field(strict=True, ge=1, le=365)] = Field(
        default=30, description="Payment term in days."
    )


class AddOn(Form):
    """A further item of the catalog, billed with the plan."""

    price_of: BusinessId
    quantity: Quantity = 1


class Order(Form):
    """A sale. The same order id with the same content is the same sale, however often it is sent."""

    order_id: BusinessId = Field(description="Your key of the sale.", examples=["order-1001"])
    account: Account
    plan: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="A plan of the catalog.", examples=["team"]
    )
    quantity: Quantity = Field(default=1, description="Units (seats) of the plan.", examples=[5])
    interval: Annotated[Interval, BeforeValidator(_interval)] = Field(
        default=Interval(unit=IntervalUnit.MONTH), description="How often the subscription renews."
    )
    currency: Annotated[str, AfterValidator(_currency)] = Field(
        description="ISO 4217 code.", examples=["USD"]
    )
    payment: Annotated[CardPayment | TransferPayment, Field(discriminator="kind")]
    opportunity_id: BusinessId | None = Field(
        default=None, description="The CRM's id of the deal; the order id if self-serve."
    )
    purchase_order: Annotated[FreeText, Field(max_length=64)] | None = Field(
        default=None, description="The buyer's reference, printed on the invoice."
    )
    add_ons: Annotated[tuple[AddOn, ...], Field(max_length=50, strict=False)] = ()
    coupons: Annotated[tuple[FreeText, ...], Field(max_length=10, strict=False)] = Field(
        default=(), description="Discounts of the catalog that the buyer was promised."
    )

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """Return the order in this JSON document.

        Raises:
            InvalidInputError: It is no JSON or no order; every bad field is named.
        """
        try:
            return cls.model_validate(read_json(text))
        except JsonError as error:
            raise InvalidInputError(FieldError(field=WHOLE, allowed=str(error))) from None
        except ValidationError as error:
            raise InvalidInputError(*field_errors(error.errors(include_url=False))) from None

    @classmethod
    def of_domain(cls, order: domain_orders.Order) -> Self:
        """Return the form of an order that was kept; it was checked when it came in."""
        payment = order.payment
        choice = (
            CardPayment.model_construct(payment_method=payment.payment_method or "")
            if payment.kind is PaymentKind.CARD
            else TransferPayment.model_construct(days_until_due=payment.days_until_due or 0)
        )
        return cls.model_construct(
            order_id=order.order_id,
            account=Account.model_construct(**asdict(order.account)),
            plan=order.plan,
            quantity=order.quantity,
            interval=Interval.model_construct(unit=order.interval.unit, count=order.interval.count),
            currency=order.currency,
            payment=choice,
            opportunity_id=order.opportunity_id,
            purchase_order=order.purchase_order,
            add_ons=tuple(AddOn.model_construct(**asdict(item)) for item in order.add_ons),
            coupons=order.coupons,
        )

    def to_domain(self) -> domain_orders.Order:
        """Return the order as the rulebook knows it."""
        return domain_orders.Order(
            order_id=self.order_id,
            account=AccountProfile(**self.account.model_dump()),
            plan=self.plan,
            quantity=self.quantity,
            interval=DomainInterval(unit=self.interval.unit, count=self.interval.count),
            currency=self.currency,
            payment=_choice(self.payment),
            opportunity_id=self.opportunity_id,
            purchase_order=self.purchase_order,
            add_ons=tuple(
                OrderItem(price_of=item.price_of, quantity=item.quantity) for item in self.add_ons
            ),
            coupons=self.coupons,
        )


def _choice(payment: CardPayment | TransferPayment) -> PaymentChoice:
    if isinstance(payment, CardPayment):
        return PaymentChoice(kind=PaymentKind.CARD, payment_method=payment.payment_method)
    return PaymentChoice(kind=PaymentKind.TRANSFER, days_until_due=payment.days_until_due)


def field_errors(found: Sequence[ErrorDetails]) -> tuple[FieldError, ...]:
    """Return pydantic's findings as field errors that repeat no card number."""
    return tuple(_field_error(error) for error in found)


def _field_error(error: ErrorDetails) -> FieldError:
    parts = [str(part) for part in error["loc"] if part not in {"card", "transfer"}]
    field = ".".join(parts) or WHOLE
    if holds_card_number(field):
        return FieldError(field="(not shown)", allowed=CARD_NUMBER_FOUND)
    message = _WORDS.get(error["type"], error["msg"].removeprefix("Value error, "))
    return FieldError(field=field, allowed=message, value=echo(error.get("input")))


def echo(value: object) -> str | None:
    """Return a refused value for the answer, cut short; None for what must not be repeated."""
    if not isinstance(value, str | int | float) or holds_card_number(str(value)):
        return None
    text = str(value)
    return text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}..."
