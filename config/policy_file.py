"""The policy file: how invoices are collected, as domain values."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from config.files import read_model
from domain.collection.policy import CollectionPolicy, SubscriptionPolicy
from domain.invoicing.invoice_parties import Party
from domain.periods.periods import UnknownZoneError, zone_info

_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})([dhms])")


def _duration(value: object) -> object:
    """Return the span of a text such as "7d".

    Raises:
        ValueError: The text is not a duration.
    """
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("expected a duration such as '7d', '6h', '30m' or '5s'")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]


def _zone(value: str) -> str:
    """Return the name of a time zone.

    Raises:
        ValueError: There is no such zone.
    """
    try:
        zone_info(value)
    except UnknownZoneError as error:
        raise ValueError("expected an IANA time zone such as 'Europe/Berlin'") from error
    return value


@dataclass(frozen=True, kw_only=True, slots=True)
class Seller:
    """Our company.

    Attributes:
        party: As invoices name it.
        zone: The time zone whose date is the date of issue.
    """

    party: Party
    zone: ZoneInfo


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _CollectionEntry(_Entry):
    version: str = Field(min_length=1)
    retry_after: list[Duration]
    collect_for: Duration
    reread_every: Duration

    def value(self) -> CollectionPolicy:
        return CollectionPolicy(
            version=self.version,
            retry_after=tuple(self.retry_after),
            collect_for=self.collect_for,
            reread_every=self.reread_every,
        )


class _SellerEntry(_Entry):
    name: str = Field(min_length=1, max_length=200)
    country: str = Field(pattern=r"^[A-Z]{2}$")
    vat_id: str | None = Field(default=None, min_length=1, max_length=32)
    address: list[str] = Field(default_factory=list[str])
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"

    def value(self) -> Seller:
        party = Party(
            name=self.name,
            country=self.country,
            vat_id=self.vat_id,
            address=tuple(self.address),
        )
        return Seller(party=party, zone=zone_info(self.zone))


class _PolicyDocument(_Entry):
    legal_entity: str = Field(min_length=1)
    number_series: str = Field(pattern=r"^[A-Z0-9-]{1,16}$")
    seller: _SellerEntry
    first: _CollectionEntry
    renewal: _CollectionEntry


def read_policies(path: Path | None) -> SubscriptionPolicy:
    """Return the policies of this file; those of the shipped file if the path is None.

    Raises:
        config.files.FileError: The file cannot be used.
    """
    document = read_model(_PolicyDocument, path, default="policies.toml")
    return SubscriptionPolicy(
        first=document.first.value(),
        renewal=document.renewal.value(),
        legal_entity=document.legal_entity,
        number_series=document.number_series,
    )


def read_seller(path: Path | None) -> Seller:
    """Return the seller; from the shipped file if the path is None.

    Raises:
        config.files.FileError: The file cannot be used.
    """
    return read_model(_PolicyDocument, path, default="policies.toml").seller.value()
