"""The search attributes by which operators search and list workflows; they hold no personal data.

The server rejects workflows with an attribute that is not registered. Every environment therefore
registers the attributes of this table. A new column is one line here, and one in the pages that show it.
"""

from types import MappingProxyType
from typing import Any, Final

from temporalio.common import SearchAttributeKey

STATE: Final = SearchAttributeKey.for_keyword("PerennialState")
PLAN: Final = SearchAttributeKey.for_keyword("PerennialPlan")
ACCOUNT: Final = SearchAttributeKey.for_keyword("PerennialAccount")
AMOUNT_DUE: Final = SearchAttributeKey.for_int("PerennialAmountDue")
"""In minor units of `PerennialCurrency`, so that it can be compared."""
AMOUNT_DUE_TEXT: Final = SearchAttributeKey.for_keyword("PerennialAmountDueText")
"""The same as people read it: `57.00 USD`."""
CURRENCY: Final = SearchAttributeKey.for_keyword("PerennialCurrency")
DUNNING_STEP: Final = SearchAttributeKey.for_int("PerennialDunningStep")
"""Number of declined attempts so far."""
NEXT_DUE: Final = SearchAttributeKey.for_datetime("PerennialNextDue")
ATTENTION: Final = SearchAttributeKey.for_bool("PerennialAttention")
"""True while the workflow waits for an operator."""

ALL: Final[tuple[SearchAttributeKey[Any], ...]] = (
    STATE,
    PLAN,
    ACCOUNT,
    AMOUNT_DUE,
    AMOUNT_DUE_TEXT,
    CURRENCY,
    DUNNING_STEP,
    NEXT_DUE,
    ATTENTION,
)

SEARCH_ATTRIBUTES: Final = MappingProxyType(
    {key.name: key.indexed_value_type.name.title() for key in ALL}
)
"""Name -> type, as the Temporal CLI names it: `Keyword`, `Int`, `Datetime`, `Bool`."""
