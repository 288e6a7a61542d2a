"""Every failure class has exactly one retry verdict, in `activities.failures.IS_RETRYABLE`."""

from collections.abc import Iterator, Mapping
from typing import Final

from activities.failures import IS_RETRYABLE
from domain.failures import PerennialError
from tests.architecture.tree import modules

# Where a failure that an activity raises can come from. The refusals of the front doors answer a caller;
# Temporal never sees them.
ROOMS: Final = ("domain", "activities", "workflows", "connectors", "storage", "config", "workers")


def family(root: type[PerennialError]) -> Iterator[type[PerennialError]]:
    """Yield every class below the root that a module of these rooms defines."""
    for child in root.__subclasses__():
        yield from family(child)
        if child.__module__.split(".")[0] in ROOMS:
            yield child


def without_verdict(verdicts: Mapping[type[PerennialError], bool]) -> list[str]:
    """Return the failures that the table does not name itself: a parent's verdict is not theirs."""
    return sorted(
        f"{found.__module__}.{found.__qualname__}: decide in activities.failures.IS_RETRYABLE "
        "whether Temporal repeats the activity after it"
        for found in family(PerennialError)
        if found not in verdicts
    )


def test_every_failure_class_of_the_product_has_its_own_verdict():
    assert [*modules(*ROOMS)]
    assert without_verdict(IS_RETRYABLE) == []


def test_the_root_has_no_verdict_so_that_nothing_raises_it():
    assert PerennialError not in IS_RETRYABLE


def test_a_failure_without_a_verdict_is_found():
    child = next(iter(IS_RETRYABLE))
    remaining = {found: verdict for found, verdict in IS_RETRYABLE.items() if found is not child}
    assert any(
        line.startswith(f"{child.__module__}.{child.__name__}:")
        for line in without_verdict(remaining)
    )
