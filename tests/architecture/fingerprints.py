"""The commands that workflow code gives to Temporal, in order, compared with a committed baseline.

A running workflow replays its history against today's code: a command that moved, appeared or went away
makes it stop. `python -m tests.architecture.fingerprints` writes the baseline anew.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, get_args

from domain.effects.outbox import EffectBody, recording
from tests.architecture.tree import HERE, Source, sources

Fingerprints = Mapping[str, list[str]]

BASELINE: Final = HERE / "fingerprints.json"
REGENERATE: Final = "python -m tests.architecture.fingerprints"
ADVICE: Final = f"""
The commands of this workflow code changed. Runs that are open now replay their history against it and
stop if it gives other commands than before.
  * Has no released version run this code yet? Write the baseline anew: {REGENERATE}
  * Otherwise keep the old commands for old runs and guard the new ones:

        if workflow.patched("what-changed"):
            ...  # the new commands
        else:
            ...  # the old ones, until no run needs them

    then write the baseline anew, add a history recorded before the change (make histories) and read
    "Changing a workflow" in CONTRIBUTING.md.
"""

_FROM_WORKFLOW: Final = {
    "continue_as_new",
    "deprecate_patch",
    "execute_activity",
    "execute_activity_class",
    "execute_activity_method",
    "execute_child_workflow",
    "execute_local_activity",
    "execute_local_activity_class",
    "execute_local_activity_method",
    "get_external_workflow_handle",
    "get_external_workflow_handle_for",
    "patched",
    "random",
    "sleep",
    "start_activity",
    "start_activity_class",
    "start_activity_method",
    "start_child_workflow",
    "start_local_activity",
    "start_local_activity_class",
    "start_local_activity_method",
    "upsert_memo",
    "upsert_search_attributes",
    "uuid4",
    "wait_condition",
}
# Timers in disguise: inside a workflow asyncio's clock is Temporal's.
_FROM_ASYNCIO: Final = {"sleep", "timeout", "timeout_at", "wait_for"}
_ON_HANDLES: Final = {"signal", "cancel"}
# An effect that is queued is an activity that is scheduled later.
_EFFECTS: Final = {recording.__name__, *(body.__name__ for body in get_args(EffectBody))}


def fingerprints(modules: Iterable[Source]) -> Fingerprints:
    """Return, for each function that leads to commands, these and its calls to such functions, in order."""
    functions = dict(item for source in modules for item in _functions(source))
    names: set[str] = set()
    while True:
        found = {name: list(_commands(node, names)) for name, node in functions.items()}
        leading = {re.split("[:.]", name)[-1] for name, commands in found.items() if commands}
        if leading == names:
            return {name: commands for name, commands in sorted(found.items()) if commands}
        names = leading


def differences(baseline: Fingerprints, current: Fingerprints) -> Iterator[str]:
    """Yield a line for each function whose commands are not those of the baseline."""
    for name in sorted({*baseline, *current}):
        before, after = baseline.get(name, []), current.get(name, [])
        if before != after:
            yield f"{name}\n    before: {before}\n    now:    {after}"


def read_baseline() -> Fingerprints:
    """Return the committed baseline."""
    return json.loads(BASELINE.read_text(encoding="utf-8"))


def current_fingerprints() -> Fingerprints:
    """Return the fingerprints of the tree as it stands."""
    return fingerprints(sources("workflows"))


def _functions(source: Source) -> Iterator[tuple[str, list[ast.stmt]]]:
    yield from _functions_in(source.tree, f"{source.module}:")


def _functions_in(
    node: ast.Module | ast.ClassDef, prefix: str
) -> Iterator[tuple[str, list[ast.stmt]]]:
    for child in node.body:
        if isinstance(child, ast.ClassDef):
            yield from _functions_in(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", child.body


def _commands(body: list[ast.stmt], leading: set[str]) -> Iterator[str]:
    """Yield the commands of a function, its calls of `leading` ones, and the activities it names."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    placed = [node for node in nodes if isinstance(node, ast.Call | ast.Attribute)]
    scheduled: set[int] = set()
    for node in sorted(placed, key=_place):
        if isinstance(node, ast.Attribute):
            if _is_activity(node) and id(node) not in scheduled:
                yield ast.unparse(node)
        elif command := _command(node.func):
            scheduled.update(id(argument) for argument in node.args)
            yield _described(command, node)
        elif (called := _called(node.func)) in leading:
            yield f"-> {called}"


def _place(node: ast.expr) -> tuple[int, int, bool]:
    # `a.b(c.d)` begins where `a.b` begins: the call first, then what is named in it.
    return node.lineno, node.col_offset, isinstance(node, ast.Attribute)


def _is_activity(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id.endswith("Activities")


def _called(function: ast.expr) -> str | None:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return None


def _command(function: ast.expr) -> str | None:
    match function:
        case ast.Attribute(value=ast.Name(id="workflow"), attr=name) if name in _FROM_WORKFLOW:
            return name
        case ast.Attribute(value=ast.Name(id="asyncio"), attr=name) if name in _FROM_ASYNCIO:
            return f"asyncio.{name}"
        case ast.Attribute(value=value, attr=name) if name in _ON_HANDLES and not _is_module(value):
            return name
        case ast.Name(id=name) if name in _FROM_WORKFLOW | _EFFECTS:
            return f"queue({name})" if name in _EFFECTS else name
        case _:
            return None


def _is_module(value: ast.expr) -> bool:
    # `@workflow.signal(...)` declares a handler, it sends nothing.
    return isinstance(value, ast.Name) and value.id == "workflow"


def _described(name: str, call: ast.Call) -> str:
    # What is scheduled is part of the command; arguments are not. A wait with a timeout starts a timer,
    # one without starts none.
    if name == "wait_condition":
        return "wait_condition+timer" if _has_timeout(call) else name
    has_target = "activity" in name or "child" in name or name in {"patched", "deprecate_patch"}
    if has_target or name == "signal":
        return f"{name}({ast.unparse(call.args[0]) if call.args else ''})"
    return name


def _has_timeout(call: ast.Call) -> bool:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "timeout"]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in given)


if __name__ == "__main__":
    text = json.dumps(current_fingerprints(), indent=2) + "\n"
    BASELINE.write_text(text, encoding="utf-8")
