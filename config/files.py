"""Reads TOML files of values; every mistake is reported with file, key, value and what is allowed."""

import tomllib
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Final, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

ModelT = TypeVar("ModelT", bound=BaseModel)


_SHAPES: Final = {
    "model_type": "expected a table, such as [table] or { key = value }",
    "list_type": "expected a list, such as [[table]] or [value, value]",
}


class FileError(ValueError):
    """A file of values is missing or wrong; the message names the file and the key."""


def read_model(model: type[ModelT], path: Path | None, *, default: str) -> ModelT:
    """Return the content of the file as a model; without a path, read the shipped file `default`.

    Raises:
        FileError: The file cannot be read, is not TOML, or a value is not allowed.
    """
    name = file_name(path, default=default)
    try:
        text = path.read_text("utf-8") if path is not None else _shipped(default)
        return model.model_validate(tomllib.loads(text))
    except OSError as error:
        raise FileError(f"{name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise FileError(f"{name}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise FileError(f"{name}: is not valid TOML: {error}") from None
    except ValidationError as error:
        raise FileError(_explain(name, model, error)) from None
    except ValueError as error:
        # For example, the path contains a null byte.
        raise FileError(f"{name}: cannot be read: {error}") from None


def file_name(path: Path | None, *, default: str) -> str:
    """Return the name of the file in messages."""
    return str(path) if path is not None else f"(shipped) {default}"


def _shipped(name: str) -> str:
    return resources.files("config").joinpath("defaults", name).read_text("utf-8")


def _explain(name: str, model: type[BaseModel], error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False)
    return "\n".join(f"{name}: {_line(model, each)}" for each in found)


def _line(model: type[BaseModel], found: ErrorDetails) -> str:
    location, value = found["loc"], cast("object", found["input"])
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(
        "."
    )
    if found["type"] == "extra_forbidden":
        return f"{key}: unknown key; allowed: {', '.join(_keys(model, location[:-1]))}"
    if found["type"] == "missing":
        return f"{key}: is missing"
    message = _SHAPES.get(found["type"], found["msg"].removeprefix("Value error, "))
    # The value is not shown if it is a whole table: the key is enough.
    has_value = bool(key) and not isinstance(value, dict | list | BaseModel)
    said = f"{key} = {_shown(found['input'])}" if has_value else key
    return f"{said}: {message}" if said else message


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else repr(value)


def _keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table at a location may have."""
    for part in location:
        if isinstance(part, str):
            model = _model_in(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in get_args(annotation))
    return next((each for each in found if each is not None), None)
