"""What an order bought: charges with their prices, tax rates and discounts, and the features it grants."""

from dataclasses import dataclass

from domain.entitlements.grants import FeatureQuantity
from domain.periods.alignment import Alignment
from domain.periods.periods import Interval
from domain.periods.proration import Convention, ProrationRule
from domain.pricing.discounts import Discount
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.pricing import Price
from domain.pricing.taxes import TaxMode, TaxRate, TaxScope

DEFAULT_PRORATION = ProrationRule(convention=Convention.DAY_9DP_HALF_UP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """A plan, an add-on or a one-off item of an order.

    Attributes:
        price_of: Id in the catalog.
        name: What customers read.
        price: Price of one interval, or of the item itself if it is billed once.
        quantity: Units bought, included ones too.
        tax_rates: Rates that the tax port found when it was sold; none means that no tax applies.
    """

    price_of: str
    name: str
    price: Price
    quantity: int
    tax_rates: tuple[TaxRate, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """Time at the start that costs nothing.

    Attributes:
        days: Local days, 1 or more.
        needs_card: Whether the plan is sold only with a stored payment method.

    Raises:
        ValueError: The days are below 1.
    """

    days: int
    needs_card: bool = True

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError(f"a trial lasts 1 day or more, got {self.days}")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanTerms:
    """What one order bought, resolved from the catalog once; a catalog version is never edited.

    Attributes:
        plan: Id of the plan.
        version: Version of the plan.
        name: What customers read.
        interval: Billing interval.
        currency: ISO 4217 code of all amounts.
        quantity: Units of the plan.
        charges: Billed every interval in advance: the plan, then its add-ons.
        features: What all of it grants, one entry per key.
        one_off: Billed once, with the first period that is paid for.
        discounts: In the order in which they apply.
        trial: Precedes the first period that is paid for; None for none.
        alignment: Where periods begin.
        proration: How a part of a period is counted.
        on_change: What happens when something changes in mid-period.
        tax_mode: Whether prices contain tax.
        tax_scope: Where tax is rounded.
    """

    plan: str
    version: int
    name: str
    interval: Interval
    currency: str
    quantity: int
    charges: tuple[Charge, ...]
    features: tuple[FeatureQuantity, ...]
    one_off: tuple[Charge, ...] = ()
    discounts: tuple[Discount, ...] = ()
    trial: Trial | None = None
    alignment: Alignment = Alignment.ANNIVERSARY
    proration: ProrationRule = DEFAULT_PRORATION
    on_change: ProrationBehaviour = ProrationBehaviour.INVOICE_NOW
    tax_mode: TaxMode = TaxMode.EXCLUSIVE
    tax_scope: TaxScope = TaxScope.PER_LINE
