"""Requests to a subscription, and the response to them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from perennial.enums import CancelAt
from perennial.forms import Form, FreeText, PaymentMethodToken


class PaymentMethodChange(Form):
    """Charge this payment method from now on, and what is open at once."""

    payment_method: PaymentMethodToken


class Cancellation(Form):
    """End the subscription."""

    at: Annotated[CancelAt, Field(strict=False)] = Field(
        default=CancelAt.PERIOD_END, description="Now, or when the paid period ends."
    )
    reason: FreeText = Field(
        default="requested by the customer",
        description="Shown to operators; must not hold personal data.",
    )


class RequestView(BaseModel):
    """A request was taken in."""

    request_id: str
    subscription_id: str
    ends_at: datetime | None = Field(description="When a cancellation takes effect.")
