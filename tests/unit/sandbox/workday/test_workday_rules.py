"""What Workday documents as validation of each operation, as far as a connector can run into it."""

import pytest

from tests.unit.sandbox.workday.conftest import URL, Caller, Requests

LINE_STARTS = "<wd:From_Date>2026-03-02</wd:From_Date>"
PRIMARY = ' wd:Primary="true"'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (PRIMARY, "", "One and only one business email address must be marked as primary."),
        ("Customer_Category_Reference", "", "Customer Category Reference is required."),
        (
            "<wd:Customer_Name>Acme<",
            "<wd:Customer_Name>Bolt<",
            "Customer Name must match Business Entity Name.",
        ),
    ],
)
async def test_a_customer_that_is_not_complete_is_refused(
    workday_caller: Caller, requests: type[Requests], old: str, new: str, message: str
) -> None:
    body = requests.customer()
    if not new and old.startswith("Customer_"):
        start, end = body.index(f"<wd:{old}>"), body.index(f"</wd:{old}>") + len(f"</wd:{old}>")
        body = body[:start] + body[end:]
    reply = await workday_caller.send(body.replace(old, new))
    assert reply.message == message
    assert workday_caller.world.store.count("workday", "customer") == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "<wd:To_Date>2026-03-31",
            "<wd:To_Date>2026-03-01",
            "To Date must be greater than From Date.",
        ),
        (
            "</wd:Extended_Amount>",
            f"</wd:Extended_Amount>{LINE_STARTS}<wd:To_Date>2026-03-01</wd:To_Date>",
            "Invoice Line From Date must be on or before Invoice Line To Date",
        ),
        (
            "</wd:Extended_Amount>",
            f"</wd:Extended_Amount>{LINE_STARTS}<wd:To_Date>2026-04-01</wd:To_Date>",
            "Invoice Line from/to date must be within Invoice Header from/to date",
        ),
    ],
)
async def test_dates_that_contradict_each_other_are_refused(
    workday_caller: Caller, requests: type[Requests], old: str, new: str, message: str
) -> None:
    await workday_caller.send(requests.customer())
    reply = await workday_caller.send(requests.invoice().replace(old, new, 1))
    assert reply.message == message


@pytest.mark.parametrize("paid", ["0", "-1.00"])
async def test_a_payment_of_nothing_is_refused(
    workday_caller: Caller, requests: type[Requests], paid: str
) -> None:
    await workday_caller.send(requests.customer())
    await workday_caller.send(requests.invoice())
    reply = await workday_caller.send(requests.payment(amount=paid))
    assert reply.message == "Payment Amount must be greater than 0."


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE x>",
        '<!DOCTYPE x [<!ENTITY e "x">]>',
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
    ],
)
async def test_a_message_with_a_document_type_is_refused(
    workday_caller: Caller, requests: type[Requests], doctype: str
) -> None:
    envelope = (
        f'<?xml version="1.0"?>{doctype}<e:Envelope '
        'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wd="urn:com.workday/bsvc">'
        f"<e:Body>{requests.customer()}</e:Body></e:Envelope>"
    )
    headers = {"Authorization": "Bearer sandbox-token"}
    response = await workday_caller.http.post(URL, content=envelope, headers=headers)
    assert response.status_code == 500
    assert b"document type" in response.content
    assert workday_caller.world.store.count("workday", "customer") == 0
