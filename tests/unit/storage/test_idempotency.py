"""Idempotency keys: one request at a time, one answer for ever (until it expires)."""

import asyncio
from datetime import timedelta

import pytest

from domain.failures import ConflictError
from storage.database import Database
from storage.idempotency import Claim, IdempotencyKeys
from tests.unit.storage.conftest import SteppingClock

FINISHED = Claim(state="finished", response_status=201, response_body=b'{"id":"\xc3\xa4"}')


@pytest.fixture
def keys(database: Database, clock: SteppingClock) -> IdempotencyKeys:
    return IdempotencyKeys(
        database, clock, claim_for=timedelta(minutes=1), keep_for=timedelta(hours=24)
    )


async def _finish(keys: IdempotencyKeys) -> None:
    await keys.finish("k", status=201, body=b'{"id":"\xc3\xa4"}')


async def test_a_new_key_is_claimed_and_then_in_progress(keys: IdempotencyKeys):
    assert await keys.begin("k", "print") == Claim(state="new")
    assert await keys.begin("k", "print") == Claim(state="in_progress")


async def test_a_finished_request_is_answered_again(keys: IdempotencyKeys):
    await keys.begin("k", "print")
    await _finish(keys)
    assert await keys.begin("k", "print") == FINISHED


@pytest.mark.parametrize("is_finished", [True, False])
async def test_a_key_used_for_another_request_is_a_conflict(
    keys: IdempotencyKeys, is_finished: bool
):
    await keys.begin("k", "print")
    if is_finished:
        await _finish(keys)
    with pytest.raises(ConflictError):
        await keys.begin("k", "other")


async def test_a_released_key_is_new_again(keys: IdempotencyKeys):
    await keys.begin("k", "print")
    await keys.release("k")
    assert await keys.begin("k", "other") == Claim(state="new")


async def test_a_finished_key_cannot_be_released(keys: IdempotencyKeys):
    await keys.begin("k", "print")
    await _finish(keys)
    await keys.release("k")
    assert await keys.begin("k", "print") == FINISHED


async def test_the_first_answer_stays(keys: IdempotencyKeys):
    await keys.begin("k", "print")
    await _finish(keys)
    await keys.finish("k", status=500, body=b"")
    assert await keys.begin("k", "print") == FINISHED


async def test_an_abandoned_claim_is_taken_over_by_the_same_request_only(
    keys: IdempotencyKeys, clock: SteppingClock
):
    await keys.begin("k", "print")
    clock.advance(timedelta(seconds=59))
    assert (await keys.begin("k", "print")).state == "in_progress"
    clock.advance(timedelta(seconds=1))
    with pytest.raises(ConflictError):
        await keys.begin("k", "other")
    assert (await keys.begin("k", "print")).state == "new"
    assert (await keys.begin("k", "print")).state == "in_progress"


async def test_a_finished_key_is_not_taken_over_before_it_expires(
    keys: IdempotencyKeys, clock: SteppingClock
):
    await keys.begin("k", "print")
    await _finish(keys)
    clock.advance(timedelta(hours=23))
    assert await keys.begin("k", "print") == FINISHED
    clock.advance(timedelta(hours=1))
    assert await keys.begin("k", "other") == Claim(state="new")


async def test_purging_deletes_expired_keys_only(keys: IdempotencyKeys, clock: SteppingClock):
    await keys.begin("old", "print")
    clock.advance(timedelta(hours=12))
    await keys.begin("young", "print")
    clock.advance(timedelta(hours=12))
    assert await keys.purge() == 1
    assert (await keys.begin("young", "print")).state == "new"  # its claim was abandoned, not it
    assert await keys.purge() == 0


async def test_one_of_many_concurrent_requests_gets_the_key(keys: IdempotencyKeys):
    claims = await asyncio.gather(*(keys.begin("k", "print") for _ in range(20)))
    assert sorted(claim.state for claim in claims) == ["in_progress"] * 19 + ["new"]
