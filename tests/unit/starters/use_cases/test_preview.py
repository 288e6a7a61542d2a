"""Previews at the command line and over HTTP: text for accountants, JSON for machines."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from perennial.errors import InvalidInputError
from starters.cli.app import APP

ROOT = Path(__file__).parents[4]
EXAMPLE = str(ROOT / "examples/previews/monthly-to-annual.toml")
EXPECTED = Path(__file__).parent / "expected_previews"
EVERYTHING = str(ROOT / "examples/catalogs/everything.toml")
CHANGE: dict[str, Any] = {
    "currency": "USD",
    "zone": "Asia/Tokyo",
    "started": "2026-01-01",
    "at": "2026-01-16",
    "old": {"plan": "team", "quantity": 5, "interval": "month"},
    "new": {"plan": "team", "quantity": 5, "interval": "year"},
}
OPTIONS = (
    *("--plan", "team", "--quantity", "5", "--interval", "month", "--currency", "USD"),
    *("--started", "2026-01-01", "--on", "2026-01-16"),
)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(APP, ["preview", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("currency", ["JPY", "USD", "KWD"])
def test_an_accountant_can_follow_a_switch_to_annual_in_mid_month(currency: str) -> None:
    expected = (EXPECTED / f"monthly-to-annual-{currency}.txt").read_text("utf-8")

    assert run("change", EXAMPLE, "--currency", currency) == expected


def test_options_say_the_same_as_a_file() -> None:
    by_options = run("change", *OPTIONS, "--to-interval", "year", "--zone", "Asia/Tokyo")

    assert by_options == (EXPECTED / "monthly-to-annual-USD.txt").read_text("utf-8")


def test_json_and_the_api_say_the_same() -> None:
    shown = json.loads(run("change", EXAMPLE, "--json"))
    credit, charge = shown["invoice"]["lines"]

    assert credit["part"] == {
        "convention": "day_9dp_half_up",
        "numerator": 16,
        "denominator": 31,
        "factor": "0.516129032",
    }
    assert (credit["amount"]["amount"], credit["reason"]) == ("-49.03", "unused time")
    assert (charge["quantity"], charge["unit_price"], charge["part"]) == ("5", "190.00", None)
    assert shown["balance"] == {"amount": "900.97", "currency": "USD", "minor_units": 90097}
    assert shown["renewal"]["at"] == "2027-01-15T15:00:00Z"


async def test_the_api_previews_a_change(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/previews/change", json=CHANGE)

    assert answer.status_code == 200
    assert answer.json() == json.loads(run("change", EXAMPLE, "--json"))


async def test_the_api_previews_a_sale(
    api: httpx.AsyncClient, order: Callable[..., dict[str, Any]]
) -> None:
    body = {"order": order(), "at": "2026-01-31T09:00:00Z", "coupons": ["welcome"]}
    answer = await api.post("/v1/previews/sale", json=body)
    shown = answer.json()

    assert answer.status_code == 200
    assert shown["invoice"]["lines"][0]["discounts"][0]["discount_id"] == "welcome"
    assert shown["invoice"]["lines"][0]["span"]["start"] == "2026-01-31T09:00:00Z"
    assert shown["renewal"]["at"] == shown["period"]["end"]


async def test_the_api_previews_a_cancellation(api: httpx.AsyncClient) -> None:
    body = {key: value for key, value in CHANGE.items() if key not in {"old", "new"}}
    body |= {"sold": CHANGE["old"], "now": True, "credit": True}
    shown = (await api.post("/v1/previews/cancellation", json=body)).json()

    assert shown["balance"]["amount"] == "-49.03"
    assert shown["credit_notes"][0]["total"]["amount"] == "49.03"
    assert (shown["invoice"], shown["renewal"], shown["period"]) == (None, None, None)
    assert shown["ends_at"] == "2026-01-15T15:00:00Z"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"at": "16.1.2026"}, "at"),
        ({"at": "2025-12-31"}, "at"),
        ({"zone": "Tokyo"}, "zone"),
        ({"currency": "CHF"}, "old.currency"),
        ({"new": {"plan": "gold", "interval": "month"}}, "new.plan"),
        ({"new": {"plan": "team", "interval": "fortnight"}}, "new.interval.unit"),
        ({"new": {"plan": "team", "interval": "month", "coupons": ["x"]}}, "new.coupons.0"),
        ({"behaviour": "later"}, "behaviour"),
        ({"extra": 1}, "extra"),
    ],
)
async def test_a_bad_question_is_told_by_its_field(
    api: httpx.AsyncClient, changes: dict[str, Any], field: str
) -> None:
    answer = await api.post("/v1/previews/change", json=CHANGE | changes)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_preview_needs_a_key(transport: httpx.ASGITransport) -> None:
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as stranger:
        assert (await stranger.post("/v1/previews/change", json=CHANGE)).status_code == 401


def test_a_sale_with_a_trial_and_tax_is_shown_from_an_order_file(tmp_path: Path) -> None:
    order = json.loads((ROOT / "examples/orders/card.json").read_text())
    order["account"] |= {"country": "DE", "zone": "Europe/Berlin"}
    order |= {"currency": "EUR", "add_ons": [{"price_of": "priority-support", "quantity": 1}]}
    file = tmp_path / "order.json"
    file.write_text(json.dumps(order))
    text = run("sale", str(file), "--on", "2026-03-03", "--catalog", EVERYTHING)

    assert "Team, 2026-03-03 to 2026-03-17" in text
    assert "trial" in text
    # 5 x 20.00 and 99.00, 15/31 days, less 10 %; 250.00 less 10 %.
    assert [line.split()[-1] for line in text.splitlines() if "Subtotal" in line] == [
        "0.00",
        "311.66",
    ]
    assert "VAT 19 % on 311.66" in text
    assert "Onboarding" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), ["Credit note now", "-49.03 USD", "Ends on 2026-01-16; nothing renews after it."]),
        (("--convention", "per_second"), ["1382400/2678400 seconds", "0.516129032"]),
        (("--convention", "day_fixed_n"), ["16/30 days", "0.533333333", "50.67"]),
    ],
)
def test_an_end_at_once_gives_unused_time_back(arguments: tuple[str, ...], told: list[str]) -> None:
    text = run("cancel", *OPTIONS, "--now", "--credit", *arguments)

    for words in told:
        assert words in text


def test_an_end_at_the_end_of_the_period_gives_nothing_back() -> None:
    text = run("cancel", *OPTIONS)

    assert "Nothing is invoiced or credited now." in text
    assert "Ends on 2026-02-01" in text


def test_lines_that_wait_are_shown_with_the_renewal() -> None:
    text = run("change", *OPTIONS, "--to-quantity", "8", "--behaviour", "next_invoice")

    assert "Nothing is invoiced or credited now." in text
    assert text.index("Next renewal on 2026-02-01") < text.index("unused time")


SEATS = (
    *("--catalog", EVERYTHING, "--plan", "team", "--quantity", "30", "--interval", "month"),
    *("--currency", "EUR", "--started", "2026-01-01", "--to-quantity", "31"),
)


def renewal_row(text: str) -> list[str]:
    row = next(line for line in text.splitlines() if line.endswith("renewal"))
    return row.split()[-5:]


def test_a_seat_more_is_charged_at_the_price_that_the_account_has() -> None:
    text = run("change", *SEATS, "--on", "2026-03-16")

    # Version 2 is on sale since February, but concerns this account from May on.
    assert renewal_row(text) == ["26", "18.00", "468.00", "468.00", "renewal"]
    assert "20.00" not in text


def test_the_next_renewal_has_the_price_that_is_in_force_by_then() -> None:
    now, renewal = run("change", *SEATS, "--on", "2026-04-16").split("Next renewal on 2026-05-01")

    assert "18.00" in now
    assert "20.00" not in now
    assert "18.00" not in renewal
    assert renewal_row(renewal) == ["10", "20.00", "200.00", "200.00", "renewal"]


def test_a_change_after_a_price_change_gives_back_what_was_billed_by_then() -> None:
    text = run("change", *SEATS, "--on", "2026-05-16")

    assert "18.00" not in text
    assert "-200.00" in text


def test_a_convention_that_is_asked_for_keeps_the_days_of_the_catalog(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    text = (ROOT / "config/defaults/catalog.toml").read_text("utf-8")
    file.write_text(f"[proration]\nfixed_days = 28\n{text}", "utf-8")

    shown = run(
        "cancel",
        *OPTIONS,
        "--now",
        "--credit",
        "--convention",
        "day_fixed_n",
        "--catalog",
        str(file),
    )

    assert "16/28 days" in shown


def test_a_renewal_that_would_be_negative_shows_its_credit_note() -> None:
    text = run("change", *OPTIONS, "--to-quantity", "1", "--behaviour", "next_invoice")
    as_json = run("change", *OPTIONS, "--to-quantity", "1", "--behaviour", "next_invoice", "--json")

    assert text.index("Next renewal on 2026-02-01") < text.index("Credit note with the renewal")
    (note,) = json.loads(as_json)["renewal"]["credit_notes"]
    assert note["total"]["minor_units"] == 4903


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("list.json", "[1, 2]", r"list\.json: a table of keys"),
        ("text.toml", 'old = "team"', "old 'team': a table of keys"),
        ("new.toml", "new = 5", "new '5': a table of keys"),
    ],
)
def test_a_question_of_another_shape_is_told_by_its_key(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    file = tmp_path / name
    file.write_text(text)

    with pytest.raises(InvalidInputError, match=told):
        run("change", str(file))


@pytest.mark.parametrize("day", ["9999-12-15", "0001-01-01T00:00:00+14:00"])
def test_a_day_at_the_end_of_the_calendar_is_refused(day: str) -> None:
    order = str(ROOT / "examples/orders/card.json")

    with pytest.raises(InvalidInputError, match="must lie in the years 1900 to 2999"):
        run("sale", order, "--on", day)


def test_a_file_that_is_no_question_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "question.toml"
    file.write_text("currency = ")

    with pytest.raises(InvalidInputError, match=r"question\.toml"):
        run("change", str(file))
    with pytest.raises(InvalidInputError, match="currency"):
        run("change", "--plan", "team", "--interval", "month")
