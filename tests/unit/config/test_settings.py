"""Settings: defaults of the local stack, and errors that name the variable."""

import pytest
from pydantic import ValidationError

from config.setting_types import variable_of
from config.settings import RENAMED, Settings, SettingsError, unknown_variables


def test_an_empty_environment_describes_the_local_stack() -> None:
    settings = Settings.from_env({})

    assert settings.api_port == 8080
    assert settings.stripe_api_base == "http://127.0.0.1:8090/stripe"
    assert settings.database_url == "sqlite:///.data/perennial.db"


def test_values_are_read_from_the_environment() -> None:
    settings = Settings.from_env(
        {
            "PERENNIAL_API_PORT": "9000",
            "PERENNIAL_API_KEYS": "one, two,",
            "PERENNIAL_STRIPE_API_BASE": "http://localhost:1/stripe/",
            "PERENNIAL_OTLP_ENDPOINT": "",
            "HOME": "/root",
        }
    )

    assert settings.api_port == 9000
    assert [key.get_secret_value() for key in settings.api_keys] == ["one", "two"]
    assert settings.stripe_api_base == "http://localhost:1/stripe"
    assert settings.otlp_endpoint is None


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("PERENNIAL_API_PORT", "abc", "1 to 65535"),
        ("PERENNIAL_API_PORT", "0", "1 to 65535"),
        ("PERENNIAL_SMTP_PORT", "65536", "1 to 65535"),
        ("PERENNIAL_WORKDAY_URL", "workday", "address of the Workday host"),
        ("PERENNIAL_WORKDAY_VERSION", "39", "v39.2"),
        ("PERENNIAL_ERP_PER_SECOND", "-1", "above 0"),
        ("PERENNIAL_EMAIL_FROM", "billing", "address"),
        ("PERENNIAL_SALESFORCE_EXTERNAL_ID_FIELD", "Id/../x", "ending in __c"),
        ("PERENNIAL_SALESFORCE_COUNTRY_FIELD", "Country", "country picklists"),
        ("PERENNIAL_OTLP_ENDPOINT", "4318", "http://127.0.0.1:4318"),
    ],
)
def test_a_bad_value_names_variable_value_and_what_is_allowed(
    variable: str, value: str, allowed: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({variable: value})

    message = str(caught.value)
    assert f"{variable}={value!r}" in message
    assert allowed in message


def test_every_bad_variable_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"PERENNIAL_API_PORT": "x", "PERENNIAL_SMTP_PORT": "y"})

    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PERENNIAL_STRIPE_API_KEY", ""),
        ("PERENNIAL_DATABASE_URL", "mysql://user:hunter2@host/db"),
    ],
)
def test_a_bad_secret_is_never_shown(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({variable: value})

    assert variable in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "(not shown)" in str(caught.value)


def test_secrets_do_not_appear_in_a_representation() -> None:
    settings = Settings.from_env({"PERENNIAL_API_KEYS": "hunter2"})

    assert "hunter2" not in repr(settings)


def test_a_real_vendor_needs_its_own_secrets() -> None:
    with pytest.raises(SettingsError, match="PERENNIAL_STRIPE_API_KEY must be set"):
        Settings.from_env({"PERENNIAL_STRIPE_API_BASE": "https://api.stripe.com"})

    Settings.from_env(
        {
            "PERENNIAL_STRIPE_API_BASE": "https://api.stripe.com",
            "PERENNIAL_STRIPE_API_KEY": "rk_live_1",
            "PERENNIAL_STRIPE_WEBHOOK_SECRET": "whsec_1",
        }
    )


def test_every_secret_that_a_real_vendor_needs_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"PERENNIAL_STRIPE_API_BASE": "https://api.stripe.com"})

    assert "PERENNIAL_STRIPE_API_KEY must be set" in str(caught.value)
    assert "PERENNIAL_STRIPE_WEBHOOK_SECRET must be set" in str(caught.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings.from_env({}).api_port = 1


def test_a_slip_of_the_pen_is_found() -> None:
    environment = {"PERENNIAL_API_PROT": "1", "PERENNIAL_API_PORT": "1", "PERENNIAL_DATA": "x"}

    assert unknown_variables(environment, frozenset({"PERENNIAL_DATA"})) == ("PERENNIAL_API_PROT",)


def test_every_field_says_what_it_is() -> None:
    undescribed = [name for name, field in Settings.model_fields.items() if not field.description]

    assert undescribed == []
    assert variable_of("api_port") == "PERENNIAL_API_PORT"


@pytest.mark.parametrize(("former", "present"), RENAMED.items())
def test_a_former_name_is_refused_with_the_present_one(former: str, present: str) -> None:
    with pytest.raises(SettingsError, match=f"{former} is now {present}"):
        Settings.from_env({former: "5"})


def test_the_present_names_exist() -> None:
    fields = {variable_of(name) for name in Settings.model_fields}
    assert set(RENAMED.values()) <= fields
    assert not fields & set(RENAMED)
