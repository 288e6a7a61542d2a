"""Requests to a running subscription."""

from typing import Final

from pydantic import TypeAdapter

from domain.failures import UnknownEntityError
from domain.subscription.states import FINAL_STATES
from perennial.requests import RequestForm
from starters.use_cases.errors import SubscriptionClosedError
from starters.use_cases.ports import ReadModel, WorkflowClient
from workflows.contract.requests import RequestAccepted, SubscriptionRequest

_MESSAGES: Final[TypeAdapter[SubscriptionRequest]] = TypeAdapter(SubscriptionRequest)


def message_of(form: RequestForm, *, request_id: str) -> SubscriptionRequest:
    """Return the message of a form: the one of the same kind, with the fields of the form."""
    return _MESSAGES.validate_python(
        form.model_dump(mode="json") | {"request": form.kind, "request_id": request_id}
    )


class SubscriptionRequests:
    """Sends requests to subscriptions, and distinguishes a subscription that ended from one that never existed."""

    def __init__(self, *, read_model: ReadModel, workflow_client: WorkflowClient) -> None:
        self._read_model = read_model
        self._workflow_client = workflow_client

    async def submit(self, subscription_id: str, request: SubscriptionRequest) -> RequestAccepted:
        """Return once the subscription has taken the request.

        Raises:
            RequestRefusedError: It cannot be done in the present state.
            SubscriptionClosedError: The subscription has ended.
            UnknownEntityError: There is no such subscription.
            UnavailableError: Temporal is down or no worker answered; send the same request again.
        """
        try:
            return await self._workflow_client.request(subscription_id, request)
        except UnknownEntityError:
            raise await self._absence_of(subscription_id) from None

    async def _absence_of(self, subscription_id: str) -> Exception:
        row = await self._read_model.find_subscription(subscription_id)
        if row is None:
            return UnknownEntityError("there is no such subscription")
        state = row.state.value if row.state in FINAL_STATES else "closed"
        return SubscriptionClosedError(f"subscription {subscription_id} is {state}")
