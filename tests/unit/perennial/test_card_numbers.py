"""Card numbers are found however they are written, and ordinary text is left alone."""

import time

import pytest

from perennial.card_numbers import holds_card_number, is_card_number


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424242",
        "ab4242424242424242cd",
        "4242 4242 4242 4242",
        "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
        "4242   4242   4242   4242",
        "4242 - 4242 - 4242 - 4242",
        "4242 (4242) 4242 4242",
        "4242,4242,4242,4242",
        "4242:4242|4242·4242",
        "4242−4242−4242−4242",  # noqa: RUF001 - the minus sign, on purpose
        "4242\u200b4242\u00ad4242\u20604242",
        "④②④②④②④②④②④②④②④②",
        "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
        "card 1: 4242 4242 4242 4242, 12/27 123",
        "7 3782 822463 10005",
    ],
)
def test_a_card_number_is_found_in_free_text(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ulica 12, 00-950 Warszawa",
        "+49 (30) 1234-5678, ext. 12345",
        "PO 2026-11-27, 10:30:12.345",
        "DE89 3704 0044 0532 0130 00",
        "4242 4242 4242 4241",
        "4242 4242 4242",
        "0000 0000 0000 0000",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert not holds_card_number(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("4242424242424242", True),
        ("4242-4242-4242-4242", True),
        ("order-4242.4242.4242.4242", True),
        ("demo-1127103909-a", False),
        # A right Luhn digit, but of no network.
        ("1234567812345670", False),
    ],
)
def test_an_id_is_a_card_number_only_if_a_network_could_have_issued_it(
    text: str, *, is_one: bool
) -> None:
    assert is_card_number(text) is is_one


@pytest.mark.parametrize("text", ["1" + " " * 65_000, "1-_ " * 16_000, "1." * 32_000])
def test_no_text_takes_long_to_search(text: str) -> None:
    begun = time.process_time()

    holds_card_number(text)

    assert time.process_time() - begun < 2
