"""Questions for a preview: a sale, a change, an end. Only their shape is checked here."""

import re
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from perennial.enums import Convention, ProrationBehaviour
from perennial.forms import BusinessId, Form, Quantity
from perennial.orders import AddOn, Interval, Order

_YEARS: Final = range(1900, 3000)
_INTERVAL: Final = re.compile(r"(?:([1-9][0-9]{0,2}) )?([a-z_]+?)s?")


def _interval(value: object) -> object:
    found = _INTERVAL.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else {"unit": found[2], "count": int(found[1] or 1)}


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _when(value: str) -> str:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(
            "must be a date such as '2026-01-16', or an instant such as '2026-01-16T09:30:00Z'"
        ) from None
    # Calendars end, and with them the periods that begin near their ends.
    if found.year not in _YEARS:
        raise ValueError(f"must lie in the years {_YEARS.start} to {_YEARS.stop - 1}")
    return value


When = Annotated[str, BeforeValidator(_text), AfterValidator(_when)]
"""A local date (its first instant), or an instant; without an offset it is local time."""
Coupons = Annotated[tuple[BusinessId, ...], Field(max_length=20, strict=False)]


class Bought(Form):
    """What is bought: a plan, how many, how often, and what else."""

    plan: Annotated[str, Field(min_length=1, max_length=64)] = Field(examples=["team"])
    quantity: Quantity = 1
    interval: Annotated[Interval, BeforeValidator(_interval)]
    add_ons: Annotated[tuple[AddOn, ...], Field(max_length=50, strict=False)] = ()
    coupons: Coupons = ()


class SaleQuery(Form):
    """A sale to preview: the order as it would be sent."""

    order: Order
    at: When | None = Field(default=None, description="When it starts; now if left out.")
    coupons: Coupons = ()


class SubscriptionQuery(Form):
    """What questions about a subscription have in common; it need not exist."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = Field(examples=["USD"])
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = Field(default="US", examples=["DE"])
    vat_id: Annotated[str, Field(max_length=32)] | None = None
    zone: str = "UTC"
    started: When = Field(description="Start of the subscription.", examples=["2026-01-01"])
    at: When = Field(description="When it happens.", examples=["2026-01-16"])
    convention: Annotated[Convention, Field(strict=False)] | None = Field(
        default=None, description="Instead of the catalog's."
    )


class ChangeQuery(SubscriptionQuery):
    """A change to preview: from one set of terms to another."""

    old: Bought
    new: Bought
    behaviour: Annotated[ProrationBehaviour, Field(strict=False)] | None = Field(
        default=None, description="Instead of the catalog's."
    )


class EndQuery(SubscriptionQuery):
    """A cancellation to preview."""

    sold: Bought
    now: bool = Field(default=False, description="At once, not at the end of the paid period.")
    credit: bool = Field(default=False, description="Whether unused time is given back.")
