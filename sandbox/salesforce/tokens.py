"""The OAuth 2.0 token endpoint: client credentials grant and JWT bearer grant."""

import base64
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.salesforce.org import SYSTEM
from sandbox.store import Document
from sandbox.world import World

CLIENT_ID = "perennial"
CLIENT_SECRET = "sandbox"  # noqa: S105 - a public default for evaluation
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_DEFAULT_LIFETIME = timedelta(hours=2)
_LONGEST_ASSERTION = timedelta(minutes=5)
_TOKEN = "_token"  # noqa: S105 - a kind of document


class RefusedGrantError(Exception):
    """A token request that is refused, with the OAuth error code."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class Tokens:
    """Issues access tokens and checks whether a token is still valid."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.lifetime = _DEFAULT_LIFETIME

    async def issue(self, request: Request) -> JSONResponse:
        """Serve `POST /services/oauth2/token`."""
        form = {
            key: values[0]
            for key, values in parse_qs((await request.body()).decode(errors="replace")).items()
        }
        # The org's address includes the path of its mount, which `base_url` would leave out.
        instance_url = f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"
        try:
            self._check(form | _basic(request), instance_url)
        except RefusedGrantError as error:
            body = {"error": error.code, "error_description": error.description}
            return JSONResponse(body, status_code=400)
        now = self._world.now()
        token = f"00DPerennial!{secrets.token_urlsafe(32)}"
        expires_at = (now + self.lifetime).isoformat()
        self._world.store.put(SYSTEM, _TOKEN, token, {"expires_at": expires_at})
        return JSONResponse(
            {
                "access_token": token,
                "instance_url": instance_url,
                "id": f"{instance_url}/id/00DPe0000000001/005Pe0000000001",
                "token_type": "Bearer",
                "issued_at": str(int(now.timestamp() * 1000)),
                "scope": "api",
            }
        )

    def is_good(self, authorization: str) -> bool:
        """Return whether an `Authorization` header has a token that has not expired."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in {"bearer", "oauth"}:
            return False
        found = self._world.store.get(SYSTEM, _TOKEN, token)
        return found is not None and self._world.now() < datetime.fromisoformat(found["expires_at"])

    def expire_all(self) -> int:
        """Delete all tokens and return how many there were."""
        tokens = self._world.store.keys(SYSTEM, _TOKEN)
        for token in tokens:
            self._world.store.delete(SYSTEM, _TOKEN, token)
        return len(tokens)

    def _check(self, form: dict[str, str], instance_url: str) -> None:
        grant = form.get("grant_type")
        if grant == "client_credentials":
            if form.get("client_id") != CLIENT_ID:
                raise RefusedGrantError("invalid_client_id", "client identifier invalid")
            if not hmac.compare_digest(
                form.get("client_secret", "").encode(), CLIENT_SECRET.encode()
            ):
                raise RefusedGrantError("invalid_client", "invalid client credentials")
        elif grant == _JWT_GRANT:
            self._check_assertion(_claims(form.get("assertion", "")), instance_url)
        else:
            raise RefusedGrantError("unsupported_grant_type", "grant type not supported")

    def _check_assertion(self, claims: Document, instance_url: str) -> None:
        # The signature is not checked: the org of the sandbox has no certificate.
        if claims.get("iss") != CLIENT_ID:
            raise RefusedGrantError("invalid_client_id", "client identifier invalid")
        if claims.get("aud") not in {instance_url, f"{instance_url}/services/oauth2/token"}:
            raise RefusedGrantError("invalid_grant", "audience is invalid")
        if not claims.get("sub"):
            raise RefusedGrantError("invalid_grant", "user hasn't approved this consumer")
        left = float(claims.get("exp") or 0) - self._world.now().timestamp()
        if not 0 < left <= _LONGEST_ASSERTION.total_seconds():
            raise RefusedGrantError("invalid_grant", "expired authorization code")


def _basic(request: Request) -> dict[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": client_id, "client_secret": secret}


def _claims(assertion: str) -> Document:
    parts = assertion.split(".")
    try:
        _, payload, _ = parts
        claims: Any = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise RefusedGrantError("invalid_grant", "invalid assertion")
    return cast("Document", claims)
