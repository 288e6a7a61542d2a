"""Submit_Customer."""

from sandbox.store import Document
from sandbox.workday.desk import AlreadyExistsError, Desk, reference_response, required
from sandbox.workday.reading import child, flag, reference_value, text
from sandbox.workday.records import CUSTOMER
from sandbox.workday.schema import path_of
from sandbox.workday.soap import Element, ValidationFaultError


def submit_customer(desk: Desk, request: Element) -> Element:
    """Create or update a customer and return the response.

    Raises:
        AlreadyExistsError: Add_Only, and the customer exists.
        ValidationFaultError: A new customer has no name.
    """
    data = required(request, "Customer_Data")
    entity = child(data, "Business_Entity_Data")
    name = text(data, "Customer_Name") or (
        "" if entity is None else text(entity, "Business_Entity_Name")
    )
    given = {
        "Customer_ID": text(data, "Customer_ID"),
        "Customer_Reference_ID": text(data, "Customer_Reference_ID"),
    }
    existing = _existing_customer(desk, request, given)
    if existing is not None and flag(request, "Add_Only"):
        raise AlreadyExistsError(data, "Customer", existing["id"])
    if not name and existing is None:
        raise ValidationFaultError("Customer Name is required.", path_of(data))
    customer = existing or _new_customer(desk, given)
    customer |= {
        "name": name or customer["name"],
        "category": reference_value(data, "Customer_Category_Reference"),
        "terms": reference_value(data, "Payment_Terms_Reference"),
        "payment_type": reference_value(data, "Default_Payment_Type_Reference"),
        "currency": reference_value(data, "Currency_Reference"),
        "status": "Active" if flag(data, "Submit", default=True) else "Draft",
    }
    with desk.records.store.batch():
        desk.records.put(CUSTOMER, customer)
        action = "customer.created" if existing is None else "customer.updated"
        desk.note(action, customer["id"], customer["name"])
    return reference_response(request, "Customer_Reference", customer)


def _existing_customer(desk: Desk, request: Element, given: dict[str, str]) -> Document | None:
    reference = child(request, "Customer_Reference")
    if reference is not None:
        return desk.records.resolve(CUSTOMER, reference)
    found = (desk.records.find(CUSTOMER, kind, value) for kind, value in given.items() if value)
    return next((customer for customer in found if customer is not None), None)


def _new_customer(desk: Desk, given: dict[str, str]) -> Document:
    # An ID that the client leaves out is numbered by the tenant, as everywhere in Workday.
    number = desk.records.number("customer")
    customer_id = given["Customer_ID"] or f"C-{number:06}"
    customer = desk.records.new(CUSTOMER, customer_id)
    other = given["Customer_Reference_ID"] or f"CUSTOMER-3-{number}"
    customer["references"]["Customer_Reference_ID"] = other
    return customer
