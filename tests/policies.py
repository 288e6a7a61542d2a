"""A policy file that ends everything within seconds, for stacks on real time."""

from pathlib import Path
from typing import Final

_TEXT: Final = """
legal_entity = "PERENNIAL_US"
number_series = "INV"

[seller]
name = "Example Software, Inc."
country = "US"

[first]
version = "short-1"
retry_after = []
collect_for = "{first_for}"
reread_every = "2s"

[renewal]
version = "short-1"
retry_after = {retry_after}
collect_for = "{renewal_for}"
reread_every = "2s"
"""


def write_policies(
    path: Path, *, first_for: str, renewal_for: str, retry_after: str = "[]"
) -> None:
    """Write the file.

    Args:
        path: The file.
        first_for: How long the first invoice is collected, such as "6s".
        renewal_for: How long every later one is.
        retry_after: Waits before a later one is charged again, such as '["3s"]'.
    """
    text = _TEXT.format(first_for=first_for, renewal_for=renewal_for, retry_after=retry_after)
    path.write_text(text, "utf-8")
