"""What operators read about a sale in the Web UI."""

from datetime import datetime

from domain.invoicing.billing import period_price
from workflows.contract.messages import NewSaleInput
from workflows.entity.web_ui import OperatorView, details, when
from workflows.new_sale.state import SaleProgress


def show_sale(
    operator_view: OperatorView,
    start: NewSaleInput,
    progress: SaleProgress,
    *,
    waits_for: str | None,
    next_due: datetime | None,
    attention: str | None,
    effects: str,
) -> None:
    """Show the state of the sale and what it waits for."""
    plan = None if progress.terms is None else progress.terms.plan
    operator_view.show(
        state=progress.state,
        next_due=next_due,
        attention=attention,
        details=details(
            f"Sale {start.order_id}: {progress.state}",
            [
                ("Needs an operator", attention),
                ("Account", start.account_id),
                ("Subscription", start.subscription_id),
                ("Sold", None if plan is None else f"{plan.quantity} x {plan.name}"),
                ("Price", None if plan is None else f"{period_price(plan)} every {plan.interval}"),
                ("Accepted", when(progress.accepted_at)),
                ("Waits for", waits_for),
                ("Undone because", progress.failure),
                ("Effects still to follow", effects),
            ],
        ),
    )
