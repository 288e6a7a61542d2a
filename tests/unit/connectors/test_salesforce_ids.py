"""Ids in Salesforce, whose external ids know no case."""

import dataclasses

from connectors.salesforce.crm import SalesforceCrm
from connectors.salesforce.settings import SalesforceSettings
from tests.unit.connectors.conftest import account
from tests.unit.connectors.salesforce_org import record, task, won


async def test_accounts_whose_ids_differ_only_in_case_are_two(
    crm: SalesforceCrm, salesforce_settings: SalesforceSettings, name: str
):
    ids = [f"{each}-{name}" for each in ("acme", "Acme", "ACME")]
    for number, account_id in enumerate(ids):
        effect = dataclasses.replace(
            won(f"{name}-{number}"), opportunity_id=f"opp-{number}-{name}", account_id=account_id
        )
        await crm.win_opportunity(account(name, account_id=account_id, name=account_id), effect)
    capitals = ("", "~1", "~f")
    told = [f"{each}{mark}" for each, mark in zip(ids, capitals, strict=True)]
    owners = [await record(salesforce_settings, "Account", each) for each in told]
    assert [owner["Name"] for owner in owners] == ids
    for number, owner in enumerate(owners):
        deal = await record(salesforce_settings, "Opportunity", f"opp-{number}-{name}")
        assert deal["AccountId"] == owner["Id"]


async def test_a_deal_keeps_the_id_that_it_has_in_the_crm(
    crm: SalesforceCrm, salesforce_settings: SalesforceSettings, name: str
):
    await crm.win_opportunity(
        account(name), dataclasses.replace(won(name), opportunity_id=f"OPP-{name}")
    )
    await crm.add_task(task(name, f"OPP-{name}"))
    deal = await record(salesforce_settings, "Opportunity", f"OPP-{name}")
    assert deal["IsWon"]
