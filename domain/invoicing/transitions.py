"""The states of an invoice and the table of transitions between them."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.transitions import Transitions


class InvoiceState(StrEnum):
    """State of an invoice. A declined charge does not change it; it is an attempt with a result."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


class InvoiceEvent(StrEnum):
    """What can happen to the state of an invoice."""

    OPENED = "opened"
    """Numbered, and open at the payment provider."""
    PAID_IN_FULL = "paid_in_full"
    CLOSED_UNPAID = "closed_unpaid"
    """Stopped before it was opened, or void at the provider."""


TRANSITIONS: Final = Transitions(
    "invoice",
    InvoiceState.DRAFT,
    MappingProxyType(
        {
            (InvoiceState.DRAFT, InvoiceEvent.OPENED): InvoiceState.OPEN,
            (InvoiceState.DRAFT, InvoiceEvent.CLOSED_UNPAID): InvoiceState.VOID,
            (InvoiceState.OPEN, InvoiceEvent.PAID_IN_FULL): InvoiceState.PAID,
            (InvoiceState.OPEN, InvoiceEvent.CLOSED_UNPAID): InvoiceState.VOID,
        }
    ),
)

CLOSED_STATES: Final = TRANSITIONS.final
