"""`/v1/invoices`: the documents that customers and auditors read."""

from fastapi import APIRouter

from domain.effects.events import InvoiceRow
from domain.failures import UnknownEntityError
from domain.invoicing.invoices import InvoiceDocument
from perennial.invoices import InvoiceDocumentView
from starters.api.routing import AppServices, InvoiceId, StrictRoute, problems
from starters.use_cases.services import Services
from starters.use_cases.views import invoice_document_view

ROUTER = APIRouter(prefix="/v1/invoices", tags=["invoices"], route_class=StrictRoute)


@ROUTER.get("/{invoice_id}", responses=problems(401, 404, 503), summary="Show an invoice")
async def show_invoice(invoice_id: InvoiceId, services: AppServices) -> InvoiceDocumentView:
    """Return the invoice as a document: lines, tax, seller, buyer, and the charges that were tried."""
    row, document = await _found(invoice_id, services)
    parties = await services.read_model.parties_of(invoice_id)
    attempts = await services.read_model.attempts_of(invoice_id)
    return invoice_document_view(row, document, parties, attempts)


async def _found(invoice_id: str, services: Services) -> tuple[InvoiceRow, InvoiceDocument]:
    row = await services.read_model.find_invoice(invoice_id)
    document = None if row is None else await services.read_model.document_of(row)
    if row is None or document is None:
        raise UnknownEntityError("there is no such invoice")
    return row, document
