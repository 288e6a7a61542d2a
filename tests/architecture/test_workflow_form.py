"""The form of a workflow: one class, and a state that moves only by its table of transitions."""

import ast
import inspect
from collections.abc import Iterator

import pytest

from domain.invoicing import transitions as invoicing
from domain.sales import states as sales
from domain.subscription import states as subscription
from tests.architecture.tree import Source, sources
from workflows.entity.entity import Entity
from workflows.invoice.workflow import Invoice
from workflows.new_sale.workflow import NewSale
from workflows.subscription.workflow import Subscription

WORKFLOWS = [NewSale, Subscription, Invoice]


def assignments_of_state(source: Source) -> Iterator[str]:
    """Yield each place that assigns an attribute `state` outside the method `move`."""
    for function in ast.walk(source.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name != "move":
            for node in ast.walk(function):
                if isinstance(node, ast.Attribute) and node.attr == "state" and _is_set(node):
                    yield f"{source.name}:{node.lineno}"


def _is_set(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


def test_the_state_of_an_entity_is_assigned_by_its_table_only():
    found = [place for source in sources("workflows") for place in assignments_of_state(source)]
    assert found == []


def test_a_state_that_is_assigned_by_hand_is_found():
    planted = "def sneak(self) -> None:\n    self.state = State.PAID\n"
    assert [*assignments_of_state(Source(name="workflows/planted.py", text=planted))]
    moved = "def move(self) -> None:\n    self.state = TRANSITIONS.after(self.state, event)\n"
    assert [*assignments_of_state(Source(name="workflows/planted.py", text=moved))] == []


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_is_one_class_on_one_thin_base(workflow: type):
    ours = [each for each in workflow.__mro__ if each.__module__.startswith("workflows.")]
    assert ours == [workflow, Entity]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_the_handlers_of_a_workflow_are_in_the_file_of_its_class(workflow: type):
    source = inspect.getsource(workflow)
    handlers = {
        name
        for name, member in inspect.getmembers(workflow)
        if hasattr(member, "__temporal_signal_definition") or hasattr(member, "_defn")
    }
    inherited = {"resume", "skip_effect"}
    assert [name for name in handlers - inherited if f"def {name}(" not in source] == []


def test_every_entity_has_a_table():
    tables = (sales.TRANSITIONS, invoicing.TRANSITIONS, subscription.TRANSITIONS)
    assert len({table.entity for table in tables}) == len(WORKFLOWS)
