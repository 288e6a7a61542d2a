"""Orders as people and services write them: one form for the API body, the JSON file and the client."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from perennial.enums import IntervalUnit, SaleState, SaleStatus
from perennial.forms import (
    AddressLine,
    BusinessId,
    CountryCode,
    CurrencyCode,
    Form,
    FreeText,
    PaymentMethodToken,
    Quantity,
)
from perennial.text_fields import email_address


def _interval(value: object) -> object:
    return {"unit": value} if isinstance(value, str) else value


class Account(Form):
    """Who buys. Personal data: kept in our tables, never in workflow ids or histories."""

    account_id: BusinessId = Field(description="Your key of the customer.", examples=["acme"])
    name: FreeText = Field(description="Legal name.", examples=["Acme Ltd"])
    email: Annotated[str, Field(max_length=254), AfterValidator(email_address)] = Field(
        description="Where invoices and notices go.", examples=["billing@acme.example"]
    )
    country: CountryCode = Field(description="ISO 3166-1 alpha-2 code.", examples=["US"])
    zone: str = Field(
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
    currency: CurrencyCode = Field(description="ISO 4217 code.", examples=["USD"])
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


class SaleView(BaseModel):
    """The response to an order."""

    order_id: str = Field(examples=["order-1001"])
    subscription_id: str = Field(examples=["sub-order-1001"])
    status: SaleStatus = Field(
        description="`accepted_waiting_for_worker`: safe, but no worker has looked at it yet."
    )


class OrderView(BaseModel):
    """An order as it was submitted, and what became of it."""

    subscription_id: str
    state: SaleState
    failure: str | None = Field(description="Why the sale was undone.")
    order: Order
