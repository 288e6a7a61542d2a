"""What is stored of a queue of effects with a record: what has happened is left out, and nothing else."""

from datetime import UTC, date, datetime

from domain.effects.events import BusinessEvent, EventType
from domain.effects.outbox import AddCrmTask, Effect, effects_to_keep, recording

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TASK = Effect(
    key="t-1",
    body=AddCrmTask(
        task_id="t-1",
        account_id="acme",
        opportunity_id=None,
        subject="call",
        due_on=date(2026, 1, 1),
    ),
)


def record(sequence: int) -> Effect:
    return recording(
        BusinessEvent(
            entity="sale/A1",
            sequence=sequence,
            event_type=EventType.ATTENTION_NEEDED,
            at=NOON,
            account_id="acme",
            subscription_id="sub-A1",
            summary=f"{sequence}",
        )
    )


def test_a_record_that_waits_for_the_next_batch_is_not_lost():
    first, second = record(1), record(2)
    assert effects_to_keep([first, TASK, second], [first]) == [TASK, second]
    assert effects_to_keep([first, TASK, second], [first, second]) == [TASK]
