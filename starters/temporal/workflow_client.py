"""The few calls to Temporal that the API makes, and what its errors mean."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.failures import RejectedError, UnavailableError, UnknownEntityError
from domain.sales.states import SaleState
from starters.use_cases.errors import RequestRefusedError
from starters.use_cases.ports import NoAnswerError, SaleClosedError
from workflows.contract import messages, queues
from workflows.contract import search_attributes as attributes
from workflows.contract.messages import NewSaleInput, ProviderEventReceived, SaleAccepted
from workflows.contract.requests import RequestAccepted, SubscriptionRequest

_DRAINING_PAUSE_SECONDS: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class TemporalWorkflowClient:
    """Fits `starters.use_cases.ports.WorkflowClient` with a Temporal client.

    Attributes:
        client: Connected or lazy.
        patience: Longest wait for a worker's answer, and for any call.
    """

    client: Client
    patience: timedelta = timedelta(seconds=5)

    async def accept_sale(self, start: NewSaleInput) -> SaleAccepted:
        """Start the sale unless it is there, and return its answer.

        Raises:
            NoAnswerError: No worker answered in time; the sale may or may not have been started.
            SaleClosedError: The sale has already ended.
            UnavailableError: Temporal is down, or the sale could not answer.
        """
        operation: WithStartWorkflowOperation[object, object] = WithStartWorkflowOperation(
            messages.NEW_SALE,
            start,
            id=ids.sale_workflow_id(start.order_id),
            task_queue=queues.MAIN,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary=_summary(start),
            search_attributes=_columns(start),
        )
        try:
            async with asyncio.timeout(self.patience.total_seconds()), _translated():
                accepted: SaleAccepted = await self.client.execute_update_with_start_workflow(  # pyright: ignore[reportUnknownMemberType] - the SDK's overload has an unannotated parameter
                    messages.ACCEPT_SALE,
                    start_workflow_operation=operation,
                    id=start.order_id,
                    result_type=SaleAccepted,
                    rpc_timeout=self.patience,
                )
                return accepted
        except (WorkflowAlreadyStartedError, UnknownEntityError):
            raise SaleClosedError(start.order_id) from None
        except TimeoutError:
            raise NoAnswerError(start.order_id) from None
        except WorkflowUpdateFailedError as refusal:
            raise UnavailableError(
                f"sale {start.order_id} did not answer: {refusal.cause}"
            ) from None

    async def start_sale(self, start: NewSaleInput) -> None:
        """Make sure that the sale has been started, without waiting for a worker.

        Raises:
            SaleClosedError: The sale has already ended.
        """
        try:
            async with self._limited():
                await self.client.start_workflow(
                    messages.NEW_SALE,
                    start,
                    id=ids.sale_workflow_id(start.order_id),
                    task_queue=queues.MAIN,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    static_summary=_summary(start),
                    search_attributes=_columns(start),
                    rpc_timeout=self.patience,
                )
        except WorkflowAlreadyStartedError:
            raise SaleClosedError(start.order_id) from None

    async def request(self, subscription_id: str, request: SubscriptionRequest) -> RequestAccepted:
        """Send the request to the subscription.

        Raises:
            RequestRefusedError: It cannot be done in the present state.
            UnknownEntityError: No such subscription is running.
            UnavailableError: Temporal is down or no worker answered in time.
        """
        async with self._limited():
            while True:
                try:
                    return await self._request_once(subscription_id, request)
                except WorkflowUpdateFailedError as refusal:
                    _raise_unless_draining(refusal)
                # The run is ending; the same update id reaches the next one.
                await asyncio.sleep(_DRAINING_PAUSE_SECONDS)

    async def signal_invoice(self, invoice_id: str, event: ProviderEventReceived) -> bool:
        """Signal the invoice that something changed; return False if no such invoice is running.

        Raises:
            UnavailableError: Temporal is down.
        """
        # Without a run id the signal reaches the current run, also across continue-as-new.
        invoice = self.client.get_workflow_handle(ids.invoice_workflow_id(invoice_id))
        try:
            async with self._limited():
                await invoice.signal(messages.PROVIDER_EVENT, event, rpc_timeout=self.patience)
        except UnknownEntityError:
            return False
        return True

    async def check(self) -> None:
        """Check that Temporal answers.

        Raises:
            UnavailableError: It does not.
        """
        async with self._limited():
            if not await self.client.service_client.check_health(timeout=self.patience):
                raise UnavailableError("Temporal says that it is not serving")

    async def _request_once(
        self, subscription_id: str, request: SubscriptionRequest
    ) -> RequestAccepted:
        subscription = self.client.get_workflow_handle(
            ids.subscription_workflow_id(subscription_id)
        )
        accepted: RequestAccepted = await subscription.execute_update(  # pyright: ignore[reportUnknownMemberType] - as above
            messages.REQUEST,
            request,
            id=request.request_id,
            result_type=RequestAccepted,
            rpc_timeout=self.patience,
        )
        return accepted

    @asynccontextmanager
    async def _limited(self) -> AsyncGenerator[None]:
        try:
            # The client repeats failed calls by itself, so one call's limit does not bound them all.
            async with asyncio.timeout(self.patience.total_seconds()), _translated():
                yield
        except TimeoutError:
            raise UnavailableError("no answer through Temporal in time") from None


@asynccontextmanager
async def _translated() -> AsyncGenerator[None]:
    try:
        yield
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise TimeoutError from None
    except RPCError as error:
        raise _meaning(error) from None
    except RuntimeError as error:
        # A lazy client reports a failed first connection this way.
        raise UnavailableError(f"Temporal cannot be reached: {error}") from None


def _meaning(error: RPCError) -> Exception:
    match error.status:
        case RPCStatusCode.NOT_FOUND:
            # A namespace that is missing is a wrong setting, not a closed workflow.
            is_setting = error.message.lower().startswith("namespace")
            return (UnavailableError if is_setting else UnknownEntityError)(error.message)
        case RPCStatusCode.ALREADY_EXISTS:
            return SaleClosedError(error.message)
        case RPCStatusCode.INVALID_ARGUMENT:
            return RejectedError(error.message)
        case RPCStatusCode.DEADLINE_EXCEEDED | RPCStatusCode.CANCELLED:
            return TimeoutError()
        case _:
            return UnavailableError(f"Temporal: {error.status.name}: {error.message}")


def _raise_unless_draining(refusal: WorkflowUpdateFailedError) -> None:
    cause = refusal.cause
    kind = cause.type if isinstance(cause, ApplicationError) else None
    if kind == messages.DRAINING_ERROR:
        return
    if kind == messages.REFUSED_ERROR:
        raise RequestRefusedError(cause.message if isinstance(cause, ApplicationError) else "")
    raise UnavailableError(f"the subscription could not take the request: {cause}")


def _columns(start: NewSaleInput) -> TypedSearchAttributes:
    """Return what operators find the sale by from the first moment, also before a worker runs."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(attributes.STATE, SaleState.OPEN.value),
            SearchAttributePair(attributes.PLAN, start.plan),
            SearchAttributePair(attributes.ACCOUNT, start.account_id),
        ]
    )


def _summary(start: NewSaleInput) -> str:
    return f"Sale of {start.plan} to {start.account_id}"
