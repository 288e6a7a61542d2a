"""Rows of the read model as the wire contract shows them."""

from collections.abc import Sequence
from typing import Final

from domain.collection.next_step import Attempt
from domain.effects.events import BusinessEvent, InvoiceRow, SaleRow, SubscriptionRow
from domain.entitlements.grants import Access, FeatureQuantity, Grant
from domain.ids import subscription_id
from domain.invoicing.invoice_parties import InvoiceParties, Party
from domain.invoicing.invoices import InvoiceDocument
from domain.parties.orders import Order
from perennial import enums
from perennial.invoices import AttemptView, InvoiceDocumentView, InvoiceView, PartyView
from perennial.orders import OrderView
from perennial.requests import RequestView
from perennial.subscriptions import (
    AccessView,
    EventView,
    FeatureView,
    GrantView,
    PeriodView,
    SubscriptionSummary,
    SubscriptionView,
)
from starters.use_cases.document_views import amount_view, line_view, tax_view
from starters.use_cases.orders import form_of
from workflows.contract.requests import RequestAccepted

MOST_NESTED: Final = 50
"""Most invoices and grants that are shown inside a subscription; it keeps the answer below 100 KB."""


def order_view(order: Order, sale: SaleRow | None) -> OrderView:
    """Return an order and what became of it; without a recorded sale it is open."""
    return OrderView(
        subscription_id=subscription_id(order.order_id),
        state=enums.SaleState.OPEN if sale is None else enums.SaleState(sale.state),
        failure=None if sale is None else sale.failure,
        order=form_of(order),
    )


def subscription_summary(row: SubscriptionRow) -> SubscriptionSummary:
    """Return a subscription as it is now."""
    period = row.period
    return SubscriptionSummary(
        subscription_id=row.subscription_id,
        account_id=row.account_id,
        order_id=row.order_id,
        plan=row.plan,
        quantity=row.quantity,
        currency=row.currency,
        state=enums.SubscriptionState(row.state),
        period=None if period is None else PeriodView(start=period.start, end=period.end),
        period_number=row.period_number,
        cancel_at=row.cancel_at,
        next_due_at=row.next_due_at,
    )


def subscription_view(
    row: SubscriptionRow,
    *,
    invoices: Sequence[InvoiceRow],
    grants: Sequence[Grant],
    access: Access | None,
) -> SubscriptionView:
    """Return a subscription with its newest invoices and grants, and the account's access."""
    return SubscriptionView(
        **subscription_summary(row).model_dump(),
        invoices=[invoice_view(each) for each in invoices[-MOST_NESTED:]],
        has_earlier_invoices=len(invoices) > MOST_NESTED,
        grants=[grant_view(each) for each in grants[-MOST_NESTED:]],
        has_earlier_grants=len(grants) > MOST_NESTED,
        access=None if access is None else access_view(access),
    )


def grant_view(grant: Grant) -> GrantView:
    """Return what the payment of one invoice unlocked."""
    return GrantView(
        grant_id=grant.grant_id,
        version=grant.version,
        features=_features(grant.features),
        starts_at=grant.starts_at,
        until=grant.until,
    )


def access_view(access: Access) -> AccessView:
    """Return what an account may use right now."""
    return AccessView(
        account_id=access.account_id,
        features=_features(access.features),
        grants=list(access.grants),
        holds=list(access.holds),
    )


def event_view(event: BusinessEvent) -> EventView:
    """Return one thing that happened."""
    return EventView(
        event_id=event.event_id,
        entity=event.entity,
        sequence=event.sequence,
        event_type=enums.EventType(event.event_type),
        at=event.at,
        summary=event.summary,
    )


def request_view(accepted: RequestAccepted) -> RequestView:
    """Return the response to a request that was taken in."""
    return RequestView(
        request_id=accepted.request_id,
        subscription_id=accepted.subscription_id,
        ends_at=accepted.ends_at,
    )


def invoice_view(row: InvoiceRow) -> InvoiceView:
    """Return an invoice as it is now."""
    return InvoiceView(
        invoice_id=row.invoice_id,
        number=row.number,
        purpose=enums.InvoicePurpose(row.purpose),
        state=enums.InvoiceState(row.state),
        total=amount_view(row.total),
        amount_due=amount_view(row.amount_due),
        issued_on=row.issued_on,
        due_on=row.due_on,
        payment_id=row.payment_id,
        hosted_url=row.hosted_url,
        paid_at=row.paid_at,
        granted_at=row.granted_at,
    )


def invoice_document_view(
    row: InvoiceRow,
    document: InvoiceDocument,
    parties: InvoiceParties | None,
    attempts: Sequence[Attempt],
) -> InvoiceDocumentView:
    """Return an invoice as a document, with the parties that were kept when it was numbered."""
    return InvoiceDocumentView(
        **invoice_view(row).model_dump(),
        subscription_id=document.subscription_id,
        account_id=document.account_id,
        legal_entity=document.legal_entity,
        purchase_order=document.purchase_order,
        seller=None if parties is None else _party(parties.seller),
        buyer=None if parties is None else _party(parties.buyer),
        notes=[] if parties is None else list(parties.notes),
        lines=[line_view(line) for line in document.lines],
        taxes=[tax_view(tax) for tax in document.tax_lines],
        subtotal=amount_view(document.subtotal),
        tax=amount_view(document.tax),
        attempts=[_attempt(attempt) for attempt in attempts],
    )


def _features(features: Sequence[FeatureQuantity]) -> list[FeatureView]:
    return [FeatureView(key=feature.key, quantity=feature.quantity) for feature in features]


def _party(party: Party) -> PartyView:
    return PartyView(
        name=party.name,
        country=party.country,
        vat_id=party.vat_id,
        address=list(party.address),
        email=party.email,
    )


def _attempt(attempt: Attempt) -> AttemptView:
    decline = attempt.decline_class
    return AttemptView(
        number=attempt.number,
        payment_method=attempt.payment_method,
        at=attempt.at,
        decline_class=None if decline is None else enums.DeclineClass(decline),
        decline_code=attempt.decline_code,
    )
