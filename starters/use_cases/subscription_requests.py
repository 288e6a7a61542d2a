"""Requests to a running subscription: a new payment method, a cancellation."""

from domain.failures import UnknownEntityError
from domain.subscription.states import FINAL_STATES
from starters.use_cases.errors import SubscriptionClosedError
from starters.use_cases.ports import ReadModel, WorkflowClient
from workflows.contract.messages import CancelSubscription, ChangePaymentMethod, RequestAccepted


class SubscriptionRequests:
    """Sends requests to subscriptions, and distinguishes a subscription that ended from one that never existed."""

    def __init__(self, *, read_model: ReadModel, workflow_client: WorkflowClient) -> None:
        self._read_model = read_model
        self._workflow_client = workflow_client

    async def change_payment_method(
        self, subscription_id: str, request: ChangePaymentMethod
    ) -> RequestAccepted:
        """Return once the subscription has taken the request; see `cancel` for the errors."""
        try:
            return await self._workflow_client.change_payment_method(subscription_id, request)
        except UnknownEntityError:
            raise await self._absence_of(subscription_id) from None

    async def cancel(self, subscription_id: str, request: CancelSubscription) -> RequestAccepted:
        """Return once the subscription has taken the request.

        Raises:
            RequestRefusedError: It cannot be done in the present state.
            SubscriptionClosedError: The subscription has ended.
            UnknownEntityError: There is no such subscription.
            UnavailableError: Temporal is down or no worker answered; send the same request again.
        """
        try:
            return await self._workflow_client.cancel(subscription_id, request)
        except UnknownEntityError:
            raise await self._absence_of(subscription_id) from None

    async def _absence_of(self, subscription_id: str) -> Exception:
        row = await self._read_model.find_subscription(subscription_id)
        if row is None:
            return UnknownEntityError("there is no such subscription")
        state = row.state.value if row.state in FINAL_STATES else "closed"
        return SubscriptionClosedError(f"subscription {subscription_id} is {state}")
