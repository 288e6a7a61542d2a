"""Every workflow and activity that is defined runs on exactly one queue, the one it is called on."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, cast, get_args

import pytest
from temporalio import activity
from temporalio.workflow import ActivityConfig

from domain.effects import outbox
from tests.architecture.tree import Source, classes, sources, workflow_classes
from workers.registry import WORKFLOWS, WorkerActivities, activities_of
from workflows import activity_options
from workflows.contract import queues


def defined_activities() -> Iterator[str]:
    for found in classes("activities"):
        for name, value in vars(found).items():
            if hasattr(value, "__temporal_activity_definition"):
                yield f"{found.__name__}.{name}"


def bare_activities() -> WorkerActivities:
    """Return activities whose ports were never given: enough to ask for their methods."""
    kinds = {field.name: cast("type[Any]", field.type) for field in fields(WorkerActivities)}
    return WorkerActivities(**{name: object.__new__(kind) for name, kind in kinds.items()})


def registered_activities() -> Mapping[str, Sequence[str]]:
    return {
        queue: [activity.__qualname__ for activity in activities]
        for queue, activities in activities_of(bare_activities()).items()
    }


def misdirected(source: Source, registered: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield a line for each activity call whose options name a queue that does not run the activity."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Attribute):
            activity = ast.unparse(node.args[0])
            for options in _options(node):
                config = cast("ActivityConfig", getattr(activity_options, options))
                queue = config.get("task_queue") or queues.MAIN
                if activity not in registered.get(queue, ()):
                    yield f"{source.name}:{node.lineno}: {activity} does not run on {queue}"


def _options(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        match keyword:
            case ast.keyword(
                arg=None, value=ast.Attribute(value=ast.Name(id="activity_options"), attr=name)
            ):
                yield name
            case _:
                pass


def effect_bodies() -> tuple[type[Any], ...]:
    """Return every body that an outbox can carry, besides the record, which goes in batches."""
    return tuple(body for body in get_args(outbox.EffectBody) if body is not outbox.RecordEvent)


PLANTED: Final = (
    "workflow.execute_activity_method(WorkerActivities.wave, 1, **activity_options.ERP_EFFECT)"
)


def test_every_workflow_is_registered_once():
    assert Counter(WORKFLOWS) == Counter(workflow_classes())


def test_every_activity_is_registered_on_exactly_one_queue():
    registered = [name for names in registered_activities().values() for name in names]
    assert Counter(registered) == Counter(defined_activities())


def test_workers_serve_every_queue_and_no_other():
    assert set(registered_activities()) == set(queues.ALL)


def test_every_activity_is_called_on_the_queue_that_runs_it():
    registered = registered_activities()
    assert [line for found in sources("workflows") for line in misdirected(found, registered)] == []


@pytest.mark.parametrize("body", effect_bodies(), ids=lambda body: body.__name__)
def test_every_effect_names_the_activity_of_its_system_that_takes_it(body: type[Any]):
    name = next(field.default for field in fields(body) if field.name == "effect")
    queue = activity_options.EFFECTS[body.system].get("task_queue") or queues.MAIN
    definitions = [
        activity._Definition.must_from_callable(each)  # pyright: ignore[reportUnknownMemberType] - the SDK's own
        for each in activities_of(bare_activities())[queue]
    ]
    assert [found.arg_types for found in definitions if found.name == name] == [[body]]


def test_the_calls_of_the_workflows_are_seen():
    seen = [line for found in sources("workflows") for line in misdirected(found, {})]
    assert len(seen) > 10


def test_a_call_on_another_queue_is_found():
    planted = Source(name="workflows/planted.py", text=PLANTED)
    assert [*misdirected(planted, {queues.ERP: ["WorkerActivities.wave"]})] == []
    assert len([*misdirected(planted, {queues.MAIN: ["WorkerActivities.wave"]})]) == 1
