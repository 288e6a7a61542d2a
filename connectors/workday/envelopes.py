"""SOAP 1.1 envelopes of the `Revenue_Management` service: written in contract order, read tolerantly.

Elements and attributes are both namespace-qualified, and children form sequences: a field in the wrong
place is a validation fault. Therefore one table gives the order of the children of each element, and
callers give fields by name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from lxml import etree

from connectors.workday.settings import UsernameToken
from domain.failures import RejectedError

WD: Final = "urn:com.workday/bsvc"
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_WSSE_BASE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_WSSE: Final = f"{_WSSE_BASE}wssecurity-secext-1.0.xsd"
_PASSWORD_TEXT: Final = f"{_WSSE_BASE}username-token-profile-1.0#PasswordText"

# The library has no public name for the type of an element.
Element: TypeAlias = etree._Element  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

ORDER: Final = MappingProxyType[str, tuple[str, ...]](
    {
        "Submit_Customer_Request": ("Add_Only", "Business_Process_Parameters", "Customer_Data"),
        "Customer_Data": (
            "Customer_ID",
            "Customer_Reference_ID",
            "Customer_Name",
            "Submit",
            "Customer_Category_Reference",
            "Business_Entity_Data",
            "Currency_Reference",
        ),
        "Business_Entity_Data": ("Business_Entity_Name", "Contact_Data"),
        "Contact_Data": ("Email_Address_Data",),
        "Email_Address_Data": ("Email_Address", "Usage_Data"),
        "Usage_Data": ("Type_Data",),
        "Type_Data": ("@Primary", "Type_Reference"),
        "Business_Process_Parameters": ("Auto_Complete", "Comment_Data"),
        "Comment_Data": ("Comment",),
        "Submit_Customer_Invoice_Request": (
            "Business_Process_Parameters",
            "Customer_Invoice_Data",
        ),
        "Customer_Invoice_Data": (
            "Customer_Invoice_ID",
            "Submit",
            "Company_Reference",
            "Currency_Reference",
            "Customer_Reference",
            "Invoice_Number",
            "Invoice_Date",
            "From_Date",
            "To_Date",
            "Due_Date_Override",
            "Control_Amount_Total",
            "Payment_Terms_Reference",
            "Payment_Type_Reference",
            "Customer_PO_Number",
            "Memo",
            "Customer_Invoice_Line_Replacement_Data",
        ),
        "Customer_Invoice_Line_Replacement_Data": (
            "Customer_Invoice_Line_Reference_ID",
            "Line_Order",
            "Revenue_Category_Reference",
            "Line_Item_Description",
            "Quantity",
            "Unit_Cost",
            "Extended_Amount",
            "From_Date",
            "To_Date",
            "Memo",
            "Calculated_Tax_Amount",
        ),
        "Cancel_Customer_Invoice_Request": ("Customer_Invoice_Reference",),
        "Put_Customer_Payment_Request": ("Customer_Payment_Data",),
        "Customer_Payment_Data": (
            "Customer_Payment_for_Invoices_Reference_ID",
            "Company_Reference",
            "Payment_Currency_Reference",
            "Payment_Date",
            "Payment_Type_Reference",
            "Payment_Amount",
            "Remit-from_Customer_Reference",
            "Payment_Memo",
            "Customer_Payment_Remittance_Advice_Data",
        ),
        "Customer_Payment_Remittance_Advice_Data": (
            "Customer_Invoice_Reference",
            "Amount_to_Pay",
            "Bill-to_Customer_Reference",
        ),
        "Get_Customers_Request": ("Request_References", "Response_Group"),
        "Get_Customer_Invoices_Request": ("Request_References", "Response_Group"),
        "Get_Customer_Payments_Request": ("Request_References", "Response_Group"),
        "Request_References": (
            "Customer_Reference",
            "Customer_Invoice_Reference",
            "Customer_Payment_Reference",
        ),
        "Response_Group": ("Include_Reference", "Include_Customer_Invoice_Data"),
    }
)
"""Element -> the children that we send, in the order of the v39.2 contract; `@` marks an attribute."""

RefKind: TypeAlias = Literal[
    "Communication_Usage_Type_ID",
    "Company_Reference_ID",
    "Currency_ID",
    "Customer_Category_ID",
    "Customer_Invoice_Reference_ID",
    "Customer_Payment_for_Invoices_Reference_ID",
    "Customer_Reference_ID",
    "Payment_Terms_ID",
    "Payment_Type_ID",
    "Revenue_Category_ID",
]
"""The types of ID that we send; Workday's schema allows any text here, so this table is the only check."""

# Characters that XML 1.0 does not allow (section 2.2): control characters, surrogates, non-characters.
_UNWRITABLE: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Responses are untrusted: no entities, no network access, no huge documents.
_PARSER: Final = etree.XMLParser(
    resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ref:
    """A reference by one ID.

    Attributes:
        kind: The ID's type, such as `Company_Reference_ID`.
    """

    kind: RefKind
    value: str


Field: TypeAlias = "str | bool | Decimal | Ref | Fields | Sequence[Fields] | None"
Fields: TypeAlias = Mapping[str, Field]


def request_element(
    name: str, fields: Fields, *, version: str, is_add_only: bool = False
) -> Element:
    """Return a request element with its fields in contract order; fields that are None are left out.

    Args:
        name: Name of the element, such as `Submit_Customer_Invoice_Request`.
        fields: Values by child name, nested for structures.
        version: Web service version, such as `v39.2`.
        is_add_only: Sets the `Add_Only` attribute: an existing reference ID is then an error.

    Raises:
        RejectedError: A field is not in the contract table.
    """
    root = etree.Element(_wd(name), nsmap={"wd": WD})
    root.set(_wd("version"), version)
    if is_add_only:
        root.set(_wd("Add_Only"), "true")
    _fill(root, name, fields)
    return root


def envelope(payload: Element, token: UsernameToken | None) -> bytes:
    """Return the envelope around a request element, with a WS-Security token if there is one."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    header = etree.SubElement(root, f"{{{SOAP}}}Header")
    if token is not None:
        security = etree.SubElement(header, f"{{{_WSSE}}}Security", nsmap={"wsse": _WSSE})
        security.set(f"{{{SOAP}}}mustUnderstand", "1")
        credentials = etree.SubElement(security, f"{{{_WSSE}}}UsernameToken")
        etree.SubElement(credentials, f"{{{_WSSE}}}Username").text = token.username
        password = etree.SubElement(credentials, f"{{{_WSSE}}}Password")
        password.set("Type", _PASSWORD_TEXT)
        password.text = token.password
    etree.SubElement(root, f"{{{SOAP}}}Body").append(payload)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def parse_body(content: bytes) -> Element | None:
    """Return the first element inside the SOAP body, or None if these bytes are not an envelope."""
    try:
        root = etree.fromstring(content, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        return None
    # A SOAP message must not contain a document type (SOAP 1.1, section 3). One that does is an attack.
    if root.getroottree().docinfo.internalDTD is not None:
        return None
    return root.find(f"{{{SOAP}}}Body/*")


def name_of(element: Element) -> str:
    """Return the local name of an element of the service's namespace, empty for any other namespace."""
    name = etree.QName(element)
    return name.localname if name.namespace == WD else ""


def text_at(parent: Element, path: str) -> str:
    """Return the trimmed text at a path of element names such as `Data/Name`, empty when absent."""
    return (parent.findtext(_path(path)) or "").strip()


def all_at(parent: Element, path: str) -> list[Element]:
    """Return all elements at a path of element names."""
    return parent.findall(_path(path))


def ids_at(parent: Element, path: str) -> dict[str, str]:
    """Return the IDs of the reference at a path, by type."""
    return {
        node.get(_wd("type"), ""): (node.text or "").strip()
        for node in parent.findall(f"{_path(path)}/{_wd('ID')}")
    }


def _fill(parent: Element, name: str, fields: Fields) -> None:
    order = ORDER.get(name, ())
    unknown = set(fields) - set(order)
    if unknown:
        raise RejectedError(f"{name} has no field {', '.join(sorted(unknown))}")
    for child in order:
        value = fields.get(child)
        if child.startswith("@"):
            _set(parent, child.removeprefix("@"), value)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for entry in value:
                _add(parent, child, entry)
        elif value is not None:
            _add(parent, child, value)


def _set(node: Element, name: str, value: Field) -> None:
    if isinstance(value, bool):
        node.set(_wd(name), "true" if value else "false")


def _add(parent: Element, name: str, value: "str | bool | Decimal | Ref | Fields") -> None:
    node = etree.SubElement(parent, _wd(name))
    match value:
        case Ref():
            identifier = etree.SubElement(node, _wd("ID"))
            identifier.set(_wd("type"), value.kind)
            identifier.text = _printable(value.value)
        case bool():
            node.text = "true" if value else "false"
        case Decimal():
            node.text = format(value, "f")
        case str():
            node.text = _printable(value)
        case _:
            _fill(node, name, value)


def _printable(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _wd(name: str) -> str:
    return f"{{{WD}}}{name}"


def _path(path: str) -> str:
    return "/".join(_wd(name) for name in path.split("/"))
