"""The record of business events as a whole: nothing lost, nothing twice."""

from typing import Any

from tests.scenarios.scene import Scene

_QUERY = """
SELECT entity, count(*) AS events, count(DISTINCT sequence) AS places,
       min(sequence) AS first, max(sequence) AS last
FROM events GROUP BY entity
"""


async def faults_of_record(scene: Scene) -> list[dict[str, Any]]:
    """The entities whose events leave a gap in their sequence or stand there twice."""
    return [
        row
        for row in await scene.rows(_QUERY)
        if (row["first"], row["places"], row["last"]) != (1, row["events"], row["events"])
    ]
