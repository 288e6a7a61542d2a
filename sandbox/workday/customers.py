"""Submit_Customer."""

from sandbox.store import Document
from sandbox.workday.desk import AlreadyExistsError, Desk, reference_response, required
from sandbox.workday.reading import (
    attribute_flag,
    child,
    children,
    flag,
    reference_value,
    text,
)
from sandbox.workday.records import CUSTOMER
from sandbox.workday.schema import path_of
from sandbox.workday.soap import Element, ValidationFaultError


def submit_customer(desk: Desk, request: Element) -> Element:
    """Create or update a customer and return the response.

    Raises:
        AlreadyExistsError: Add_Only is set, and the customer exists.
        ValidationFaultError: A new customer lacks a field, or an email address lacks its usage.
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
        raise AlreadyExistsError(data, "but the Customer already exists")
    if existing is None:
        _check_complete(data, entity)
    if entity is not None:
        _check_addresses(entity)
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


def _check_complete(data: Element, entity: Element | None) -> None:
    name = text(data, "Customer_Name")
    if entity is None:
        raise ValidationFaultError("Business Entity Data is required.", path_of(data))
    if not name:
        raise ValidationFaultError("Customer Name is required.", path_of(data))
    if text(entity, "Business_Entity_Name") != name:
        message = "Customer Name must match Business Entity Name."
        raise ValidationFaultError(message, path_of(entity))
    if not reference_value(data, "Customer_Category_Reference"):
        raise ValidationFaultError("Customer Category Reference is required.", path_of(data))


def _check_addresses(entity: Element) -> None:
    """Check that each email address has a usage, and that each kind of usage has exactly one primary address.

    Raises:
        ValidationFaultError: An address has no usage, or a kind has no primary address or several.
    """
    contact = child(entity, "Contact_Data")
    primaries: dict[str, int] = {}
    for address in children(contact, "Email_Address_Data") if contact is not None else []:
        usages = children(address, "Usage_Data")
        if not usages:
            message = "Usage Data is required unless you are deleting an email address."
            raise ValidationFaultError(message, path_of(address))
        for kind in (kind for usage in usages for kind in children(usage, "Type_Data")):
            name = reference_value(kind, "Type_Reference")
            primaries[name] = primaries.get(name, 0) + attribute_flag(kind, "Primary")
    for name, count in primaries.items():
        if count != 1:
            message = f"One and only one {name.lower()} email address must be marked as primary."
            raise ValidationFaultError(message, path_of(entity))


def _existing_customer(desk: Desk, request: Element, given: dict[str, str]) -> Document | None:
    reference = child(request, "Customer_Reference")
    if reference is not None:
        return desk.records.resolve(CUSTOMER, reference)
    found = (desk.records.find(CUSTOMER, kind, value) for kind, value in given.items() if value)
    return next((customer for customer in found if customer is not None), None)


def _new_customer(desk: Desk, given: dict[str, str]) -> Document:
    # As everywhere in Workday, the tenant assigns a number if the client leaves an ID out.
    number = desk.records.number("customer")
    customer_id = given["Customer_ID"] or f"C-{number:06}"
    customer = desk.records.new(CUSTOMER, customer_id)
    other = given["Customer_Reference_ID"] or f"CUSTOMER-3-{number}"
    customer["references"]["Customer_Reference_ID"] = other
    return customer
