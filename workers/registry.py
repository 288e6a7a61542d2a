"""Which workflows and activities run on which queue; hand in one place, so that nothing is forgotten."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from activities.crm import CrmActivities
from activities.emails import LetterActivities
from activities.erp import ErpActivities
from activities.events import RecordActivities
from activities.grants import GrantActivities
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
class Hands:
    """One instance of every activity class, with its ports."""

    sales: SaleActivities
    payments: PaymentActivities
    grants: GrantActivities
    records: RecordActivities
    starts: StartActivities
    erp: ErpActivities
    crm: CrmActivities
    letters: LetterActivities


def activities_of(hands: Hands) -> Mapping[str, Sequence[Activity]]:
    """Return the activities of each task queue."""
    return {
        queues.MAIN: (
            hands.sales.prepare_sale,
            hands.sales.renew_terms,
            hands.payments.ensure_payment_customer,
            hands.payments.attach_payment_method,
            hands.payments.open_payable,
            hands.payments.read_payable,
            hands.payments.charge_payable,
            hands.payments.void_payable,
            hands.grants.put_grant,
            hands.grants.put_hold,
            hands.records.record_events,
            hands.records.take_number,
            hands.starts.start_subscription,
            hands.starts.start_invoice,
        ),
        queues.ERP: (
            hands.erp.put_erp_customer,
            hands.erp.post_erp_invoice,
            hands.erp.post_erp_payment,
            hands.erp.cancel_erp_invoice,
        ),
        queues.CRM: (
            hands.crm.win_opportunity,
            hands.crm.lose_opportunity,
            hands.crm.add_crm_task,
        ),
        queues.MESSAGES: (hands.letters.send_letter,),
    }
