"""Which changes are made, and which are drawn."""

from textwrap import dedent

from tests.architecture.tree import Source
from tests.mutation.mutants import candidates, sample

WORKFLOW = """
    from temporalio import workflow

    @workflow.defn
    class Invoice:
        @workflow.signal(name="stop")
        def stop(self, reason):
            self.stop_reason = reason
"""
ACTIVITY = """
    from temporalio import activity

    class Grants:
        @activity.defn
        async def put(self, grant):
            await self.service.put(grant)
"""


def changes_of(text: str) -> set[tuple[str, str]]:
    source = Source(name="room/module.py", text=dedent(text))
    made = [each.made() for each in candidates(source)]
    return {(each.before, each.after) for each in made if each is not None}


def test_a_method_that_is_decorated_for_temporal_is_changed_too():
    assert ("self.stop_reason = reason", "self.stop_reason = None") in changes_of(WORKFLOW)
    assert ("await self.service.put(grant)", "pass") in changes_of(ACTIVITY)


def test_a_condition_is_negated_and_an_effect_an_error_and_a_result_are_left_out():
    changes = changes_of(
        """
        def pay(invoice):
            if invoice.is_open:
                charge(invoice)
            if invoice.is_lost:
                raise LostError
            return invoice.paid
        """
    )

    assert ("if invoice.is_open:", "if not (invoice.is_open):") in changes
    assert ("charge(invoice)", "pass") in changes
    assert ("raise LostError", "pass") in changes
    assert ("return invoice.paid", "return None") in changes


def test_what_decides_nothing_is_left_as_it_is():
    changes = changes_of(
        '''
        """The module."""

        from dataclasses import dataclass
        from typing import TypeAlias, TypeVar

        T = TypeVar("T")
        Json: TypeAlias = dict[str, object]
        Columns = dict[str, object]

        @dataclass(frozen=True)
        class Value:
            "One value."

            amount: "int | None"

            def show(self):
                _log.info("shown")
                logger.warning("shown", extra=dict(a=1))
        '''
    )

    assert changes == set()


def test_a_type_that_is_written_as_text_is_left_as_it_is():
    code = 'rows = cast("list[object]", given)'

    assert changes_of(code) == {(code, "rows = None")}


def test_a_change_within_a_call_of_several_lines_is_found_at_its_own_line():
    text = "made = make(\n    first,\n    second,\n)\n"
    found = candidates(Source(name="room/module.py", text=text))

    mutants = [each.made() for each in found if each.line == 3]

    assert {(each.line, each.before, each.after) for each in mutants if each is not None} == {
        (3, "second,", "None,"),
        (3, "second,", ""),
    }


def test_a_sample_is_the_same_for_a_seed_and_has_one_change_in_each_stretch_of_lines():
    text = "".join(f"a{number} = {number}\n" for number in range(100))
    found = candidates(Source(name="room/module.py", text=text))

    drawn = sample(found, 10, seed=1)

    assert [(each.line - 1) // 10 for each in drawn] == list(range(10))
    assert drawn == sample(found, 10, seed=1)
    assert drawn != sample(found, 10, seed=2)
    assert len(sample(found, 1000, seed=1)) == 100
    assert sample([], 10, seed=1) == []


def test_what_is_no_python_after_the_change_is_not_drawn():
    # mutmut ends the function instead of the loop, and outside of a function that is no Python.
    text = "for each in all:\n    break\n"
    found = candidates(Source(name="room/module.py", text=text))

    assert found
    assert sample(found, 5, seed=1) == []
