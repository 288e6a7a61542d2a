"""Idempotency keys that Stripe has spent on a server error of its own."""

import httpx
import pytest
import stripe

from connectors.stripe.keys import MOST_SPENT_KEYS, with_key
from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from domain.collection.provider_invoice import ProviderInvoiceStatus
from domain.failures import OutcomeUnknownError, PerennialError, UnavailableError
from tests.unit.connectors.conftest import (
    Sandbox,
    account,
    attached,
    document,
    invoices_of,
    opened,
    read_stripe,
)


def _trouble(sandbox: Sandbox, match: str, times: int = 1) -> None:
    body = {"status": 500, "match": match, "times": times}
    answer = httpx.post(f"{sandbox.address}/stripe/_control/trouble", json=body)
    answer.raise_for_status()


async def test_a_charge_whose_key_remembers_a_server_error_is_made_once_by_a_later_try(
    payments: StripePayments,
    stripe_settings: StripeSettings,
    sandbox: Sandbox,
    customer_id: str,
    name: str,
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    _trouble(sandbox, "/pay", times=2)
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError):
            await payments.charge(
                provider_invoice_id=provider_invoice.provider_invoice_id,
                payment_method=method,
                idempotency_key=f"{name}/1",
            )

    results = [
        await payments.charge(
            provider_invoice_id=provider_invoice.provider_invoice_id,
            payment_method=method,
            idempotency_key=f"{name}/1",
        )
        for _ in range(2)
    ]

    assert [result.provider_invoice.status for result in results] == [
        ProviderInvoiceStatus.PAID
    ] * 2
    charges = await read_stripe(stripe_settings, f"charges?customer={customer_id}")
    assert len(charges["data"]) == 1


@pytest.mark.parametrize("match", ["POST /v1/invoices$", "/add_lines", "/finalize"])
async def test_a_provider_invoice_whose_key_remembers_a_server_error_is_opened_once_by_a_later_try(
    payments: StripePayments,
    stripe_settings: StripeSettings,
    sandbox: Sandbox,
    customer_id: str,
    name: str,
    match: str,
):
    _trouble(sandbox, match)
    with pytest.raises((OutcomeUnknownError, UnavailableError)):
        await opened(payments, document(name), customer_id)

    provider_invoice = await opened(payments, document(name), customer_id)

    assert provider_invoice.status is ProviderInvoiceStatus.OPEN
    assert len(await invoices_of(stripe_settings, customer_id)) == 1


async def test_a_customer_whose_key_remembers_a_server_error_is_created_by_a_later_try(
    payments: StripePayments, sandbox: Sandbox, name: str
):
    _trouble(sandbox, "POST /v1/customers")
    with pytest.raises(PerennialError):
        await payments.ensure_customer(account(name))

    first = await payments.ensure_customer(account(name))

    assert await payments.ensure_customer(account(name)) == first


async def test_a_request_whose_every_key_is_spent_fails_instead_of_trying_for_ever():
    used: list[str] = []

    async def refuse(options: stripe.RequestOptions) -> None:
        used.append(str(options.get("idempotency_key")))
        raise stripe.APIError("boom", http_status=500, headers={"idempotent-replayed": "true"})

    with pytest.raises(stripe.APIError):
        await with_key("k", refuse)
    assert len(set(used)) == len(used) == MOST_SPENT_KEYS + 1
    assert used[:2] == ["k", "k/after-1"]


async def test_a_fresh_server_error_spends_no_key():
    used: list[str] = []

    async def refuse(options: stripe.RequestOptions) -> None:
        used.append(str(options.get("idempotency_key")))
        raise stripe.APIError("boom", http_status=500, headers={})

    with pytest.raises(stripe.APIError):
        await with_key("k", refuse)
    assert used == ["k"]
