"""Every failure class has exactly one retry verdict: its own, or the one that all its parents share."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pytest

from activities.failures import IS_RETRYABLE
from domain.failures import PerennialError, RejectedError, UnavailableError
from tests.architecture.tree import modules

Verdicts = Mapping[type[PerennialError], bool]

# Where a failure that an activity raises can come from. The errors of the use cases answer a caller;
# Temporal never sees them.
ROOMS: Final = ("domain", "activities", "workflows", "connectors", "storage", "config", "workers")


def family(root: type[PerennialError]) -> Iterator[type[PerennialError]]:
    for child in root.__subclasses__():
        yield child
        yield from family(child)


def undecided(found: Iterable[type[PerennialError]], verdicts: Verdicts) -> list[str]:
    """Return the failures without one verdict; what the root says of the unjudged is nobody's verdict."""
    judged = {kind: verdict for kind, verdict in verdicts.items() if kind is not PerennialError}
    return sorted(
        f"{kind.__module__}.{kind.__qualname__}: decide in activities.failures.IS_RETRYABLE "
        "whether Temporal repeats the activity after it"
        for kind in found
        if len(_verdicts_of(kind, judged)) != 1
    )


def _verdicts_of(kind: type[PerennialError], judged: Verdicts) -> set[bool]:
    if kind in judged:
        return {judged[kind]}
    parents = [base for base in kind.__bases__ if issubclass(base, PerennialError)]
    return {verdict for parent in parents for verdict in _verdicts_of(parent, judged)}


@pytest.fixture(scope="module")
def failures() -> list[type[PerennialError]]:
    assert [*modules(*ROOMS)]
    return [found for found in family(PerennialError) if found.__module__.split(".")[0] in ROOMS]


def test_every_failure_class_has_exactly_one_verdict(failures: list[type[PerennialError]]):
    assert undecided(failures, IS_RETRYABLE) == []


def test_the_base_classes_of_the_tree_have_verdicts_of_their_own(
    failures: list[type[PerennialError]],
):
    bases = {found for found in failures if found.__module__ == "domain.failures"}
    assert bases <= set(IS_RETRYABLE)


def test_a_failure_that_nobody_judged_is_found():
    class PlantedError(PerennialError): ...

    class PlantedLeafError(PlantedError): ...

    found = undecided([PlantedError, PlantedLeafError], IS_RETRYABLE)
    assert [line.split(":")[0].split(".")[-1] for line in found] == [
        "PlantedError",
        "PlantedLeafError",
    ]


def test_a_failure_whose_parents_disagree_is_found():
    class PlantedError(RejectedError, UnavailableError): ...

    assert len(undecided([PlantedError], IS_RETRYABLE)) == 1
    assert undecided([PlantedError], {**IS_RETRYABLE, PlantedError: False}) == []


def test_a_failure_takes_the_verdict_of_its_parent():
    class PlantedError(RejectedError): ...

    assert undecided([PlantedError], IS_RETRYABLE) == []
