import pytest

from domain.money.currencies import EXPONENTS, UnknownCurrencyError, exponent

ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()  # noqa: SIM905 - reads as the list does
THREE = "BHD IQD JOD KWD LYD OMR TND".split()  # noqa: SIM905 - reads as the list does
FOUR = ["CLF", "UYW"]


def test_currencies_without_decimals_are_exactly_those_of_the_list():
    assert sorted(code for code, digits in EXPONENTS.items() if digits == 0) == ZERO


def test_currencies_with_three_decimals_are_exactly_those_of_the_list():
    assert sorted(code for code, digits in EXPONENTS.items() if digits == 3) == THREE


def test_currencies_with_four_decimals_are_exactly_those_of_the_list():
    assert sorted(code for code, digits in EXPONENTS.items() if digits == 4) == FOUR


def test_every_other_currency_has_two_decimals_and_there_are_139_of_them():
    rest = [code for code in EXPONENTS if code not in {*ZERO, *THREE, *FOUR}]
    assert len(rest) == 139
    assert {EXPONENTS[code] for code in rest} == {2}


def test_every_code_is_three_upper_case_letters():
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in EXPONENTS)


@pytest.mark.parametrize(
    ("code", "digits"),
    [
        *[("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("MGA", 2), ("IQD", 3), ("AFN", 2)],
        *[("IRR", 2), ("HUF", 2), ("ISK", 0), ("UGX", 0), ("CLF", 4), ("XCG", 2), ("ZWG", 2)],
    ],
)
def test_where_libraries_disagree_the_iso_list_decides(code: str, digits: int):
    assert exponent(code) == digits


@pytest.mark.parametrize("code", ["usd", "XXX", "XAU", "ZWL", "HRK", "BGN", "ANG", "", "US"])
def test_a_code_outside_the_active_list_is_refused_by_name(code: str):
    with pytest.raises(UnknownCurrencyError, match=f"Unknown currency '{code}'") as refused:
        exponent(code)
    assert refused.value.currency == code
