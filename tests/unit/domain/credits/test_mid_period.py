from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.credits.mid_period import (
    BilledSpan,
    ChangeProration,
    InvoiceTiming,
    MidPeriodChange,
    SpanCredit,
    Terms,
    capped_credit,
    credit_unused,
    prorate_change,
)
from domain.money.money import Money
from domain.periods.periods import Interval, IntervalUnit, Period, nth_period
from domain.periods.proration import Convention, ProrationReason, ProrationRule, portion_of
from domain.pricing.on_change import ProrationBehaviour

Utc = Callable[[str], datetime]
MONTH = Interval(unit=IntervalUnit.MONTH)
YEAR = Interval(unit=IntervalUnit.YEAR)
JUNE = Period(start=datetime(2025, 6, 1, tzinfo=UTC), end=datetime(2025, 7, 1, tzinfo=UTC))
MIDDLE = datetime(2025, 6, 16, tzinfo=UTC)
BY_SECOND = ProrationRule(convention=Convention.PER_SECOND)
BEHAVIOURS = list(ProrationBehaviour)


def cents(units: int) -> Money:
    return Money(minor_units=units, currency="USD")


def change(
    behaviour: ProrationBehaviour = ProrationBehaviour.INVOICE_NOW,
    *,
    interval: Interval = MONTH,
    rate: int = 30000,
    at: datetime = MIDDLE,
    rule: ProrationRule = BY_SECOND,
    whole: Period = JUNE,
) -> MidPeriodChange:
    return MidPeriodChange(
        rule=rule,
        behaviour=behaviour,
        old_interval=MONTH,
        new=Terms(rate=cents(rate), interval=interval),
        whole=whole,
        changed_at=at,
        zone="UTC",
    )


def billed(units: int = 10000, *given: SpanCredit) -> BilledSpan:
    return BilledSpan(line_id="line-1", amount=cents(units), period=JUNE, credits=given)


@pytest.mark.parametrize(
    ("behaviour", "timing", "credit", "charge", "is_reset", "end"),
    [
        ("invoice_now", "now", 5000, 15000, False, "2025-07-01"),
        ("next_invoice", "next", 5000, 15000, False, "2025-07-01"),
        ("none", "never", None, None, False, "2025-07-01"),
        ("reset_anchor", "now", 5000, 30000, True, "2025-07-16"),
    ],
)
def test_each_behaviour_decides_what_is_invoiced_and_when(
    utc: Utc,
    behaviour: str,
    timing: str,
    credit: int | None,
    charge: int | None,
    is_reset: bool,
    end: str,
):
    result = prorate_change(change(ProrationBehaviour(behaviour)), (billed(),))
    given_back = [line.prorated.amount for line in result.credits]
    assert given_back == ([] if credit is None else [cents(credit)])
    assert (result.charge and result.charge.amount) == (charge and cents(charge))
    assert result.net == cents((charge or 0) - (credit or 0))
    assert (result.timing, result.is_anchor_reset) == (InvoiceTiming(timing), is_reset)
    assert result.period.end == utc(end)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_change_of_interval_always_invoices_now_and_resets_the_anchor(
    utc: Utc, behaviour: ProrationBehaviour
):
    result = prorate_change(change(behaviour, interval=YEAR, rate=100000), (billed(),))
    assert (result.timing, result.is_anchor_reset) == (InvoiceTiming.NOW, True)
    assert result.period == Period(start=MIDDLE, end=utc("2026-06-16"))
    assert result.charge is not None
    assert result.charge.amount == cents(100000)
    assert result.charge.reason is ProrationReason.WHOLE_PERIOD
    has_credit = behaviour is not ProrationBehaviour.NONE
    assert [line.prorated.amount for line in result.credits] == [cents(5000)] * has_credit


def test_the_credit_is_a_part_of_what_was_billed_after_discount_not_of_the_list_price():
    result = prorate_change(change(), (billed(8000),))
    assert [line.prorated.amount for line in result.credits] == [cents(4000)]


def test_nothing_billed_means_nothing_to_credit():
    result = prorate_change(change(), ())
    assert (result.credits, result.net) == ((), cents(15000))


def test_time_that_was_paid_for_and_is_over_is_not_credited():
    past = BilledSpan(
        line_id="old", amount=cents(5000), period=Period(start=JUNE.start, end=MIDDLE)
    )
    assert prorate_change(change(), (past,)).credits == ()


def test_time_that_was_paid_for_and_has_not_begun_is_credited_in_full():
    later = Period(start=MIDDLE + timedelta(days=5), end=JUNE.end)
    line = BilledSpan(line_id="later", amount=cents(3333), period=later)
    (credit,) = prorate_change(change(), (line,)).credits
    assert (credit.period, credit.prorated.amount, credit.line_id) == (later, cents(3333), "later")


@pytest.mark.parametrize("days", [31, 28, 29])
def test_a_change_at_the_very_start_of_a_period_charges_and_credits_all_of_it(days: int):
    start = datetime(2024, 1, 1, tzinfo=UTC)
    whole = Period(start=start, end=start + timedelta(days=days))
    rule = ProrationRule(convention=Convention.DAY_FIXED_N)
    line = BilledSpan(line_id="line-1", amount=cents(10000), period=whole)
    result = prorate_change(change(at=start, whole=whole, rule=rule), (line,))
    assert result.charge is not None
    assert (result.charge.amount, result.net) == (cents(30000), cents(20000))


def test_the_fixed_days_convention_credits_at_the_rate_at_which_it_charges():
    whole = Period(start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2024, 2, 1, tzinfo=UTC))
    rule = ProrationRule(convention=Convention.DAY_FIXED_N)
    line = BilledSpan(line_id="line-1", amount=cents(10000), period=whole)
    at = datetime(2024, 1, 22, tzinfo=UTC)
    result = prorate_change(change(rate=10000, at=at, whole=whole, rule=rule), (line,))
    assert result.net == cents(0)
    assert result.credits[0].prorated.amount == cents(3333)


def test_what_was_credited_for_the_same_time_is_not_credited_again():
    earlier = SpanCredit(period=Period(start=MIDDLE, end=JUNE.end), amount=cents(2000))
    (credit,) = prorate_change(change(), (billed(10000, earlier),)).credits
    assert (credit.prorated.amount, credit.is_capped) == (cents(3000), True)


def test_what_was_credited_for_other_time_does_not_count_against_this_time():
    earlier = SpanCredit(period=Period(start=JUNE.start, end=MIDDLE), amount=cents(2000))
    (credit,) = prorate_change(change(), (billed(10000, earlier),)).credits
    assert (credit.prorated.amount, credit.is_capped) == (cents(5000), False)


def test_only_the_overlap_of_an_earlier_credit_counts():
    earlier = SpanCredit(period=JUNE, amount=cents(4000))
    (credit,) = prorate_change(change(), (billed(10000, earlier),)).credits
    assert credit.prorated.amount == cents(3000)


def test_a_line_that_was_credited_in_full_has_nothing_left():
    earlier = SpanCredit(period=Period(start=JUNE.start, end=MIDDLE), amount=cents(10000))
    (credit,) = prorate_change(change(), (billed(10000, earlier),)).credits
    assert credit.prorated.amount == cents(0)


@pytest.mark.parametrize(
    ("computed", "was_billed", "credited", "allowed"),
    [(50, 100, 0, 50), (50, 100, 60, 40), (50, 40, 0, 40), (50, 40, 45, 0), (0, 40, 0, 0)],
)
def test_a_credit_is_capped_by_what_was_billed_less_what_was_credited(
    computed: int, was_billed: int, credited: int, allowed: int
):
    capped = capped_credit(cents(computed), billed=cents(was_billed), credited=cents(credited))
    assert capped == cents(allowed)


@pytest.mark.parametrize("at", [JUNE.start - timedelta(seconds=1), JUNE.end])
def test_a_change_outside_of_the_period_is_refused(at: datetime):
    with pytest.raises(ValueError, match="lies outside the period"):
        change(at=at)


STARTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    timezones=st.just(UTC),
)
CHANGES = st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 10**6)), min_size=1, max_size=8)
# Cutting the rate per day leaves up to a minor unit for every day; it has a property of its own.
PROPORTIONAL = [one for one in Convention if one is not Convention.ROUND_TRAILING]


@given(STARTS, st.integers(0, 10**6), CHANGES, st.sampled_from(PROPORTIONAL))
@example(datetime(2000, 1, 1, tzinfo=UTC), 0, [(1, 78), (323, 0)], Convention.DAY_FIXED_N)
def test_any_sequence_of_changes_costs_what_the_time_used_costs(
    start: datetime, first_rate: int, steps: list[tuple[int, int]], convention: Convention
):
    rule = ProrationRule(convention=convention)
    whole = nth_period(anchor=start, zone="UTC", interval=MONTH, n=0)
    line = BilledSpan(line_id="0", amount=cents(first_rate), period=whole)
    paid, exact, rate = first_rate, Fraction(first_rate), first_rate
    for at, new_rate in sorted(steps):
        moment = whole.start + whole.duration * at / 10000
        step = change(rate=new_rate, at=moment, rule=rule, whole=whole)
        result = prorate_change(step, (line,))
        assert result.charge is not None
        paid += result.net.minor_units
        span = Period(start=moment, end=whole.end)
        part = portion_of(
            rule=rule,
            span=span,
            whole=whole,
            zone="UTC",
            interval=MONTH,
            is_share=span == whole,
        )
        exact += Fraction(part.numerator, part.denominator) * (new_rate - rate)
        line = BilledSpan(line_id=str(at), amount=result.charge.amount, period=span)
        rate = new_rate
    # Nine decimals of a rate below 10^6 are off by less than a thousandth of a minor unit.
    assert abs(paid - exact) <= len(steps) * Fraction(1002, 1000)


@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 100)), max_size=12),
    st.sampled_from(Convention),
)
def test_credits_never_exceed_what_was_billed(
    amount: int, steps: list[tuple[int, int]], convention: Convention
):
    given_back: list[SpanCredit] = []
    for at, percent in steps:
        moment = JUNE.start + JUNE.duration * at / 10000
        step = change(at=moment, rule=ProrationRule(convention=convention))
        credit = credit_unused(step, billed(amount, *given_back))
        part = Money(
            minor_units=credit.prorated.amount.minor_units * percent // 100, currency="USD"
        )
        assert not credit.prorated.amount.is_negative
        given_back.append(SpanCredit(period=credit.period, amount=part))
    assert sum(each.amount.minor_units for each in given_back) <= amount


@given(st.sampled_from(BEHAVIOURS), st.integers(0, 29), st.sampled_from(Convention))
def test_the_outcome_of_a_change_survives_serialisation(
    behaviour: ProrationBehaviour, day: int, convention: Convention
):
    step = change(
        behaviour,
        at=JUNE.start + timedelta(days=day),
        rule=ProrationRule(convention=convention),
    )
    result = prorate_change(step, (billed(),))
    outcomes, steps = TypeAdapter(ChangeProration), TypeAdapter(MidPeriodChange)
    assert outcomes.validate_json(outcomes.dump_json(result)) == result
    assert steps.validate_json(steps.dump_json(step)) == step
