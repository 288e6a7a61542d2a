"""SOAP 1.1 with document/literal bodies: reads envelopes, writes answers and faults."""

from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree
from starlette.responses import Response

WD = "urn:com.workday/bsvc"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
PASSWORD_TEXT = (
    "http://docs.oasis-open.org/wss/2004/01/"  # noqa: S105 - the name of a token profile
    "oasis-200401-wss-username-token-profile-1.0#PasswordText"
)
VERSION = "v39.2"

# The library has no public name for the type of an element.
Element: TypeAlias = etree._Element  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

# Requests are untrusted: no entities, no network access, no huge documents.
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """A request: the one element in the body, and the credentials of its header.

    Attributes:
        payload: The operation's request element.
        username: Username of the WS-Security token, such as `user@tenant`.
        password: Its password; None if it was not sent as PasswordText.
    """

    payload: Element
    username: str | None
    password: str | None


class SoapFaultError(Exception):
    """A request that ends in a SOAP fault."""

    def __init__(self, code: str, text: str, detail: Element | None = None) -> None:
        """Store the content of the fault.

        Args:
            code: The `faultcode` without its prefix, such as `Client.validationError`.
            text: The `faultstring`.
            detail: The one element inside `detail`.
        """
        super().__init__(text)
        self.code = code
        self.text = text
        self.detail = detail

    def response(self) -> Response:
        """Return the fault as an HTTP 500, as SOAP 1.1 requires."""
        envelope, body = _envelope()
        fault = etree.SubElement(body, f"{{{SOAP}}}Fault")
        etree.SubElement(fault, "faultcode").text = f"SOAP-ENV:{self.code}"
        etree.SubElement(fault, "faultstring").text = self.text
        if self.detail is not None:
            etree.SubElement(fault, "detail").append(self.detail)
        return _xml(envelope, 500)


class ValidationFaultError(SoapFaultError):
    """Data that the service refuses."""

    def __init__(self, message: str, xpath: str = "", detail: str = "") -> None:
        """Store the content of the fault.

        Args:
            message: What is wrong.
            xpath: The place of the error, from the request element down.
            detail: The detail message; if it is empty, the message is used again.
        """
        fault = element("Validation_Fault")
        error = add(fault, "Validation_Error")
        add(error, "Message", message)
        add(error, "Detail_Message", detail or message)
        add_given(error, "Xpath", xpath)
        text = f"Validation error occurred. {message}"
        super().__init__("Client.validationError", text, detail=fault)


def processing_fault(message: str) -> SoapFaultError:
    """Return the fault for a request that the service could not finish."""
    fault = element("Processing_Fault")
    add(fault, "Detail_Message", message)
    return SoapFaultError("Server.processingError", f"Processing error occurred. {message}", fault)


def parse(body: bytes) -> Envelope:
    """Return the parts of a request envelope.

    Raises:
        SoapFaultError: The bytes are not a SOAP 1.1 envelope with exactly one element in the body.
    """
    try:
        root = etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError as error:
        raise SoapFaultError("Client", f"The request is not well-formed XML: {error.msg}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        # A SOAP message must not have a document type, and so it has no entities (SOAP 1.1, section 3).
        raise SoapFaultError("Client", "A SOAP message must not have a document type.")
    if root.tag != f"{{{SOAP}}}Envelope":
        raise SoapFaultError("VersionMismatch", "A SOAP 1.1 envelope is expected.")
    payloads = root.findall(f"{{{SOAP}}}Body/*")
    if len(payloads) != 1:
        raise SoapFaultError("Client", "The SOAP body must hold exactly one element.")
    token = f"{{{SOAP}}}Header/{{{WSSE}}}Security/{{{WSSE}}}UsernameToken"
    password = root.find(f"{token}/{{{WSSE}}}Password")
    if password is not None and password.get("Type", PASSWORD_TEXT) != PASSWORD_TEXT:
        password = None
    return Envelope(
        payload=payloads[0],
        username=root.findtext(f"{token}/{{{WSSE}}}Username"),
        password=None if password is None else password.text,
    )


def answer(payload: Element) -> Response:
    """Return an HTTP 200 with this response element in the body."""
    envelope, body = _envelope()
    payload.set(f"{{{WD}}}version", VERSION)
    body.append(payload)
    return _xml(envelope, 200)


def element(name: str) -> Element:
    """Return a new element of the service's namespace."""
    return etree.Element(f"{{{WD}}}{name}", nsmap={"wd": WD})


def add(parent: Element, name: str, text: str | None = None) -> Element:
    """Append an element of the service's namespace and return it."""
    child = etree.SubElement(parent, f"{{{WD}}}{name}")
    child.text = text
    return child


def add_given(parent: Element, name: str, text: object) -> None:
    """Append a text element unless the text is None or empty."""
    if text is not None and text != "":
        add(parent, name, str(text).lower() if isinstance(text, bool) else str(text))


def add_reference(parent: Element, name: str, ids: dict[str, str]) -> None:
    """Append a reference with one ID per type; append nothing if there is no ID."""
    if not ids:
        return
    reference = add(parent, name)
    for kind, value in ids.items():
        add(reference, "ID", value).set(f"{{{WD}}}type", kind)


def local_name(node: Element) -> str:
    """Return the name of an element without its namespace."""
    return etree.QName(node).localname


def _envelope() -> tuple[Element, Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"SOAP-ENV": SOAP})
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _xml(root: Element, status: int) -> Response:
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return Response(content, status_code=status, media_type="text/xml")
