"""The endpoint, the credentials and the XML schema."""

import pytest

from tests.unit.sandbox.workday.conftest import URL, Caller, Requests

AUTHENTICATION = "SOAP-ENV:Client.authenticationError"
VALIDATION = "SOAP-ENV:Client.validationError"


async def test_a_wrong_password_is_an_authentication_fault(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    reply = await workday_caller.send(requests.customer(), password="wrong")
    assert reply.status == 500
    assert reply.text("//faultcode") == AUTHENTICATION
    assert reply.text("//faultstring") == "invalid username or password"


async def test_a_bearer_token_replaces_the_username_token(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    reply = await workday_caller.send_with_header(requests.customer(), "", bearer="sandbox-token")
    assert reply.status == 200


async def test_an_unknown_bearer_token_is_an_authentication_fault(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    reply = await workday_caller.send_with_header(requests.customer(), "", bearer="stolen")
    assert reply.text("//faultcode") == AUTHENTICATION


async def test_another_version_in_the_path_is_invalid_for_the_operation(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    url = "/workday/ccx/service/perennial/Revenue_Management/v45.0"
    reply = await workday_caller.send(requests.customer(), url=url)
    assert "web service or version is invalid" in reply.text("//faultstring")


async def test_an_operation_the_service_does_not_have_is_refused(workday_caller: Caller) -> None:
    reply = await workday_caller.send("<wd:Put_Customer_Request/>")
    assert "web service or version is invalid" in reply.text("//faultstring")


@pytest.mark.parametrize(
    ("old", "new", "path_end"),
    [
        (
            "<wd:Memo>March</wd:Memo>",
            "<wd:Memo>March</wd:Memo><wd:Invoice_Date>2026-03-01</wd:Invoice_Date>",
            "wd:Invoice_Date[2]",
        ),
        ("wd:Add_Only=", "Add_Only=", "wd:Submit_Customer_Invoice_Request"),
        ("<wd:Memo>March</wd:Memo>", "<wd:Remark>March</wd:Remark>", "wd:Remark[1]"),
        ("<wd:Extended_Amount>100.00", "<wd:Extended_Amount>100.0001", "wd:Extended_Amount[1]"),
        ("<wd:Invoice_Date>2026-03-01", "<wd:Invoice_Date>03/01/2026", "wd:Invoice_Date[1]"),
    ],
    ids=["order", "unqualified-attribute", "unknown-element", "too-many-decimals", "date"],
)
async def test_a_body_that_breaks_the_schema_is_a_validation_fault_that_says_where(
    workday_caller: Caller, requests: type[Requests], old: str, new: str, path_end: str
) -> None:
    await workday_caller.send(requests.customer())
    body = requests.invoice()
    assert old in body
    reply = await workday_caller.send(body.replace(old, new, 1))
    assert reply.status == 500
    assert reply.text("//faultcode") == VALIDATION
    assert reply.message.startswith("Invalid request: ")
    assert reply.text("//wd:Validation_Error/wd:Xpath").endswith(path_end)


async def test_the_path_of_an_offence_starts_at_the_request_element(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    reply = await workday_caller.send(requests.customer().replace("Customer_Name", "Name"))
    assert reply.text("//wd:Xpath") == (
        "/wd:Submit_Customer_Request/wd:Customer_Data[1]/wd:Name[1]"
    )


async def test_a_value_the_tenant_does_not_know_is_named_in_the_fault(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    await workday_caller.send(requests.customer())
    reply = await workday_caller.send(requests.invoice(company="ELSEWHERE"))
    assert "'ELSEWHERE' is not a valid ID value for type = 'Company_Reference_ID'" in reply.message


async def test_a_type_the_reference_does_not_take_is_refused(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    body = requests.customer().replace('"Payment_Terms_ID"', '"Payment_Type_ID"')
    reply = await workday_caller.send(body)
    assert reply.message == "'Payment_Type_ID' is not a valid ID type for 'Payment_Terms_Reference'"


async def test_entities_are_not_expanded(workday_caller: Caller) -> None:
    body = b'<!DOCTYPE x [<!ENTITY e "secret">]><x>&e;</x>'
    url = "/workday/ccx/service/perennial/Revenue_Management/v39.2"
    response = await workday_caller.http.post(url, content=body)
    assert response.status_code == 500
    assert b"secret" not in response.content


async def test_bytes_that_are_no_xml_are_a_fault(workday_caller: Caller) -> None:
    url = "/workday/ccx/service/perennial/Revenue_Management/v39.2"
    response = await workday_caller.http.post(url, content=b"hello")
    assert response.status_code == 500
    assert b"not well-formed" in response.content


@pytest.mark.parametrize(("status", "marker"), [(429, b"Too many"), (503, b"unavailable")])
async def test_a_scripted_refusal_is_not_soap(
    workday_caller: Caller, requests: type[Requests], status: int, marker: bytes
) -> None:
    fault = {"fault": "status", "status": status, "times": 1}
    await workday_caller.http.post("/_faults/workday", json=fault)
    url = "/workday/ccx/service/perennial/Revenue_Management/v39.2"
    response = await workday_caller.http.post(url, content=b"")
    assert response.status_code == status
    assert marker in response.content


async def test_a_scripted_500_is_a_processing_fault(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    await workday_caller.http.post("/_faults/workday", json={"fault": "status", "status": 500})
    reply = await workday_caller.send(requests.customer())
    assert reply.text("//wd:Processing_Fault/wd:Detail_Message")
    assert workday_caller.world.store.count("workday", "customer") == 0


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, AUTHENTICATION, "invalid username or password"),
        (403, "SOAP-ENV:Server.processingError", "The task submitted is not authorized."),
        (409, VALIDATION, "Event is In-Progress"),
    ],
)
async def test_scripted_refusals_are_worded_as_workday_words_them(
    workday_caller: Caller, requests: type[Requests], status: int, code: str, said: str
) -> None:
    fault = {"fault": "status", "status": status, "times": 1}
    await workday_caller.http.post("/_faults/workday", json=fault)
    reply = await workday_caller.send(requests.customer())
    assert (reply.status, reply.text("//faultcode")) == (500, code)
    assert said in reply.text("//faultstring")


async def test_a_fault_may_strike_one_operation_of_the_many_behind_the_path(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    fault = {"fault": "status", "status": 500, "match": "Submit_Customer_Invoice$"}
    await workday_caller.http.post("/_faults/workday", json=fault)
    assert (await workday_caller.send(requests.customer())).status == 200
    assert (await workday_caller.send(requests.invoice())).status == 500
    assert (await workday_caller.http.post(URL, content=b"no envelope")).status_code == 500
    await workday_caller.http.delete("/_faults/workday")
    assert (await workday_caller.send(requests.invoice())).status == 200
