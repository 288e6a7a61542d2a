"""What is sold: versioned plans with prices per currency and interval, and the features they grant."""

from dataclasses import dataclass
from decimal import Decimal

from domain.grants import FeatureQuantity
from domain.periods import Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanTerms:
    """What one order bought, resolved from the catalog once; a catalog version is never edited.

    Attributes:
        plan: Id of the plan.
        version: Version of the plan.
        name: What customers read.
        interval: Billing interval.
        currency: ISO 4217 code.
        quantity: Units bought.
        unit_price: Price of one unit for one interval, in major units.
        features: What the plan grants for this quantity.
    """

    plan: str
    version: int
    name: str
    interval: Interval
    currency: str
    quantity: int
    unit_price: Decimal
    features: tuple[FeatureQuantity, ...]
