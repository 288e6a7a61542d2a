"""Names, email addresses and postal addresses of orders: taken as people write them, if they can be used."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from domain.parties.orders import order_digest
from perennial.orders import Order
from starters.use_cases.orders import order_of
from starters.use_cases.services import Services

Build = Callable[..., dict[str, Any]]
LINES = ["1 Analytical Row", "東京都\u3000千代田区", "London N1 7AA"]


@pytest.mark.parametrize(
    "name",
    [
        "山田\u3000太郎",
        "Acme\u00a0SA",
        "क्\u200dष",
        "\u0646\u06cc\u200c\u06a9",
        "Société Générale",
        "👩\u200d💻 Ltd",
    ],
)
def test_a_name_may_hold_the_spaces_and_joiners_of_its_script(order: Build, name: str) -> None:
    read = order_of(Order.model_validate(order(account__name=name)))
    assert read.account.name == name


@pytest.mark.parametrize(
    "email",
    ["ada+tag@example.com", "o'hara@münchen.example", "a.b-c_d@例え.テスト", "x@sub.example.co.uk"],
)
def test_an_address_that_email_can_be_sent_to_is_taken(order: Build, email: str) -> None:
    assert Order.model_validate(order(account__email=email)).account.email == email


def test_an_order_without_a_postal_address_keeps_its_digest(order: Build) -> None:
    plain = order_of(Order.model_validate(order()))
    assert order_digest(plain) == "51587f2557c6c9cdbdad3fa3ddab270ae28a9cfde63867d58dd9199afef71bb7"
    empty = order_of(Order.model_validate(order(account__address=[])))
    full = order_of(Order.model_validate(order(account__address=LINES)))
    assert order_digest(empty) == order_digest(plain) != order_digest(full)


async def test_a_postal_address_is_kept_and_shown(
    api: httpx.AsyncClient, services: Services, order: Build
) -> None:
    answer = await api.post("/v1/orders", json=order(account__address=LINES))
    assert answer.status_code == 202
    kept = await services.orders.find_order("order-1")
    assert kept is not None
    assert kept.account.address == tuple(LINES)
    shown = (await api.get("/v1/orders/order-1")).json()["order"]
    assert shown["account"]["address"] == LINES


BAD: list[tuple[str, Any, str, str]] = [
    ("account__name", "two\u2028lines", "account.name", "one line"),
    ("account__name", "two\u2029parts", "account.name", "one line"),
    ("account__name", "bell\x07", "account.name", "one line"),
    ("account__name", "\u200d\u3000\u00a0", "account.name", "one line"),
    ("account__email", "jürgen@example.com", "account.email", "before the '@'"),
    ("account__email", "a(b)@example.com", "account.email", "before the '@'"),
    ("account__email", "[a]@example.com", "account.email", "before the '@'"),
    ("account__email", f"{'a' * 65}@example.com", "account.email", "before the '@'"),
    ("account__email", "a@b..example", "account.email", "domain name"),
    ("account__email", "a@exa_mple.com", "account.email", "domain name"),
    ("account__address", ["line"] * 7, "account.address", "6"),
    ("account__address", ["x" * 101], "account.address.0", "100"),
    ("account__address", ["ok", "two\nlines"], "account.address.1", "one line"),
    ("account__address", ["ok", ""], "account.address.1", "one line"),
    ("account__address", ["4242 4242 4242 4242"], "account.address.0", "card number"),
    ("account__address", "1 Row", "account.address", ""),
]


@pytest.mark.parametrize(("name", "value", "field", "allowed"), BAD)
async def test_what_cannot_be_used_is_refused_by_its_field(
    api: httpx.AsyncClient, order: Build, name: str, value: object, field: str, allowed: str
) -> None:
    answer = await api.post("/v1/orders", json=order(**{name: value}))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert allowed in error["allowed"]
