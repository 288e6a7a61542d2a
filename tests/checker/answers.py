"""What a client takes the answer to a request for."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from perennial.errors import ClientError, UnavailableError
from tests.checker.facts import ClientAnswer, Verdict


async def answer_of(
    request: str, about: str, call: Callable[[], Awaitable[Any]], *, clock: Callable[[], datetime]
) -> ClientAnswer:
    """Make a request once, and return its answer.

    Args:
        request: Its name, as in `ClientAnswer`.
        about: The order's id for a sale, else the subscription's.
        call: Makes it, by our client.
        clock: Tells when it was sent and answered.
    """
    asked_at, verdict, text, request_id = clock(), Verdict.ACCEPTED, "", ""
    try:
        request_id = str(getattr(await call(), "request_id", ""))
    except UnavailableError as error:
        verdict, text = Verdict.UNAVAILABLE, str(error)
    except ClientError as error:
        verdict, text = Verdict.REFUSED, str(error)
    return ClientAnswer(
        asked_at=asked_at,
        answered_at=clock(),
        request=request,
        about=about,
        verdict=verdict,
        request_id=request_id,
        text=text,
    )
