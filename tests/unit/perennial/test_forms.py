"""Inputs of the wire contract: their shape is checked where they are made, before anything is sent."""

import pytest

from perennial import ClientError, InvalidInputError, Order


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[]", "body"),
        ("{", "body"),
        ('{"order_id": "a", "order_id": "b"}', "body"),
        ('{"order_id": "4242424242424242"}', "order_id"),
    ],
)
def test_a_wrong_order_is_a_client_error_that_names_its_fields(text: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        Order.read(text)
    assert isinstance(refused.value, ClientError)
    assert field in {error.field for error in refused.value.errors}
    assert "4242424242424242" not in str(refused.value)


def test_whether_a_country_or_a_currency_exists_is_for_the_server_to_know() -> None:
    read = Order.read(
        '{"order_id": "a", "plan": "team", "currency": "AAA", "payment": {"kind": "transfer"},'
        ' "account": {"account_id": "acme", "name": "Acme", "email": "a@acme.example",'
        ' "country": "ZZ", "zone": "Mars/Olympus"}}'
    )
    assert (read.currency, read.account.country) == ("AAA", "ZZ")
