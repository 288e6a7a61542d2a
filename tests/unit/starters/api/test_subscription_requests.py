"""Reading subscriptions and asking something of them, once per idempotency key."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from config.settings import Settings
from domain.effects.events import BusinessEvent, EventType, SubscriptionRow
from domain.subscription.states import SubscriptionState
from storage.database import Database
from storage.recorder import Recorder
from tests.unit.starters.conftest import FakeAccess, FakeWorkflowClient

Build = Callable[..., dict[str, Any]]
Record = Callable[..., Awaitable[None]]
CHANGE = "/v1/subscriptions/sub-order-1/payment-method"
CANCEL = "/v1/subscriptions/sub-order-1/cancellation"
NEW_CARD = {"payment_method": "pm_card_mastercard"}


@pytest.fixture
def record(settings: Settings) -> Record:
    """Record a subscription in a state, as its workflow would."""

    async def write(
        subscription_id: str = "sub-order-1",
        state: SubscriptionState = SubscriptionState.ACTIVE,
        account_id: str = "acme",
    ) -> None:
        database = Database.open(settings.database_url)
        row = SubscriptionRow(
            subscription_id=subscription_id,
            account_id=account_id,
            order_id=subscription_id.removeprefix("sub-"),
            plan="team",
            quantity=3,
            currency="USD",
            state=state,
            period=None,
            period_number=1,
            cancel_at=None,
            next_due_at=datetime(2027, 1, 1, tzinfo=UTC),
        )
        event = BusinessEvent(
            entity=f"subscription/{subscription_id}",
            sequence=1,
            event_type=EventType.SUBSCRIPTION_STARTED,
            at=datetime(2026, 12, 1, tzinfo=UTC),
            account_id=account_id,
            subscription_id=subscription_id,
            summary="started",
            subscription=row,
        )
        await Recorder(database).record([event])
        await database.dispose()

    return write


async def test_a_subscription_is_shown_with_live_access(
    api: httpx.AsyncClient, record: Record
) -> None:
    await record()

    shown = (await api.get("/v1/subscriptions/sub-order-1")).json()

    assert (shown["state"], shown["quantity"]) == ("active", 3)
    assert shown["next_due_at"] == "2027-01-01T00:00:00Z"
    assert shown["access"]["features"] == [{"key": "seats", "quantity": 3}]
    assert shown["invoices"] == []


async def test_a_dead_entitlement_service_does_not_hide_the_subscription(
    api: httpx.AsyncClient, record: Record, access: FakeAccess
) -> None:
    await record()
    access.is_down = True

    answer = await api.get("/v1/subscriptions/sub-order-1")

    assert (answer.status_code, answer.json()["access"]) == (200, None)


async def test_a_sale_that_is_not_recorded_yet_is_shown_as_pending(
    api: httpx.AsyncClient, order: Build
) -> None:
    await api.post("/v1/orders", json=order())

    shown = (await api.get("/v1/subscriptions/sub-order-1")).json()

    assert (shown["state"], shown["account_id"]) == ("pending", "acme")


@pytest.mark.parametrize("unknown", ["sub-order-9", "order-1", "sub-", "%00", "a b", "x" * 200])
async def test_an_unknown_subscription_is_not_found(
    api: httpx.AsyncClient, order: Build, unknown: str
) -> None:
    await api.post("/v1/orders", json=order())

    for path in (f"/v1/subscriptions/{unknown}", f"/v1/subscriptions/{unknown}/events"):
        assert (await api.get(path)).status_code == 404


async def test_lists_come_in_pages(api: httpx.AsyncClient, record: Record) -> None:
    for number in (3, 1, 2):
        await record(f"sub-order-{number}")
    await record("sub-order-4", account_id="other")

    first = (await api.get("/v1/subscriptions?account_id=acme&limit=2")).json()
    second = (
        await api.get(f"/v1/subscriptions?account_id=acme&limit=2&after={first['next_after']}")
    ).json()

    ids = [row["subscription_id"] for page in (first, second) for row in page["subscriptions"]]
    assert ids == ["sub-order-1", "sub-order-2", "sub-order-3"]
    assert second["next_after"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "state=happy", "account_id=a%20b"])
async def test_a_bad_query_is_a_problem(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/v1/subscriptions?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.split("=", maxsplit=1)[0]


async def test_events_are_listed(api: httpx.AsyncClient, record: Record) -> None:
    await record()

    page = (await api.get("/v1/subscriptions/sub-order-1/events")).json()

    assert [event["event_type"] for event in page["events"]] == ["subscription_started"]
    assert page["next_after"] is None


async def test_a_new_payment_method_reaches_the_subscription_once_per_key(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")
    headers = {"Idempotency-Key": "k-1"}

    first = await api.post(CHANGE, json=NEW_CARD, headers=headers)
    again = await api.post(CHANGE, json=NEW_CARD, headers=headers)

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [request.payment_method for request in workflow_client.requests] == [
        "pm_card_mastercard"
    ]


async def test_a_quoted_key_is_the_same_key(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")

    await api.post(CHANGE, json=NEW_CARD, headers={"Idempotency-Key": "k-1"})
    await api.post(CHANGE, json=NEW_CARD, headers={"Idempotency-Key": '"k-1"'})

    assert len(workflow_client.requests) == 1


async def test_a_key_reused_for_another_payload_is_refused(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")
    headers = {"Idempotency-Key": "k-1"}
    await api.post(CHANGE, json=NEW_CARD, headers=headers)

    answer = await api.post(CHANGE, json={"payment_method": "pm_other"}, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert len(workflow_client.requests) == 1


async def test_a_request_that_is_still_running_is_answered_409(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")
    headers = {"Idempotency-Key": "k-1"}
    inner: list[int] = []
    take = workflow_client.request

    async def send_again_meanwhile(*arguments: Any) -> Any:
        inner.append((await api.post(CHANGE, json=NEW_CARD, headers=headers)).status_code)
        return await take(*arguments)

    monkeypatch.setattr(workflow_client, "request", send_again_meanwhile)

    outer = await api.post(CHANGE, json=NEW_CARD, headers=headers)

    assert (inner, outer.status_code) == ([409], 202)
    assert len(workflow_client.requests) == 1


@pytest.mark.parametrize("key", [None, "", "two words", "x" * 129, "4242424242424242"])
@pytest.mark.parametrize("path", [CHANGE, CANCEL])
async def test_a_request_without_a_usable_key_is_refused(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, path: str, key: str | None
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")
    headers = {} if key is None else {"Idempotency-Key": key}

    answer = await api.post(path, json=NEW_CARD if path == CHANGE else {}, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/idempotency-key-missing"
    assert not workflow_client.requests


async def test_after_a_failure_the_same_key_may_try_again(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")
    workflow_client.is_down = True
    headers = {"Idempotency-Key": "k-1"}
    assert (await api.post(CHANGE, json=NEW_CARD, headers=headers)).status_code == 503
    workflow_client.is_down = False

    assert (await api.post(CHANGE, json=NEW_CARD, headers=headers)).status_code == 202


async def test_what_is_impossible_now_is_a_conflict(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")
    workflow_client.refusal = "the subscription is ending"

    answer = await api.post(CANCEL, json={}, headers={"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["detail"]) == (409, "the subscription is ending")


async def test_a_request_to_an_unknown_subscription_is_not_found(api: httpx.AsyncClient) -> None:
    answer = await api.post(CHANGE, json=NEW_CARD, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 404


async def test_a_request_to_an_ended_subscription_is_a_conflict(
    api: httpx.AsyncClient, record: Record
) -> None:
    await record(state=SubscriptionState.ENDED)

    answer = await api.post(CHANGE, json=NEW_CARD, headers={"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/subscription-closed")


async def test_two_requests_of_one_key_on_two_subscriptions_have_different_ids(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_subscriptions |= {"sub-order-1", "sub-order-2"}
    await api.post(CHANGE, json=NEW_CARD, headers={"Idempotency-Key": "k"})

    other = await api.post(
        CHANGE.replace("order-1", "order-2"), json=NEW_CARD, headers={"Idempotency-Key": "k"}
    )

    # A key names one request of one caller, whatever it is about.
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"at": "yesterday"}, "at"),
        ({"reason": "my card 4242 4242 4242 4242"}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"when": "now"}, "when"),
    ],
)
async def test_a_bad_cancellation_is_refused(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, body: dict[str, str], field: str
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")

    answer = await api.post(CANCEL, json=body, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "4242" not in answer.text
    assert not workflow_client.requests


async def test_a_cancellation_takes_effect_at_the_period_end_unless_told_otherwise(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")

    await api.post(CANCEL, json={}, headers={"Idempotency-Key": "k"})
    await api.post(CANCEL, json={"at": "now"}, headers={"Idempotency-Key": "k2"})

    assert [request.at for request in workflow_client.requests] == ["period_end", "now"]
