"""Strict reading of JSON from outside: what two programs could understand differently is refused.

RFC 8259 leaves open what a repeated name means, and knows neither NaN nor halves of surrogate pairs; I-JSON
(RFC 7493) forbids all of them.
"""

import json
from typing import Any, Final, NoReturn

_DEEPEST: Final = 64


class JsonError(ValueError):
    """The text is not JSON that all programs read alike; the message says why and repeats nothing of it."""


def read_json(text: bytes | str) -> Any:  # noqa: ANN401 - whatever the document holds
    """Return the document.

    Raises:
        JsonError: It is no JSON in UTF-8, repeats a name, holds NaN, or is nested too deeply.
    """
    try:
        # A byte order mark is ignored, as RFC 8259 allows.
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        document = json.loads(decoded, object_pairs_hook=_once, parse_constant=_no_constant)
        _check(document, _DEEPEST)
    except json.JSONDecodeError as error:
        raise JsonError(f"no JSON: {error.msg}, line {error.lineno}") from None
    except UnicodeError:
        raise JsonError("the text is not UTF-8") from None
    except RecursionError:
        raise JsonError(_TOO_DEEP) from None
    except JsonError:
        raise
    except ValueError:
        # Python's own limit on the digits of an integer.
        raise JsonError("a number has too many digits") from None
    return document


_TOO_DEEP: Final = f"nested more than {_DEEPEST} deep"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonError("a name is repeated in the same object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is no JSON number")


def _check(value: object, depth: int) -> None:
    """Look for text that cannot be written down again, and for too much depth.

    Raises:
        JsonError: It is nested too deeply.
        UnicodeError: It holds half of a surrogate pair.
    """
    if isinstance(value, str):
        value.encode()
        return
    if not isinstance(value, dict | list):
        return
    if depth == 0:
        raise JsonError(_TOO_DEEP)
    children = [*value, *value.values()] if isinstance(value, dict) else value  # pyright: ignore[reportUnknownVariableType] - any JSON
    for child in children:  # pyright: ignore[reportUnknownVariableType] - any JSON
        _check(child, depth - 1)  # pyright: ignore[reportUnknownArgumentType] - any JSON
