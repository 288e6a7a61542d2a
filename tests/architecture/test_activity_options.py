"""Every activity call in `workflows/` names options of `workflows/activity_options.py`."""

import ast
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.tree import Source, sources

TIMEOUTS: Final = {
    "start_to_close_timeout",
    "schedule_to_close_timeout",
    "schedule_to_start_timeout",
    "heartbeat_timeout",
    "retry_policy",
}


def unnamed_options(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _calls_activity(node):
            where = f"{source.name}:{node.lineno}"
            inline = sorted(TIMEOUTS & {keyword.arg for keyword in node.keywords if keyword.arg})
            if inline:
                yield f"{where}: inline {', '.join(inline)}; put it in named options"
            if not any(_names_options(keyword) for keyword in node.keywords):
                yield f"{where}: no options; pass **activity_options.NAME"


def _calls_activity(call: ast.Call) -> bool:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name.startswith(
        ("execute_activity", "start_activity", "execute_local_activity", "start_local_activity")
    )


def _names_options(keyword: ast.keyword) -> bool:
    value = keyword.value
    if isinstance(value, ast.Call):
        value = value.func
    elif isinstance(value, ast.Subscript):
        value = value.value
    if keyword.arg is not None or not isinstance(value, ast.Attribute):
        return False
    return isinstance(value.value, ast.Name) and value.value.id == "activity_options"


def test_every_activity_call_names_its_options_and_sets_no_timeout_itself():
    assert [line for source in sources("workflows") for line in unnamed_options(source)] == []


@pytest.mark.parametrize(
    "call",
    [
        "workflow.execute_activity_method(A.b, 1)",
        "workflow.execute_activity_method(A.b, 1, **options)",
        "workflow.start_activity('b', **other.FAST)",
        "workflow.start_activity('b', **other.EFFECTS[system])",
        "execute_local_activity(b, 1)",
        "workflow.execute_activity(b, 1, **activity_options.FAST, start_to_close_timeout=x)",
        "workflow.execute_activity(b, 1, **activity_options.FAST, retry_policy=x)",
    ],
)
def test_an_activity_call_without_named_options_is_found(call: str):
    assert len([*unnamed_options(Source(name="workflows/planted.py", text=call))]) == 1


@pytest.mark.parametrize(
    "call",
    [
        "workflow.execute_activity_method(A.b, 1, **activity_options.FAST, summary='x')",
        "workflow.execute_activity_method(A.b, 1, **activity_options.of(system))",
        "workflow.execute_activity(name, 1, **activity_options.EFFECTS[system])",
        "workflow.sleep(1)",
    ],
)
def test_a_call_that_names_its_options_passes(call: str):
    assert [*unnamed_options(Source(name="workflows/planted.py", text=call))] == []
