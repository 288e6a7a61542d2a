"""Three small storms on the real stack, whose programs are all killed; `make storm` is ten minutes of each."""

from pathlib import Path

import pytest

from tests.storm.run import prepared, report

_SEEDS = (1, 2, 3)
_SECONDS_EACH = 8.0


@pytest.mark.timeout(400)
async def test_no_promise_breaks_in_three_small_storms(tmp_path: Path) -> None:
    async with prepared(tmp_path, span=4.0) as storm:
        for seed in _SEEDS:
            await storm.rage(seed, _SECONDS_EACH, kill_every=2.0)
        unknown = report(storm, await storm.facts())

    assert unknown == [], "\n".join(unknown)
    killed = {what for what in storm.trouble.made if what.startswith("kill ")}
    assert killed == {"kill worker", "kill api", "kill temporal", "kill postgresql"}
