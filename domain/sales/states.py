"""The states of a sale and the table of transitions between them."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.transitions import Transitions


class SaleState(StrEnum):
    """State of a sale."""

    OPEN = "open"
    WON = "won"
    FAILED = "failed"


class SaleEvent(StrEnum):
    """What can happen to the state of a sale."""

    FIRST_INVOICE_PAID = "first_invoice_paid"
    FIRST_INVOICE_UNPAID = "first_invoice_unpaid"


TRANSITIONS: Final = Transitions(
    "sale",
    SaleState.OPEN,
    MappingProxyType(
        {
            (SaleState.OPEN, SaleEvent.FIRST_INVOICE_PAID): SaleState.WON,
            (SaleState.OPEN, SaleEvent.FIRST_INVOICE_UNPAID): SaleState.FAILED,
        }
    ),
)
