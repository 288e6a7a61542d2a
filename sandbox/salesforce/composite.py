"""The composite resource: up to 25 calls in one request; later calls may use the results of earlier ones."""

import re
from collections.abc import Callable
from typing import cast

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.org import Change
from sandbox.salesforce.resources import ROOT, Call, Result, perform
from sandbox.store import Document

_MOST_CALLS = 25
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."


def run_composite(body: Document, change: Change) -> Document:
    """Return the answer to a composite request; its changes are staged unless it was rolled back.

    Raises:
        ApiError: The request as a whole is not valid. A call that fails is part of the answer.
    """
    calls = _calls(body)
    if len(calls) > _MOST_CALLS:
        message = f"The number of subrequests may not exceed {_MOST_CALLS}"
        raise ApiError("LIMIT_EXCEEDED", message)
    names = [call.get("referenceId") for call in calls]
    if None in names or len(set(names)) != len(names):
        raise ApiError("JSON_PARSER_ERROR", "each call needs a referenceId of its own")
    all_or_none = body.get("allOrNone") is True
    inner = change.within()
    results: dict[str, Result] = {}
    for call in calls:
        results[call["referenceId"]] = result = _perform_one(call, results, inner)
        if all_or_none and _failed(result):
            return {"compositeResponse": _halted(calls, call["referenceId"], result)}
    inner.commit()
    return {"compositeResponse": [_entry(name, result) for name, result in results.items()]}


def _calls(body: Document) -> list[Document]:
    given = body.get("compositeRequest")
    calls = cast("list[object]", given) if isinstance(given, list) else []
    if not calls or not all(isinstance(call, dict) for call in calls):
        raise ApiError("JSON_PARSER_ERROR", "compositeRequest must be an array of calls")
    return cast("list[Document]", calls)


def _perform_one(call: Document, results: dict[str, Result], outer: Change) -> Result:
    change = outer.within()
    try:
        result = perform(_made(call, results), change)
    except ApiError as error:
        return Result(status=error.status, body=error.body())
    change.commit()
    return result


def _made(call: Document, results: dict[str, Result]) -> Call:
    url, body = _filled(call.get("url", ""), results), _filled(call.get("body") or {}, results)
    if not str(url).startswith(f"{ROOT}/") or not isinstance(body, dict):
        message = f"A call needs a url below {ROOT}/ and, if any, an object as body"
        raise ApiError("INVALID_REQUEST", message)
    method = str(call.get("method", "")).upper()
    return Call(method=method, url=str(url).removeprefix(ROOT), body=cast("Document", body))


def _filled(value: object, results: dict[str, Result]) -> object:
    if isinstance(value, str):
        return _REFERENCE.sub(_looked_up_in(results), value)
    if isinstance(value, dict):
        return {key: _filled(item, results) for key, item in cast("Document", value).items()}
    if isinstance(value, list):
        return [_filled(item, results) for item in cast("list[object]", value)]
    return value


def _looked_up_in(results: dict[str, Result]) -> Callable[[re.Match[str]], str]:
    def look_up(match: re.Match[str]) -> str:
        name, *path = re.split(r"[.\[\]]+", match[1].rstrip("]"))
        found: object = (
            results[name].body if name in results and not _failed(results[name]) else None
        )
        for part in path:
            found = _part_of(found, part)
        if found is None:
            message = f"Invalid reference specified. No value for {match[1]} found in {name}"
            raise ApiError("PROCESSING_HALTED", message)
        return str(found)

    return look_up


def _part_of(value: object, part: str) -> object:
    if isinstance(value, list):
        items = cast("list[object]", value)
        return items[int(part)] if part.isdigit() and int(part) < len(items) else None
    return cast("Document", value).get(part) if isinstance(value, dict) else None


def _failed(result: Result) -> bool:
    return result.status >= 300  # noqa: PLR2004 - several matches count as a failure


def _halted(calls: list[Document], failed: str, result: Result) -> list[Document]:
    halted = Result(status=400, body=ApiError("PROCESSING_HALTED", _HALTED).body())
    names = [call["referenceId"] for call in calls]
    return [_entry(name, result if name == failed else halted) for name in names]


def _entry(name: str, result: Result) -> Document:
    return {
        "body": result.body,
        "httpHeaders": {},
        "httpStatusCode": result.status,
        "referenceId": name,
    }
