"""Reads by the OpenFeature Remote Evaluation Protocol 0.3: every feature is a flag of its account."""

import hashlib
import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.entitlements.accounts import Accounts
from sandbox.entitlements.rules import access
from sandbox.store import Document
from sandbox.world import World


class Flags:
    """Evaluates features for the account that the context names as `targetingKey`."""

    def __init__(self, world: World, accounts: Accounts) -> None:
        self._world = world
        self._accounts = accounts

    async def evaluate(self, request: Request) -> Response:
        """Serve `POST /ofrep/v1/evaluate/flags/{key}`."""
        key = request.path_params["key"]
        account_id, refusal = await _account_of(request)
        if account_id is None:
            return JSONResponse({"key": key} | refusal, status_code=400)
        is_switch = self._accounts.is_switch(key)
        if is_switch is None:
            problem = {"errorCode": "FLAG_NOT_FOUND", "errorDetails": "never granted to anyone"}
            return JSONResponse({"key": key} | problem, status_code=404)
        features = self._features(account_id)
        return JSONResponse(_evaluation(key, features, is_switch=is_switch))

    async def evaluate_all(self, request: Request) -> Response:
        """Serve `POST /ofrep/v1/evaluate/flags`; answer 304 if nothing has changed."""
        account_id, refusal = await _account_of(request)
        if account_id is None:
            return JSONResponse(refusal, status_code=400)
        features = self._features(account_id)
        flags = [
            _evaluation(key, features, is_switch=is_switch)
            for key, is_switch in sorted(self._accounts.features().items())
        ]
        content = json.dumps({"flags": flags}, separators=(",", ":")).encode()
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if etag in _etags(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers={"ETag": etag})
        return Response(content, media_type="application/json", headers={"ETag": etag})

    def _features(self, account_id: str) -> dict[str, int]:
        granted: dict[str, int] = access(self._accounts.read(account_id), self._world.now())[
            "features"
        ]
        return granted


def _etags(header: str) -> set[str]:
    # The header is a list, and a cache may have marked its entries as weak (RFC 9110, 13.1.2).
    return {each.strip().removeprefix("W/") for each in header.split(",")}


def _evaluation(key: str, features: dict[str, int], *, is_switch: bool) -> Document:
    is_granted = key in features
    quantity = features.get(key, 0)
    return {
        "key": key,
        "value": is_granted if is_switch else quantity,
        "reason": "TARGETING_MATCH" if is_granted else "DEFAULT",
        "variant": "on" if is_granted else "off",
        "metadata": {"quantity": quantity},
    }


async def _account_of(request: Request) -> tuple[str | None, Document]:
    try:
        context = json.loads(await request.body())["context"]
        targeting_key = context.get("targetingKey")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, {"errorCode": "PARSE_ERROR", "errorDetails": "a JSON object with a context"}
    if not isinstance(targeting_key, str) or not targeting_key:
        return None, {"errorCode": "TARGETING_KEY_MISSING", "errorDetails": "the account id"}
    return targeting_key, {}
