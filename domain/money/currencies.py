"""The active currencies of ISO 4217 and how many decimals each one has.

Source: ISO 4217 List One, published by SIX Financial Information on 2026-01-01. Entries without a
minor unit (precious metals, testing codes and the like) are left out. Libraries disagree with the
list for MGA, IQD, AFN, IRR, HUF, ISK, UGX and CLF, so this table is our own. Further rules of a
payment provider (for example, whole ISK) belong to its connector.
"""

from types import MappingProxyType
from typing import Final

_CODES_BY_EXPONENT: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD"
        " CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP"
        " GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK"
        " LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO"
        " NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS"
        " SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST"
        " XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

EXPONENTS: Final = MappingProxyType(
    {code: digits for digits, codes in _CODES_BY_EXPONENT.items() for code in codes.split()}
)
"""Currency code -> number of decimals of its minor unit (0, 2, 3 or 4)."""


class UnknownCurrencyError(ValueError):
    """The code is not an active ISO 4217 currency; never worth a retry."""

    def __init__(self, currency: str) -> None:
        super().__init__(
            f"Unknown currency {currency!r}: expected an active ISO 4217 code such as 'USD'."
        )
        self.currency = currency


def exponent(currency: str) -> int:
    """Return the number of decimals of the currency's minor unit: 0, 2, 3 or 4.

    Raises:
        UnknownCurrencyError: The code is not in ISO 4217 List One, in upper case.
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrencyError(currency) from None
