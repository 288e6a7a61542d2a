"""The types of settings, and the name of the variable of each setting."""

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, SecretStr

PREFIX: Final = "PERENNIAL_"
_PORT: Final = Field(ge=1, le=65535)


def variable_of(field: str) -> str:
    """Return the environment variable of a field of `Settings`."""
    return PREFIX + field.upper()


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _without_slash(value: object) -> object:
    return value.rstrip("/") if isinstance(value, str) else value


Port = Annotated[int, _PORT]
Secret = Annotated[SecretStr, Field(min_length=1)]
Keys = Annotated[tuple[SecretStr, ...], BeforeValidator(_split)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(_split)]
Url = Annotated[str, BeforeValidator(_without_slash), Field(pattern=r"^https?://[^\s/]+(/\S*)?$")]
EmptyIsNone: Final = BeforeValidator(lambda value: None if value == "" else value)
OptionalText = Annotated[str | None, EmptyIsNone]
OptionalSecret = Annotated[SecretStr | None, EmptyIsNone]
SmtpTls = Annotated[Literal["none", "starttls", "tls"] | None, EmptyIsNone]
CountryField = Literal["BillingCountry", "BillingCountryCode"]
