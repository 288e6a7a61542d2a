"""The command line, as people and machines meet it."""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import pytest
from typer.testing import CliRunner

from config.stack_file import Ports
from config.temporal import connect
from local_stack.commands import own_name
from perennial.enums import CancelAt, SaleStatus, SubscriptionState
from perennial.errors import NotFoundError, WaitTimeoutError
from perennial.orders import Order, SaleView
from perennial.requests import RequestView
from perennial.subscriptions import EventView, SubscriptionView
from starters.cli import service_commands
from starters.cli.app import APP, main

EXAMPLES = sorted(Path("examples/orders").glob("*.json"))
SHOWN = SubscriptionView(
    subscription_id="sub-order-1",
    account_id="acme",
    order_id="order-1",
    plan="team",
    quantity=5,
    currency="USD",
    state=SubscriptionState.ACTIVE,
    period=None,
    period_number=0,
    cancel_at=None,
    next_due_at=datetime(2027, 1, 1, tzinfo=UTC),
    invoices=[],
    grants=[],
    access=None,
)


class PlayedClient:
    """Answers from memory and remembers what it was asked."""

    asked: list[tuple[Any, ...]]

    def __init__(self) -> None:
        self.asked = []

    async def __aenter__(self) -> "PlayedClient":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def sell(self, order: Order) -> SaleView:
        self.asked.append(("sell", order.order_id))
        return SaleView(
            order_id=order.order_id,
            subscription_id=f"sub-{order.order_id}",
            status=SaleStatus.ACCEPTED,
        )

    async def wait_until(self, subscription_id: str, *_: object) -> SubscriptionView:
        raise WaitTimeoutError(f"{subscription_id} is pending, not active")

    async def get(self, subscription_id: str) -> SubscriptionView:
        if subscription_id != SHOWN.subscription_id:
            raise NotFoundError("there is no such subscription")
        return SHOWN

    async def events(self, subscription_id: str) -> tuple[EventView, ...]:
        return ()

    async def cancel(self, subscription_id: str, **how: Any) -> RequestView:
        self.asked.append(("cancel", subscription_id, how))
        return RequestView(request_id="r", subscription_id=subscription_id, ends_at=None)

    async def change_payment_method(
        self, subscription_id: str, payment_method: str, **how: Any
    ) -> RequestView:
        self.asked.append(("change", subscription_id, payment_method, how))
        return RequestView(request_id="r", subscription_id=subscription_id, ends_at=None)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> PlayedClient:
    played = PlayedClient()
    monkeypatch.setattr(service_commands, "_client", lambda: played)
    return played


@pytest.fixture
def run() -> Callable[..., Any]:
    return lambda *arguments: CliRunner().invoke(APP, list(arguments))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_order_is_sold(
    client: PlayedClient, run: Callable[..., Any], file: Path
) -> None:
    result = run("sell", str(file), "--json")

    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["subscription_id"] == f"sub-{answer['order_id']}"
    assert client.asked == [("sell", answer["order_id"])]


def test_there_are_example_orders() -> None:
    assert [file.stem for file in EXAMPLES] == ["annual", "card", "declined", "transfer"]


def test_show_prints_facts_for_people_and_json_for_machines(
    client: PlayedClient, run: Callable[..., Any]
) -> None:
    people, machines = run("show", "sub-order-1"), run("show", "sub-order-1", "--json")

    assert "active" in people.stdout
    assert "team x 5" in people.stdout
    assert json.loads(machines.stdout)["state"] == "active"


def test_a_cancellation_is_passed_on(client: PlayedClient, run: Callable[..., Any]) -> None:
    result = run("cancel", "sub-order-1", "--at", "now", "--reason", "moved", "--key", "k")

    assert result.exit_code == 0
    how = {"at": CancelAt.NOW, "reason": "moved", "key": "k"}
    assert client.asked == [("cancel", "sub-order-1", how)]


def test_a_new_payment_method_is_passed_on(client: PlayedClient, run: Callable[..., Any]) -> None:
    assert run("change-payment-method", "sub-order-1", "pm_new").exit_code == 0
    assert client.asked == [("change", "sub-order-1", "pm_new", {"key": None})]


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever other tests have loaded, `main` ends by SystemExit, not by leaving the process."""
    monkeypatch.setattr(os, "_exit", sys.exit)


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["perennial", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_an_error_is_one_clear_line_on_stderr(
    client: PlayedClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "show", "sub-nope", "--json") == 1

    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "error: there is no such subscription\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [("{", "order.json"), ('{"order_id": "a b"}', "order_id"), ("[1]", "order.json")],
)
def test_a_bad_order_file_names_what_is_wrong(
    client: PlayedClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    content: str,
    told: str,
) -> None:
    file = tmp_path / "order.json"
    file.write_text(content)

    assert call(monkeypatch, "sell", str(file)) == 1
    assert told in capsys.readouterr().err
    assert not client.asked


def test_a_missing_file_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "sell", "nowhere.json") == 1
    assert capsys.readouterr().err == "error: nowhere.json: No such file or directory\n"


@pytest.mark.parametrize(
    "arguments",
    [("sell",), ("nonsense",), ("up", "--ports", "many"), ("up", "--port-offset", "-1")],
)
def test_wrong_usage_is_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    assert call(monkeypatch, *arguments) == 2


def test_a_bad_setting_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "environ", {"PERENNIAL_DATA": str(tmp_path), "PERENNIAL_API_PORT": "x"})

    assert call(monkeypatch, "migrate") == 1
    assert "PERENNIAL_API_PORT='x'" in capsys.readouterr().err


def test_migrate_brings_a_new_database_up_to_date(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    monkeypatch.setattr(
        os, "environ", {"PERENNIAL_DATA": str(tmp_path), "PERENNIAL_DATABASE_URL": url}
    )

    assert "is at revision 0" in run("migrate").stdout


def test_demo_runs_on_the_ports_chosen(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Any] = []

    async def run_demo(data: Path, ports: Ports, *, is_exiting: bool) -> int:
        seen.append((data, ports, is_exiting))
        return 3

    monkeypatch.setattr("local_stack.demo.run_demo", run_demo)

    result = run("demo", "--exit", "--port-offset", "100", "--data", str(tmp_path))

    assert result.exit_code == 3
    assert seen == [(tmp_path, Ports.shifted(100), True)]


def test_a_wait_in_vain_does_not_hide_the_sale(
    client: PlayedClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "sell", "examples/orders/declined.json", "--json", "--wait", "1") == 1

    output = capsys.readouterr()
    assert json.loads(output.out)["subscription_id"] == "sub-order-declined-1"
    assert "is pending, not active" in output.err


def test_the_version_is_told(run: Callable[..., Any]) -> None:
    result = run("--version")

    assert (result.exit_code, result.stdout) == (0, f"perennial {metadata.version('perennial')}\n")


def test_without_temporal_setup_says_where_it_looked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def prepare(*_: object) -> None:
        await connect({"TEMPORAL_ADDRESS": "127.0.0.1:9"})

    monkeypatch.setattr("starters.cli.setup.prepare", prepare)
    left: list[int] = []

    def leave(status: int) -> NoReturn:
        left.append(status)
        raise SystemExit(status)

    monkeypatch.setattr(os, "_exit", leave)

    assert call(monkeypatch, "setup") == 1
    assert "Temporal cannot be reached at 127.0.0.1:9" in capsys.readouterr().err
    # Temporal's native threads are running: the interpreter must not be taken down around them.
    assert left == [1]


@pytest.mark.parametrize("is_on_path", [True, False])
def test_the_hint_names_the_command_as_this_shell_finds_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_on_path: bool
) -> None:
    command = tmp_path / "bin" / "perennial"
    command.parent.mkdir()
    command.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(command.parent) if is_on_path else "/nonexistent")
    monkeypatch.setattr("sys.argv", [str(command)])

    assert own_name() == ("perennial" if is_on_path else "bin/perennial")
