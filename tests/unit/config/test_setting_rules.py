"""Rules between settings: what a vendor that is not on this machine asks for."""

import pytest

from config.setting_rules import ADDRESSES
from config.setting_types import variable_of
from config.settings import Settings, SettingsError

LOGIN = {"PERENNIAL_SMTP_USERNAME": "apikey", "PERENNIAL_SMTP_PASSWORD": "hunter2"}
CLIENT = {
    "PERENNIAL_WORKDAY_TOKEN_URL": "https://workday.example/token",
    "PERENNIAL_WORKDAY_CLIENT_ID": "client",
    "PERENNIAL_WORKDAY_CLIENT_SECRET": "hunter2",
}
REAL_WORKDAY = {
    "PERENNIAL_WORKDAY_URL": "https://workday.example",
    "PERENNIAL_ERP_EVENT_SECRET": "hunter3",
}
SECRETS = {
    "PERENNIAL_STRIPE_API_KEY": "rk_1",
    "PERENNIAL_STRIPE_WEBHOOK_SECRET": "whsec_1",
    "PERENNIAL_WORKDAY_PASSWORD": "hunter2",
    "PERENNIAL_WORKDAY_CLIENT_ID": "client",
    "PERENNIAL_WORKDAY_CLIENT_SECRET": "hunter2",
    "PERENNIAL_WORKDAY_TOKEN_URL": "https://workday.example/token",
    "PERENNIAL_ERP_EVENT_SECRET": "hunter3",
    "PERENNIAL_SALESFORCE_CLIENT_SECRET": "hunter2",
    "PERENNIAL_CRM_EVENT_SECRET": "hunter3",
    "PERENNIAL_ENTITLEMENTS_KEY": "hunter2",
}


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("PERENNIAL_SMTP_USERNAME", "PERENNIAL_SMTP_PASSWORD"),
        ("PERENNIAL_SMTP_PASSWORD", "PERENNIAL_SMTP_USERNAME"),
    ],
)
def test_half_a_login_names_the_other_half(given: str, missing: str) -> None:
    with pytest.raises(SettingsError, match=f"^{missing} must be set when {given} is") as caught:
        Settings.from_env({given: "hunter2"})

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("tls", [{}, {"PERENNIAL_SMTP_TLS": "none"}, {"PERENNIAL_SMTP_TLS": ""}])
def test_a_login_is_not_sent_over_the_network_for_all_to_read(tls: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="PERENNIAL_SMTP_TLS must be starttls or tls"):
        Settings.from_env({"PERENNIAL_SMTP_HOST": "smtp.example.com", **LOGIN, **tls})


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_login_goes_to_a_relay_by_tls(tls: str) -> None:
    settings = Settings.from_env(
        {"PERENNIAL_SMTP_HOST": "smtp.example.com", "PERENNIAL_SMTP_TLS": tls, **LOGIN}
    )

    assert settings.smtp_username == "apikey"
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_relay_on_this_machine_takes_a_login_as_it_is(host: str) -> None:
    assert Settings.from_env({"PERENNIAL_SMTP_HOST": host, **LOGIN}).smtp_tls is None


def test_a_relay_that_asks_for_no_login_needs_no_tls() -> None:
    assert Settings.from_env({"PERENNIAL_SMTP_HOST": "relay.internal"}).smtp_tls is None


def test_an_unknown_way_to_the_relay_says_which_there_are() -> None:
    with pytest.raises(SettingsError, match=r"PERENNIAL_SMTP_TLS='ssl'.*starttls.*port 465"):
        Settings.from_env({"PERENNIAL_SMTP_TLS": "ssl"})


@pytest.mark.parametrize("missing", CLIENT)
def test_half_an_api_client_names_what_is_missing(missing: str) -> None:
    given = {name: value for name, value in CLIENT.items() if name != missing}
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(REAL_WORKDAY | given)

    message = str(caught.value)
    assert message.startswith(f"{missing} must be set when {', '.join(given)} is")
    assert len(message.splitlines()) == 1


def test_a_refresh_token_is_nothing_without_its_client() -> None:
    with pytest.raises(SettingsError, match=f"^{', '.join(CLIENT)} must be set"):
        Settings.from_env({"PERENNIAL_WORKDAY_REFRESH_TOKEN": "hunter2"})


def test_an_api_client_needs_no_password_of_a_user() -> None:
    assert Settings.from_env(REAL_WORKDAY | CLIENT).workday_client_id == "client"
    with pytest.raises(SettingsError, match="PERENNIAL_WORKDAY_PASSWORD must be set"):
        Settings.from_env(REAL_WORKDAY)


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    "address", ["http://vendor.example/x", "http://10.0.0.1", "http://127.0.0.1@vendor.example"]
)
def test_a_vendor_elsewhere_is_not_reached_by_plain_http(name: str, address: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable_of(name)} must begin with https://"):
        Settings.from_env({**SECRETS, variable_of(name): address})


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_vendor_elsewhere_is_reached_by_https(name: str) -> None:
    address = "https://vendor.example/x"

    assert getattr(Settings.from_env({**SECRETS, variable_of(name): address}), name) == address


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2", "[::1]"])
def test_this_machine_is_reached_by_plain_http(host: str) -> None:
    Settings.from_env({"PERENNIAL_ENTITLEMENTS_URL": f"http://{host}:8090/entitlements"})


def test_a_host_of_a_private_network_may_be_named() -> None:
    private = {
        "PERENNIAL_PLAIN_HTTP_HOSTS": "sandbox, Entitlements.internal",
        "PERENNIAL_ENTITLEMENTS_URL": "http://entitlements.internal/v1",
        "PERENNIAL_ENTITLEMENTS_KEY": "hunter2",
    }
    assert Settings.from_env(private).entitlements_url == "http://entitlements.internal/v1"

    with pytest.raises(SettingsError, match="PERENNIAL_SALESFORCE_URL must begin with https"):
        Settings.from_env({**private, **SECRETS, "PERENNIAL_SALESFORCE_URL": "http://org.internal"})


def test_the_sandbox_of_compose_is_named_like_any_other_host() -> None:
    sandbox = {"PERENNIAL_WORKDAY_URL": "http://sandbox:8090/workday"}
    with pytest.raises(SettingsError, match="PERENNIAL_PLAIN_HTTP_HOSTS may name the host"):
        Settings.from_env(sandbox)

    Settings.from_env({"PERENNIAL_PLAIN_HTTP_HOSTS": "sandbox", **sandbox})
