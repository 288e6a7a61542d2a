"""The payment provider in memory: provider invoices, charges, and failures that a test scripts."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from domain.collection.declines import classify_decline
from domain.collection.provider_invoice import (
    ChargeResult,
    ProviderInvoice,
    ProviderInvoiceStatus,
    StoredPaymentMethod,
)
from domain.failures import PerennialError
from domain.invoicing.invoices import ProviderInvoiceRequest
from domain.money.money import Money
from domain.parties.accounts import AccountProfile


@dataclass
class Faults:
    """Failures to raise, by call name: each call takes the next one; `always` never runs out."""

    scripted: dict[str, list[PerennialError]] = field(default_factory=dict[Any, Any])
    always: dict[str, PerennialError] = field(default_factory=dict[Any, Any])
    struck: list[str] = field(default_factory=list[Any])

    def strike(self, call: str) -> None:
        if call in self.always or self.scripted.get(call):
            self.struck.append(call)
        if call in self.always:
            raise self.always[call]
        if self.scripted.get(call):
            raise self.scripted[call].pop(0)


@dataclass
class FakeProvider:
    """ProviderInvoices and charges; a charge that is repeated with its key returns the first result."""

    faults: Faults
    declines: dict[str, str] = field(default_factory=dict[Any, Any])
    provider_invoices: dict[str, ProviderInvoice] = field(default_factory=dict[Any, Any])
    charges: dict[str, ChargeResult] = field(default_factory=dict[Any, Any])
    lost_answers: list[PerennialError] = field(default_factory=list[Any])
    attached: list[str] = field(default_factory=list[Any])
    answers_to_attach: dict[tuple[str, ...], StoredPaymentMethod] = field(
        default_factory=dict[Any, Any]
    )
    refused_at_attach: frozenset[str] = frozenset()
    is_paid_when_opened: bool = False

    @property
    def money_taken(self) -> list[Money]:
        return [
            result.provider_invoice.amount_paid
            for result in self.charges.values()
            if not result.decline
        ]

    async def ensure_customer(self, account: AccountProfile) -> str:
        self.faults.strike("ensure_customer")
        return f"cus_{account.account_id}"

    async def attach_payment_method(
        self, *, account_id: str, customer_id: str, payment_method: str, request_id: str = ""
    ) -> StoredPaymentMethod:
        self.faults.strike("attach_payment_method")
        key = (customer_id, payment_method, request_id)
        if key not in self.answers_to_attach:
            refused = payment_method in self.refused_at_attach
            if not refused:
                self.attached.append(payment_method)
            self.answers_to_attach[key] = StoredPaymentMethod(
                payment_method=payment_method,
                customer_id=customer_id,
                decline=classify_decline(code="generic_decline") if refused else None,
            )
        return self.answers_to_attach[key]

    async def ensure_provider_invoice(self, request: ProviderInvoiceRequest) -> ProviderInvoice:
        self.faults.strike("ensure_provider_invoice")
        document = request.document
        provider_invoice_id = f"in_{document.invoice_id}"
        self.provider_invoices.setdefault(
            provider_invoice_id,
            ProviderInvoice(
                provider_invoice_id=provider_invoice_id,
                invoice_id=document.invoice_id,
                status=ProviderInvoiceStatus.OPEN,
                amount_due=document.total,
                amount_paid=Money.zero(document.currency),
                hosted_url=f"https://pay.example/{document.invoice_id}",
            ),
        )
        if self.is_paid_when_opened:
            self.pay(provider_invoice_id)
        return self.provider_invoices[provider_invoice_id]

    async def read_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        self.faults.strike("read_provider_invoice")
        return self.provider_invoices[provider_invoice_id]

    async def charge(
        self, *, provider_invoice_id: str, payment_method: str, idempotency_key: str
    ) -> ChargeResult:
        self.faults.strike("charge")
        if idempotency_key not in self.charges:
            code = self.declines.get(payment_method)
            if code is None:
                self.pay(provider_invoice_id)
            self.charges[idempotency_key] = ChargeResult(
                provider_invoice=self.provider_invoices[provider_invoice_id],
                decline=None if code is None else classify_decline(code=code),
            )
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return self.charges[idempotency_key]

    async def void_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        self.faults.strike("void_provider_invoice")
        provider_invoice = self.provider_invoices[provider_invoice_id]
        if provider_invoice.status is ProviderInvoiceStatus.OPEN:
            self.provider_invoices[provider_invoice_id] = replace(
                provider_invoice, status=ProviderInvoiceStatus.VOID
            )
        return self.provider_invoices[provider_invoice_id]

    def mark_uncollectible(self, provider_invoice_id: str) -> None:
        """Let a person mark the provider invoice in the provider's own pages."""
        self.provider_invoices[provider_invoice_id] = replace(
            self.provider_invoices[provider_invoice_id], status=ProviderInvoiceStatus.UNCOLLECTIBLE
        )

    def process(self, provider_invoice_id: str, *, is_processing: bool) -> None:
        """Let a payment of the customer's own be under way, or fail after all."""
        self.provider_invoices[provider_invoice_id] = replace(
            self.provider_invoices[provider_invoice_id], is_processing=is_processing
        )

    def pay(self, provider_invoice_id: str) -> None:
        """Let the provider invoice be paid in full, as by a transfer."""
        provider_invoice = self.provider_invoices[provider_invoice_id]
        self.provider_invoices[provider_invoice_id] = replace(
            provider_invoice,
            status=ProviderInvoiceStatus.PAID,
            amount_paid=provider_invoice.amount_due,
            paid_at=datetime(2026, 1, 2, tzinfo=UTC),
            payment_id=f"pi_{provider_invoice.invoice_id}",
        )
