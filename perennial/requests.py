"""Requests to a subscription, and the response to them.

A new request is one more form in `REQUESTS`; the API serves it under its path.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, Field

from perennial.enums import CancelAt
from perennial.forms import Form, FreeText, PaymentMethodToken


class RequestForm(Form):
    """What is asked of a subscription.

    Attributes:
        kind: Name of the request.
        path: Where it is sent, below the address of the subscription.
        summary: Title for readers of the API's documentation.
    """

    kind: ClassVar[str]
    path: ClassVar[str]
    summary: ClassVar[str]


class PaymentMethodChange(RequestForm):
    """Charge this payment method from now on, and what is open at once."""

    kind: ClassVar[str] = "change_payment_method"
    path: ClassVar[str] = "payment-method"
    summary: ClassVar[str] = "Change the payment method"

    payment_method: PaymentMethodToken


class Cancellation(RequestForm):
    """End the subscription, now or at the end of the paid period."""

    kind: ClassVar[str] = "cancel"
    path: ClassVar[str] = "cancellation"
    summary: ClassVar[str] = "Cancel"

    at: Annotated[CancelAt, Field(strict=False)] = Field(
        default=CancelAt.PERIOD_END, description="Now, or when the paid period ends."
    )
    reason: FreeText = Field(
        default="requested by the customer",
        description="Shown to operators; must not hold personal data.",
    )


REQUESTS: Final[tuple[type[RequestForm], ...]] = (PaymentMethodChange, Cancellation)


class RequestView(BaseModel):
    """A request was taken in."""

    request_id: str
    subscription_id: str
    ends_at: datetime | None = Field(description="When a cancellation takes effect.")
