"""The id under which a subscription remembers a request names one request of one caller."""

from dataclasses import replace

import httpx
from sqlalchemy import delete

from config.settings import Settings
from starters.api.app import build_app
from starters.use_cases.services import Services
from storage.database import Database
from storage.tables import IDEMPOTENCY_KEYS
from tests.unit.starters.conftest import FakeWorkflowClient

CHANGE = "/v1/subscriptions/sub-order-1/payment-method"
NEW_CARD = {"payment_method": "pm_card_mastercard"}


async def test_another_request_under_a_key_whose_answer_has_expired_has_another_id(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, settings: Settings
) -> None:
    # The subscription remembers ids for longer: under the same one it would take the second as done.
    workflow_client.running_subscriptions.add("sub-order-1")
    headers = {"Idempotency-Key": "k"}
    await api.post(CHANGE, json=NEW_CARD, headers=headers)
    database = Database.open(settings.database_url)
    async with database.writing() as connection:
        await connection.execute(delete(IDEMPOTENCY_KEYS))
    await database.dispose()
    await api.post(CHANGE, json={"payment_method": "pm_card_visa"}, headers=headers)
    first, second = workflow_client.requests
    assert first.request_id != second.request_id


async def test_the_same_request_under_one_key_of_two_callers_is_two_requests(
    services: Services, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")
    keys = ("key-of-one", "key-of-another")
    transport = httpx.ASGITransport(build_app(replace(services, api_keys=keys)))
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as api:
        for key in keys:
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k"}
            await api.post(CHANGE, json=NEW_CARD, headers=headers)
    first, second = workflow_client.requests
    assert first.request_id != second.request_id
