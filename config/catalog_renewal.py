"""Terms of running subscriptions: the plan version and the tax rates of a period."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from config.catalog_plans import AddOnEntry, PlanEntry
from config.catalog_sale import NotSoldError, Sale, features_of
from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order, OrderItem, PaymentChoice, PaymentKind
from domain.pricing.plan_versions import version_for_period
from domain.pricing.terms import PlanTerms


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewalTerms:
    """The part of the catalog that applies to a running subscription.

    Attributes:
        versions: Versions of its plan, by number.
        add_ons: Add-ons of the catalog, by id.
        sale: The day on which the period begins, and the other facts on which its prices depend.
    """

    versions: Mapping[int, PlanEntry]
    add_ons: Mapping[str, AddOnEntry]
    sale: Sale

    def of(self, terms: PlanTerms) -> PlanTerms:
        """Return the terms of the period; they are the same if nothing has changed."""
        paid = version_for_period(
            [entry.value() for entry in self.versions.values()],
            current=terms.version,
            period_start=self.sale.on,
        )
        codes = self._tax_codes(terms)
        rated = replace(
            terms,
            charges=tuple(
                self.sale.rated(charge, codes.get(charge.price_of)) for charge in terms.charges
            ),
            one_off=tuple(
                self.sale.rated(charge, codes.get(charge.price_of)) for charge in terms.one_off
            ),
        )
        return rated if paid == terms.version else self._moved(rated, self.versions[paid])

    def _moved(self, terms: PlanTerms, plan: PlanEntry) -> PlanTerms:
        """Return the terms under another version; unchanged if that version does not sell them."""
        bought = [(charge.price_of, charge.quantity) for charge in terms.charges[1:]]
        known = [
            (self.add_ons[name], quantity) for name, quantity in bought if name in self.add_ons
        ]
        try:
            charge = self.sale.charge(plan, terms.quantity, at="")
        except NotSoldError:
            return terms
        if len(known) < len(bought):
            return terms
        return replace(
            terms,
            version=plan.version,
            name=plan.name,
            charges=(charge, *terms.charges[1:]),
            features=features_of([(plan, terms.quantity), *known]),
        )

    def _tax_codes(self, terms: PlanTerms) -> dict[str, str]:
        codes = {name: entry.tax_code for name, entry in self.add_ons.items()}
        plan = self.versions.get(terms.version)
        if plan is not None:
            codes[plan.id] = plan.tax_code
            codes |= {item.id: item.tax_code for item in plan.one_off}
        return codes


def order_behind(terms: PlanTerms, account: AccountProfile) -> Order:
    """Return an order that would buy these terms; its id and payment are placeholders."""
    return Order(
        order_id="renewal",
        account=account,
        plan=terms.plan,
        quantity=terms.quantity,
        interval=terms.interval,
        currency=terms.currency,
        payment=PaymentChoice(kind=PaymentKind.CARD),
        add_ons=tuple(
            OrderItem(price_of=charge.price_of, quantity=charge.quantity)
            for charge in terms.charges[1:]
        ),
    )
