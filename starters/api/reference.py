"""`/docs`: the OpenAPI description as one page that loads nothing from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse

ROUTER = APIRouter(include_in_schema=False)

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;padding:.6rem;background:#8882}"
    "summary{cursor:pointer;padding:.3rem 0}td,th{text-align:left;vertical-align:top;padding:.1rem 1rem .1rem 0}"
    ":root{color-scheme:light dark}"
)


@ROUTER.get("/")
async def lead_to_the_page() -> RedirectResponse:
    """Redirect the bare address to the page."""
    return RedirectResponse("/docs")


@ROUTER.get("/docs")
async def show_page(request: Request) -> HTMLResponse:
    """Return the page."""
    return HTMLResponse(page_of(request.app.openapi()))


def page_of(description: Mapping[str, Any]) -> str:
    """Return an OpenAPI description as HTML."""
    info = description["info"]
    operations = "".join(
        _operation(method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    )
    schemas = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code> '
        f"{_text(schema)}</summary>{_json(schema)}</details>"
        for name, schema in description["components"]["schemas"].items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
        f"<style>{_STYLE}</style><h1>{escape(info['title'])} API {escape(info['version'])}</h1>"
        f"<p>{escape(info['description'])}</p>"
        '<p>For machines: <a href="/openapi.json">openapi.json</a>. '
        'Kinds of problems: <a href="/problems">problems</a>.</p>'
        f"<h2>Requests</h2>{operations}<h2>Shapes</h2>{schemas}</html>"
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    title = f"<code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    parts = [
        f"<p>{_text(operation)}</p>",
        _table(
            "Parameter", ((p["name"], p["in"], _text(p)) for p in operation.get("parameters", ()))
        ),
        "" if body is None else f"<p>Body:</p>{_json(body)}",
        _table(
            "Answer",
            (
                (status, _text(answer), _json(answer["content"]) if "content" in answer else "")
                for status, answer in operation["responses"].items()
            ),
        ),
    ]
    return f"<details><summary>{title}</summary>{''.join(parts)}</details>"


def _table(title: str, rows: Iterator[tuple[str, str, str]]) -> str:
    lines = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{second}<td>{third}"
        for name, second, third in rows
    )
    return f"<table><tr><th>{title}<th><th>{lines}</table>" if lines else ""


def _text(described: Mapping[str, Any]) -> str:
    return escape(str(described.get("description", "")))


def _json(value: object) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
