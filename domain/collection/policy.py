"""The values a company sets: how long to wait, when to try again, when to give up.

The workflow state holds the policy and its version, so that what happened can be explained later.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectionPolicy:
    """How one invoice is collected.

    Attributes:
        version: Name of the policy version in force when the invoice was created.
        retry_after: Waits between charge attempts after a soft decline, one per retry; empty: wait for
            a new payment method.
        collect_for: How long after issue (after the due date, for transfers) to collect before giving up.
        reread_every: First wait after which an open invoice polls the provider, so that a lost webhook
            costs only time; the wait grows with the invoice's age.
    """

    version: str
    retry_after: tuple[timedelta, ...]
    collect_for: timedelta
    reread_every: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionPolicy:
    """The policy of a subscription.

    Attributes:
        first: Collection of the first invoice; when it gives up, the sale is undone.
        renewal: Collection of every later invoice.
        legal_entity: Our company that sells.
        number_series: Series of the invoice number register.
    """

    first: CollectionPolicy
    renewal: CollectionPolicy
    legal_entity: str
    number_series: str

    @property
    def longest_dunning(self) -> timedelta:
        """The longest time an unpaid invoice may stay open; grants last this long beyond their period."""
        return max(self.first.collect_for, self.renewal.collect_for)


DEFAULT_SUBSCRIPTION_POLICY = SubscriptionPolicy(
    first=CollectionPolicy(
        version="default-1",
        retry_after=(),
        collect_for=timedelta(days=7),
        reread_every=timedelta(hours=6),
    ),
    renewal=CollectionPolicy(
        version="default-1",
        retry_after=(timedelta(days=1), timedelta(days=3), timedelta(days=5)),
        collect_for=timedelta(days=14),
        reread_every=timedelta(hours=6),
    ),
    legal_entity="PERENNIAL_US",
    number_series="INV",
)
