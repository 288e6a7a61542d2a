"""Stripe, played over its real wire format at API version `2026-10-28.endive`.

The resources: `customers`, `methods` (payment methods, with the test `cards`), `drafts`, `items`
and `invoices`, `settlement` (invoice payments), `payments` (payment intents), `charges`,
`refunds`, `setups`, `transfers` (cash balance) and `history` (events). `surface` serves them,
`delivery` sends the webhooks, `control` holds the switches, `later` what cardholders and banks do
when a switch says so, `looks` the pages.
"""

from sandbox.stripe.system import build

__all__ = ["build"]
