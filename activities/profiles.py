"""Account profiles, read inside activities so that personal data stays out of histories."""

from activities.ports import Orders
from domain.failures import UnknownEntityError
from domain.parties.accounts import AccountProfile


async def read_profile(orders: Orders, account_id: str) -> AccountProfile:
    """Return the account's latest profile.

    Raises:
        UnknownEntityError: If no order of this account was ever stored. Not retried.
    """
    profile = await orders.find_account(account_id)
    if profile is None:
        raise UnknownEntityError(f"account {account_id} is not in storage")
    return profile
