"""Idempotency keys: the first answer to a key is replayed for ever.

Source: docs.stripe.com/api/idempotent_requests. Keys are never deleted here; Stripe may delete them after
24 hours.
"""

import hashlib
import json
from dataclasses import dataclass

from sandbox.store import Document
from sandbox.stripe.books import Books
from sandbox.stripe.errors import key_in_use, key_reused

_KIND = "_idempotency"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The answer to a request: HTTP status, body, and the id of the request that did the work."""

    status: int
    body: Document
    request_id: str


def digest(method: str, path: str, parameters: str) -> str:
    """Return the digest of a request, which must be equal when its key comes again."""
    return hashlib.sha256(f"{method} {path} {parameters}".encode()).hexdigest()


class IdempotencyKeys:
    """The used keys with digest and answer, and the keys of requests that are running."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._running: set[str] = set()

    def begin(self, key: str, wanted: str) -> Answer | None:
        """Return the answer that this key already has, or reserve the key.

        Raises:
            StripeError: The key was used with other parameters, or its first request is still running.
        """
        found = self._books.find(_KIND, key)
        if found is not None:
            if found["digest"] != wanted:
                key_reused()
            body: Document = json.loads(found["body"])
            return Answer(status=found["status"], body=body, request_id=found["request_id"])
        if key in self._running:
            key_in_use()
        self._running.add(key)
        return None

    def remember(self, key: str, wanted: str, answer: Answer) -> None:
        """Store the answer of a request."""
        self._books.save_as(
            _KIND,
            key,
            {
                "digest": wanted,
                "status": answer.status,
                "body": json.dumps(answer.body, separators=(",", ":")),
                "request_id": answer.request_id,
            },
        )

    def release(self, key: str) -> None:
        """End the reservation of a key."""
        self._running.discard(key)
