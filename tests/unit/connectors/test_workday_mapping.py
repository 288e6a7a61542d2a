"""Envelopes and faults of Workday, without the sandbox."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from connectors.workday.envelopes import (
    ORDER,
    SOAP,
    WD,
    Ref,
    envelope,
    ids_at,
    parse_body,
    request_element,
    text_at,
)
from connectors.workday.faults import failure_of, parse_fault
from connectors.workday.settings import UsernameToken
from domain.failures import (
    ConflictError,
    CredentialsError,
    NotReadyError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    UnavailableError,
)

VALIDATION = (
    "<wd:Validation_Fault><wd:Validation_Error><wd:Message>Invalid ID value.</wd:Message>"
    "<wd:Detail_Message>{}</wd:Detail_Message></wd:Validation_Error></wd:Validation_Fault>"
)
PROCESSING = (
    "<wd:Processing_Fault><wd:Detail_Message>gave up</wd:Detail_Message></wd:Processing_Fault>"
)


def soap(inside: str) -> bytes:
    return (
        f'<?xml version="1.0"?><e:Envelope xmlns:e="{SOAP}" xmlns:wd="{WD}">'
        f"<e:Body>{inside}</e:Body></e:Envelope>"
    ).encode()


def fault(code: str, said: str, detail: str = "") -> bytes:
    return soap(
        f"<e:Fault><faultcode>e:{code}</faultcode><faultstring>{said}</faultstring>"
        f"<detail>{detail}</detail></e:Fault>"
    )


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (fault("Client.authenticationError", "invalid username or password"), CredentialsError),
        (
            fault("Client", "The web service or version is invalid for the requested operation"),
            RejectedError,
        ),
        (
            fault("Client.validationError", "x", VALIDATION.format("Invoice 'X' already exists.")),
            ConflictError,
        ),
        (
            fault(
                "Client.validationError",
                "x",
                VALIDATION.format(
                    "'acc-1' is not a valid ID value for type = 'Customer_Reference_ID'"
                ),
            ),
            NotReadyError,
        ),
        (
            fault(
                "Client.validationError",
                "x",
                VALIDATION.format(
                    "The Web Service is set to Add Only; documents cannot be resubmitted."
                ),
            ),
            ConflictError,
        ),
        (
            fault(
                "Client.validationError",
                "x",
                VALIDATION.format(
                    "The Web Service is set to Add Only; but the object being updated already exists."
                ),
            ),
            ConflictError,
        ),
        (
            fault(
                "Client.validationError",
                "x",
                VALIDATION.format(
                    "A Customer Change Business Process Event is In-Progress.  Cannot submit changes"
                    " that impact this existing In-Progress event."
                ),
            ),
            UnavailableError,
        ),
        (
            fault(
                "Server.processingError",
                "Processing error occurred. The task submitted is not authorized.",
                PROCESSING,
            ),
            CredentialsError,
        ),
        (
            fault("Server", "Processing error occurred. A duplicate was found.", PROCESSING),
            OutcomeUnknownError,
        ),
        (
            fault(
                "Client.validationError",
                "x",
                VALIDATION.format(
                    "'INV-1' is not a valid ID value for type = 'Customer_Invoice_Reference_ID'"
                ),
            ),
            NotReadyError,
        ),
        (
            fault(
                "Client.validationError",
                "x",
                VALIDATION.format("'EUX' is not a valid ID value for type = 'Currency_ID'"),
            ),
            RejectedError,
        ),
        (fault("Server", "Processing error occurred.", PROCESSING), OutcomeUnknownError),
        (fault("Server", "who knows"), OutcomeUnknownError),
        (fault("Client", "malformed"), RejectedError),
    ],
)
def test_every_fault_means_exactly_one_failure(body: bytes, failure: type[PerennialError]):
    element = parse_body(body)
    assert element is not None
    found = parse_fault(element)
    assert found is not None
    assert type(failure_of(found)) is failure


def test_a_regular_answer_is_no_fault():
    element = parse_body(soap("<wd:Get_Customers_Response/>"))
    assert element is not None
    assert parse_fault(element) is None


@pytest.mark.parametrize("content", [b"", b"<html>", b"down for maintenance", b"<a/>"])
def test_what_is_no_envelope_has_no_body(content: bytes):
    assert parse_body(content) is None


def test_an_entity_in_an_answer_is_not_resolved(tmp_path: Any):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    doctype = f'<!DOCTYPE x [<!ENTITY leak SYSTEM "file://{secret}">]>'
    content = soap("<wd:A><wd:B>&leak;</wd:B></wd:A>").replace(
        b"?><e:", f"?>{doctype}<e:".encode(), 1
    )
    element = parse_body(content)
    assert element is None or "hunter2" not in etree.tostring(element).decode()


def test_fields_are_written_in_contract_order_and_fully_qualified():
    root = request_element(
        "Put_Customer_Payment_Request",
        {
            "Customer_Payment_Data": {
                "Payment_Amount": Decimal("49.00"),
                "Payment_Date": "2026-11-22",
                "Company_Reference": Ref(kind="Company_Reference_ID", value="US"),
                "Payment_Memo": None,
            }
        },
        version="v39.2",
        is_add_only=True,
    )
    data = root[0]
    assert root.attrib == {f"{{{WD}}}version": "v39.2", f"{{{WD}}}Add_Only": "true"}
    assert [etree.QName(each).localname for each in data] == [
        "Company_Reference",
        "Payment_Date",
        "Payment_Amount",
    ]
    assert text_at(data, "Payment_Amount") == "49.00"
    assert ids_at(data, "Company_Reference") == {"Company_Reference_ID": "US"}


def test_a_field_that_the_contract_does_not_know_is_refused():
    with pytest.raises(RejectedError, match="Put_Customer_Payment_Request has no field Nonsense"):
        request_element("Put_Customer_Payment_Request", {"Nonsense": "1"}, version="v39.2")


def test_control_characters_cannot_break_the_envelope():
    root = request_element(
        "Submit_Customer_Request", {"Customer_Data": {"Customer_Name": "A\x00d\x1ba"}}, version="v"
    )
    assert text_at(root, "Customer_Data/Customer_Name") == "Ada"


@pytest.mark.parametrize(
    "name", ["Ada\u00a0Lovelace", "山田\u3000太郎", "zero\u200cwidth", "👩\u200d🔬", "a\tb"]
)
def test_what_xml_can_write_is_written_as_it_is(name: str):
    root = request_element(
        "Submit_Customer_Request", {"Customer_Data": {"Customer_Name": name}}, version="v"
    )
    again = etree.fromstring(etree.tostring(root))
    assert again.findtext(f".//{{{WD}}}Customer_Name") == name


@given(st.text())
def test_no_text_can_break_out_of_its_element(text: str):
    root = request_element(
        "Submit_Customer_Request", {"Customer_Data": {"Customer_Name": text}}, version="v"
    )
    again = parse_body(envelope(root, None))
    assert again is not None
    (data,) = again
    assert [etree.QName(each).localname for each in data] == ["Customer_Name"]


def test_a_message_with_a_document_type_is_no_answer():
    content = soap("<wd:Get_Customers_Response/>")
    assert parse_body(content.replace(b"?><e:", b"?><!DOCTYPE x><e:", 1)) is None


@pytest.mark.parametrize("end", [-1, 30, 150])
def test_half_an_answer_is_no_answer(end: int):
    assert parse_body(soap("<wd:Get_Customers_Response/>")[:end]) is None


def test_a_fault_is_told_in_one_line_and_without_addresses():
    body = parse_body(
        fault(
            "Client", "no such\nINFO forged entry", VALIDATION.format("'ada@acme.example' is odd")
        )
    )
    assert body is not None
    found = parse_fault(body)
    assert found is not None
    told = str(failure_of(found))
    assert "\n" not in told
    assert "ada@acme" not in told


def test_every_table_names_each_child_once():
    assert all(len(children) == len(set(children)) for children in ORDER.values())


def test_the_security_token_is_sent_as_text():
    payload = request_element("Get_Customers_Request", {}, version="v39.2")
    sent = envelope(payload, UsernameToken(username="isu@acme", password="pw")).decode()
    assert "<wsse:Username>isu@acme</wsse:Username>" in sent
    assert "username-token-profile-1.0#PasswordText" in sent
