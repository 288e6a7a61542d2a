from collections.abc import AsyncGenerator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.assembly import assemble
from sandbox.journal import Journal
from sandbox.store import Store
from sandbox.world import System, World
from tests.unit.sandbox.conftest import serving


class Counter:
    def __init__(self) -> None:
        self.calls = 0

    async def handle(self, _: Request) -> JSONResponse:
        self.calls += 1
        return JSONResponse({"calls": self.calls})


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
async def client(counter: Counter) -> AsyncGenerator[httpx.AsyncClient]:
    store = Store(None)
    world = World(store=store, journal=Journal(store))
    paths = ("/", "/v1/orders", "/v1/orders/1", "/_control/x")
    app = Starlette(routes=[Route(path, counter.handle, methods=["GET", "POST"]) for path in paths])
    system = System(name="shop", prefix="/shop", app=app)
    async with (
        serving(assemble(world, [system])) as address,
        httpx.AsyncClient(base_url=address) as found,
    ):
        yield found


async def test_a_status_is_answered_without_touching_the_app(
    client: httpx.AsyncClient, counter: Counter
) -> None:
    await client.post("/_faults/shop", json={"fault": "status", "status": 429, "times": 2})
    answers = [(await client.get("/shop/v1/orders")).status_code for _ in range(3)]
    assert (answers, counter.calls) == ([429, 429, 200], 1)
    assert (await client.get("/_faults")).json() == {}


async def test_a_lost_response_commits_and_breaks_the_connection(
    client: httpx.AsyncClient, counter: Counter
) -> None:
    await client.post("/_faults/shop", json={"fault": "lost_response", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await client.post("/shop/v1/orders")
    assert counter.calls == 1
    assert (await client.post("/shop/v1/orders")).json() == {"calls": 2}


async def test_a_fault_strikes_only_what_it_matches(client: httpx.AsyncClient) -> None:
    fault = {"fault": "down", "match": "POST /v1/orders/1"}
    await client.post("/_faults/shop", json=fault)
    assert (await client.get("/shop/v1/orders/1")).status_code == 200
    assert (await client.post("/shop/v1/orders")).status_code == 200
    assert (await client.post("/shop/v1/orders/1")).status_code == 503


async def test_a_system_that_is_down_keeps_its_page_and_switches(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/_faults/shop", json={"fault": "down"})
    assert (await client.get("/shop/v1/orders")).status_code == 503
    assert (await client.get("/shop/")).status_code == 200
    assert (await client.get("/shop/_control/x")).status_code == 200
    assert (await client.delete("/_faults/shop")).status_code == 204
    assert (await client.get("/shop/v1/orders")).status_code == 200


async def test_latency_delays_the_work(client: httpx.AsyncClient) -> None:
    await client.post("/_faults/shop", json={"fault": "latency", "seconds": 0.2, "times": 1})
    with pytest.raises(httpx.ReadTimeout):
        await client.get("/shop/v1/orders", timeout=0.05)


@pytest.mark.parametrize(
    "body",
    [
        {"fault": "gremlins"},
        {"fault": ["down"]},
        {"fault": "status", "status": 42},
        {"fault": "status", "status": "503"},
        {"fault": "status", "status": True},
        {"fault": "status", "status": None},
        {"fault": "down", "wat": 1},
        {"fault": "down", "match": 5},
        {"fault": "down", "match": None},
        {"fault": "down", "times": 1.5},
        {"fault": "down", "times": 0},
        {"fault": "latency", "seconds": "1"},
        {"fault": "latency", "seconds": -1},
        {"fault": "latency", "seconds": 1e9},
        [],
        {},
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, body: object
) -> None:
    assert (await client.post("/_faults/shop", json=body)).status_code == 422
    assert (await client.get("/_faults")).json() == {}


async def test_a_delay_that_is_no_number_is_refused(client: httpx.AsyncClient) -> None:
    body = b'{"fault": "latency", "seconds": NaN}'
    assert (await client.post("/_faults/shop", content=body)).status_code == 422


async def test_an_unknown_system_has_no_faults_and_no_journal(client: httpx.AsyncClient) -> None:
    assert (await client.post("/_faults/nobody", json={"fault": "down"})).status_code == 404
    assert (await client.get("/_journal/nobody")).status_code == 404


async def test_the_index_lists_systems_and_active_faults(client: httpx.AsyncClient) -> None:
    await client.post("/_faults/shop", json={"fault": "down", "match": "<b>"})
    page = (await client.get("/")).text
    assert "shop" in page
    assert "&lt;b&gt;" in page
    assert (await client.get("/health")).status_code == 200


async def test_a_match_that_closes_with_a_dollar_strikes_at_the_end_of_the_path_only(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/_faults/shop", json={"fault": "status", "match": "GET /v1/orders$"})
    paths = ("/shop/v1/orders/1", "/shop/v1/orders")
    assert [(await client.get(path)).status_code for path in paths] == [200, 503]
