"""Payment customers and their payment methods."""

import hashlib
from typing import Final

import stripe

from connectors.stripe.failures import decline_of, failure_of, translated
from connectors.stripe.invoices import ACCOUNT_KEY
from connectors.stripe.keys import with_key
from domain.collection.provider_invoice import StoredPaymentMethod
from domain.failures import ConflictError
from domain.ids import payment_customer_key, payment_method_key
from domain.parties.accounts import AccountProfile

_PAGE: Final = 100


async def ensure_customer(client: stripe.StripeClient, account: AccountProfile) -> str:
    """Return the id of the account's Stripe customer; create the customer if it is missing.

    Raises:
        PerennialError: Stripe refused, was unavailable, or did not answer.
    """
    found = await _find_customer(client, account)
    if found is not None:
        return found
    # The lookup uses the email address, so the key contains it too.
    address = hashlib.sha256(account.email.encode()).hexdigest()[:16]
    key = f"{payment_customer_key(account.account_id)}/{address}"
    try:
        customer = await with_key(
            key,
            lambda options: client.v1.customers.create_async(
                {
                    "name": account.name,
                    "email": account.email,
                    "metadata": {ACCOUNT_KEY: account.account_id},
                },
                options,
            ),
        )
    except stripe.StripeError as error:
        failure = failure_of(error)
        if not isinstance(failure, ConflictError):
            raise failure from error
        # Another request created the customer in between, with another spelling of the name.
        found = await _find_customer(client, account)
        if found is None:
            raise failure from error
        return found
    return customer.id


async def _find_customer(client: stripe.StripeClient, account: AccountProfile) -> str | None:
    with translated(is_read=True):
        page = await client.v1.customers.list_async({"email": account.email, "limit": _PAGE})
        async for customer in page.auto_paging_iter():
            metadata = customer.metadata
            if metadata is not None and metadata.to_dict().get(ACCOUNT_KEY) == account.account_id:
                return customer.id
    return None


def _attach_key(method_key: str, customer_id: str, request_id: str) -> str:
    key = f"{method_key}/{customer_id}"
    if not request_id:
        return key
    # A digest keeps the key within Stripe's limit of 255 characters.
    return f"{key}/{hashlib.sha256(request_id.encode()).hexdigest()[:16]}"


async def attach_payment_method(
    client: stripe.StripeClient,
    *,
    account_id: str,
    customer_id: str,
    payment_method: str,
    request_id: str = "",
) -> StoredPaymentMethod:
    """Attach a payment method and make it the default; a decline is part of the result.

    A decline is replayed only for the same request, because a card that was refused today may be accepted
    tomorrow.

    Raises:
        PerennialError: Stripe refused, was unavailable, or did not answer.
    """
    try:
        attached = await with_key(
            _attach_key(payment_method_key(account_id, payment_method), customer_id, request_id),
            lambda options: client.v1.payment_methods.attach_async(
                payment_method, {"customer": customer_id}, options
            ),
        )
    except stripe.CardError as error:
        return StoredPaymentMethod(
            payment_method=payment_method, customer_id=customer_id, decline=decline_of(error)
        )
    except stripe.StripeError as error:
        failure = failure_of(error)
        raise failure from error
    with translated():
        # No idempotency key: setting A, then B, then A within a day must end with A. With a key, Stripe
        # would replay the first answer for A and change nothing.
        await client.v1.customers.update_async(
            customer_id, {"invoice_settings": {"default_payment_method": attached.id}}
        )
    return _stored(attached, customer_id)


def _stored(attached: stripe.PaymentMethod, customer_id: str) -> StoredPaymentMethod:
    card = attached.card if "card" in attached else None
    return StoredPaymentMethod(
        payment_method=attached.id,
        customer_id=customer_id,
        brand=card.brand if card is not None else None,
        last4=card.last4 if card is not None else None,
    )
