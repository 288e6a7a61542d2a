"""From terms to an invoice draft and the grant that its payment releases."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from domain.catalog import PlanTerms
from domain.currencies import exponent
from domain.grants import Grant
from domain.invoices import InvoiceDocument, InvoiceLine, InvoicePurpose
from domain.money import Money
from domain.periods import Period
from domain.rounding import round_half_up


def draft_for_period(
    terms: PlanTerms,
    *,
    invoice_id: str,
    subscription_id: str,
    account_id: str,
    legal_entity: str,
    period: Period,
    is_first: bool,
    purchase_order: str | None,
) -> InvoiceDocument:
    """Return the draft that bills one whole period of the plan in advance."""
    return InvoiceDocument(
        invoice_id=invoice_id,
        subscription_id=subscription_id,
        account_id=account_id,
        legal_entity=legal_entity,
        purpose=InvoicePurpose.FIRST if is_first else InvoicePurpose.RENEWAL,
        currency=terms.currency,
        purchase_order=purchase_order,
        lines=(
            InvoiceLine(
                line_id=f"{invoice_id}-1",
                price_of=terms.plan,
                description=f"{terms.name}, {period.start:%Y-%m-%d} to {period.end:%Y-%m-%d}",
                quantity=Decimal(terms.quantity),
                unit_price=terms.unit_price,
                amount=period_price(terms),
                period=period,
                reason="first period" if is_first else "renewal",
            ),
        ),
    )


def period_price(terms: PlanTerms) -> Money:
    """Return the price of one whole period: units times unit price, rounded once, half up."""
    units = Fraction(terms.unit_price) * terms.quantity * 10 ** exponent(terms.currency)
    return Money(minor_units=round_half_up(units), currency=terms.currency)


def grant_for_period(
    terms: PlanTerms,
    *,
    invoice_id: str,
    subscription_id: str,
    account_id: str,
    period: Period,
    longest_dunning: timedelta,
) -> Grant:
    """Return the grant in escrow of a period's invoice.

    It outlasts the period by the longest dunning window, so that a renewal that is being collected
    keeps its access until a policy takes it away.
    """
    return Grant(
        grant_id=invoice_id,
        version=1,
        account_id=account_id,
        subscription_id=subscription_id,
        features=terms.features,
        starts_at=period.start,
        until=period.end + longest_dunning,
    )


def whole_seconds(instant: datetime) -> datetime:
    """Return the instant cut to whole seconds: what systems without fractions can hold and print."""
    return instant.replace(microsecond=0)
