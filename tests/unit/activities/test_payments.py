"""A charge that is repeated looks before it acts."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from temporalio.testing import ActivityEnvironment

from activities.messages import ChargeProviderInvoice
from activities.payments import PaymentActivities
from activities.ports import Orders, PaymentProvider
from domain.collection.provider_invoice import ChargeResult, ProviderInvoice, ProviderInvoiceStatus
from domain.money.money import Money

OPEN = ProviderInvoice(
    provider_invoice_id="in_1",
    invoice_id="sub-A1-0001",
    status=ProviderInvoiceStatus.OPEN,
    amount_due=Money(minor_units=100, currency="USD"),
    amount_paid=Money.zero("USD"),
)
PAID = replace(
    OPEN,
    status=ProviderInvoiceStatus.PAID,
    amount_paid=OPEN.amount_due,
    paid_at=datetime(2026, 1, 1, tzinfo=UTC),
)
REQUEST = ChargeProviderInvoice(
    provider_invoice_id="in_1", payment_method="pm_1", idempotency_key="k"
)


@dataclass
class Provider:
    stands: ProviderInvoice
    calls: list[str] = field(default_factory=list[str])

    async def read_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        self.calls.append("read")
        return self.stands

    async def charge(self, **_: str) -> ChargeResult:
        self.calls.append("charge")
        return ChargeResult(provider_invoice=PAID)


async def charge(provider: Provider, *, attempt: int) -> ChargeResult:
    activities = PaymentActivities(
        provider=cast("PaymentProvider", provider), orders=cast("Orders", None)
    )
    environment = ActivityEnvironment()
    environment.info = replace(ActivityEnvironment.default_info(), attempt=attempt)
    run: Any = environment.run
    return await run(activities.charge_provider_invoice, REQUEST)


async def test_the_first_try_charges_without_looking():
    provider = Provider(OPEN)
    await charge(provider, attempt=1)
    assert provider.calls == ["charge"]


async def test_a_repeat_does_not_charge_what_was_paid_meanwhile():
    provider = Provider(PAID)
    result = await charge(provider, attempt=2)
    assert provider.calls == ["read"]
    assert result.provider_invoice.status is ProviderInvoiceStatus.PAID


async def test_a_repeat_charges_what_is_still_open():
    provider = Provider(OPEN)
    await charge(provider, attempt=2)
    assert provider.calls == ["read", "charge"]


@pytest.mark.parametrize(
    "status", [ProviderInvoiceStatus.VOID, ProviderInvoiceStatus.UNCOLLECTIBLE]
)
async def test_a_repeat_does_not_charge_what_was_closed(status: ProviderInvoiceStatus):
    provider = Provider(replace(OPEN, status=status))
    await charge(provider, attempt=3)
    assert provider.calls == ["read"]
