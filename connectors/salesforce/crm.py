"""The CRM's port for Salesforce: upserts by external id, so that a repeat changes nothing."""

from typing import Final
from urllib.parse import quote

from connectors.salesforce.failures import SYSTEM
from connectors.salesforce.session import Json, SalesforceSession, Step
from connectors.salesforce.settings import SalesforceSettings
from domain.effects.outbox import AddCrmTask, LoseOpportunity, WinOpportunity
from domain.failures import NotReadyError, RejectedError, UnavailableError
from domain.money.money import Money
from domain.parties.accounts import AccountProfile

_LONGEST_NAME: Final = 120
_LONGEST_TEXT: Final = 255
_EXACT_DIGITS: Final = 15


class SalesforceCrm:
    """Accounts, opportunities and tasks of one org."""

    def __init__(self, settings: SalesforceSettings) -> None:
        self._settings = settings
        self._session = SalesforceSession(settings)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.aclose()

    async def win_opportunity(self, account: AccountProfile, effect: WinOpportunity) -> None:
        """Make sure that the account exists and its opportunity is won.

        Raises:
            RejectedError: The configured stage does not count as won in this org.
            PerennialError: Salesforce refused, was unavailable, or did not answer.
        """
        answers = await self._session.composite(
            [
                Step(
                    reference="account",
                    method="PATCH",
                    path=self._record("Account", account.account_id),
                    body={
                        "Name": _text(account.name, _LONGEST_TEXT),
                        self._settings.country_field: account.country,
                    },
                ),
                Step(
                    reference="opportunity",
                    method="PATCH",
                    path=self._record("Opportunity", effect.opportunity_id),
                    body=self._won(account, effect),
                ),
                # Orgs rename and translate stages: only the flag shows whether the stage means won.
                Step(
                    reference="outcome",
                    method="GET",
                    path="/sobjects/Opportunity/@{opportunity.id}?fields=IsWon,IsClosed",
                ),
            ]
        )
        if answers["outcome"].get("IsWon") is not True:
            stage = self._settings.won_stage
            raise RejectedError(f"{SYSTEM}: stage {stage!r} does not count as won in this org")

    def _won(self, account: AccountProfile, effect: WinOpportunity) -> Json:
        opportunity: Json = {
            "Name": _text(f"{account.name}: {effect.plan}", _LONGEST_NAME),
            "StageName": self._settings.won_stage,
            "CloseDate": effect.closed_on.isoformat(),
            "Amount": _number(effect.amount),
            "AccountId": "@{account.id}",
        }
        if self._settings.has_many_currencies:
            opportunity["CurrencyIsoCode"] = effect.amount.currency
        return opportunity

    async def lose_opportunity(self, effect: LoseOpportunity) -> None:
        """Make sure that the opportunity is lost; one that the CRM does not know is not created.

        Raises:
            PerennialError: Salesforce refused, was unavailable, or did not answer.
        """
        record = self._record("Opportunity", effect.opportunity_id)
        found = await self._session.composite(
            [Step(reference="found", method="GET", path=f"{record}?fields=Id", may_be_missing=True)]
        )
        if not found["found"]:
            return
        lost: Json = {
            "StageName": self._settings.lost_stage,
            "CloseDate": effect.closed_on.isoformat(),
            "NextStep": _text(effect.reason, _LONGEST_TEXT),
        }
        await self._session.composite(
            [Step(reference="lost", method="PATCH", path=record, body=lost)]
        )

    async def add_task(self, effect: AddCrmTask) -> None:
        """Make sure that the task exists, once.

        Raises:
            NotReadyError: The CRM does not know the account or opportunity of the task yet.
            UnavailableError: The answer to the read of that record has no id.
            PerennialError: Salesforce refused, was unavailable, or did not answer.
        """
        if effect.opportunity_id is None:
            about = self._record("Account", effect.account_id)
        else:
            about = self._record("Opportunity", effect.opportunity_id)
        found = await self._session.composite(
            [Step(reference="about", method="GET", path=f"{about}?fields=Id", may_be_missing=True)]
        )
        if not found["about"]:
            raise NotReadyError(f"{SYSTEM} does not know the record of task {effect.task_id} yet")
        owner = found["about"].get("Id")
        if not isinstance(owner, str):
            raise UnavailableError(f"{SYSTEM} answered a read without the record's id")
        task: Json = {
            "Subject": _text(effect.subject, _LONGEST_TEXT),
            "ActivityDate": effect.due_on.isoformat(),
            "Status": self._settings.task_status,
            "Priority": "Normal",
            "WhatId": owner,
        }
        record = self._record("Task", effect.task_id)
        await self._session.composite(
            [Step(reference="task", method="PATCH", path=record, body=task)]
        )

    def _record(self, kind: str, external_id: str) -> str:
        name = self._settings.external_id_field
        # The id of an opportunity comes from the CRM and keeps its spelling; the other ids are ours.
        spelled = external_id if kind == "Opportunity" else _without_case(external_id)
        return f"/sobjects/{kind}/{name}/{quote(spelled, safe='')}"


def _without_case(external_id: str) -> str:
    """Return an id that stays unique when case is ignored, because Salesforce ignores case in external ids.

    An id without capitals stays as it is. Otherwise `~` and a hexadecimal number are appended: bit n of the
    number is set if character n (from 0) is a capital. Our ids never contain a tilde.
    """
    capitals = sum(1 << at for at, each in enumerate(external_id) if each.isupper())
    return f"{external_id}~{capitals:x}" if capitals else external_id


def _text(said: str, longest: int) -> str:
    # "@{" anywhere in a text begins a reference to another step, and it cannot be escaped: a customer
    # with such a name could read other records or break the whole request.
    return said.replace("@{", "@ {")[:longest]


def _number(money: Money) -> float:
    # JSON numbers are doubles here: up to 15 digits pass through a double unchanged.
    digits = len(str(abs(money.minor_units)))
    if digits > _EXACT_DIGITS:
        raise RejectedError(f"{money} has too many digits for {SYSTEM}")
    return float(money.to_decimal())
