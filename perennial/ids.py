"""The shape of ids. It is checked here and nowhere else."""

import re
from typing import Final

BUSINESS_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""An id that a caller chooses (order, account, opportunity): it becomes part of workflow ids, URLs and vendor references."""

ENTITY_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""An id that is derived from a business id, such as that of a subscription or an invoice."""


def is_business_id(value: str) -> bool:
    """Return whether `value` may serve as an order, account or opportunity id."""
    return BUSINESS_ID.fullmatch(value) is not None


def is_entity_id(value: str) -> bool:
    """Return whether `value` may be the id of something that Perennial knows."""
    return ENTITY_ID.fullmatch(value) is not None
