"""What operators read about a sale in the Web UI."""

from domain.invoicing.billing import period_price
from workflows.entity.web_ui import Page, when
from workflows.new_sale.state import SaleProgress


def page_of_sale(sale: SaleProgress) -> Page:
    """Return the page of the sale."""
    start, plan = sale.start, None if sale.terms is None else sale.terms.plan
    return Page(
        title=f"Sale {start.order_id}: {sale.state}",
        state=sale.state,
        rows=[
            ("Account", start.account_id),
            ("Subscription", start.subscription_id),
            ("Sold", None if plan is None else f"{plan.quantity} x {plan.name}"),
            ("Price", None if plan is None else f"{period_price(plan)} every {plan.interval}"),
            ("Accepted", when(sale.accepted_at)),
            ("Undone because", sale.failure),
        ],
        columns={},
    )
