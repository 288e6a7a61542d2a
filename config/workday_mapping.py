"""The Workday mapping file: a tenant's reference ids of companies, terms, payment types and revenue."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from config.files import read_model
from domain.parties.orders import PaymentKind


class MappingDefaults(BaseModel):
    """The values that apply if a table has no entry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    revenue_category: str = Field(min_length=1)
    customer_category: str = Field(min_length=1)
    email_usage: str = "BUSINESS"


class WorkdayMappingFile(BaseModel):
    """The file's tables; keys are our names, values are reference ids of the tenant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    companies: dict[str, str] = {}
    payment_terms: dict[PaymentKind, str]
    payment_types: dict[PaymentKind, str]
    revenue_categories: dict[str, str] = {}
    defaults: MappingDefaults


def load_workday_mapping(path: Path | None = None) -> WorkdayMappingFile:
    """Return the mapping in this file; if the path is None, the shipped one, which fits the sandbox.

    Raises:
        config.files.FileError: The file cannot be read, or a key or value cannot be used.
    """
    return read_model(WorkdayMappingFile, path, default="workday.toml")
