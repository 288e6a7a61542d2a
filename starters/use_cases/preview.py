"""Previews of sales, changes and ends, for the API and the command line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Protocol, TypeVar

from config.catalog_sale import NotSoldError
from domain.invoicing.invoices import InvoiceHeader
from domain.parties import orders
from domain.parties.accounts import AccountProfile
from domain.parties.orders import OrderItem, PaymentChoice, PaymentKind
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
from perennial.field_errors import FieldError
from perennial.preview_queries import Bought, ChangeQuery, EndQuery, SaleQuery, SubscriptionQuery
from starters.use_cases.errors import InvalidInputError, not_sold
from starters.use_cases.orders import interval_of, order_of, unknown_zone

ResultT = TypeVar("ResultT")


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
        """Return the documents that a sale would create.

        Raises:
            InvalidInputError: The catalog does not sell it.
        """
        order = order_of(query.order, within="order.")
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
        """Return the documents that a change would create.

        Raises:
            InvalidInputError: The catalog does not sell it, the time zone does not exist, or the dates
                do not fit.
        """
        _check_zone(query.zone)
        at = _instant(query.at, query.zone)
        sold = self._subscribed(query, query.old, "old", at)
        # A subscription that keeps its plan keeps its version: one more seat is not a new sale.
        version = sold.terms.version if query.new.plan == query.old.plan else None
        new = self._terms(_order(query, query.new), at, query.new.coupons, "new", version)
        behaviour = None if query.behaviour is None else ProrationBehaviour(query.behaviour)
        return _dated(
            lambda: preview_change(sold, _counted(new, query), at=at, behaviour=behaviour)
        )

    def end(self, query: EndQuery) -> Preview:
        """Return the documents that an end would create.

        Raises:
            InvalidInputError: The catalog does not sell it, the time zone does not exist, or the dates
                do not fit.
        """
        _check_zone(query.zone)
        at = _instant(query.at, query.zone)
        sold = self._subscribed(query, query.sold, "sold", at)
        return _dated(lambda: preview_end(sold, at=at, is_now=query.now, gives_credit=query.credit))

    def _subscribed(
        self, query: SubscriptionQuery, bought: Bought, field: str, at: datetime
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
            raise not_sold(refusal, within=f"{field}.") from None


def _order(query: SubscriptionQuery, bought: Bought) -> orders.Order:
    """Return the order that would have bought this; its ids are placeholders."""
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
        interval=interval_of(bought.interval),
        currency=query.currency,
        payment=PaymentChoice(kind=PaymentKind.CARD),
        add_ons=tuple(
            OrderItem(price_of=item.price_of, quantity=item.quantity) for item in bought.add_ons
        ),
    )


def _counted(terms: PlanTerms, query: SubscriptionQuery) -> PlanTerms:
    if query.convention is None:
        return terms
    return replace(
        terms, proration=replace(terms.proration, convention=Convention(query.convention))
    )


def _header(account_id: str, purchase_order: str | None = None) -> InvoiceHeader:
    return InvoiceHeader(
        invoice_id="preview",
        subscription_id="preview",
        account_id=account_id,
        legal_entity="preview",
        purchase_order=purchase_order,
    )


def _check_zone(zone: str) -> None:
    unknown = unknown_zone("zone", zone)
    if unknown is not None:
        raise InvalidInputError(unknown)


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
