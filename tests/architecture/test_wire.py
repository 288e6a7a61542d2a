from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest

from domain.effects.outbox import Effect, RecordEvent
from domain.money.money import Money
from tests.architecture.wire import (
    ADVICE,
    RECORD,
    breaks,
    loose,
    reached,
    read_baseline,
    schemas,
    wire_types,
)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Planted:
    amount: int
    colour: Colour = Colour.RED


def of(kind: type) -> dict[str, Any]:
    return {"Planted": schemas([kind])[kind.__name__]}


def test_every_wire_message_is_frozen_and_keyword_only():
    assert list(loose(wire_types())) == []


def test_no_wire_message_changed_in_a_way_that_old_histories_cannot_follow():
    broken = list(breaks(read_baseline(), schemas(wire_types())))
    assert not broken, "\n".join([ADVICE, *broken])


def test_every_wire_message_is_recorded_as_it_stands():
    current = schemas(wire_types())
    assert current == read_baseline() or [*breaks(read_baseline(), current)], RECORD


def test_two_wire_messages_never_share_a_name():
    names = [found.__name__ for found in wire_types()]
    assert sorted(set(names)) == sorted(names)


def test_values_inside_unions_and_tuples_are_reached():
    found = reached([tuple[Effect, ...] | None])
    assert {Effect, RecordEvent, Money} <= found


def test_a_mutable_or_positional_message_is_found():
    @dataclass(kw_only=True)
    class Mutable:
        amount: int

    @dataclass(frozen=True)
    class Positional:
        amount: int

    assert [*loose([Mutable, Positional, Planted])] == [
        "Mutable is not frozen",
        "Positional is not keyword-only",
    ]


def test_the_state_that_a_run_carries_to_the_next_may_be_mutable():
    @dataclass(kw_only=True)
    class Progress:
        amount: int

    Progress.__module__ = "workflows.planted"
    assert [*loose([Progress])] == []
    Progress.__module__ = "workflows.contract.messages"
    assert [*loose([Progress])] == ["Progress is not frozen"]


def test_a_field_with_a_default_may_be_added():
    @dataclass(frozen=True, kw_only=True)
    class Grown:
        amount: int
        colour: Colour = Colour.RED
        note: str | None = None

    assert [*breaks(of(Planted), of(Grown))] == []


def test_a_member_may_be_added_to_a_union_and_to_an_enumeration():
    @dataclass(frozen=True, kw_only=True)
    class One:
        body: int | str

    @dataclass(frozen=True, kw_only=True)
    class Two:
        body: int | str | bool

    assert [*breaks(of(One), of(Two))] == []
    assert len([*breaks(of(Two), of(One))]) == 1
    red, green = {"Colour": {"enum": ["red"]}}, {"Colour": {"enum": ["red", "green"]}}
    assert [*breaks(red, green)] == []
    assert len([*breaks(green, red)]) == 1


@dataclass(frozen=True, kw_only=True)
class Removed:
    amount: int


@dataclass(frozen=True, kw_only=True)
class Retyped:
    amount: str
    colour: Colour = Colour.RED


@dataclass(frozen=True, kw_only=True)
class WithoutDefault:
    amount: int
    colour: Colour


@dataclass(frozen=True, kw_only=True)
class AddedWithoutDefault:
    amount: int
    note: str
    colour: Colour = Colour.RED


@dataclass(frozen=True, kw_only=True)
class Renamed:
    cents: int
    colour: Colour = Colour.RED


@pytest.mark.parametrize(
    "changed", [Removed, Retyped, WithoutDefault, AddedWithoutDefault, Renamed]
)
def test_a_change_that_old_histories_cannot_follow_is_found(changed: type):
    assert [*breaks(of(Planted), of(changed))]


def test_a_message_that_went_away_is_found():
    assert [*breaks(of(Planted), {})] == ["Planted is gone"]
