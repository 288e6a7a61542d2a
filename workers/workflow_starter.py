"""Starts workflows from activities, with the search attributes by which operators find them."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import InvoiceInput, SubscriptionInput
from domain.failures import RejectedError, UnavailableError
from domain.ids import invoice_workflow_id, subscription_workflow_id
from domain.invoicing.billing import period_price
from domain.invoicing.transitions import InvoiceState
from domain.subscription.states import SubscriptionState
from workflows.contract import messages, queues
from workflows.contract import search_attributes as attributes

_RPC_TIMEOUT = timedelta(seconds=5)


class TemporalStarter:
    """Starts subscriptions and invoices; implements `activities.ports.WorkflowStarter`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start_subscription(self, start: SubscriptionInput) -> None:
        """Make sure that the subscription's workflow has been started.

        Raises:
            UnavailableError: If Temporal cannot start it now. Retried.
            RejectedError: If Temporal refuses it (a search attribute is not registered). Not retried.
        """
        price = period_price(start.plan)
        await self._start(
            messages.SUBSCRIPTION,
            subscription_workflow_id(start.subscription_id),
            start,
            summary=f"{start.plan.quantity} x {start.plan.plan}, {price} every {start.plan.interval}",
            columns=[
                SearchAttributePair(attributes.STATE, SubscriptionState.PENDING.value),
                SearchAttributePair(attributes.PLAN, start.plan.plan),
                SearchAttributePair(attributes.ACCOUNT, start.account_id),
                SearchAttributePair(attributes.CURRENCY, start.plan.currency),
            ],
        )

    async def start_invoice(self, start: InvoiceInput) -> None:
        """Make sure that the invoice's workflow has been started.

        Raises:
            UnavailableError: If Temporal cannot start it now. Retried.
            RejectedError: If Temporal refuses it (a search attribute is not registered). Not retried.
        """
        draft = start.draft
        await self._start(
            messages.INVOICE,
            invoice_workflow_id(draft.invoice_id),
            start,
            summary=f"{draft.total} for {start.plan}, {draft.purpose}, by {start.payment.kind}",
            columns=[
                SearchAttributePair(attributes.STATE, InvoiceState.DRAFT.value),
                SearchAttributePair(attributes.PLAN, start.plan),
                SearchAttributePair(attributes.ACCOUNT, draft.account_id),
                SearchAttributePair(attributes.CURRENCY, draft.currency),
                SearchAttributePair(attributes.AMOUNT_DUE, draft.total.minor_units),
                SearchAttributePair(attributes.AMOUNT_DUE_TEXT, str(draft.total)),
            ],
        )

    async def _start(
        self,
        workflow: str,
        workflow_id: str,
        start: SubscriptionInput | InvoiceInput,
        *,
        summary: str,
        columns: Sequence[SearchAttributePair[str] | SearchAttributePair[int]],
    ) -> None:
        try:
            await self._client.start_workflow(
                workflow,
                start,
                id=workflow_id,
                task_queue=queues.MAIN,
                # A running workflow stays as it is; a workflow that has ended is not started again.
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=TypedSearchAttributes(columns),
                static_summary=summary,
                rpc_timeout=_RPC_TIMEOUT,
            )
        except WorkflowAlreadyStartedError:
            return
        except RPCError as error:
            if error.status is RPCStatusCode.ALREADY_EXISTS:
                return
            if error.status is RPCStatusCode.INVALID_ARGUMENT:
                raise RejectedError(f"cannot start {workflow_id}: {error.message}") from error
            raise UnavailableError(f"cannot start {workflow_id}: {error.message}") from error
