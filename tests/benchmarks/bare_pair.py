"""The floor of a sale: two workflows and nothing of ours. Loaded anew for each instance in the workflow sandbox."""

from datetime import timedelta

from temporalio import workflow

STEP = "bare_step"
LAST = "bare_last"
START_SECOND = "bare_start_second"
_LIMIT = timedelta(seconds=60)


@workflow.defn
class BareFirst:
    """The first of a pair: some activities, and one more that starts the second workflow."""

    @workflow.run
    async def run(self, key: str, first: int, second: int) -> None:
        for _ in range(first - 1):
            await workflow.execute_activity(STEP, key, start_to_close_timeout=_LIMIT)
        await workflow.execute_activity(
            START_SECOND, args=[key, second], start_to_close_timeout=_LIMIT
        )


@workflow.defn
class BareSecond:
    """The second of a pair: its last activity is the goal."""

    @workflow.run
    async def run(self, key: str, second: int) -> None:
        for _ in range(second - 1):
            await workflow.execute_activity(STEP, key, start_to_close_timeout=_LIMIT)
        await workflow.execute_activity(LAST, key, start_to_close_timeout=_LIMIT)
