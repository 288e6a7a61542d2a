"""`/webhooks`: events of outside systems. An event is a hint to read the object again; its content is not trusted.

The response is 2xx only after Temporal has accepted the event, or after it is recorded that no workflow can
use it; the sender then stops. 503 asks it to try again.
"""

import json
import logging
import re
from typing import Final, cast

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse

from domain.effects.inbound import ProviderEvent, WebhookRefusedError
from domain.failures import ConflictError, UnavailableError
from perennial.card_numbers import is_card_number
from perennial.ids import is_entity_id
from starters.api.routing import AppServices, problems
from starters.use_cases.errors import InvalidInputError
from starters.use_cases.orders import read_order
from starters.use_cases.ports import Disposition, EventVerifier
from starters.use_cases.services import Services
from workflows.contract.messages import ProviderEventReceived

ROUTER = APIRouter(
    prefix="/webhooks",
    tags=["webhooks"],
    responses={
        200: {"description": "A workflow has it"},
        202: {"description": "Understood and recorded; no workflow can use it"},
        **problems(400, 413, 415, 503),
    },
)

STRIPE_SIGNATURE: Final = "Stripe-Signature"
HMAC_SIGNATURE: Final = "X-Perennial-Signature"
OPPORTUNITY_WON: Final = "opportunity.won"
_WORD: Final = re.compile(r"[\x21-\x7e]{1,255}")
_LOG: Final = logging.getLogger(__name__)


@ROUTER.post("/stripe", summary="Events of the payment provider")
async def stripe(request: Request, services: AppServices) -> JSONResponse:
    """Signal the invoice of the event to read the provider again; the signature is checked first."""
    event = await _verified(request, services.payment_events, STRIPE_SIGNATURE)
    if not event.is_expected_version:
        _LOG.warning("stripe event %s speaks API version %s", event.event_id, event.api_version)
        return await _undeliverable(services, "stripe", event, "other_api_version")
    return await _signal_invoice(services, "stripe", event)


@ROUTER.post("/erp", summary="Events of the ERP")
async def erp(request: Request, services: AppServices) -> JSONResponse:
    """Signal the invoice of the event to read the provider again; the signature is checked first."""
    event = await _verified(request, services.erp_events, HMAC_SIGNATURE)
    return await _signal_invoice(services, "erp", event)


@ROUTER.post("/crm", summary="Events of the CRM")
async def crm(request: Request, services: AppServices) -> JSONResponse:
    """Sell the order that a won opportunity carries (`data.order`); the signature is checked first."""
    event = await _verified(request, services.crm_events, HMAC_SIGNATURE)
    document = _order_in(await request.body())
    if event.event_type != OPPORTUNITY_WON or document is None:
        return await _undeliverable(services, "crm", event, "ignored")
    try:
        answer = await services.sales.sell(read_order(document))
    except (InvalidInputError, ConflictError) as refusal:
        # Sending it again cannot help. The values may be personal, so only the names of fields are logged.
        fields = [e.field for e in refusal.errors] if isinstance(refusal, InvalidInputError) else []
        _LOG.warning("crm event %s holds no order that can be sold: %s", event.event_id, fields)
        return await _undeliverable(services, "crm", event, "ignored")
    return _delivered(services, "crm", event, {"subscription_id": answer.subscription_id})


async def _verified(request: Request, verifier: EventVerifier, header: str) -> ProviderEvent:
    signature = request.headers.get(header)
    if signature is None:
        raise WebhookRefusedError(f"the header {header} is missing")
    event = verifier.verify(await request.body(), signature)
    if not (_is_word(event.event_id) and _is_word(event.event_type)):
        # Not every database can store other text, and then the sender would try for ever.
        raise WebhookRefusedError("id and type must be 1 to 255 visible ASCII characters")
    return event


def _is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None and not is_card_number(text)


async def _signal_invoice(services: Services, source: str, event: ProviderEvent) -> JSONResponse:
    invoice_id = event.invoice_id
    if invoice_id is None or not is_entity_id(invoice_id):
        return await _undeliverable(services, source, event, "unknown_object")
    message = ProviderEventReceived(event_id=event.event_id, event_type=event.event_type)
    if await services.workflow_client.signal_invoice(invoice_id, message):
        return _delivered(services, source, event, {})
    known = await services.read_model.find_invoice(invoice_id)
    return await _undeliverable(
        services, source, event, "unknown_object" if known is None else "closed"
    )


def _delivered(
    services: Services, source: str, event: ProviderEvent, more: dict[str, str]
) -> JSONResponse:
    # The workflow has it. Our own record comes after the response and may fail: an unlock does not wait for it.
    return JSONResponse(
        {"event_id": event.event_id, "disposition": "delivered", **more},
        background=BackgroundTask(_record_if_possible, services, source, event),
    )


async def _undeliverable(
    services: Services, source: str, event: ProviderEvent, disposition: Disposition
) -> JSONResponse:
    await _record(services, source, event, disposition)
    return JSONResponse({"event_id": event.event_id, "disposition": disposition}, status_code=202)


async def _record_if_possible(services: Services, source: str, event: ProviderEvent) -> None:
    try:
        await _record(services, source, event, "delivered")
    except UnavailableError:
        _LOG.warning("%s event %s was delivered but not recorded", source, event.event_id)


async def _record(
    services: Services, source: str, event: ProviderEvent, disposition: Disposition
) -> None:
    await services.inbound.record(
        source=source,
        event_id=event.event_id,
        event_type=event.event_type,
        disposition=disposition,
    )


def _order_in(body: bytes) -> str | None:
    # The verifier has read it as an object already.
    document = cast("dict[str, object]", json.loads(body))
    data = document.get("data")
    order = cast("dict[str, object]", data).get("order") if isinstance(data, dict) else None
    return None if order is None else json.dumps(order)
