from datetime import date
from typing import Any

import pytest

from domain.pricing.plan_versions import (
    ForExisting,
    PlanVersion,
    version_for_period,
    version_on_sale,
)

FIRST = PlanVersion(version=1)
NEW_ONLY = PlanVersion(version=2, sold_from=date(2026, 3, 1))
AT_ANCHOR = PlanVersion(version=3, sold_from=date(2026, 6, 1), existing=ForExisting.AT_NEXT_ANCHOR)
FROM_DATE = PlanVersion(
    version=4,
    sold_from=date(2026, 9, 1),
    existing=ForExisting.FROM_DATE,
    existing_from=date(2026, 12, 1),
)
VERSIONS = (AT_ANCHOR, FIRST, FROM_DATE, NEW_ONLY)


@pytest.mark.parametrize(
    ("on", "version"),
    [("2026-02-28", 1), ("2026-03-01", 2), ("2026-08-31", 3), ("2026-09-01", 4)],
)
def test_a_day_sells_the_newest_version_of_the_day(on: str, version: int):
    sold = version_on_sale(VERSIONS, date.fromisoformat(on))

    assert sold is not None
    assert sold.version == version


def test_nothing_is_sold_before_the_first_version():
    assert version_on_sale([NEW_ONLY], date(2026, 2, 28)) is None
    assert version_on_sale([], date(2026, 2, 28)) is None


@pytest.mark.parametrize(
    ("current", "starts", "version"),
    [
        # A version for new sales only concerns nobody who has the plan.
        (1, "2026-03-01", 1),
        (1, "2026-05-31", 1),
        (1, "2026-06-01", 3),
        (2, "2026-06-01", 3),
        (2, "2026-11-30", 3),
        (2, "2026-12-01", 4),
        # Nobody goes back to an older version.
        (4, "2026-11-30", 4),
        (9, "2026-12-01", 9),
    ],
)
def test_an_existing_subscription_pays_the_newest_version_that_concerns_it(
    current: int, starts: str, version: int
):
    begins = date.fromisoformat(starts)

    assert version_for_period(VERSIONS, current=current, period_start=begins) == version
    assert version_for_period([], current=current, period_start=begins) == current


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"existing": ForExisting.FROM_DATE}, "existing_from goes with"),
        ({"existing_from": date(2026, 1, 1)}, "existing_from goes with"),
        (
            {
                "existing": ForExisting.FROM_DATE,
                "existing_from": date(2026, 1, 1),
                "sold_from": date(2026, 1, 2),
            },
            "existing_from 2026-01-01 lies before sold_from 2026-01-02",
        ),
    ],
)
def test_dates_that_make_no_sense_are_refused(fields: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        PlanVersion(version=1, **fields)


def test_a_version_may_concern_everybody_on_the_day_it_is_sold():
    same_day = PlanVersion(
        version=2,
        sold_from=date(2026, 1, 1),
        existing=ForExisting.FROM_DATE,
        existing_from=date(2026, 1, 1),
    )

    assert same_day.concerns(date(2026, 1, 1))
