"""`/v1/previews`: what a sale, a change or a cancellation would lead to; nothing is done."""

from fastapi import APIRouter

from perennial.preview_queries import ChangeQuery, EndQuery, SaleQuery
from perennial.previews import PreviewView
from starters.api.routing import AppServices, StrictRoute, problems
from starters.use_cases.document_views import preview_view

ROUTER = APIRouter(prefix="/v1/previews", tags=["previews"], route_class=StrictRoute)


@ROUTER.post("/sale", responses=problems(400, 401, 413, 415, 422), summary="Preview a sale")
async def preview_sale(query: SaleQuery, services: AppServices) -> PreviewView:
    """Return the first invoice of an order and its first renewal."""
    return preview_view(services.previews.sale(query))


@ROUTER.post("/change", responses=problems(400, 401, 413, 415, 422), summary="Preview a change")
async def preview_change(query: ChangeQuery, services: AppServices) -> PreviewView:
    """Return what a change of plan, quantity or interval credits and charges, and the next renewal."""
    return preview_view(services.previews.change(query))


@ROUTER.post("/cancellation", responses=problems(400, 401, 413, 415, 422), summary="Preview an end")
async def preview_cancellation(query: EndQuery, services: AppServices) -> PreviewView:
    """Return when a subscription would end, and what is given back."""
    return preview_view(services.previews.end(query))
