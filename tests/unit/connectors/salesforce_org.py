"""Effects that reach Salesforce in the tests, and the org read back."""

from typing import Any

import httpx

from connectors.salesforce.settings import SalesforceSettings
from domain.effects.outbox import AddCrmTask, LoseOpportunity, WinOpportunity
from domain.money.money import Money
from tests.unit.connectors.conftest import day, usd


def won(name: str, amount: Money | None = None) -> WinOpportunity:
    return WinOpportunity(
        opportunity_id=f"opp-{name}",
        account_id=f"acc-{name}",
        subscription_id=f"sub-{name}",
        plan="team",
        amount=amount or usd(4999),
        closed_on=day(),
    )


def lost(name: str) -> LoseOpportunity:
    return LoseOpportunity(
        opportunity_id=f"opp-{name}",
        account_id=f"acc-{name}",
        reason="the first invoice was never paid",
        closed_on=day(),
    )


def task(name: str, opportunity_id: str | None = None) -> AddCrmTask:
    return AddCrmTask(
        task_id=f"sub-{name}-0001.declined",
        account_id=f"acc-{name}",
        opportunity_id=opportunity_id,
        subject="Call the customer",
        due_on=day(3),
    )


async def record(settings: SalesforceSettings, kind: str, external_id: str) -> dict[str, Any]:
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
    }
    async with httpx.AsyncClient() as client:
        token = await client.post(f"{settings.login_address}/services/oauth2/token", data=form)
        path = f"sobjects/{kind}/{settings.external_id_field}/{external_id}"
        answer = await client.get(
            f"{settings.login_address}/services/data/{settings.api_version}/{path}",
            headers={"Authorization": f"Bearer {token.json()['access_token']}"},
        )
        return dict(answer.raise_for_status().json())
