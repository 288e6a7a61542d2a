"""A charge that is repeated looks before it acts, and what is paid in full is granted by the same activity."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.testing import ActivityEnvironment

from activities import payments
from activities.messages import ChargeProviderInvoice, Escrow, PaymentSeen, ReadProviderInvoice
from activities.payments import PaymentActivities
from activities.ports import EntitlementService, Orders, PaymentProvider
from domain.collection.provider_invoice import (
    ChargeResult,
    Decline,
    DeclineClass,
    ProviderInvoice,
    ProviderInvoiceStatus,
)
from domain.entitlements.grants import FeatureQuantity, Grant
from domain.failures import ConflictError, UnavailableError
from domain.money.money import Money

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOTAL = Money(minor_units=100, currency="USD")
OPEN = ProviderInvoice(
    provider_invoice_id="in_1",
    invoice_id="sub-A1-0001",
    status=ProviderInvoiceStatus.OPEN,
    amount_due=TOTAL,
    amount_paid=Money.zero("USD"),
)
PAID = replace(OPEN, status=ProviderInvoiceStatus.PAID, amount_paid=TOTAL, paid_at=NOON)
GRANT = Grant(
    grant_id="sub-A1-0001",
    version=1,
    account_id="acme",
    subscription_id="sub-A1",
    features=(FeatureQuantity(key="seats", quantity=3),),
    starts_at=NOON,
    until=NOON + timedelta(days=45),
)
ESCROW = Escrow(grant=GRANT, total=TOTAL)
CHARGE = ChargeProviderInvoice(
    provider_invoice_id="in_1", payment_method="pm_1", idempotency_key="k", escrow=ESCROW
)
READ = ReadProviderInvoice(provider_invoice_id="in_1", escrow=ESCROW)
DECLINED = ChargeResult(
    provider_invoice=OPEN, decline=Decline(decline_class=DeclineClass.SOFT, code="no_funds")
)


@dataclass
class Provider:
    known: ProviderInvoice
    result: ChargeResult = field(default_factory=lambda: ChargeResult(provider_invoice=PAID))
    calls: list[str] = field(default_factory=list[str])

    async def read_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        self.calls.append("read")
        return self.known

    async def charge(self, **_: str) -> ChargeResult:
        self.calls.append("charge")
        self.known = self.result.provider_invoice
        return self.result


@dataclass
class Entitlements:
    """Takes grants; `answer` runs after each one is stored."""

    answer: Callable[[], Any] = lambda: None
    put: list[Grant] = field(default_factory=list[Grant])

    async def put_grant(self, grant: Grant) -> None:
        self.put.append(grant)
        waiting = self.answer()
        if waiting is not None:
            await waiting


def activities(provider: Provider, entitlements: Entitlements) -> PaymentActivities:
    return PaymentActivities(
        provider=cast("PaymentProvider", provider),
        orders=cast("Orders", None),
        entitlements=cast("EntitlementService", entitlements),
    )


async def charge(
    provider: Provider, entitlements: Entitlements | None = None, *, attempt: int = 1
) -> PaymentSeen:
    environment = ActivityEnvironment()
    environment.info = replace(ActivityEnvironment.default_info(), attempt=attempt)
    run: Any = environment.run
    acting = activities(provider, entitlements or Entitlements())
    return await run(acting.charge_provider_invoice, CHARGE)


async def read(provider: Provider, entitlements: Entitlements) -> PaymentSeen:
    run: Any = ActivityEnvironment().run
    return await run(activities(provider, entitlements).read_provider_invoice, READ)


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


async def test_a_repeat_does_not_charge_what_the_provider_still_processes():
    # The first try has started a payment, and its outcome is not known: a second one could take the money twice.
    provider = Provider(replace(OPEN, is_processing=True))
    result = await charge(provider, attempt=2)
    assert provider.calls == ["read"]
    assert (result.decline, result.is_granted) == (None, False)


async def test_a_charge_that_pays_puts_the_grant_once():
    entitlements = Entitlements()
    result = await charge(Provider(OPEN), entitlements)
    assert (result.is_granted, entitlements.put) == (True, [GRANT])


async def test_a_declined_charge_grants_nothing():
    entitlements = Entitlements()
    result = await charge(Provider(OPEN, result=DECLINED), entitlements)
    assert (result.decline, result.is_granted) == (DECLINED.decline, False)
    assert entitlements.put == []


async def test_a_read_that_finds_the_payment_puts_the_grant():
    entitlements = Entitlements()
    assert (await read(Provider(PAID), entitlements)).is_granted
    assert not (await read(Provider(OPEN), entitlements)).is_granted
    assert entitlements.put == [GRANT]


AMOUNTS = st.builds(
    Money,
    minor_units=st.sampled_from([0, 1, 99, 100, 101]),
    currency=st.sampled_from(["USD", "JPY"]),
)
ANSWERS = st.builds(
    ProviderInvoice,
    provider_invoice_id=st.just("in_1"),
    invoice_id=st.sampled_from(["sub-A1-0001", "sub-A1-0002", ""]),
    status=st.sampled_from(ProviderInvoiceStatus),
    amount_due=AMOUNTS,
    amount_paid=AMOUNTS,
    paid_at=st.none() | st.just(NOON),
    is_processing=st.booleans(),
)


async def by_reading(answer: ProviderInvoice, service: Entitlements) -> PaymentSeen:
    return await read(Provider(answer), service)


async def by_charging(answer: ProviderInvoice, service: Entitlements) -> PaymentSeen:
    return await charge(Provider(OPEN, ChargeResult(provider_invoice=answer)), service)


async def by_charging_again(answer: ProviderInvoice, service: Entitlements) -> PaymentSeen:
    return await charge(Provider(answer, ChargeResult(provider_invoice=answer)), service, attempt=2)


@pytest.mark.parametrize("act", [by_reading, by_charging, by_charging_again])
@given(answer=ANSWERS)
def test_no_answer_grants_but_one_that_is_paid_in_full(
    act: Callable[[ProviderInvoice, Entitlements], Coroutine[Any, Any, PaymentSeen]],
    answer: ProviderInvoice,
):
    """P3: of all that a provider can answer, only its own invoice, paid, over the total, unlocks."""
    entitlements = Entitlements()
    seen = asyncio.run(act(answer, entitlements))
    is_paid = (
        answer.status is ProviderInvoiceStatus.PAID
        and not answer.is_processing
        and answer.invoice_id == "sub-A1-0001"
        and answer.amount_due == TOTAL
    )
    assert seen.provider_invoice == answer
    assert (seen.is_granted, bool(entitlements.put)) == (is_paid, is_paid)


def refuse() -> None:
    raise ConflictError("the service has this version with other content")


def go_down() -> None:
    raise UnavailableError("down")


def break_down() -> None:
    raise KeyError("seats")


@pytest.mark.parametrize("answer", [refuse, go_down, break_down])
async def test_a_put_that_fails_neither_fails_nor_repeats_the_charge(answer: Callable[[], None]):
    provider, entitlements = Provider(OPEN), Entitlements(answer)
    result = await charge(provider, entitlements)
    assert result == PaymentSeen(provider_invoice=PAID, is_granted=False)
    assert (provider.calls, len(entitlements.put)) == (["charge"], 1)


async def test_a_service_that_does_not_answer_holds_the_result_up_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch,
):
    assert timedelta(seconds=2) == payments.GRANT_WITHIN
    monkeypatch.setattr(payments, "GRANT_WITHIN", timedelta(milliseconds=20))
    entitlements = Entitlements(lambda: asyncio.Event().wait())
    result = await charge(Provider(OPEN), entitlements)
    assert (result.provider_invoice, result.is_granted) == (PAID, False)


async def test_killed_before_the_put_the_next_try_puts_the_grant_without_a_charge():
    provider = Provider(OPEN)
    killed = Entitlements(die)
    with pytest.raises(Killed):
        await charge(provider, killed)
    entitlements = Entitlements()
    result = await charge(provider, entitlements, attempt=2)
    assert (result.is_granted, entitlements.put) == (True, [GRANT])
    assert provider.calls == ["charge", "read"]


async def test_killed_after_the_put_the_next_try_puts_the_same_grant_again():
    provider, entitlements = Provider(OPEN), Entitlements()
    await charge(provider, entitlements)
    # The worker dies before Temporal has heard of it: the same activity is tried again.
    result = await charge(provider, entitlements, attempt=2)
    assert result.is_granted
    assert entitlements.put == [GRANT, GRANT]
    assert provider.calls == ["charge", "read"]


class Killed(BaseException):
    """The process is gone: nothing of ours catches it."""


def die() -> None:
    raise Killed
