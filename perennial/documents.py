"""What invoices and previews are made of: amounts, lines and taxes. Fields are only ever added."""

from datetime import datetime

from pydantic import BaseModel, Field

from perennial.enums import Convention, TaxMode


class AmountView(BaseModel):
    """An exact amount of money, in major units and in minor units."""

    amount: str = Field(examples=["49.00"])
    currency: str = Field(examples=["USD"])
    minor_units: int = Field(examples=[4900])


class SpanView(BaseModel):
    """A span of time, the end excluded."""

    start: datetime
    end: datetime


class PartView(BaseModel):
    """The part of a whole period that a line is for."""

    convention: Convention
    numerator: int = Field(description="Days or seconds in the part.", examples=[16])
    denominator: int = Field(description="Days or seconds in the whole.", examples=[31])
    factor: str = Field(description="To 9 decimals, half up.", examples=["0.516129032"])


class DiscountedView(BaseModel):
    """What one discount took off the list amount."""

    discount_id: str
    amount: AmountView


class PreviewLine(BaseModel):
    """One line, to be read from left to right."""

    description: str
    reason: str
    quantity: str
    unit_price: str
    list_amount: AmountView | None = None
    discounts: list[DiscountedView] = Field(default_factory=list[DiscountedView])
    span: SpanView | None = None
    part: PartView | None = None
    amount: AmountView = Field(description="Before tax, after discount; negative for a credit.")


class PreviewTax(BaseModel):
    """The tax of one rate."""

    name: str
    rate: str = Field(description="A fraction.", examples=["0.19"])
    taxable: AmountView
    amount: AmountView
    is_reverse_charge: bool


class PreviewDocument(BaseModel):
    """An invoice or a credit note that would be issued."""

    lines: list[PreviewLine]
    taxes: list[PreviewTax]
    prices: TaxMode | None = Field(
        default=None, description="Whether unit prices and list amounts contain tax."
    )
    subtotal: AmountView
    tax: AmountView
    total: AmountView
