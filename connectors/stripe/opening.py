"""Opening a provider invoice: find it, or create it; then add its lines, finalise it and send it."""

from typing import TYPE_CHECKING, Final

import stripe

from connectors.stripe.charging import retrieve_invoice
from connectors.stripe.failures import failure_of, is_refusal, translated
from connectors.stripe.invoices import (
    EXPAND_ATTEMPTS,
    INVOICE_KEY,
    check_same,
    invoice_params,
    line_params,
    provider_invoice_of,
)
from connectors.stripe.keys import with_key
from domain.collection.provider_invoice import ProviderInvoice
from domain.invoicing.invoices import ProviderInvoiceRequest

if TYPE_CHECKING:
    from stripe.params import InvoiceAddLinesParamsLine

_PAGE: Final = 100


async def ensure_provider_invoice(
    client: stripe.StripeClient, request: ProviderInvoiceRequest, *, eu_country: str
) -> ProviderInvoice:
    """Return the provider invoice of this invoice; create it, add lines, finalise it and send it if needed.

    It continues where an earlier attempt stopped. A new provider invoice needs four calls: find, create,
    add lines, finalise. Sending is a fifth call.

    Args:
        client: The SDK's client.
        request: The invoice document and the customer who owes it.
        eu_country: Where virtual bank accounts for EUR transfers are held.

    Raises:
        ConflictError: Stripe's invoice asks for another amount or currency.
        PerennialError: Stripe refused, was unavailable, or did not answer.
    """
    document = request.document
    step = f"{document.invoice_id}/provider invoice"
    lines = line_params(document)
    with translated():
        invoice = await _found_or_created(client, request, step=step, eu_country=eu_country)
        if invoice.status == "draft" and lines and not invoice.lines.data:
            invoice = await _add_lines(client, invoice.id, lines, key=f"{step}/lines")
        check_same(invoice, document)
        if invoice.status == "draft":
            invoice = await _finalize(client, invoice.id, key=f"{step}/finalize")
        if request.send_with_due_date and invoice.status == "open":
            invoice = await _sent(client, invoice, key=f"{step}/send")
    return provider_invoice_of(invoice)


async def _found_or_created(
    client: stripe.StripeClient, request: ProviderInvoiceRequest, *, step: str, eu_country: str
) -> stripe.Invoice:
    params = invoice_params(request, eu_country=eu_country)
    found = await _find_invoice(client, request.customer_id, request.document.invoice_id)
    if found is None:
        return await with_key(
            f"{step}/create",
            lambda options: client.v1.invoices.create_async(params, options),
        )
    if found.status == "draft":
        return found
    # A list cannot expand as deeply as a single object, so the invoice is read again.
    return await retrieve_invoice(client, found.id)


async def _add_lines(
    client: stripe.StripeClient,
    stripe_id: str,
    lines: list["InvoiceAddLinesParamsLine"],
    *,
    key: str,
) -> stripe.Invoice:
    return await with_key(
        key,
        lambda options: client.v1.invoices.add_lines_async(stripe_id, {"lines": lines}, options),
    )


async def _finalize(client: stripe.StripeClient, stripe_id: str, *, key: str) -> stripe.Invoice:
    return await with_key(
        key,
        lambda options: client.v1.invoices.finalize_invoice_async(
            stripe_id, {"auto_advance": False, "expand": [EXPAND_ATTEMPTS]}, options
        ),
    )


async def _sent(
    client: stripe.StripeClient, invoice: stripe.Invoice, *, key: str
) -> stripe.Invoice:
    """Send the invoice and return it; an invoice that was paid in between needs no sending.

    Raises:
        StripeError: Stripe refused although the invoice is open, was unavailable, or did not answer.
    """
    try:
        await with_key(
            key, lambda options: client.v1.invoices.send_invoice_async(invoice.id, {}, options)
        )
    except stripe.StripeError as error:
        if not is_refusal(failure_of(error)):
            raise
        seen = await retrieve_invoice(client, invoice.id)
        if seen.status == "open":
            raise
        return seen
    # The answer may be an older, replayed one, so the invoice that was read before is returned.
    return invoice


async def _find_invoice(
    client: stripe.StripeClient, customer_id: str, invoice_id: str
) -> stripe.Invoice | None:
    with translated(is_read=True):
        page = await client.v1.invoices.list_async({"customer": customer_id, "limit": _PAGE})
        async for invoice in page.auto_paging_iter():
            metadata = invoice.metadata
            if metadata is not None and metadata.to_dict().get(INVOICE_KEY) == invoice_id:
                return invoice
    return None
