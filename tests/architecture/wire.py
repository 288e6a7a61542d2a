"""The values that histories hold, as JSON schemas, compared with a committed baseline.

`python -m tests.architecture.wire` writes the baseline anew if no history in the world can break;
`--accept-breaking` does it in any case.
"""

import dataclasses
import json
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, cast, get_args, get_type_hints

from pydantic import TypeAdapter

from tests.architecture.tree import HERE, PRODUCT, modules, workflow_classes

Json = Mapping[str, Any]

BASELINE: Final = HERE / "wire_schemas.json"
REGENERATE: Final = "python -m tests.architecture.wire"
ADVICE: Final = f"""
A message that histories hold changed in a way that old histories cannot follow. Fields may only be added,
with a default; enumerations and unions may only grow.
  * Keep the old field and add a new one with a default that means "as before", or
  * give the new shape a new class, and a new activity or signal that takes it.
  * Only if no released version ever wrote this message: {REGENERATE} --accept-breaking
"""
RECORD: Final = (
    f"Messages only gained what old histories can do without: record it with {REGENERATE}"
)

# The parts of a schema that may gain members: an old payload never holds the new one.
_GROWING: Final = ("enum", "anyOf", "oneOf")
_IGNORED: Final = ("title", "description", "required", "properties")


def wire_types() -> tuple[type, ...]:
    """Return every dataclass that a workflow, an activity or a message module can put into a history."""
    roots: set[object] = set()
    for module in modules("activities", "workflows"):
        if module.__name__.endswith(".messages"):
            roots.update(
                found for found in vars(module).values() if dataclasses.is_dataclass(found)
            )
    for function in _carriers():
        roots.update(get_type_hints(function).values())
    return tuple(sorted(reached(roots), key=_name))


def reached(roots: Iterable[object]) -> set[type]:
    """Return the dataclasses of the product that these annotations lead to."""
    found: set[type] = set()
    open_ends = list(roots)
    while open_ends:
        hint = open_ends.pop()
        open_ends.extend(get_args(hint))
        if isinstance(hint, type) and _is_ours(hint) and hint not in found:
            found.add(hint)
            open_ends.extend(get_type_hints(hint).values())
    return found


def loose(found: Iterable[type]) -> Iterator[str]:
    """Yield a line for each dataclass that is not frozen or takes positional fields."""
    for each in found:
        if not vars(each)["__dataclass_params__"].frozen and not _is_carried_state(each):
            yield f"{_name(each)} is not frozen"
        if not all(field.kw_only for field in dataclasses.fields(each)):
            yield f"{_name(each)} is not keyword-only"


def schemas(found: Iterable[type]) -> dict[str, Json]:
    """Return the JSON schema of each dataclass, by its name."""
    adapters = [(_name(each), "validation", TypeAdapter[object](each)) for each in found]
    _, together = TypeAdapter.json_schemas(cast("Any", adapters))
    definitions = cast("dict[str, Json]", together.get("$defs", {}))
    return {name: _without_prose(schema) for name, schema in sorted(definitions.items())}


def breaks(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    """Yield a line for each change that an old payload cannot follow."""
    for name, before in old.items():
        if name not in new:
            yield f"{name} is gone"
            continue
        yield from (f"{name}{line}" for line in _breaks_of(before, new[name]))


def read_baseline() -> dict[str, Json]:
    """Return the committed baseline."""
    return json.loads(BASELINE.read_text(encoding="utf-8"))


def _carriers() -> Iterator[Callable[..., object]]:
    for holder in [*modules("activities"), *_classes_of_activities(), *workflow_classes()]:
        for value in vars(holder).values():
            if isinstance(value, types.FunctionType) and any(
                marker.startswith(("__temporal_activity", "__temporal_workflow_run"))
                for marker in vars(value)
            ):
                yield value
    for workflow in workflow_classes():
        definition = vars(workflow)["__temporal_workflow_definition"]
        for handler in [*definition.signals.values(), *definition.updates.values()]:
            yield handler.fn
        yield from (query.fn for query in definition.queries.values())


def _classes_of_activities() -> Iterator[type]:
    for module in modules("activities"):
        yield from (value for value in vars(module).values() if isinstance(value, type))


def _is_ours(hint: type) -> bool:
    return dataclasses.is_dataclass(hint) and hint.__module__.split(".")[0] in PRODUCT


def _is_carried_state(each: type) -> bool:
    # What a run hands to the next one: its own, changed in place between two waits, shared with nobody.
    return each.__module__.startswith("workflows.") and not each.__module__.startswith(
        "workflows.contract."
    )


def _name(each: type) -> str:
    return each.__name__


def _breaks_of(old: Json, new: Json) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for field in before:
        if field not in after:
            yield f".{field} is gone"
        elif not _follows(before[field], after[field]):
            yield f".{field} was {json.dumps(before[field])} and is {json.dumps(after[field])}"
    for field in sorted({*new.get("required", ())} - {*old.get("required", ())}):
        yield f".{field} has no default, so old payloads do not have it"
    if not _follows(_shape(old), _shape(new)):
        yield f" was {json.dumps(_shape(old))} and is {json.dumps(_shape(new))}"


def _shape(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key not in _IGNORED}


def _follows(old: object, new: object) -> bool:
    """Return whether everything that fitted `old` fits `new`, and means the same."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return old == new
    before, after = cast("dict[str, Any]", old), cast("dict[str, Any]", new)
    # A union begins as a plain reference: `A` becomes `A | B`.
    if "$ref" in before and "anyOf" in after and before in after["anyOf"]:
        return True
    return before.keys() == after.keys() and all(
        all(member in after[key] for member in before[key])
        if key in _GROWING
        else _follows(before[key], after[key])
        for key in before
    )


def _without_prose(schema: object) -> Any:
    """Return the schema without titles and docstrings, which no payload depends on."""
    if isinstance(schema, list):
        return [_without_prose(item) for item in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    items = cast("dict[str, object]", schema).items()
    return {
        # A field may be called "title" itself: its schema is an object, a title is text.
        key: _without_prose(value)
        for key, value in sorted(items)
        if not (key in {"title", "description"} and isinstance(value, str))
    }


def main(arguments: list[str]) -> int:
    """Write the baseline anew; 1 if that would break old histories and nobody accepted it."""
    current = schemas(wire_types())
    broken = list(breaks(read_baseline(), current)) if BASELINE.exists() else []
    if broken and "--accept-breaking" not in arguments:
        print("\n".join([ADVICE, *broken]))
        return 1
    BASELINE.write_text(json.dumps(current, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
