"""The simulated Stripe, over its real wire format at API version `2026-10-28.endive`.

The resources: `customers`, `methods` (payment methods, with the test `cards`), `drafts`, `items`
and `invoices`, `invoice_payments`, `payments` (payment intents), `charges`,
`refunds`, `setups`, `transfers` (cash balance) and `history` (events). `surface` serves them,
`delivery` sends the webhooks, `control` has the control endpoints, `later` the actions of cardholders
and banks that a control endpoint starts, `looks` the pages.
"""

from sandbox.stripe.system import build

__all__ = ["build"]
