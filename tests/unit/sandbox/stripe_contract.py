"""The contract that the official SDK carries: its types, compared with JSON on the wire."""

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ForwardRef, Literal, Union, cast, get_args, get_origin

import stripe
from stripe._stripe_object import UntypedStripeObject

RESOURCES: dict[str, type] = {
    "cash_balance": stripe.CashBalance,
    "charge": stripe.Charge,
    "customer": stripe.Customer,
    "customer_cash_balance_transaction": stripe.CustomerCashBalanceTransaction,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "invoiceitem": stripe.InvoiceItem,
    "line_item": stripe.InvoiceLineItem,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "refund": stripe.Refund,
    "setup_intent": stripe.SetupIntent,
}


def answer_findings(document: Mapping[str, Any]) -> list[str]:
    """Return everything in an answer that the SDK's types do not allow; empty is good."""
    kind = document.get("object")
    if "error" in document:
        return _object_findings(stripe.ErrorObject, document["error"], "error", is_partial=True)
    if kind in {"list", "search_result"}:
        findings = [f"{kind}.{name} is missing" for name in _envelope(kind) - set(document)]
        for item in document["data"]:
            findings += answer_findings(item)
        return findings
    if document.get("deleted"):
        return [] if set(document) == {"id", "object", "deleted"} else ["odd deleted object"]
    if kind not in RESOURCES:
        return [f"unknown object {kind!r}"]
    findings = _object_findings(RESOURCES[kind], document, str(kind))
    if kind == "event" and document["data"]["object"].get("object") in RESOURCES:
        findings += answer_findings(document["data"]["object"])
    return findings


def _envelope(kind: str) -> set[str]:
    return {"data", "has_more", "url"} | ({"next_page"} if kind == "search_result" else set())


def _annotations(cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in reversed(cls.__mro__):
        if each.__module__.startswith("stripe") and each is not stripe.StripeObject:
            found |= inspect.get_annotations(each)
    return {
        name: kind
        for name, kind in found.items()
        if not name.startswith("_") and get_origin(kind) is not typing.ClassVar
    }


def _object_findings(cls: type, value: Any, path: str, *, is_partial: bool = False) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path} is {type(value).__name__}, not an object"]
    document = cast("dict[str, Any]", value)
    known = _annotations(cls)
    findings = [f"{path}.{name} is unknown to the SDK" for name in document if name not in known]
    for name, kind in known.items():
        if name in document:
            findings += _value_findings(kind, document[name], f"{path}.{name}")
        elif not is_partial and not _is_optional(kind):
            findings.append(f"{path}.{name} is missing")
    return findings


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) is Union and type(None) in get_args(kind)


_SCALARS: dict[type, Callable[[Any], bool]] = {
    int: lambda value: isinstance(value, int) and not isinstance(value, bool),
    bool: lambda value: isinstance(value, bool),
    str: lambda value: isinstance(value, str),
    float: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    Decimal: lambda value: isinstance(value, str) and Decimal(value).is_finite(),
}


def _value_findings(kind: Any, value: Any, path: str) -> list[str]:
    kind = _resolved(kind)
    origin = get_origin(kind)
    if origin is Union:
        tries = [_value_findings(each, value, path) for each in get_args(kind)]
        return min(tries, key=len) if all(tries) else []
    if origin is list:
        return _each(get_args(kind)[0], value, path)
    allowed = _allowed(kind, value)
    if allowed is None:
        return _class_findings(kind, value, path)
    return [] if allowed else [f"{path} is {value!r}, not {getattr(kind, '__name__', kind)}"]


def _allowed(kind: Any, value: Any) -> bool | None:
    """Return whether a plain kind allows a value; None when the kind has members."""
    if kind is Any:
        return True
    if kind is type(None):
        return value is None
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    return _SCALARS[kind](value) if kind in _SCALARS else None


def _class_findings(kind: Any, value: Any, path: str) -> list[str]:
    origin = get_origin(kind) or kind
    if not isinstance(value, dict):
        return [f"{path} is {value!r}, not an object"]
    document = cast("dict[str, Any]", value)
    if origin is UntypedStripeObject:
        (inner,) = get_args(kind) or (Any,)
        found = [_value_findings(inner, each, f"{path}.{name}") for name, each in document.items()]
        return [finding for findings in found for finding in findings]
    if origin is stripe.ListObject:
        missing = [f"{path}.{name} is missing" for name in _envelope("list") - set(document)]
        return missing + _each(get_args(kind)[0], document.get("data"), f"{path}.data")
    return _object_findings(kind, document, path)


def _each(kind: Any, value: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path} is {value!r}, not a list"]
    items = cast("list[Any]", value)
    found = [_value_findings(kind, each, f"{path}[{index}]") for index, each in enumerate(items)]
    return [finding for findings in found for finding in findings]


def _resolved(kind: Any) -> Any:
    if isinstance(kind, ForwardRef):
        # A few names are aliases inside one module of the SDK (CardResource): anything goes there.
        return getattr(stripe, kind.__forward_arg__, Any)
    return kind


def parameter_names(params_type: type) -> dict[str, type | None]:
    """Return the parameters of a request type, each with the type of its members or None.

    The SDK writes annotations as text; only the names inside are needed here.
    """
    module = vars(inspect.getmodule(params_type))
    found: dict[str, type | None] = {}
    for name, kind in inspect.get_annotations(params_type).items():
        text = kind.__forward_arg__ if isinstance(kind, ForwardRef) else str(kind)
        named = [module[word] for word in re.findall(r"\w+", text) if word in module]
        members = [
            each
            for each in named
            if isinstance(each, type) and each.__name__.startswith(params_type.__name__)
        ]
        found[name] = members[0] if members else None
    return found
