from tests.architecture.fingerprints import (
    ADVICE,
    current_fingerprints,
    differences,
    fingerprints,
    read_baseline,
)
from tests.architecture.tree import Source, workflow_classes

PLANTED = """
from temporalio import workflow

@workflow.defn
class Planted:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity_method(Hands.wave, 1, **policies.FAST)
        await workflow.wait_condition(lambda: self.ready)
        await workflow.wait_condition(lambda: self.ready, timeout=self.left)
        if workflow.patched("later"):
            await asyncio.sleep(1)
        await self._tell()
        workflow.continue_as_new(self.state)

    async def _tell(self) -> None:
        workflow.upsert_search_attributes([])
        handle = workflow.get_external_workflow_handle("x")
        await handle.signal(FIRST_INVOICE, None)

    @workflow.signal(name="ready")
    def ready(self) -> None:
        self.ready = True
"""


def fingerprint_of(text: str) -> dict[str, list[str]]:
    return dict(fingerprints([Source(name="workflows/planted.py", text=text)]))


def test_the_commands_of_every_workflow_are_those_of_the_baseline():
    found = list(differences(read_baseline(), current_fingerprints()))
    assert not found, "\n".join([ADVICE, *found])


def test_every_workflow_gives_at_least_one_command():
    named = {name.split(".")[-2].split(":")[-1] for name in read_baseline() if "." in name}
    assert {found.__name__ for found in workflow_classes()} <= named


def test_commands_are_listed_in_order_and_only_with_what_replay_depends_on():
    assert fingerprint_of(PLANTED) == {
        "workflows.planted:Planted._tell": [
            "upsert_search_attributes",
            "get_external_workflow_handle",
            "signal(FIRST_INVOICE)",
        ],
        "workflows.planted:Planted.run": [
            "execute_activity_method(Hands.wave)",
            "wait_condition",
            "wait_condition+timer",
            "patched('later')",
            "asyncio.sleep",
            "-> _tell",
            "continue_as_new",
        ],
    }


def test_another_activity_another_order_and_a_new_timer_are_found():
    before = fingerprint_of(PLANTED)
    for old, new in [
        ("Hands.wave", "Hands.clap"),
        ("lambda: self.ready)\n", "lambda: self.ready, timeout=self.left)\n"),
        ("workflow.upsert_search_attributes([])", "pass"),
        ("await self._tell()", "pass"),
    ]:
        assert len([*differences(before, fingerprint_of(PLANTED.replace(old, new, 1)))]) == 1


def test_a_new_summary_or_argument_is_not_found():
    after = PLANTED.replace("Hands.wave, 1,", "Hands.wave, 2, summary='waves',")
    assert [*differences(fingerprint_of(PLANTED), fingerprint_of(after))] == []


def test_activities_handed_to_a_function_are_listed():
    handed = "async def run(self):\n    await self.ask(AskingActivities.ask, 1)\n"
    assert fingerprint_of(handed) == {"workflows.planted:run": ["AskingActivities.ask"]}


def test_an_effect_that_is_queued_is_listed():
    queued = "def effects(self):\n    return [Effect(key='1', body=SendEmail(email=email))]\n"
    assert fingerprint_of(queued) == {"workflows.planted:effects": ["queue(SendEmail)"]}


def test_a_workflow_that_the_baseline_does_not_know_is_found():
    assert len([*differences({}, fingerprint_of(PLANTED))]) == 2
