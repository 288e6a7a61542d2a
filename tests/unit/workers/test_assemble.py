"""What the settings become in the hands of the connectors."""

import pytest

from config.settings import Settings
from connectors.salesforce.settings import SalesforceSettings
from connectors.workday.settings import OAuthClient, UsernameToken
from workers.assemble import _salesforce, _smtp, _workday


def settings_of(**changes: str) -> Settings:
    return Settings.from_env(
        {f"PERENNIAL_{name.upper()}": value for name, value in changes.items()}
    )


def test_the_smtp_relay_gets_its_login():
    relay = _smtp(settings_of(smtp_username="apikey", smtp_password="hunter2"))
    assert (relay.username, relay.password) == ("apikey", "hunter2")


def test_a_relay_without_a_login_gets_none():
    relay = _smtp(settings_of(smtp_username="", smtp_password="", smtp_tls=""))
    assert (relay.username, relay.password) == (None, None)


@pytest.mark.parametrize(
    ("said", "uses_tls", "starts_tls"),
    [("", False, None), ("none", False, False), ("starttls", False, True), ("tls", True, False)],
)
def test_the_smtp_relay_is_reached_as_it_was_said(
    said: str, uses_tls: bool, starts_tls: bool | None
):
    relay = _smtp(settings_of(smtp_tls=said))
    assert (relay.uses_tls, relay.starts_tls) == (uses_tls, starts_tls)


CLIENT = {
    "workday_token_url": "https://workday.example/ccx/oauth2/acme/token",
    "workday_client_id": "client",
    "workday_client_secret": "hunter2",
}


def test_workday_is_called_as_the_integration_system_user():
    workday = _workday(settings_of(workday_tenant="acme", workday_password="pw"))
    assert workday.credentials == UsernameToken(username="isu_perennial@acme", password="pw")


@pytest.mark.parametrize(("said", "token"), [("", None), ("r", "r")])
def test_workday_is_called_as_the_api_client_where_there_is_one(said: str, token: str | None):
    workday = _workday(settings_of(**CLIENT, workday_refresh_token=said))
    assert workday.credentials == OAuthClient(
        token_address="https://workday.example/ccx/oauth2/acme/token",
        client_id="client",
        client_secret="hunter2",
        refresh_token=token,
    )


def test_an_org_that_renamed_nothing_needs_no_settings():
    assert _salesforce(settings_of()) == SalesforceSettings(
        login_address="http://127.0.0.1:8090/salesforce",
        client_id="perennial",
        client_secret="sandbox",
    )


def test_what_an_org_calls_things_reaches_the_connector():
    org = _salesforce(
        settings_of(
            salesforce_external_id_field="acme__Key__c",
            salesforce_won_stage="Gewonnen",
            salesforce_lost_stage="Verloren",
            salesforce_task_status="Offen",
            salesforce_has_many_currencies="true",
            salesforce_country_field="BillingCountryCode",
        )
    )
    assert org.external_id_field == "acme__Key__c"
    assert (org.won_stage, org.lost_stage, org.task_status) == ("Gewonnen", "Verloren", "Offen")
    assert (org.has_many_currencies, org.country_field) == (True, "BillingCountryCode")
