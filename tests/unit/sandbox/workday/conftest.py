"""Envelopes written by hand, and a Workday to send them to."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
from lxml import etree

from sandbox import workday
from sandbox.assembly import assemble
from sandbox.journal import Journal
from sandbox.store import Store
from sandbox.world import World, WorldSettings

URL = "/workday/ccx/service/perennial/Revenue_Management/v39.2"
NAMESPACES = {
    "wd": "urn:com.workday/bsvc",
    "soap": "http://schemas.xmlsoap.org/soap/envelope/",
}
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECURITY = """
<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">
  <wsse:UsernameToken>
    <wsse:Username>isu_perennial@perennial</wsse:Username>
    <wsse:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText">{password}</wsse:Password>
  </wsse:UsernameToken>
</wsse:Security>
"""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer: HTTP status and the parsed body."""

    status: int
    root: etree._Element

    def text(self, path: str) -> str:
        """Return the text of the first match of an XPath in which `wd:` is known, or empty."""
        return str(self.root.xpath(f"string({path})", namespaces=NAMESPACES))

    def texts(self, path: str) -> list[str]:
        """Return the texts of all matches."""
        return [node.text or "" for node in self.root.iterfind(f".//{path}", NAMESPACES)]

    @property
    def message(self) -> str:
        """Return what a validation fault says."""
        return self.text("//wd:Validation_Error/wd:Message")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A client that writes its envelopes by hand."""

    http: httpx.AsyncClient
    world: World

    async def send(self, payload: str, *, password: str = "sandbox", url: str = URL) -> Reply:
        """Send a request element in an envelope with a UsernameToken."""
        return await self.send_with_header(payload, SECURITY.format(password=password), url=url)

    async def send_with_header(
        self, payload: str, header: str, *, url: str = URL, bearer: str | None = None
    ) -> Reply:
        """Send a request element with this SOAP header."""
        envelope = (
            f'<soap:Envelope xmlns:soap="{NAMESPACES["soap"]}" xmlns:wd="{NAMESPACES["wd"]}">'
            f"<soap:Header>{header}</soap:Header><soap:Body>{payload}</soap:Body></soap:Envelope>"
        )
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": ""}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        response = await self.http.post(url, content=envelope.encode(), headers=headers)
        return Reply(status=response.status_code, root=etree.fromstring(response.content))


@pytest.fixture
async def workday_caller() -> AsyncGenerator[Caller]:
    store = Store(None)
    settings = WorldSettings(erp_event_url="http://127.0.0.1:9/erp")
    world = World(store=store, journal=Journal(store), settings=settings, now=lambda: NOW)
    app = assemble(world, [workday.build(world)])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        yield Caller(http=http, world=world)


def reference(name: str, kind: str, value: str) -> str:
    return f'<wd:{name}><wd:ID wd:type="{kind}">{value}</wd:ID></wd:{name}>'


def invoice_lines(invoice_id: str, amount: str) -> str:
    return f"""
            <wd:Customer_Invoice_Line_Replacement_Data>
              <wd:Customer_Invoice_Line_Reference_ID>{invoice_id}-1</wd:Customer_Invoice_Line_Reference_ID>
              <wd:Line_Order>1</wd:Line_Order>
              {reference("Revenue_Category_Reference", "Revenue_Category_ID", "Subscription")}
              <wd:Line_Item_Description>Team plan</wd:Line_Item_Description>
              <wd:Quantity>1</wd:Quantity>
              <wd:Unit_Cost>{amount}</wd:Unit_Cost>
              <wd:Extended_Amount>{amount}</wd:Extended_Amount>
              <wd:Calculated_Tax_Amount>19.00</wd:Calculated_Tax_Amount>
            </wd:Customer_Invoice_Line_Replacement_Data>
            <wd:Customer_Invoice_Line_Replacement_Data>
              {reference("Revenue_Category_Reference", "Revenue_Category_ID", "One_Off")}
              <wd:Quantity>2</wd:Quantity>
              <wd:Unit_Cost>25.00</wd:Unit_Cost>
            </wd:Customer_Invoice_Line_Replacement_Data>
    """


class Requests:
    """Valid request elements with room for one change each."""

    @staticmethod
    def customer(customer_id: str = "acc-1", *, add_only: bool = True, name: str = "Acme") -> str:
        return f"""<wd:Submit_Customer_Request wd:version="v39.2">
          <wd:Add_Only>{str(add_only).lower()}</wd:Add_Only>
          <wd:Business_Process_Parameters><wd:Auto_Complete>true</wd:Auto_Complete></wd:Business_Process_Parameters>
          <wd:Customer_Data>
            <wd:Customer_ID>{customer_id}</wd:Customer_ID>
            <wd:Customer_Reference_ID>{customer_id}</wd:Customer_Reference_ID>
            <wd:Customer_Name>{name}</wd:Customer_Name>
            <wd:Submit>true</wd:Submit>
            {reference("Customer_Category_Reference", "Customer_Category_ID", "Enterprise")}
            {reference("Payment_Terms_Reference", "Payment_Terms_ID", "NET_30")}
            <wd:Business_Entity_Data>
              <wd:Business_Entity_Name>{name}</wd:Business_Entity_Name>
              <wd:Contact_Data>
                <wd:Address_Data>
                  {reference("Country_Reference", "ISO_3166-1_Alpha-2_Code", "US")}
                  <wd:Address_Line_Data wd:Type="ADDRESS_LINE_1">1 Main St</wd:Address_Line_Data>
                  <wd:Municipality>Springfield</wd:Municipality>
                </wd:Address_Data>
                <wd:Email_Address_Data><wd:Email_Address>ap@acme.test</wd:Email_Address>
                  <wd:Usage_Data><wd:Type_Data wd:Primary="true">
                    {reference("Type_Reference", "Communication_Usage_Type_ID", "BUSINESS")}
                  </wd:Type_Data></wd:Usage_Data></wd:Email_Address_Data>
              </wd:Contact_Data>
            </wd:Business_Entity_Data>
            {reference("Currency_Reference", "Currency_ID", "USD")}
          </wd:Customer_Data>
        </wd:Submit_Customer_Request>"""

    @staticmethod
    def invoice(
        invoice_id: str = "INV-1",
        *,
        add_only: bool = True,
        auto_complete: bool = True,
        submit: bool = True,
        customer: str = "acc-1",
        company: str = "PERENNIAL_US",
        control: str = "150.00",
        amount: str = "100.00",
        extra: str = "",
    ) -> str:
        return f"""<wd:Submit_Customer_Invoice_Request wd:Add_Only="{str(add_only).lower()}" wd:version="v39.2">
          <wd:Business_Process_Parameters><wd:Auto_Complete>{str(auto_complete).lower()}</wd:Auto_Complete></wd:Business_Process_Parameters>
          <wd:Customer_Invoice_Data>
            <wd:Customer_Invoice_ID>{invoice_id}</wd:Customer_Invoice_ID>
            <wd:Submit>{str(submit).lower()}</wd:Submit>
            <wd:Locked_in_Workday>true</wd:Locked_in_Workday>
            {reference("Company_Reference", "Company_Reference_ID", company)}
            {reference("Currency_Reference", "Currency_ID", "USD")}
            {reference("Customer_Reference", "Customer_Reference_ID", customer)}
            <wd:Invoice_Number>{invoice_id}</wd:Invoice_Number>
            <wd:Invoice_Date>2026-03-01</wd:Invoice_Date>
            <wd:From_Date>2026-03-01</wd:From_Date>
            <wd:To_Date>2026-03-31</wd:To_Date>
            <wd:Control_Amount_Total>{control}</wd:Control_Amount_Total>
            {reference("Payment_Terms_Reference", "Payment_Terms_ID", "NET_30")}
            <wd:Memo>March</wd:Memo>
            {invoice_lines(invoice_id, amount)}
            {extra}
          </wd:Customer_Invoice_Data>
        </wd:Submit_Customer_Invoice_Request>"""

    @staticmethod
    def payment(
        payment_id: str = "pay-1",
        *,
        amount: str = "169.00",
        to_pay: str | None = None,
        invoice_id: str = "INV-1",
        add_only: bool = True,
        currency: str = "USD",
    ) -> str:
        part = "" if to_pay is None else f"<wd:Amount_to_Pay>{to_pay}</wd:Amount_to_Pay>"
        return f"""<wd:Put_Customer_Payment_Request wd:Add_Only="{str(add_only).lower()}" wd:version="v39.2">
          <wd:Customer_Payment_Data>
            <wd:Customer_Payment_for_Invoices_Reference_ID>{payment_id}</wd:Customer_Payment_for_Invoices_Reference_ID>
            {reference("Company_Reference", "Company_Reference_ID", "PERENNIAL_US")}
            {reference("Payment_Currency_Reference", "Currency_ID", currency)}
            <wd:Payment_Date>2026-03-02</wd:Payment_Date>
            {reference("Payment_Type_Reference", "Payment_Type_ID", "Credit_Card")}
            <wd:Payment_Amount>{amount}</wd:Payment_Amount>
            {reference("Remit-from_Customer_Reference", "Customer_Reference_ID", "acc-1")}
            <wd:Customer_Payment_Remittance_Advice_Data>
              {reference("Customer_Invoice_Reference", "Customer_Invoice_Reference_ID", invoice_id)}
              {part}
            </wd:Customer_Payment_Remittance_Advice_Data>
          </wd:Customer_Payment_Data>
        </wd:Put_Customer_Payment_Request>"""

    @staticmethod
    def credit(credit_id: str = "CN-1", *, amount: str = "69.00", apply: bool = True) -> str:
        return f"""<wd:Submit_Customer_Invoice_Adjustment_Request wd:Add_Only="true" wd:version="v39.2">
          <wd:Business_Process_Parameters><wd:Auto_Complete>true</wd:Auto_Complete></wd:Business_Process_Parameters>
          <wd:Customer_Invoice_Adjustment_Data>
            <wd:Customer_Invoice_Adjustment_ID>{credit_id}</wd:Customer_Invoice_Adjustment_ID>
            <wd:Submit>true</wd:Submit>
            {reference("Company_Reference", "Company_Reference_ID", "PERENNIAL_US")}
            {reference("Customer_Reference", "Customer_Reference_ID", "acc-1")}
            {reference("Adjustment_Reason_Reference", "Adjustment_Reason_ID", "Goodwill")}
            <wd:Increase_Amount_Due>false</wd:Increase_Amount_Due>
            {reference("Original_Customer_Invoice_Reference", "Customer_Invoice_Reference_ID", "INV-1")}
            <wd:Auto-Apply_Adjustment_to_Invoice>{str(apply).lower()}</wd:Auto-Apply_Adjustment_to_Invoice>
            {reference("Currency_Reference", "Currency_ID", "USD")}
            <wd:Customer_Invoice_Line_Replacement_Data>
              {reference("Revenue_Category_Reference", "Revenue_Category_ID", "Subscription")}
              <wd:Extended_Amount>{amount}</wd:Extended_Amount>
            </wd:Customer_Invoice_Line_Replacement_Data>
          </wd:Customer_Invoice_Adjustment_Data>
        </wd:Submit_Customer_Invoice_Adjustment_Request>"""

    @staticmethod
    def cancel(invoice_id: str = "INV-1") -> str:
        target = reference(
            "Customer_Invoice_Reference", "Customer_Invoice_Reference_ID", invoice_id
        )
        return f"<wd:Cancel_Customer_Invoice_Request>{target}</wd:Cancel_Customer_Invoice_Request>"

    @staticmethod
    def read_invoices(*invoice_ids: str, page: int = 1, count: int = 100) -> str:
        references = "".join(
            reference("Customer_Invoice_Reference", "Customer_Invoice_Reference_ID", value)
            for value in invoice_ids
        )
        asked = f"<wd:Request_References>{references}</wd:Request_References>" if references else ""
        return f"""<wd:Get_Customer_Invoices_Request wd:version="v39.2">{asked}
          <wd:Response_Filter><wd:Page>{page}</wd:Page><wd:Count>{count}</wd:Count></wd:Response_Filter>
          <wd:Response_Group><wd:Include_Reference>true</wd:Include_Reference>
          <wd:Include_Customer_Invoice_Data>true</wd:Include_Customer_Invoice_Data></wd:Response_Group>
        </wd:Get_Customer_Invoices_Request>"""

    @staticmethod
    def read_customer(kind: str, value: str) -> str:
        target = reference("Customer_Reference", kind, value)
        return f"""<wd:Get_Customers_Request><wd:Request_References>{target}</wd:Request_References></wd:Get_Customers_Request>"""

    @staticmethod
    def read_payment(payment_id: str) -> str:
        kind = "Customer_Payment_for_Invoices_Reference_ID"
        target = reference("Customer_Payment_Reference", kind, payment_id)
        return f"""<wd:Get_Customer_Payments_Request><wd:Request_References>{target}</wd:Request_References></wd:Get_Customer_Payments_Request>"""


@pytest.fixture
def requests() -> type[Requests]:
    return Requests
