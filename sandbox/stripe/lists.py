"""Lists, searches and expansion of Stripe's objects."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import cast

from sandbox.store import Document
from sandbox.stripe.books import Books, at_path
from sandbox.stripe.calls import Call
from sandbox.stripe.errors import no_such, refuse

_MOST = 100


def list_of(data: list[Document], url: str, *, has_more: bool = False) -> Document:
    """Return a list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def page(
    call: Call,
    kind: str,
    terms: Mapping[str, str | None],
    keep: Callable[[Document], bool] = lambda _: True,
) -> Document:
    """Return one page of a list, newest first, by the request's cursor and limit.

    Args:
        call: The request.
        kind: The kind of the listed objects.
        terms: Indexed values that all must match; None matches everything.
        keep: Any further condition.
    """
    wanted = {name: value for name, value in terms.items() if value is not None}
    keys = _after_cursor(call, call.books.newest_keys(kind, wanted))
    limit = _limit(call)
    found = (call.books.need(kind, key) for key in keys)
    data = list(islice((each for each in found if keep(each)), limit + 1))
    if call.params.get("ending_before"):
        data.reverse()
        return list_of(data[-limit:], call.url, has_more=len(data) > limit)
    return list_of(data[:limit], call.url, has_more=len(data) > limit)


def _limit(call: Call) -> int:
    limit = int(call.params.get("limit") or 10)
    if not 1 <= limit <= _MOST:
        refuse("This value must be between 1 and 100.", param="limit")
    return limit


def _after_cursor(call: Call, keys: list[str]) -> list[str]:
    after, before = call.text("starting_after"), call.text("ending_before")
    if after is not None:
        if after not in keys:
            no_such("object", after, param="starting_after", status=400)
        return keys[keys.index(after) + 1 :]
    if before is not None:
        if before not in keys:
            no_such("object", before, param="ending_before", status=400)
        return keys[: keys.index(before)][::-1]
    return keys


_CLAUSE = re.compile(
    r"""(?P<field>[a-z_]+)(\[(?P<q>['"])(?P<name>.+?)(?P=q)\])?:(?P<r>['"])(?P<value>.*?)(?P=r)$"""
)


def search(call: Call, kind: str, fields: Iterable[str]) -> Document:
    """Return the results of a search query: clauses `field:'value'` and `metadata['k']:'v'`, with AND.

    Unlike Stripe's search index, this one is always up to date.

    Raises:
        StripeError: The query uses a field or an operator that the sandbox does not support.
    """
    allowed = {*fields, "metadata"}
    terms: dict[str, str] = {}
    rest: dict[str, str] = {}
    for clause in re.split(r"\s+AND\s+", str(call.params.get("query", "")).strip()):
        match = _CLAUSE.fullmatch(clause.strip())
        if match is None or match["field"] not in allowed:
            refuse(f"We were unable to parse your search query: {clause}", param="query")
        if match["field"] == "metadata":
            terms[f"metadata.{match['name']}"] = match["value"]
        else:
            rest[match["field"]] = match["value"]
    keys = call.books.newest_keys(kind, terms)
    found = (call.books.need(kind, key) for key in keys)
    matching = (
        each for each in found if all(each.get(name) == value for name, value in rest.items())
    )
    limit = _limit(call)
    data = list(islice(matching, limit + 1))
    return {
        "object": "search_result",
        "data": data[:limit],
        "has_more": len(data) > limit,
        "next_page": None,
        "url": call.url,
    }


_EXPANDABLE = {
    "cus": "customer",
    "pm": "payment_method",
    "in": "invoice",
    "pi": "payment_intent",
    "ch": "charge",
    "re": "refund",
}


def expand(books: Books, answer: Document, paths: Iterable[str]) -> None:
    """Replace ids by their objects, in place, and add the members that are only returned on request.

    Raises:
        StripeError: A path cannot be expanded.
    """
    for path in paths:
        _expand(books, answer, path.split("."), path)


def _expand(books: Books, node: object, names: list[str], path: str) -> None:
    if isinstance(node, list):
        for item in cast("list[object]", node):
            _expand(books, item, names, path)
        return
    if not isinstance(node, dict) or not names:
        return
    document = cast("Document", node)
    name, *rest = names
    value = document.get(name)
    if isinstance(value, str):
        document[name] = _object_of(books, value) or value
    elif value is None:
        included = _included(books, document, name)
        if included is not None:
            document[name] = included
        elif name not in document:
            refuse(f"This property cannot be expanded ({path}).", param="expand")
    _expand(books, document.get(name), rest, path)


def _object_of(books: Books, key: str) -> Document | None:
    kind = _EXPANDABLE.get(key.partition("_")[0])
    return None if kind is None else books.find(kind, key)


def _included(books: Books, document: Document, name: str) -> Document | None:
    key = str(document.get("id"))
    match document.get("object"), name:
        case "invoice", "payments":
            data = books.newest("invoice_payment", invoice=key)
            return list_of(data, "/v1/invoice_payments")
        case "charge", "refunds":
            return list_of(books.newest("refund", charge=key), f"/v1/charges/{key}/refunds")
        case "customer", "cash_balance":
            return books.find("cash_balance", key)
        case _:
            return None


def matches(document: Document, path: str, wanted: str | None) -> bool:
    """Return whether a member has the wanted value; None matches every value."""
    return wanted is None or at_path(document, path) == wanted
