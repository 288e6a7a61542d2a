"""`/v1/invoices`: the documents that customers and auditors read."""

from fastapi import APIRouter

from domain.effects.events import InvoiceRow
from domain.failures import UnknownEntityError
from starters.api.routing import Doors, InvoiceId, StrictRoute, problems
from starters.invoice_views import InvoiceDocumentView
from starters.use_cases.services import FrontDoors

ROUTER = APIRouter(prefix="/v1/invoices", tags=["invoices"], route_class=StrictRoute)


@ROUTER.get("/{invoice_id}", responses=problems(401, 404, 503), summary="Show an invoice")
async def show_invoice(invoice_id: InvoiceId, doors: Doors) -> InvoiceDocumentView:
    """Return the invoice as a document: lines, tax, seller, buyer, and the charges that were tried."""
    row = await _found(invoice_id, doors)
    parties = await doors.ledger.parties_of(invoice_id)
    attempts = await doors.ledger.attempts_of(invoice_id)
    return InvoiceDocumentView.with_parties(row, parties, attempts)


async def _found(invoice_id: str, doors: FrontDoors) -> InvoiceRow:
    row = await doors.ledger.find_invoice(invoice_id)
    if row is None:
        raise UnknownEntityError("there is no such invoice")
    return row
