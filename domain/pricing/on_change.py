"""What a catalog asks for when a subscription changes in the middle of a period."""

from enum import StrEnum


class ProrationBehaviour(StrEnum):
    """What a catalog asks for when something changes in mid-period."""

    INVOICE_NOW = "invoice_now"
    """Credit and charge on an invoice of their own, at once."""
    NEXT_INVOICE = "next_invoice"
    """Credit and charge on the next renewal invoice."""
    NONE = "none"
    """Nothing until the next period begins at the new price."""
    RESET_ANCHOR = "reset_anchor"
    """Credit the unused time, charge a whole new period from now on, at once."""
