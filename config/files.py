"""Reading TOML files of values: every mistake is told with file, key, value and what is allowed."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

ModelT = TypeVar("ModelT", bound=BaseModel)


class FileError(ValueError):
    """A file of values is missing or wrong; the message names the file and the key."""


def read_model(model: type[ModelT], path: Path | None, *, default: str) -> ModelT:
    """Return the file as a model; the file `default` shipped with the package if no path is given.

    Raises:
        FileError: The file cannot be read, is not TOML, or a value is not allowed.
    """
    name = str(path) if path is not None else f"(shipped) {default}"
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
        raise FileError(_explain(name, error)) from None


def _shipped(name: str) -> str:
    return resources.files("config").joinpath("defaults", name).read_text("utf-8")


def _explain(name: str, error: ValidationError) -> str:
    lines: list[str] = []
    for found in error.errors(include_url=False, include_context=False):
        key = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"]
        ).lstrip(".")
        message = found["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {key or 'file'} = {found['input']!r}: {message}")
    return "\n".join(lines)
