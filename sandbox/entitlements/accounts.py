"""The stored accounts: all grants and holds of an account are in one document."""

from dataclasses import dataclass
from datetime import datetime

from sandbox.entitlements.rules import Outcome, Verdict, higher_version
from sandbox.journal import Journal
from sandbox.store import Document, Store

SYSTEM = "entitlements"
ACCOUNT = "account"
_FEATURE = "_feature"


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounts:
    """Reads and writes accounts; each change is one journal entry."""

    store: Store
    journal: Journal

    def read(self, account_id: str) -> Document:
        """Return an account; an account without any grant is empty, not missing."""
        found = self.store.get(SYSTEM, ACCOUNT, account_id)
        return found or {"account_id": account_id, "grants": {}, "holds": {}}

    def newest(self, limit: int) -> list[Document]:
        """Return at most `limit` accounts, latest first."""
        return self.store.newest(SYSTEM, ACCOUNT, limit)

    def put_grant(self, account_id: str, grant: Document, at: datetime) -> Outcome:
        """Store a version of a grant unless a higher one is stored, and return the outcome."""
        with self.store.batch():
            outcome = self._put(account_id, "grant", grant, at)
            if outcome.verdict is not Verdict.CONFLICT:
                # Remember the features of an outdated version too. The set of known flags is then the
                # same for every order of arrival: writes commute for readers of flags as well.
                for key, quantity in grant["features"].items():
                    self._learn_feature(key, is_switch=quantity == 0)
            return outcome

    def put_hold(self, account_id: str, hold: Document, at: datetime) -> Outcome:
        """Store a version of a hold unless a higher one is stored, and return the outcome."""
        with self.store.batch():
            return self._put(account_id, "hold", hold, at)

    def features(self) -> dict[str, bool]:
        """Return every feature key that was ever granted to an account, and whether it is a switch."""
        keys = self.store.keys(SYSTEM, _FEATURE)
        return {key: is_switch for key in keys if (is_switch := self.is_switch(key)) is not None}

    def is_switch(self, key: str) -> bool | None:
        """Return whether a feature is a switch (no quantity), None if it was never granted."""
        found = self.store.get(SYSTEM, _FEATURE, key)
        return None if found is None else bool(found["is_switch"])

    def _put(self, account_id: str, noun: str, arrived: Document, at: datetime) -> Outcome:
        account = self.read(account_id)
        key = arrived[f"{noun}_id"]
        outcome = higher_version(account[f"{noun}s"].get(key), arrived)
        if outcome.verdict in {Verdict.CREATED, Verdict.REPLACED}:
            account[f"{noun}s"][key] = outcome.stored
            self.store.put(SYSTEM, ACCOUNT, account_id, account)
            action = f"{noun}.put"
        else:
            action = f"{noun}.{outcome.verdict}"
        summary = f"{account_id} version {arrived['version']}"
        self.journal.write(SYSTEM, action, key, summary, at)
        return outcome

    def _learn_feature(self, key: str, *, is_switch: bool) -> None:
        known = self.is_switch(key)
        if known is None or (known and not is_switch):
            self.store.put(SYSTEM, _FEATURE, key, {"is_switch": is_switch})
