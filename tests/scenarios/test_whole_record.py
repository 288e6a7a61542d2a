"""After every scenario: the record of events has neither gap nor double, whichever process was killed."""

from tests.scenarios.record import faults_of_record
from tests.scenarios.scene import Scene, an_order


async def test_the_events_of_every_entity_are_counted_without_gap_or_double(scene: Scene) -> None:
    order = an_order()
    await scene.sell(order)
    await scene.verify_sold_once(order)

    assert await faults_of_record(scene) == []
    assert len(await scene.rows("SELECT DISTINCT entity FROM events")) >= 3


async def test_legal_numbers_have_no_gap(scene: Scene) -> None:
    query = "SELECT legal_entity, series, count(*) AS n, max(position) AS last FROM invoice_numbers"
    rows = await scene.rows(f"{query} GROUP BY legal_entity, series")

    assert rows
    assert all(row["n"] == row["last"] for row in rows)
