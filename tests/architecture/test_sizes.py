from tests.architecture.sizes import oversized
from tests.architecture.tree import PRODUCT, Source, sources


def module(text: str, name: str = "domain/planted.py") -> Source:
    return Source(name=name, text=text)


def function_of(lines: int) -> str:
    return "def long() -> None:\n" + "    pass\n" * (lines - 1)


def test_every_module_and_function_fits_its_limit():
    assert list(oversized(sources(*PRODUCT, "tests"))) == []


def test_a_module_of_301_lines_is_found():
    assert [*oversized([module("\n" * 300)])] == []
    assert "301 lines" in next(oversized([module("\n" * 301)]))


def test_a_function_of_41_lines_is_found_also_inside_a_class():
    nested = "class Holder:\n" + "".join(f"    {line}\n" for line in function_of(41).splitlines())
    assert [*oversized([module(function_of(40))])] == []
    assert "long has 41 lines" in next(oversized([module(function_of(41))]))
    assert "long has 41 lines" in next(oversized([module(nested)]))


def test_a_migration_may_have_a_long_function_but_not_a_long_module():
    name = "storage/migrations/versions/0001_first.py"
    assert [*oversized([module(function_of(200), name)])] == []
    assert len([*oversized([module(function_of(301), name)])]) == 1


def test_a_workflow_may_have_450_lines_and_its_other_modules_300():
    workflow, state = "workflows/planted/workflow.py", "workflows/planted/state.py"
    assert [*oversized([module("\n" * 450, workflow)])] == []
    assert "at most 450" in next(oversized([module("\n" * 451, workflow)]))
    assert "at most 300" in next(oversized([module("\n" * 301, state)]))
