from typing import Any

import pytest
import stripe
from stripe import params

from sandbox.stripe.calls import Operation
from sandbox.stripe.forms import Fields
from sandbox.stripe.surface import OPERATIONS, match_operation
from tests.unit.sandbox.stripe_contract import answer_findings, parameter_names

# The SDK hands its form to httpx in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

NO_PARAMETERS = {"expand"}
PARAMS: dict[tuple[str, str], type] = {
    ("POST", "customers"): params.CustomerCreateParams,
    ("GET", "customers"): params.CustomerListParams,
    ("GET", "customers/search"): params.CustomerSearchParams,
    ("POST", "customers/{}"): params.CustomerUpdateParams,
    ("POST", "payment_methods"): params.PaymentMethodCreateParams,
    ("GET", "payment_methods"): params.PaymentMethodListParams,
    ("POST", "payment_methods/{}"): params.PaymentMethodUpdateParams,
    ("POST", "payment_methods/{}/attach"): params.PaymentMethodAttachParams,
    ("GET", "customers/{}/payment_methods"): params.CustomerPaymentMethodListParams,
    ("POST", "invoices"): params.InvoiceCreateParams,
    ("GET", "invoices"): params.InvoiceListParams,
    ("GET", "invoices/search"): params.InvoiceSearchParams,
    ("POST", "invoices/{}"): params.InvoiceUpdateParams,
    ("POST", "invoices/{}/add_lines"): params.InvoiceAddLinesParams,
    ("GET", "invoices/{}/lines"): params.InvoiceListLinesParams,
    ("POST", "invoices/{}/finalize"): params.InvoiceFinalizeInvoiceParams,
    ("POST", "invoices/{}/pay"): params.InvoicePayParams,
    ("POST", "invoiceitems"): params.InvoiceItemCreateParams,
    ("GET", "invoiceitems"): params.InvoiceItemListParams,
    ("GET", "invoice_payments"): params.InvoicePaymentListParams,
    ("POST", "payment_intents"): params.PaymentIntentCreateParams,
    ("GET", "payment_intents"): params.PaymentIntentListParams,
    ("GET", "payment_intents/search"): params.PaymentIntentSearchParams,
    ("POST", "payment_intents/{}"): params.PaymentIntentUpdateParams,
    ("POST", "payment_intents/{}/confirm"): params.PaymentIntentConfirmParams,
    ("POST", "payment_intents/{}/cancel"): params.PaymentIntentCancelParams,
    ("GET", "charges"): params.ChargeListParams,
    ("POST", "refunds"): params.RefundCreateParams,
    ("GET", "refunds"): params.RefundListParams,
    ("POST", "refunds/{}"): params.RefundUpdateParams,
    ("POST", "setup_intents"): params.SetupIntentCreateParams,
    ("GET", "setup_intents"): params.SetupIntentListParams,
    ("POST", "setup_intents/{}/confirm"): params.SetupIntentConfirmParams,
    ("POST", "customers/{}/cash_balance"): params.CustomerCashBalanceUpdateParams,
    ("GET", "customers/{}/cash_balance_transactions"): (
        params.CustomerCashBalanceTransactionListParams
    ),
    ("POST", "test_helpers/customers/{}/fund_cash_balance"): (
        params.test_helpers.CustomerFundCashBalanceParams
    ),
    ("GET", "events"): params.EventListParams,
}


def unknown_parameters(fields: Fields, params_type: type, path: str = "") -> list[str]:
    known = parameter_names(params_type) | {"query": None, "limit": None, "page": None}
    found = [f"{path}{name}" for name in fields if name not in known]
    for name, kind in fields.items():
        member_type = known.get(name)
        if kind.members is not None and member_type is not None:
            found += unknown_parameters(kind.members, member_type, f"{path}{name}.")
    return found


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
def test_every_accepted_parameter_is_one_of_the_sdk(operation: Operation) -> None:
    params_type = PARAMS.get((operation.method, operation.path))
    if params_type is None:
        assert set(operation.accepted()) == NO_PARAMETERS | ({"expand"} & set(operation.fields))
        return
    assert unknown_parameters(operation.fields, params_type) == []


def test_the_contract_bites_on_an_invented_parameter() -> None:
    operation, _ = match_operation("POST", "/v1/invoices")
    fields = {**operation.fields, "paid": operation.fields["auto_advance"]}
    assert unknown_parameters(fields, params.InvoiceCreateParams) == ["paid"]


async def test_the_contract_bites_on_a_broken_answer(vendor: Any) -> None:
    customer = await vendor.customer(None)
    body = (await vendor.plain.get(f"/stripe/v1/customers/{customer.id}")).json()
    assert answer_findings(body) == []
    assert answer_findings(body | {"livemode": "no"}) == ["customer.livemode is 'no', not bool"]
    del body["created"]
    assert answer_findings(body) == ["customer.created is missing"]


async def test_a_parameter_that_is_not_played_is_refused(vendor: Any) -> None:
    answer = await vendor.post("customers", {"favourite_colour": "red"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "parameter_unknown"


@pytest.mark.parametrize("header", ["", "Bearer pk_test_1", "Basic c2s="])
async def test_a_request_without_a_secret_key_is_unauthorized(vendor: Any, header: str) -> None:
    answer = await vendor.plain.get("/stripe/v1/customers", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_every_answer_names_its_request_and_version(vendor: Any) -> None:
    for path in ("customers", "customers/cus_none", "nowhere"):
        answer = await vendor.plain.get(f"/stripe/v1/{path}")
        assert answer.headers["request-id"].startswith("req_")
        assert answer.headers["stripe-version"] == stripe.api_version
