"""Every value that a history can hold comes back from the data converter as it went in."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.temporal import DATA_CONVERTER
from domain.effects.events import EntityState
from domain.money.money import Money
from domain.periods.periods import Interval, IntervalUnit, Period
from domain.periods.proration import Convention, ProrationRule
from domain.pricing.discounts import Discount
from domain.pricing.pricing import Price, PriceModel, Tier
from domain.pricing.taxes import TaxRate
from domain.pricing.terms import Trial
from tests.architecture.wire import wire_types

WIRE: tuple[Any, ...] = wire_types()
INSTANTS = st.integers(0, 4 * 10**15).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
NUMBERS = st.decimals(-(10**12), 10**12, places=12)
AMOUNTS = st.builds(
    Money,
    minor_units=st.integers(-(10**18), 10**18),
    currency=st.sampled_from(["JPY", "USD", "KWD"]),
)
RATES = st.decimals("0", "1", places=6)
PRICES = st.one_of(
    st.builds(
        Price,
        model=st.sampled_from([PriceModel.FLAT, PriceModel.PER_SEAT]),
        currency=st.just("USD"),
        unit_price=st.decimals("0", "10000", places=12),
    ),
    st.just(
        Price(
            model=PriceModel.VOLUME,
            currency="USD",
            tiers=(
                Tier(up_to=Decimal(9), unit_price=Decimal("0.000000000001")),
                Tier(up_to=None, unit_price=Decimal(1), flat_fee=Decimal("2.50")),
            ),
            minimum=Money.parse("5.00", "USD"),
        )
    ),
)
DISCOUNTS = st.builds(
    Discount, discount_id=st.text(), percent=st.decimals("0.1", "100", places=1), until=st.dates()
)
# Values that check themselves are built from what they accept.
KNOWN: dict[Any, st.SearchStrategy[Any]] = {
    datetime: INSTANTS,
    Decimal: NUMBERS,
    timedelta: st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds)),
    Money: AMOUNTS,
    Period: st.tuples(INSTANTS, INSTANTS).map(lambda both: Period(start=min(both), end=max(both))),
    Interval: st.builds(Interval, unit=st.sampled_from(IntervalUnit), count=st.integers(1, 99)),
    Price: PRICES,
    Discount: DISCOUNTS,
    Trial: st.builds(Trial, days=st.integers(1, 366), needs_card=st.booleans()),
    TaxRate: st.builds(TaxRate, code=st.text(), name=st.text(), rate=RATES),
    EntityState: st.builds(
        EntityState,
        entity=st.text(),
        generation=st.integers(0, 9),
        sequence=st.integers(1, 10**6),
        # The workflow's own class on the way out, JSON on the way in: only JSON comes back as it was.
        state=st.dictionaries(st.text(), st.none() | st.integers(-9, 9) | st.text()),
    ),
    ProrationRule: st.builds(
        ProrationRule, convention=st.sampled_from(Convention), fixed_days=st.integers(1, 366)
    ),
}
for kind, strategy in KNOWN.items():
    st.register_type_strategy(kind, strategy)


@pytest.mark.parametrize("kind", WIRE, ids=lambda kind: kind.__name__)
def test_a_wire_value_survives_the_data_converter(kind: Any) -> None:
    converter = DATA_CONVERTER.payload_converter

    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.from_type(kind))
    def check(value: object) -> None:
        (back,) = converter.from_payloads(converter.to_payloads([value]), [kind])
        assert back == value

    check()
