"""The ERP's port for Workday: every document has a reference ID that we choose.

Workday has no idempotency header. Documents are created with `Add_Only`. When a document already exists,
or the outcome of an earlier call is unknown, it is read back by its reference and compared. An invoice is
always read back, because Workday computes the tax on it.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from connectors.workday.documents import (
    amount,
    company_ref,
    currency_ref,
    customer_fields,
    customer_ref,
    invoice_fields,
    invoice_ref,
    issued_number,
    payment_fields,
    payment_ref,
)
from connectors.workday.envelopes import Element, Fields, Ref, all_at, ids_at, text_at
from connectors.workday.faults import SYSTEM
from connectors.workday.service import WorkdayService
from connectors.workday.settings import WorkdaySettings
from domain.effects.outbox import CancelErpInvoice, PostErpInvoice, PostErpPayment
from domain.failures import (
    ConflictError,
    NotReadyError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    UnavailableError,
)
from domain.invoicing.invoices import InvoiceDocument
from domain.parties.accounts import AccountProfile

_INVOICE_DATA: Final = "Customer_Invoice/Customer_Invoice_Data"
_LINE: Final = "Customer_Invoice_Line_Replacement_Data"
_ON_ITS_WAY: Final = frozenset({"Missing", "Draft", "In Progress"})
_CANCELED: Final = frozenset({"Canceled", "Cancelled"})
_UNPAID: Final = "Unpaid"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Facts:
    """The values that must match before an existing document counts as ours."""

    company: str
    customer: str
    currency: str
    amount: Decimal


class WorkdayErp:
    """Customers, invoices and payments of one tenant."""

    def __init__(self, settings: WorkdaySettings) -> None:
        self._settings = settings
        self._service = WorkdayService(settings)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._service.aclose()

    async def ensure_customer(self, account: AccountProfile, *, currency: str) -> None:
        """Make sure that Workday knows the account, under our account id.

        Raises:
            RejectedError: Workday refused the customer.
            PerennialError: Workday was unavailable, or did not answer.
        """
        fields = customer_fields(account, currency=currency, settings=self._settings)
        try:
            await self._service.call("Submit_Customer", fields)
        except RejectedError:
            if not await self._knows_customer(account.account_id):
                raise

    async def _knows_customer(self, account_id: str) -> bool:
        try:
            await self._read("Get_Customers", "Customer_Reference", customer_ref(account_id))
        except NotReadyError:
            return False
        return True

    async def ensure_invoice(self, effect: PostErpInvoice) -> None:
        """Make sure that the invoice is posted, under its number.

        Raises:
            ConflictError: Workday has the number with another company, customer, currency or amount,
                the invoice was cancelled there, or another gross amount is due on it.
            NotReadyError: Workday does not know the customer yet.
            RejectedError: Workday refused the invoice.
            OutcomeUnknownError: Workday did not answer, or failed during processing.
            PerennialError: Workday was unavailable.
        """
        number = issued_number(effect.document)
        fields = invoice_fields(effect, self._settings)
        doubt: PerennialError
        try:
            await self._service.call("Submit_Customer_Invoice", fields, is_add_only=True)
        except (RejectedError, OutcomeUnknownError) as error:
            doubt = error
        else:
            doubt = UnavailableError(f"{SYSTEM} accepted invoice {number} but does not show it yet")
        found = await self._find_invoice(number, doubt)
        if found is None:
            raise doubt
        self._check_invoice(found, effect.document, number)

    def _check_invoice(self, found: Element, document: InvoiceDocument, number: str) -> None:
        wanted = _Facts(
            company=company_ref(self._settings, document.legal_entity).value,
            customer=document.account_id,
            currency=currency_ref(document.currency).value,
            amount=amount(document.subtotal),
        )
        name = f"invoice {number}"
        _check_not_cancelled(found, "Document_Status", name)
        _check_same(_invoice_facts(found), wanted, name)
        # Workday computes the tax from the lines, so the gross amount may differ from ours.
        due = _decimal(text_at(found, "Amount_Due"))
        is_untouched = text_at(found, "Payment_Status") == _UNPAID
        if is_untouched and due != amount(document.total):
            raise ConflictError(f"{SYSTEM}: {due} is due on {name}, but we bill {document.total}")

    async def ensure_payment(self, effect: PostErpPayment) -> None:
        """Make sure that the payment is posted and applied to its invoice, under the payment id.

        Raises:
            ConflictError: Workday has the payment id with another company, customer, currency or
                amount, or the payment was cancelled there.
            NotReadyError: The invoice has not reached Workday, or waits there for approval.
            RejectedError: Workday refused the payment.
            OutcomeUnknownError: Workday did not answer, or failed during processing.
            PerennialError: Workday was unavailable.
        """
        fields = payment_fields(effect, self._settings)
        try:
            await self._service.call("Put_Customer_Payment", fields, is_add_only=True)
        except (RejectedError, OutcomeUnknownError) as error:
            found = await self._find_payment(effect.payment_id, error)
            if found is None:
                await self._check_ready(effect.invoice_number, error)
                raise
            wanted = _Facts(
                company=company_ref(self._settings, effect.legal_entity).value,
                customer=effect.account_id,
                currency=effect.amount.currency,
                amount=amount(effect.amount),
            )
            _check_not_cancelled(found, "Payment_Status", f"payment {effect.payment_id}")
            _check_same(_payment_facts(found), wanted, f"payment {effect.payment_id}")

    async def _check_ready(self, number: str, refusal: PerennialError) -> None:
        found = await self._find_invoice(number, refusal)
        status = "Missing" if found is None else text_at(found, "Document_Status")
        if status in _ON_ITS_WAY:
            raise NotReadyError(f"{SYSTEM}: invoice {number} is {status}") from refusal

    async def cancel_invoice(self, effect: CancelErpInvoice) -> None:
        """Make sure that the invoice is cancelled; an invoice that never reached Workday counts as cancelled.

        Raises:
            RejectedError: Workday refused to cancel it, for example because a payment is applied to it.
            OutcomeUnknownError: Workday did not answer, or failed during processing.
            PerennialError: Workday was unavailable.
        """
        number = issued_number(effect.document)
        fields: Fields = {"Customer_Invoice_Reference": invoice_ref(number)}
        try:
            await self._service.call("Cancel_Customer_Invoice", fields)
        except NotReadyError:
            # Unknown to Workday: there is nothing to cancel.
            return
        except (RejectedError, OutcomeUnknownError) as error:
            found = await self._find_invoice(number, error)
            if found is None or text_at(found, "Document_Status") not in _CANCELED:
                raise

    async def _find_invoice(self, number: str, doubt: PerennialError) -> Element | None:
        try:
            answer = await self._read(
                "Get_Customer_Invoices", "Customer_Invoice_Reference", invoice_ref(number)
            )
        except NotReadyError:
            return None
        except UnavailableError as error:
            raise _less_certain(doubt, error) from error
        return next(iter(all_at(answer, f"Response_Data/{_INVOICE_DATA}")), None)

    async def _find_payment(self, payment_id: str, doubt: PerennialError) -> Element | None:
        try:
            answer = await self._read(
                "Get_Customer_Payments", "Customer_Payment_Reference", payment_ref(payment_id)
            )
        except RejectedError:
            # "Not a valid ID value": there is no such payment.
            return None
        except UnavailableError as error:
            raise _less_certain(doubt, error) from error
        path = "Response_Data/Customer_Payment/Customer_Payment_Data"
        return next(iter(all_at(answer, path)), None)

    async def _read(self, operation: str, name: str, reference: Ref) -> Element:
        return await self._service.call(operation, {"Request_References": {name: reference}})


def _less_certain(doubt: PerennialError, error: UnavailableError) -> PerennialError:
    # A read that failed does not make an unknown outcome known.
    return doubt if isinstance(doubt, OutcomeUnknownError) else error


def _invoice_facts(data: Element) -> _Facts:
    lines = [_decimal(text_at(line, "Extended_Amount")) for line in all_at(data, _LINE)]
    control = _decimal(text_at(data, "Control_Amount_Total"))
    return _Facts(
        company=ids_at(data, "Company_Reference").get("Company_Reference_ID", ""),
        customer=_customer_of(ids_at(data, "Customer_Reference")),
        currency=ids_at(data, "Currency_Reference").get("Currency_ID", ""),
        amount=sum(lines, Decimal(0)) if lines else control,
    )


def _payment_facts(data: Element) -> _Facts:
    return _Facts(
        company=ids_at(data, "Company_Reference").get("Company_Reference_ID", ""),
        customer=_customer_of(ids_at(data, "Remit-from_Customer_Reference")),
        currency=ids_at(data, "Payment_Currency_Reference").get("Currency_ID", ""),
        amount=_decimal(text_at(data, "Payment_Amount")),
    )


def _customer_of(ids: dict[str, str]) -> str:
    return ids.get("Customer_Reference_ID") or ids.get("Customer_ID", "")


def _check_not_cancelled(found: Element, status: str, name: str) -> None:
    if text_at(found, status) in _CANCELED:
        raise ConflictError(f"{SYSTEM}: {name} was cancelled there")


def _check_same(found: _Facts, wanted: _Facts, name: str) -> None:
    if found != wanted:
        raise ConflictError(f"{SYSTEM}: {name} already exists there with other content: {found}")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)
