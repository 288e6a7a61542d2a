"""The workflow client on a real Temporal server, with three tiny workflows in the place of ours."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from config.temporal import DATA_CONVERTER
from domain import ids
from domain.failures import UnavailableError, UnknownEntityError
from starters.temporal.workflow_client import TemporalWorkflowClient
from starters.use_cases.errors import RequestRefusedError
from starters.use_cases.ports import NoAnswerError, SaleClosedError
from tests.workflows.stage import real
from workflows.contract import messages, queues
from workflows.contract.messages import NewSaleInput, ProviderEventReceived, SaleAccepted
from workflows.contract.requests import ChangePaymentMethod, RequestAccepted

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="module")]

EVENT = ProviderEventReceived(event_id="evt_1", event_type="invoice.paid")


@workflow.defn(name=messages.NEW_SALE)
class TinySale:
    @workflow.init
    def __init__(self, start: NewSaleInput) -> None:
        self.start = start
        self.is_over = False

    @workflow.run
    async def run(self, start: NewSaleInput) -> None:
        await workflow.wait_condition(lambda: self.is_over)

    @workflow.update(name=messages.ACCEPT_SALE)
    def accept(self) -> SaleAccepted:
        return SaleAccepted(
            subscription_id=self.start.subscription_id, order_digest=self.start.order_digest
        )

    @workflow.signal
    def end(self) -> None:
        self.is_over = True


@workflow.defn(name=messages.SUBSCRIPTION)
class TinySubscription:
    """Drains twice before it takes a request, and refuses the token `pm_refused`."""

    def __init__(self) -> None:
        self.drains = 2

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.signal
    def drained(self) -> None:
        self.drains = 0

    @workflow.update(name=messages.REQUEST)
    def change(self, request: ChangePaymentMethod) -> RequestAccepted:
        return RequestAccepted(request_id=request.request_id, subscription_id="s")

    @change.validator
    def _check(self, request: ChangePaymentMethod) -> None:
        if self.drains:
            raise ApplicationError("ending", type=messages.DRAINING_ERROR)
        if request.payment_method == "pm_refused":
            raise ApplicationError("not now", type=messages.REFUSED_ERROR)


@workflow.defn(name=messages.INVOICE)
class TinyInvoice:
    def __init__(self) -> None:
        self.event_ids: list[str] = []

    @workflow.run
    async def run(self) -> list[str]:
        await workflow.wait_condition(lambda: bool(self.event_ids))
        return self.event_ids

    @workflow.signal(name=messages.PROVIDER_EVENT)
    def provider_event(self, event: ProviderEventReceived) -> None:
        self.event_ids.append(event.event_id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncGenerator[Client]:
    async with real() as environment:
        yield environment.client


@pytest_asyncio.fixture(loop_scope="module")
async def workflow_client(client: Client) -> AsyncGenerator[TemporalWorkflowClient]:
    async with Worker(
        client,
        task_queue=queues.MAIN,
        workflows=[TinySale, TinySubscription, TinyInvoice],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield TemporalWorkflowClient(client=client)


def sale(order_id: str, digest: str = "d") -> NewSaleInput:
    return NewSaleInput(
        order_id=order_id,
        order_digest=digest,
        subscription_id=ids.subscription_id(order_id),
        account_id="acme",
        plan="team",
    )


async def test_a_sale_is_started_once_and_answers_every_time(
    workflow_client: TemporalWorkflowClient,
) -> None:
    first = await workflow_client.accept_sale(sale("o-1"))
    again = await workflow_client.accept_sale(sale("o-1", digest="other"))

    assert again == first == SaleAccepted(subscription_id="sub-o-1", order_digest="d")


async def test_a_sale_that_has_ended_is_not_started_again(
    workflow_client: TemporalWorkflowClient,
) -> None:
    await workflow_client.start_sale(sale("o-2"))
    handle = workflow_client.client.get_workflow_handle(ids.sale_workflow_id("o-2"))
    await handle.signal("end")
    await handle.result()

    with pytest.raises(SaleClosedError):
        await workflow_client.accept_sale(sale("o-2"))
    with pytest.raises(SaleClosedError):
        await workflow_client.start_sale(sale("o-2"))


async def test_a_sale_that_has_ended_repeats_the_answer_it_gave(
    workflow_client: TemporalWorkflowClient,
) -> None:
    first = await workflow_client.accept_sale(sale("o-5"))
    handle = workflow_client.client.get_workflow_handle(ids.sale_workflow_id("o-5"))
    await handle.signal("end")
    await handle.result()

    assert await workflow_client.accept_sale(sale("o-5", digest="other")) == first


async def test_without_a_worker_the_sale_is_there_when_one_comes(client: Client) -> None:
    workflow_client = TemporalWorkflowClient(client=client, patience=timedelta(seconds=0.5))

    with pytest.raises(NoAnswerError):
        await workflow_client.accept_sale(sale("o-3"))
    await workflow_client.start_sale(sale("o-3"))
    await workflow_client.start_sale(sale("o-3"))

    async with Worker(
        client,
        task_queue=queues.MAIN,
        workflows=[TinySale],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        accepted = await TemporalWorkflowClient(client=client).accept_sale(sale("o-3"))
    assert accepted.subscription_id == "sub-o-3"


async def start_subscription(workflow_client: TemporalWorkflowClient, name: str) -> str:
    await workflow_client.client.start_workflow(
        messages.SUBSCRIPTION, id=ids.subscription_workflow_id(name), task_queue=queues.MAIN
    )
    return name


async def test_a_request_waits_out_the_end_of_a_run(
    workflow_client: TemporalWorkflowClient,
) -> None:
    subscription = await start_subscription(workflow_client, "s-1")
    handle = workflow_client.client.get_workflow_handle(ids.subscription_workflow_id(subscription))
    request = ChangePaymentMethod(request_id="r-1", payment_method="pm_new")
    impatient = TemporalWorkflowClient(
        client=workflow_client.client, patience=timedelta(seconds=0.5)
    )

    with pytest.raises(UnavailableError, match="in time"):
        await impatient.request(subscription, request)
    await handle.signal("drained")

    # A workflow task that carried a call which was given up is handed out again only after ten seconds.
    patient = TemporalWorkflowClient(client=workflow_client.client, patience=timedelta(seconds=30))
    accepted = await patient.request(subscription, request)
    assert accepted.request_id == "r-1"


async def test_a_refused_request_says_why(workflow_client: TemporalWorkflowClient) -> None:
    subscription = await start_subscription(workflow_client, "s-2")
    await workflow_client.client.get_workflow_handle(ids.subscription_workflow_id("s-2")).signal(
        "drained"
    )

    with pytest.raises(RequestRefusedError, match="not now"):
        await workflow_client.request(
            subscription, ChangePaymentMethod(request_id="r", payment_method="pm_refused")
        )


async def test_an_unknown_subscription_is_told_apart(
    workflow_client: TemporalWorkflowClient,
) -> None:
    with pytest.raises(UnknownEntityError):
        await workflow_client.request(
            "s-9", ChangePaymentMethod(request_id="r", payment_method="pm_new")
        )


async def test_an_invoice_hears_of_an_event_while_it_runs(
    workflow_client: TemporalWorkflowClient,
) -> None:
    handle = await workflow_client.client.start_workflow(
        messages.INVOICE, id=ids.invoice_workflow_id("i-1"), task_queue=queues.MAIN
    )

    assert await workflow_client.signal_invoice("i-1", EVENT) is True
    assert await handle.result() == ["evt_1"]
    assert await workflow_client.signal_invoice("i-1", EVENT) is False
    assert await workflow_client.signal_invoice("i-9", EVENT) is False


async def test_the_server_is_found_alive(workflow_client: TemporalWorkflowClient) -> None:
    await workflow_client.check()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    lazy = await Client.connect("127.0.0.1:9", lazy=True, data_converter=DATA_CONVERTER)
    workflow_client = TemporalWorkflowClient(client=lazy, patience=timedelta(seconds=2))

    with pytest.raises(UnavailableError):
        await workflow_client.check()
    with pytest.raises(UnavailableError):
        await workflow_client.signal_invoice("i-1", EVENT)
    with pytest.raises((UnavailableError, NoAnswerError)):
        await workflow_client.accept_sale(sale("o-4"))
    with pytest.raises(UnavailableError):
        await workflow_client.start_sale(sale("o-4"))
