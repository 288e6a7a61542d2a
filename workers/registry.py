"""The workflows and activities of each task queue, in one place so that none is forgotten."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from activities.crm import CrmActivities
from activities.emails import EmailActivities
from activities.erp import ErpActivities
from activities.events import EventActivities
from activities.grants import GrantActivities
from activities.numbers import NumberActivities
from activities.payments import PaymentActivities
from activities.sales import SaleActivities
from activities.starts import StartActivities
from workflows.contract import queues
from workflows.invoice.workflow import Invoice
from workflows.new_sale.workflow import NewSale
from workflows.subscription.workflow import Subscription

WORKFLOWS: Final[Sequence[type]] = (NewSale, Subscription, Invoice)

Activity = Callable[..., Any]


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
    """Return the activities of each task queue."""
    return {
        queues.MAIN: (
            activities.sales.prepare_sale,
            activities.sales.renew_terms,
            activities.payments.ensure_payment_customer,
            activities.payments.attach_payment_method,
            activities.payments.open_provider_invoice,
            activities.payments.read_provider_invoice,
            activities.payments.charge_provider_invoice,
            activities.payments.void_provider_invoice,
            activities.grants.put_grant,
            activities.grants.put_hold,
            activities.events.record_events,
            activities.numbers.take_number,
            activities.starts.start_subscription,
            activities.starts.start_invoice,
        ),
        queues.ERP: (
            activities.erp.put_erp_customer,
            activities.erp.post_erp_invoice,
            activities.erp.post_erp_payment,
            activities.erp.cancel_erp_invoice,
        ),
        queues.CRM: (
            activities.crm.win_opportunity,
            activities.crm.lose_opportunity,
            activities.crm.add_crm_task,
        ),
        queues.EMAIL: (activities.emails.send_email,),
    }
