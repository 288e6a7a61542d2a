"""Stripe's errors: HTTP status and error body as in its API reference."""

from typing import NoReturn

from sandbox.store import Document

_DOCS = "https://docs.stripe.com/error-codes/"


class StripeError(Exception):
    """A request that Stripe answers with an error.

    Attributes:
        status: HTTP status.
        body: The members of `error` that have a value.
        is_remembered: Whether an idempotency key replays this answer. Stripe stores the outcome of
            requests that began to run, not of requests that failed validation.
    """

    def __init__(self, status: int, body: Document, *, is_remembered: bool = False) -> None:
        super().__init__(body.get("message"))
        self.status = status
        self.body = {name: value for name, value in body.items() if value is not None}
        self.is_remembered = is_remembered


def refuse(
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    status: int = 400,
) -> NoReturn:
    """Refuse a request before it has had any effect.

    Raises:
        StripeError: Always, of type `invalid_request_error`.
    """
    body: Document = {"type": "invalid_request_error", "message": message, "param": param}
    if code is not None:
        body |= {"code": code, "doc_url": _DOCS + code.replace("_", "-")}
    raise StripeError(status, body)


def refuse_state(message: str, *, code: str | None = None, **details: Document) -> NoReturn:
    """Refuse a request because the state of the object does not allow it.

    Raises:
        StripeError: Always, of type `invalid_request_error`, remembered by the idempotency key.
    """
    body: Document = {"type": "invalid_request_error", "message": message, "code": code, **details}
    raise StripeError(400, body, is_remembered=True)


def missing_parameter(name: str) -> NoReturn:
    """Refuse a request that lacks a required parameter.

    Raises:
        StripeError: Always, with code `parameter_missing`.
    """
    refuse(f"Missing required param: {name}.", param=name, code="parameter_missing")


def no_such(label: str, key: str, *, param: str, status: int = 404) -> NoReturn:
    """Refuse a request for an object that does not exist.

    Raises:
        StripeError: Always, with code `resource_missing`; 404 for the object of the URL, 400 for
            one named by a parameter.
    """
    refuse(f"No such {label}: '{key}'", param=param, code="resource_missing", status=status)


def unauthorized(message: str) -> StripeError:
    """Return the answer to a missing or wrong API key."""
    return StripeError(401, {"type": "invalid_request_error", "message": message})


def refuse_card(decline: Document, **details: Document | str | None) -> NoReturn:
    """Answer that a card was declined.

    Args:
        decline: code, message and, if the issuer gave them, decline_code, advice_code,
            network_decline_code, network_advice_code.
        details: The charge, payment_intent, payment_method or setup_intent of the decline.

    Raises:
        StripeError: Always, 402, of type `card_error`.
    """
    doc_url = _DOCS + str(decline["code"]).replace("_", "-")
    body = {"type": "card_error", "doc_url": doc_url, **decline, **details}
    raise StripeError(402, body, is_remembered=True)


def key_reused() -> NoReturn:
    """Refuse an idempotency key that comes again with other parameters.

    Raises:
        StripeError: Always, of type `idempotency_error`.
    """
    message = (
        "Keys for idempotent requests can only be used with the same parameters they were first"
        " used with. Try using a key other than the one you used here if you meant to execute a"
        " different request."
    )
    raise StripeError(400, {"type": "idempotency_error", "message": message})


def key_in_use() -> NoReturn:
    """Refuse an idempotency key whose first request is still running.

    Raises:
        StripeError: Always, 409.
    """
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably"
        " means you submitted twice, and the other request is still going through)."
    )
    body: Document = {
        "type": "idempotency_error",
        "code": "idempotency_key_in_use",
        "message": message,
    }
    raise StripeError(409, body)


def server_error(status: int) -> StripeError:
    """Return the error of a failing Stripe; keys remember it, because the request had begun to run."""
    body: Document = {"type": "api_error", "message": "An unknown error occurred."}
    if status == 429:  # noqa: PLR2004 - HTTP's Too Many Requests
        body = {
            "type": "invalid_request_error",
            "code": "rate_limit",
            "message": "Request rate limit exceeded.",
        }
    return StripeError(status, body, is_remembered=True)
