"""The payment provider in memory: payables, charges, and failures that a test scripts."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from domain.collection.declines import classify_decline
from domain.collection.provider_invoice import (
    ChargeResult,
    Payable,
    PayableRequest,
    PayableStatus,
    StoredPaymentMethod,
)
from domain.failures import PerennialError
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
    """Payables and charges; a charge that is repeated with its key returns the first result."""

    faults: Faults
    declines: dict[str, str] = field(default_factory=dict[Any, Any])
    payables: dict[str, Payable] = field(default_factory=dict[Any, Any])
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
            result.payable.amount_paid for result in self.charges.values() if not result.decline
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

    async def ensure_payable(self, request: PayableRequest) -> Payable:
        self.faults.strike("ensure_payable")
        document = request.document
        payable_id = f"in_{document.invoice_id}"
        self.payables.setdefault(
            payable_id,
            Payable(
                payable_id=payable_id,
                invoice_id=document.invoice_id,
                status=PayableStatus.OPEN,
                amount_due=document.total,
                amount_paid=Money.zero(document.currency),
                hosted_url=f"https://pay.example/{document.invoice_id}",
            ),
        )
        if self.is_paid_when_opened:
            self.pay(payable_id)
        return self.payables[payable_id]

    async def read_payable(self, payable_id: str) -> Payable:
        self.faults.strike("read_payable")
        return self.payables[payable_id]

    async def charge(
        self, *, payable_id: str, payment_method: str, idempotency_key: str
    ) -> ChargeResult:
        self.faults.strike("charge")
        if idempotency_key not in self.charges:
            code = self.declines.get(payment_method)
            if code is None:
                self.pay(payable_id)
            self.charges[idempotency_key] = ChargeResult(
                payable=self.payables[payable_id],
                decline=None if code is None else classify_decline(code=code),
            )
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return self.charges[idempotency_key]

    async def void_payable(self, payable_id: str) -> Payable:
        self.faults.strike("void_payable")
        payable = self.payables[payable_id]
        if payable.status is PayableStatus.OPEN:
            self.payables[payable_id] = replace(payable, status=PayableStatus.VOID)
        return self.payables[payable_id]

    def mark_uncollectible(self, payable_id: str) -> None:
        """Let a person mark the payable in the provider's own pages."""
        self.payables[payable_id] = replace(
            self.payables[payable_id], status=PayableStatus.UNCOLLECTIBLE
        )

    def process(self, payable_id: str, *, is_processing: bool) -> None:
        """Let a payment of the customer's own be under way, or fail after all."""
        self.payables[payable_id] = replace(self.payables[payable_id], is_processing=is_processing)

    def pay(self, payable_id: str) -> None:
        """Let the payable be paid in full, as by a transfer."""
        payable = self.payables[payable_id]
        self.payables[payable_id] = replace(
            payable,
            status=PayableStatus.PAID,
            amount_paid=payable.amount_due,
            paid_at=datetime(2026, 1, 2, tzinfo=UTC),
            payment_id=f"pi_{payable.invoice_id}",
        )
