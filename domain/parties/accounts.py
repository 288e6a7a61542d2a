"""Our customers, and where their personal data is kept.

Profiles stay in our own tables and are read inside activities; histories, ids, search attributes and
summaries carry the account id only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountProfile:
    """Who an account is, as its latest order says.

    Attributes:
        account_id: Our business key, shared by all systems.
        name: Legal name of the company or person.
        email: Where invoices and notices go.
        country: ISO 3166-1 alpha-2 code, upper case.
        zone: IANA time zone in which the account's billing days are counted.
        vat_id: Tax registration of the buyer, or None.
        address: Lines of the postal address, without the country; invoices to companies need it.
    """

    account_id: str
    name: str
    email: str
    country: str
    zone: str = "UTC"
    vat_id: str | None = None
    address: tuple[str, ...] = ()
