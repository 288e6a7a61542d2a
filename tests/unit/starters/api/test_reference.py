"""The page that documents the API."""

import re

import httpx


async def test_the_page_names_every_request_and_needs_no_network(api: httpx.AsyncClient) -> None:
    schema = (await api.get("/openapi.json")).json()

    page = (await api.get("/docs")).text

    for path, methods in schema["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "<script" not in page


async def test_every_route_of_ours_has_a_summary_and_says_which_problems_it_may_answer(
    api: httpx.AsyncClient,
) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]
    routes = [
        (path, method, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path.startswith("/v1/")
    ]

    assert len(routes) >= 10
    for path, method, operation in routes:
        expected = {"401"}
        if method == "post":
            expected |= {"413", "415", "422"}
        if "{" in path:
            expected |= {"404"}
        assert operation["summary"], path
        assert expected <= set(operation["responses"]), path
        assert operation["security"], path


async def test_the_bare_address_leads_to_the_page(api: httpx.AsyncClient) -> None:
    answer = await api.get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


async def test_every_answer_of_a_webhook_is_documented(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]

    for source in ("stripe", "erp", "crm"):
        answers = set(paths[f"/webhooks/{source}"]["post"]["responses"])
        assert answers == {"200", "202", "400", "413", "415", "503"}
