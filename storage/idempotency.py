"""Responses of the HTTP API by `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Executable, RowMapping, delete, select, update

from domain.failures import ConflictError
from storage.database import Database
from storage.tables import IDEMPOTENCY_KEYS


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a request with this key has to do.

    Attributes:
        state: `new`: handle the request and call `finish`; `in_progress`: another request with this key is
            being handled; `finished`: send the stored response.
        response_status: HTTP status of the stored response; None unless finished.
        response_body: Body of the stored response; None unless finished.
    """

    state: Literal["new", "in_progress", "finished"]
    response_status: int | None = None
    response_body: bytes | None = None


class IdempotencyKeys:
    """Gives each key to one request at a time and keeps its response until the key expires.

    Args:
        database: Stores the keys.
        clock: Returns the current instant.
        claim_for: How long a request may take. After that its process counts as dead, and another request
            with the same key may be handled.
        keep_for: How long a response is replayed, counted from the first request.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        claim_for: timedelta = timedelta(minutes=1),
        keep_for: timedelta = timedelta(hours=24),
    ) -> None:
        self._database = database
        self._clock = clock
        self._claim_for = claim_for
        self._keep_for = keep_for

    async def begin(self, key: str, fingerprint: str) -> Claim:
        """Claim the key for a request, or return the state of the request that holds it.

        Args:
            key: The header's value, prefixed with the client, because clients do not share keys.
            fingerprint: Digest of method, path and body.

        Raises:
            ConflictError: If the key was used for a request with another fingerprint.
            UnavailableError: If the database could not serve the call.
        """
        now = self._clock()
        async with self._database.writing() as connection:
            claimed = await connection.execute(self._claim(key, fingerprint, now))
            if claimed.first() is not None:
                return Claim(state="new")
            wanted = select(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.key == key)
            held = (await connection.execute(wanted)).mappings().first()
        return _claim_of(held, fingerprint)

    async def finish(self, key: str, *, status: int, body: bytes) -> None:
        """Store the response; if one is already stored, it stays.

        Raises:
            UnavailableError: If the database could not serve the call.
        """
        known = IDEMPOTENCY_KEYS.c
        async with self._database.writing() as connection:
            await connection.execute(
                update(IDEMPOTENCY_KEYS)
                .where(known.key == key, known.response_status.is_(None))
                .values(response_status=status, response_body=body)
            )

    async def release(self, key: str) -> None:
        """Release the key without a response: the request failed and may be sent again.

        Raises:
            UnavailableError: If the database could not serve the call.
        """
        known = IDEMPOTENCY_KEYS.c
        async with self._database.writing() as connection:
            await connection.execute(
                delete(IDEMPOTENCY_KEYS).where(known.key == key, known.response_status.is_(None))
            )

    async def purge(self) -> int:
        """Delete expired keys and return how many there were.

        Raises:
            UnavailableError: If the database could not serve the call.
        """
        expired = delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.expires_at <= self._clock())
        async with self._database.writing() as connection:
            return (await connection.execute(expired)).rowcount

    def _claim(self, key: str, fingerprint: str, now: datetime) -> Executable:
        known = IDEMPOTENCY_KEYS.c
        values: dict[str, object] = {
            "fingerprint": fingerprint,
            "claimed_until": now + self._claim_for,
            "expires_at": now + self._keep_for,
            "response_status": None,
            "response_body": None,
        }
        abandoned = (
            known.response_status.is_(None)
            & (known.claimed_until <= now)
            & (known.fingerprint == fingerprint)
        )
        return (
            self._database.insert(IDEMPOTENCY_KEYS)
            .values(key=key, **values)
            .on_conflict_do_update(
                index_elements=[known.key],
                set_=values,
                where=(known.expires_at <= now) | abandoned,
            )
            .returning(known.key)
        )


def _claim_of(held: RowMapping | None, fingerprint: str) -> Claim:
    if held is None:  # released or purged between the two statements
        return Claim(state="in_progress")
    if held["fingerprint"] != fingerprint:
        raise ConflictError("this idempotency key was used for another request")
    if held["response_status"] is None:
        return Claim(state="in_progress")
    return Claim(
        state="finished",
        response_status=held["response_status"],
        response_body=held["response_body"],
    )
