"""Previews as people and services ask for them, for the API and the command line alike."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, Final, Protocol, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from config.catalog_sale import NotSoldError
from domain.invoicing.invoices import InvoiceHeader
from domain.parties import orders
from domain.parties.accounts import AccountProfile
from domain.parties.orders import OrderItem, PaymentChoice, PaymentKind
from domain.periods.periods import Interval as DomainInterval
from domain.periods.periods import instant_of, zone_info
from domain.periods.proration import Convention
from domain.plan_changes.preview import (
    Preview,
    Subscribed,
    TermsOn,
    preview_change,
    preview_end,
    preview_sale,
    subscribed_at,
)
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.terms import PlanTerms
from starters.orders import AddOn, BusinessId, Form, Interval, Order, Quantity, echo
from starters.refusals import FieldError, InvalidInputError

ResultT = TypeVar("ResultT")
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


class _OfSubscription(Form):
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = Field(examples=["USD"])
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = Field(default="US", examples=["DE"])
    vat_id: Annotated[str, Field(max_length=32)] | None = None
    zone: Annotated[str, AfterValidator(lambda value: zone_info(value).key)] = "UTC"
    started: When = Field(description="Start of the subscription.", examples=["2026-01-01"])
    at: When = Field(description="When it happens.", examples=["2026-01-16"])
    convention: Annotated[Convention, Field(strict=False)] | None = Field(
        default=None, description="Instead of the catalog's."
    )


class ChangeQuery(_OfSubscription):
    """A change to preview: from one set of terms to another."""

    old: Bought
    new: Bought
    behaviour: Annotated[ProrationBehaviour, Field(strict=False)] | None = Field(
        default=None, description="Instead of the catalog's."
    )


class EndQuery(_OfSubscription):
    """A cancellation to preview."""

    sold: Bought
    now: bool = Field(default=False, description="At once, not at the end of the paid period.")
    credit: bool = Field(default=False, description="Whether unused time is given back.")


class PricedCatalog(Protocol):
    """The catalog, as far as previews need it."""

    def terms_of(
        self,
        order: orders.Order,
        *,
        on: date | None = None,
        coupons: Sequence[str] = (),
        version: int | None = None,
    ) -> PlanTerms:
        """Return the terms that this order buys on a day, of the version on sale or of the one named.

        Raises:
            NotSoldError: The catalog does not sell it.
        """
        ...

    def terms_for_period(self, terms: PlanTerms, account: AccountProfile, *, on: date) -> PlanTerms:
        """Return the terms that an existing subscription pays in its period that begins on a day."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Previews:
    """Answers questions about sales, changes and ends without doing anything."""

    catalog: PricedCatalog
    clock: Callable[[], datetime]

    def sale(self, query: SaleQuery) -> Preview:
        """Return what a sale would lead to.

        Raises:
            InvalidInputError: The catalog does not sell it.
        """
        order = query.order.to_domain()
        zone = order.account.zone
        start = (
            self.clock().replace(microsecond=0) if query.at is None else _instant(query.at, zone)
        )
        terms = self._terms(order, start, query.coupons, "order")
        header = _header(order.account.account_id, order.purchase_order)
        return preview_sale(
            Subscribed(
                terms=terms,
                start=start,
                zone=zone,
                header=header,
                terms_on=self._terms_on(order.account),
            )
        )

    def change(self, query: ChangeQuery) -> Preview:
        """Return what a change would lead to.

        Raises:
            InvalidInputError: The catalog does not sell it, or the dates do not fit.
        """
        at = _instant(query.at, query.zone)
        sold = self._subscribed(query, query.old, "old", at)
        # Who keeps the plan keeps the version: a seat more is no new sale.
        version = sold.terms.version if query.new.plan == query.old.plan else None
        new = self._terms(_order(query, query.new), at, query.new.coupons, "new", version)
        return _dated(
            lambda: preview_change(sold, _counted(new, query), at=at, behaviour=query.behaviour)
        )

    def end(self, query: EndQuery) -> Preview:
        """Return what an end would lead to.

        Raises:
            InvalidInputError: The catalog does not sell it, or the dates do not fit.
        """
        at = _instant(query.at, query.zone)
        sold = self._subscribed(query, query.sold, "sold", at)
        return _dated(lambda: preview_end(sold, at=at, is_now=query.now, gives_credit=query.credit))

    def _subscribed(
        self, query: _OfSubscription, bought: Bought, field: str, at: datetime
    ) -> Subscribed:
        start = _instant(query.started, query.zone)
        order = _order(query, bought)
        terms = self._terms(order, start, bought.coupons, field)
        sold = Subscribed(
            terms=_counted(terms, query),
            start=start,
            zone=query.zone,
            header=_header("account"),
            terms_on=self._terms_on(order.account),
        )
        return _dated(lambda: subscribed_at(sold, at))

    def _terms_on(self, account: AccountProfile) -> TermsOn:
        def terms_on(terms: PlanTerms, on: date) -> PlanTerms:
            return self.catalog.terms_for_period(terms, account, on=on)

        return terms_on

    def _terms(
        self,
        order: orders.Order,
        at: datetime,
        coupons: Sequence[str],
        field: str,
        version: int | None = None,
    ) -> PlanTerms:
        day = at.astimezone(zone_info(order.account.zone)).date()
        try:
            return self.catalog.terms_of(order, on=day, coupons=coupons, version=version)
        except NotSoldError as refusal:
            allowed = f"not sold; allowed: {', '.join(refusal.allowed)}"
            raise InvalidInputError(
                FieldError(
                    field=f"{field}.{refusal.field}", value=echo(refusal.value), allowed=allowed
                )
            ) from None


def _order(query: _OfSubscription, bought: Bought) -> orders.Order:
    """Return the order that would have bought this; its names matter to nobody."""
    return orders.Order(
        order_id="preview",
        account=AccountProfile(
            account_id="account",
            name="",
            email="",
            country=query.country,
            zone=query.zone,
            vat_id=query.vat_id,
        ),
        plan=bought.plan,
        quantity=bought.quantity,
        interval=DomainInterval(unit=bought.interval.unit, count=bought.interval.count),
        currency=query.currency,
        payment=PaymentChoice(kind=PaymentKind.CARD),
        add_ons=tuple(
            OrderItem(price_of=item.price_of, quantity=item.quantity) for item in bought.add_ons
        ),
    )


def _counted(terms: PlanTerms, query: _OfSubscription) -> PlanTerms:
    if query.convention is None:
        return terms
    return replace(terms, proration=replace(terms.proration, convention=query.convention))


def _header(account_id: str, purchase_order: str | None = None) -> InvoiceHeader:
    return InvoiceHeader(
        invoice_id="preview",
        subscription_id="preview",
        account_id=account_id,
        legal_entity="preview",
        purchase_order=purchase_order,
    )


def _instant(when: str, zone: str) -> datetime:
    found = datetime.fromisoformat(when)
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    return instant_of(found, zone_info(zone))


def _dated(compute: Callable[[], ResultT]) -> ResultT:
    try:
        return compute()
    except ValueError as error:
        raise InvalidInputError(FieldError(field="at", allowed=str(error))) from None
