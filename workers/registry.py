"""The workflows and activities of each task queue."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from temporalio.worker import Interceptor

from activities.crm import CrmActivities
from activities.emails import EmailActivities
from activities.erp import ErpActivities
from activities.events import EventActivities
from activities.failures import FailureInterceptor
from activities.grants import GrantActivities
from activities.heartbeat import HeartbeatInterceptor
from activities.numbers import NumberActivities
from activities.payments import PaymentActivities
from activities.sales import SaleActivities
from activities.starts import StartActivities
from workflows.contract import queues
from workflows.invoice.workflow import Invoice
from workflows.new_sale.workflow import NewSale
from workflows.subscription.workflow import Subscription

WORKFLOWS: Final[Sequence[type]] = (NewSale, Subscription, Invoice)

INTERCEPTORS: Final[Sequence[Interceptor]] = (HeartbeatInterceptor(), FailureInterceptor())
"""Around every activity; the first is the outermost."""

Activity = Callable[..., Any]

_MARK: Final = "__temporal_activity_definition"


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerActivities:
    """One instance of every activity class, with its ports."""

    sales: SaleActivities
    payments: PaymentActivities
    grants: GrantActivities
    events: EventActivities
    numbers: NumberActivities
    starts: StartActivities
    erp: ErpActivities
    crm: CrmActivities
    emails: EmailActivities


def activities_of(activities: WorkerActivities) -> Mapping[str, Sequence[Activity]]:
    """Return the activities of each task queue: every one of a class, so that none is forgotten."""
    return {
        queues.MAIN: _defined_in(
            activities.sales,
            activities.payments,
            activities.grants,
            activities.events,
            activities.numbers,
            activities.starts,
        ),
        queues.ERP: _defined_in(activities.erp),
        queues.CRM: _defined_in(activities.crm),
        queues.EMAIL: _defined_in(activities.emails),
    }


def _defined_in(*instances: object) -> tuple[Activity, ...]:
    """Return the methods that `activity.defn` has marked."""
    return tuple(
        method
        for instance in instances
        for _, method in inspect.getmembers(instance, inspect.ismethod)
        if hasattr(method, _MARK)
    )
