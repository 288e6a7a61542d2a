"""The objects of this org: their fields, the required ones, and the rules for values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sandbox.salesforce.errors import ApiError
from sandbox.store import Document

EXTERNAL_ID = "Perennial_Id__c"
_LONGEST_TEXT = 255
READ_ONLY = frozenset(
    {"Id", "IsClosed", "IsWon", "CreatedDate", "LastModifiedDate", "SystemModstamp"}
)
STAGES = {
    "Prospecting": (False, False),
    "Qualification": (False, False),
    "Proposal/Price Quote": (False, False),
    "Negotiation/Review": (False, False),
    "Closed Won": (True, True),
    "Closed Lost": (True, False),
}
"""Stage of an opportunity -> (IsClosed, IsWon)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectType:
    """One object of the org.

    Attributes:
        name: API name.
        prefix: First three characters of its record ids.
        required: Fields that a new record must have.
        texts: Fields that hold any string.
        numbers: Fields that hold a number.
        dates: Fields that hold `YYYY-MM-DD`.
        picklists: Restricted picklist -> its values.
        lengths: Text field -> its maximum length in characters; any other text field has 255.
        lookups: Field with a record id -> the objects to which it may refer.
        defaults: Values of fields that are left out on create.
    """

    name: str
    prefix: str
    required: tuple[str, ...]
    texts: frozenset[str]
    numbers: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    picklists: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    lengths: Mapping[str, int] = field(default_factory=dict[str, int])
    lookups: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    defaults: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def writable(self) -> frozenset[str]:
        """Return the names of the fields a client may set."""
        kinds = (self.texts, self.numbers, self.dates, self.picklists, self.lookups)
        return frozenset({EXTERNAL_ID}).union(*kinds)

    @property
    def derived(self) -> tuple[str, ...]:
        """Return the names of the fields that the org fills."""
        stamps = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
        return (*stamps, "IsClosed", "IsWon") if self.name == "Opportunity" else stamps

    @property
    def readable(self) -> tuple[str, ...]:
        """Return the names of all fields."""
        return ("Id", *sorted(self.writable), *self.derived)


OBJECTS = {
    "Account": ObjectType(
        name="Account",
        prefix="001",
        required=("Name",),
        texts=frozenset(
            {
                "Name",
                "AccountNumber",
                "Type",
                "Industry",
                "Website",
                "Phone",
                "Description",
                "BillingStreet",
                "BillingCity",
                "BillingState",
                "BillingPostalCode",
                "BillingCountry",
                "BillingCountryCode",
            }
        ),
        lengths={"Description": 32_000},
    ),
    "Opportunity": ObjectType(
        name="Opportunity",
        prefix="006",
        required=("Name", "StageName", "CloseDate"),
        texts=frozenset(
            {"Name", "Description", "NextStep", "Type", "LeadSource", "CurrencyIsoCode"}
        ),
        numbers=frozenset({"Amount", "Probability"}),
        dates=frozenset({"CloseDate"}),
        picklists={"StageName": frozenset(STAGES)},
        lengths={"Name": 120, "Description": 32_000},
        lookups={"AccountId": ("Account",)},
    ),
    "Task": ObjectType(
        name="Task",
        prefix="00T",
        required=(),
        texts=frozenset({"Subject", "Description", "OwnerId", "Type"}),
        dates=frozenset({"ActivityDate"}),
        lengths={"Description": 32_000},
        picklists={
            "Status": frozenset({"Not Started", "In Progress", "Completed", "Deferred"}),
            "Priority": frozenset({"High", "Normal", "Low"}),
        },
        lookups={"WhatId": ("Account", "Opportunity")},
        defaults={"Status": "Not Started", "Priority": "Normal"},
    ),
}
"""API name -> object."""


def object_type(name: str) -> ObjectType:
    """Return the object of that API name.

    Raises:
        ApiError: The org has no such object.
    """
    found = OBJECTS.get(name)
    if found is None:
        raise ApiError("NOT_FOUND", f"The requested resource {name} does not exist", status=404)
    return found


def check_fields(kind: ObjectType, fields: Document) -> None:
    """Check that the fields exist, may be written, and have valid values.

    Raises:
        ApiError: A field does not exist, is read-only, or has an invalid value.
    """
    for name, value in fields.items():
        if name in READ_ONLY:
            message = f"Unable to create/update fields: {name}."
            raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=(name,))
        if name not in kind.writable:
            message = f"No such column '{name}' on sobject of type {kind.name}"
            raise ApiError("INVALID_FIELD", message)
        if value is not None:
            _check_value(kind, name, value)


def check_required(kind: ObjectType, record: Document) -> None:
    """Check that a record has all required fields.

    Raises:
        ApiError: Some are missing; the error names all of them.
    """
    missing = tuple(name for name in kind.required if record.get(name) in {None, ""})
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise ApiError("REQUIRED_FIELD_MISSING", message, fields=missing)


def derive(kind: ObjectType, record: Document) -> Document:
    """Return the fields that are computed from other fields."""
    if kind.name != "Opportunity":
        return {}
    is_closed, is_won = STAGES[record["StageName"]]
    return {"IsClosed": is_closed, "IsWon": is_won}


def _check_value(kind: ObjectType, name: str, value: object) -> None:
    if name in kind.numbers:
        is_fine = isinstance(value, int | float) and not isinstance(value, bool)
    elif name in kind.dates:
        is_fine = _is_date(value)
    else:
        is_fine = isinstance(value, str)
    if not is_fine:
        message = f"Cannot deserialize the value {value!r} of {name}"
        raise ApiError("JSON_PARSER_ERROR", message, fields=(name,))
    longest = kind.lengths.get(name, _LONGEST_TEXT)
    if name in kind.texts and len(str(value)) > longest:
        message = f"{name}: data value too large (max length={longest})"
        raise ApiError("STRING_TOO_LONG", message, fields=(name,))
    if name in kind.picklists and value not in kind.picklists[name]:
        message = f"{name}: bad value for restricted picklist field: {value}"
        raise ApiError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, fields=(name,))


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
