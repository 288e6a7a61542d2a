"""The configuration of this tenant, as a Workday administrator would make it.

The schema only says that a reference has a type and a value. The values that exist are tenant data:

* companies: PERENNIAL_US, PERENNIAL_EU
* payment types: Credit_Card, Bank_Transfer
* payment terms: IMMEDIATE, NET_15, NET_30, NET_45, NET_60
* revenue categories: Subscription, One_Off, Usage
* currencies: every active ISO 4217 code
"""

import re

from sandbox.workday.schema import path_of
from sandbox.workday.soap import WD, Element, ValidationFaultError, local_name

NAME = "perennial"
USERNAME = f"isu_perennial@{NAME}"
PASSWORD = "sandbox"  # noqa: S105 - a public default for evaluation
BEARER_TOKEN = "sandbox-token"  # noqa: S105 - a public default for evaluation

_COMPANIES = frozenset({"PERENNIAL_US", "PERENNIAL_EU"})
_CURRENCY_CODES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
    "GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF "
    "KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD "
    "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH "
    "UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)
_CURRENCIES = frozenset(_CURRENCY_CODES.split())
CONFIGURED: dict[str, frozenset[str]] = {
    "Company_Reference_ID": _COMPANIES,
    "Organization_Reference_ID": _COMPANIES,
    "Currency_ID": _CURRENCIES,
    "Payment_Type_ID": frozenset({"Credit_Card", "Bank_Transfer"}),
    "Payment_Terms_ID": frozenset({"IMMEDIATE", "NET_15", "NET_30", "NET_45", "NET_60"}),
    "Revenue_Category_ID": frozenset({"Subscription", "One_Off", "Usage"}),
    "Sales_Item_ID": frozenset({"Subscription_Plan", "Add_On", "Usage_Charge", "One_Off_Charge"}),
    "Tax_Code_ID": frozenset({"STANDARD", "REDUCED", "ZERO", "EXEMPT", "REVERSE_CHARGE"}),
    "Tax_Applicability_ID": frozenset({"TAXABLE", "NOT_TAXABLE"}),
    "Adjustment_Reason_ID": frozenset(
        {"Plan_Change", "Cancellation", "Goodwill", "Billing_Error", "Write_Off"}
    ),
    "Customer_Category_ID": frozenset({"Self_Serve", "Enterprise"}),
    "UN_CEFACT_Common_Code_ID": frozenset({"C62", "EA", "MON", "ANN"}),
    "Revenue_Recognition_Schedule_Template_ID": frozenset({"STRAIGHT_LINE_DAILY"}),
    "Communication_Usage_Type_ID": frozenset({"BUSINESS", "BILLING"}),
}
"""Reference-ID type -> the values that exist in this tenant."""

_COUNTRY = {"ISO_3166-1_Alpha-2_Code": "[A-Z]{2}", "ISO_3166-1_Alpha-3_Code": "[A-Z]{3}"}
_CURRENCY_TYPES = frozenset({"Currency_ID"})
_COMPANY_TYPES = frozenset({"Company_Reference_ID", "Organization_Reference_ID"})
ACCEPTED_TYPES: dict[str, frozenset[str]] = {
    "Company_Reference": _COMPANY_TYPES,
    "Restricted_To_Companies_Reference": _COMPANY_TYPES,
    "Currency_Reference": _CURRENCY_TYPES,
    "Payment_Currency_Reference": _CURRENCY_TYPES,
    "Invoice_Currency_Reference": _CURRENCY_TYPES,
    "Credit_Limit_Currency_Reference": _CURRENCY_TYPES,
    "Accepted_Currencies_Reference": _CURRENCY_TYPES,
    "Payment_Type_Reference": frozenset({"Payment_Type_ID"}),
    "Default_Payment_Type_Reference": frozenset({"Payment_Type_ID"}),
    "Payment_Terms_Reference": frozenset({"Payment_Terms_ID"}),
    "Sales_Item_Reference": frozenset({"Sales_Item_ID"}),
    "Revenue_Category_Reference": frozenset({"Revenue_Category_ID"}),
    "Tax_Code_Reference": frozenset({"Tax_Code_ID"}),
    "Tax_Applicability_Reference": frozenset({"Tax_Applicability_ID"}),
    "Adjustment_Reason_Reference": frozenset({"Adjustment_Reason_ID"}),
    "Customer_Category_Reference": frozenset({"Customer_Category_ID"}),
    "Unit_of_Measure_Reference": frozenset({"UN_CEFACT_Common_Code_ID"}),
    "Revenue_Recognition_Schedule_Template_Reference": frozenset(
        {"Revenue_Recognition_Schedule_Template_ID"}
    ),
    "Country_Reference": frozenset(_COUNTRY),
    "Type_Reference": frozenset({"Communication_Usage_Type_ID"}),
}
"""Reference to tenant data -> the ID types that it accepts."""

# These refer to documents, not to configuration; the operation that reads the document resolves them.
DOCUMENT_REFERENCES = frozenset(
    {
        "Customer_Reference",
        "Customers_Reference",
        "Sold_To_Customer_Reference",
        "Remit-from_Customer_Reference",
        "Bill-to_Customer_Reference",
        "Customer_Invoice_Reference",
        "Original_Customer_Invoice_Reference",
        "Customer_Invoice_Adjustment_Reference",
        "Customer_Payment_for_Invoices_Reference",
        "Customer_Payment_Reference",
    }
)


class InvalidIdError(ValidationFaultError):
    """An ID element whose value does not exist."""

    def __init__(self, identifier: Element) -> None:
        kind, value = identifier.get(f"{{{WD}}}type", ""), identifier.text or ""
        message = f"'{value}' is not a valid ID value for type = '{kind}'"
        super().__init__(f"Invalid ID value.  {message}", path_of(identifier), detail=message)


def check_references(payload: Element) -> None:
    """Check that all references to tenant data in a request exist.

    Raises:
        ValidationFaultError: An ID has a type that its reference does not accept.
        InvalidIdError: An ID has an unknown value.
    """
    for identifier in payload.iter(f"{{{WD}}}ID"):
        parent = identifier.getparent()
        reference = "" if parent is None else local_name(parent)
        if reference in DOCUMENT_REFERENCES:
            continue
        kind, value = identifier.get(f"{{{WD}}}type", ""), identifier.text or ""
        if kind not in ACCEPTED_TYPES.get(reference, frozenset()):
            message = f"'{kind}' is not a valid ID type for '{reference}'"
            raise ValidationFaultError(message, xpath=path_of(identifier))
        if not _exists(kind, value):
            raise InvalidIdError(identifier)


def _exists(kind: str, value: str) -> bool:
    if kind in _COUNTRY:
        return re.fullmatch(_COUNTRY[kind], value) is not None
    return value in CONFIGURED[kind]
