"""How to reach a Stripe account."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class StripeSettings:
    """One Stripe account.

    Attributes:
        api_key: Secret or restricted key.
        base_address: Address of the API.
        timeout_seconds: Longest wait for an answer; connecting may take at most 5 seconds before that.
        eu_transfer_country: Where virtual bank accounts for EUR transfers are held: BE, DE, ES, FR,
            IE or NL (ISO 3166-1 alpha-2).
    """

    api_key: str = field(repr=False)
    base_address: str = "https://api.stripe.com"
    timeout_seconds: float = 20.0
    eu_transfer_country: str = "DE"
