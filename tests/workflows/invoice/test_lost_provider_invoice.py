"""A provider invoice whose opening was never confirmed is still a provider invoice that somebody can pay."""

from datetime import timedelta

from domain.collection.provider_invoice import ProviderInvoice, ProviderInvoiceStatus
from domain.failures import UnavailableError
from domain.invoicing.invoices import ProviderInvoiceRequest
from tests.workflows.desk import TRANSFER, Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import PROVIDER_INVOICE, SOON, cancel


async def test_a_provider_invoice_whose_answer_was_lost_is_voided_when_the_customer_cancels(
    desk: Desk, world: FakeWorld
):
    ensure, is_lost = world.provider.ensure_provider_invoice, True

    async def losing(request: ProviderInvoiceRequest) -> ProviderInvoice:
        provider_invoice = await ensure(request)
        if is_lost:
            raise UnavailableError("the answer was lost")
        return provider_invoice

    world.provider.ensure_provider_invoice = losing
    await desk.sell(payment=TRANSFER)
    await desk.until(lambda: PROVIDER_INVOICE in world.provider.provider_invoices, within=SOON)
    await cancel(desk)
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)
    is_lost = False
    await desk.environment.sleep(timedelta(days=1))
    assert world.provider.provider_invoices[PROVIDER_INVOICE].status is ProviderInvoiceStatus.VOID
