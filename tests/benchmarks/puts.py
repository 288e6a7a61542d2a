"""A client process: `python -m tests.benchmarks.puts URL KEY COUNT` prints grants put a second.

With `bare` as KEY it reads the sandbox's health instead: what client and server need for any request.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

import httpx

BARE = "bare"
_IN_FLIGHT = 8
_UNTIL = "2100-01-01T00:00:00Z"


async def main(url: str, key: str, count: int) -> None:
    """Print the rate."""
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {key}"}, trust_env=False
    ) as client:

        async def put(number: int) -> None:
            path = f"/entitlements/v1/accounts/acme-{number}/grants/grant-{number}"
            (await client.put(path, json=_grant(number))).raise_for_status()

        async def read(_: int) -> None:
            (await client.get("/health")).raise_for_status()

        print(await _rate(read if key == BARE else put, count))


async def _rate(call: Callable[[int], Awaitable[None]], count: int) -> float:
    slots = asyncio.Semaphore(_IN_FLIGHT)

    async def one(number: int) -> None:
        async with slots:
            await call(number)

    await asyncio.gather(*map(one, range(_IN_FLIGHT)))
    begin = time.perf_counter()
    await asyncio.gather(*map(one, range(_IN_FLIGHT, _IN_FLIGHT + count)))
    return count / (time.perf_counter() - begin)


def _grant(number: int) -> dict[str, object]:
    return {
        "version": 1,
        "subscription_id": f"sub-{number}",
        "features": {"seats": 3},
        "from": "2026-01-01T00:00:00Z",
        "until": _UNTIL,
    }


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
