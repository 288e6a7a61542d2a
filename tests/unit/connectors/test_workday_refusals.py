"""A Workday tenant that does not serve us: overloaded, in maintenance, or set up differently."""

import asyncio
import dataclasses
from typing import Any

import pytest

from connectors.workday.erp import WorkdayErp
from connectors.workday.settings import UsernameToken, WorkdaySettings
from domain.effects.outbox import PostErpInvoice, PostErpPayment
from domain.failures import (
    CredentialsError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from domain.parties.orders import PaymentKind
from tests.unit.connectors.conftest import Sandbox, account, day, document, usd


def submitted(sandbox: Sandbox, name: str) -> int:
    entries = sandbox.journal("workday")
    return sum(
        each["action"] == "invoice.submitted" and each["key"] == f"INV-{name}" for each in entries
    )


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, CredentialsError),
        (403, CredentialsError),
        (409, UnavailableError),
        (429, ThrottledError),
        (500, OutcomeUnknownError),
        (503, UnavailableError),
    ],
)
async def test_a_failing_tenant_is_one_failure(
    workday_settings: WorkdaySettings,
    sandbox: Sandbox,
    name: str,
    status: int,
    failure: type[Exception],
):
    erp = WorkdayErp(workday_settings)
    sandbox.fault("workday", fault="status", status=status, times=1)
    with pytest.raises(failure) as raised:
        await erp.ensure_customer(account(name), currency="USD")
    await erp.aclose()
    assert type(raised.value) is failure


async def test_a_wrong_password_is_a_matter_of_credentials(
    workday_settings: WorkdaySettings, name: str
):
    token = UsernameToken(username="isu_perennial@perennial", password="wrong")
    erp = WorkdayErp(dataclasses.replace(workday_settings, credentials=token))
    with pytest.raises(CredentialsError):
        await erp.ensure_customer(account(name), currency="USD")
    await erp.aclose()


async def test_a_version_that_the_tenant_does_not_serve_is_refused(
    workday_settings: WorkdaySettings, name: str
):
    erp = WorkdayErp(dataclasses.replace(workday_settings, version="v99.0"))
    with pytest.raises(RejectedError, match="version is invalid"):
        await erp.ensure_customer(account(name), currency="USD")
    await erp.aclose()


@pytest.mark.parametrize(
    "read",
    [{"fault": "lost_response"}, {"fault": "status", "status": 500}, {"fault": "down"}],
)
async def test_a_lost_write_that_cannot_be_looked_up_stays_unknown_and_is_done_once(
    workday_settings: WorkdaySettings, sandbox: Sandbox, name: str, read: dict[str, Any]
):
    erp = WorkdayErp(workday_settings)
    await erp.ensure_customer(account(name), currency="USD")
    effect = PostErpInvoice(document=document(name), payment_kind=PaymentKind.CARD)
    sandbox.fault("workday", fault="lost_response", match="Submit_Customer_Invoice$", times=1)
    sandbox.fault("workday", **read, match="Get_Customer_Invoices$")
    with pytest.raises(OutcomeUnknownError):
        await erp.ensure_invoice(effect)
    # Now Workday says that it has the invoice, but still does not show it.
    with pytest.raises(UnavailableError):
        await erp.ensure_invoice(effect)
    sandbox.heal()
    await erp.ensure_invoice(effect)
    await erp.aclose()
    assert submitted(sandbox, name) == 1


async def test_an_invoice_that_was_taken_but_is_not_shown_is_read_again(
    workday_settings: WorkdaySettings, sandbox: Sandbox, name: str
):
    erp = WorkdayErp(workday_settings)
    await erp.ensure_customer(account(name), currency="USD")
    effect = PostErpInvoice(document=document(name), payment_kind=PaymentKind.CARD)
    sandbox.fault("workday", fault="down", match="Get_Customer_Invoices$", times=1)
    with pytest.raises(UnavailableError):
        await erp.ensure_invoice(effect)
    await erp.ensure_invoice(effect)
    await erp.aclose()
    assert submitted(sandbox, name) == 1


async def test_a_payment_gives_up_half_way_and_is_done_once(
    workday_settings: WorkdaySettings, sandbox: Sandbox, name: str
):
    erp = WorkdayErp(workday_settings)
    await erp.ensure_customer(account(name), currency="USD")
    await erp.ensure_invoice(PostErpInvoice(document=document(name), payment_kind=PaymentKind.CARD))
    paid = PostErpPayment(
        payment_id=f"pi_{name}",
        invoice_number=f"INV-{name}",
        account_id=f"acc-{name}",
        legal_entity="acme-us",
        payment_kind=PaymentKind.CARD,
        amount=usd(4900),
        paid_on=day(),
    )
    sandbox.fault("workday", fault="status", status=500, match="Put_Customer_Payment$", times=1)
    with pytest.raises(OutcomeUnknownError):
        await erp.ensure_payment(paid)
    sandbox.fault("workday", fault="lost_response", match="Put_Customer_Payment$", times=1)
    sandbox.fault("workday", fault="down", match="Get_Customer_Payments$")
    with pytest.raises(OutcomeUnknownError):
        await erp.ensure_payment(paid)
    # Now Workday says that it has the payment, but cannot show it.
    with pytest.raises(UnavailableError):
        await erp.ensure_payment(paid)
    sandbox.heal()
    for _ in range(2):
        await erp.ensure_payment(paid)
    await erp.aclose()
    puts = [each for each in sandbox.journal("workday") if each["key"] == f"pi_{name}"]
    assert len(puts) == 1


async def test_workers_that_post_the_same_invoice_at_once_post_it_once(
    workday_settings: WorkdaySettings, sandbox: Sandbox, name: str
):
    workers = [WorkdayErp(workday_settings) for _ in range(4)]
    effect = PostErpInvoice(document=document(name), payment_kind=PaymentKind.CARD)
    await asyncio.gather(
        *(worker.ensure_customer(account(name), currency="USD") for worker in workers)
    )
    await asyncio.gather(*(worker.ensure_invoice(effect) for worker in workers))
    for worker in workers:
        await worker.aclose()
    assert submitted(sandbox, name) == 1
    created = [each for each in sandbox.journal("workday") if each["key"] == f"acc-{name}"]
    assert len(created) == 1
