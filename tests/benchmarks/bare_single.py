"""The floor of a payment and of a sleeping subscription. Loaded anew for each instance in the workflow sandbox."""

from datetime import timedelta

from temporalio import workflow

LAST = "bare_last"
_LIMIT = timedelta(seconds=60)


@workflow.defn
class BareWaiter:
    """Waits for a signal, then runs one activity."""

    def __init__(self) -> None:
        self._is_told = False

    @workflow.run
    async def run(self, key: str) -> None:
        await workflow.wait_condition(lambda: self._is_told)
        await workflow.execute_activity(LAST, key, start_to_close_timeout=_LIMIT)

    @workflow.signal
    def told(self) -> None:
        self._is_told = True


@workflow.defn
class BareSleeper:
    """Sleeps for a month, like a subscription between two periods."""

    @workflow.run
    async def run(self, key: str) -> None:
        await workflow.execute_activity(LAST, key, start_to_close_timeout=_LIMIT)
        await workflow.sleep(timedelta(days=30))
