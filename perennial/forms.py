"""What every input has in common, and the kinds of its fields. Only the shape is checked here.

Whether a country, time zone, currency or plan exists is for the server to know.
"""

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from perennial.card_numbers import is_card_number
from perennial.errors import InvalidInputError
from perennial.field_errors import WHOLE, FieldError, field_errors
from perennial.ids import is_business_id, is_entity_id
from perennial.strict_json import JsonError, read_json
from perennial.text_fields import CARD_NUMBER_FOUND, free_text

_MOST_UNITS: Final = 1_000_000
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
COUNTRY_ALLOWED: Final = "must be an ISO 3166-1 alpha-2 code in upper case such as 'DE'"
CURRENCY_ALLOWED: Final = "must be an active ISO 4217 code in upper case such as 'USD'"


class Form(BaseModel):
    """An input: strict, frozen, without unknown fields; its errors do not repeat what was refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, strict=True)

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """Return the form in this JSON document.

        Raises:
            InvalidInputError: It is no JSON or has another shape; every bad field is named.
        """
        try:
            return cls.model_validate(read_json(text))
        except JsonError as error:
            raise InvalidInputError(FieldError(field=WHOLE, allowed=str(error))) from None
        except ValidationError as error:
            raise InvalidInputError(*field_errors(error.errors(include_url=False))) from None


def _business_id(value: str) -> str:
    if not is_business_id(value):
        raise ValueError(
            "must be 1 to 64 letters, digits, '_', '-' or '.', and start with a letter or digit"
        )
    if is_card_number(value):
        raise ValueError(CARD_NUMBER_FOUND)
    return value


def _entity_id(value: str) -> str:
    # Derived by us and not chosen: digits in it that look like a card number are none.
    if not is_entity_id(value):
        raise ValueError(
            "must be 1 to 100 letters, digits, '_', '-' or '.', and start with a letter or digit"
        )
    return value


def _country(value: str) -> str:
    if _COUNTRY.fullmatch(value) is None:
        raise ValueError(COUNTRY_ALLOWED)
    return value


def _currency(value: str) -> str:
    if _CURRENCY.fullmatch(value) is None:
        raise ValueError(CURRENCY_ALLOWED)
    return value


BusinessId = Annotated[str, AfterValidator(_business_id)]
EntityId = Annotated[str, AfterValidator(_entity_id)]
FreeText = Annotated[str, Field(max_length=200), AfterValidator(free_text)]
AddressLine = Annotated[FreeText, Field(max_length=100)]
CountryCode = Annotated[str, AfterValidator(_country)]
CurrencyCode = Annotated[str, AfterValidator(_currency)]
PaymentMethodToken = Annotated[
    str,
    Field(
        pattern=r"^pm_[A-Za-z0-9_]{1,64}$",
        description="The provider's token of a stored payment method.",
        examples=["pm_card_visa"],
    ),
]
Quantity = Annotated[int, Field(strict=True, ge=1, le=_MOST_UNITS)]
