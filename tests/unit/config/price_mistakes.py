"""Mistakes in the prices of a catalog: what is replaced, by what, and the one message it gets."""

PRICE_MISTAKES = {
    "no price": (
        'currency = "EUR"\ninterval = "month"\nmodel = "graduated"',
        'interval = "month"\nmodel = "graduated"',
        "plans[0].prices[0].currency: is missing",
    ),
    "an unknown currency": (
        'currency = "EUR"\ninterval',
        'currency = "EURO"\ninterval',
        (
            "plans[0].prices[0].currency = 'EURO': Unknown currency 'EURO': expected an active ISO 4217 "
            "code such as 'USD'."
        ),
    ),
    "an unknown interval": (
        'interval = "month"\nmodel = "graduated"',
        'interval = "fortnight"\nmodel = "graduated"',
        (
            "plans[0].prices[0].interval.unit = 'fortnight': Input should be 'second', 'day', 'week', "
            "'month', 'quarter', 'half_year' or 'year'"
        ),
    ),
    "an unknown model": (
        'model = "graduated"',
        'model = "stairs"',
        (
            "plans[0].prices[0].model = 'stairs': Input should be 'flat', 'per_seat', 'graduated', "
            "'volume' or 'package'"
        ),
    ),
    "a price as a float": (
        'unit_price = "5.00" }, {',
        "unit_price = 5.00 }, {",
        (
            "plans[0].prices[0].tiers[0].unit_price = 5.0: expected a number of 0 or more as text, such "
            "as '19.00'"
        ),
    ),
    "a negative price": (
        'unit_price = "99.00"',
        'unit_price = "-99.00"',
        (
            "add_ons[0].prices[0].unit_price = '-99.00': expected a number of 0 or more as text, such "
            "as '19.00'"
        ),
    ),
    "more decimals than the currency has": (
        'unit_price = "99.00"',
        'unit_price = "99.001"',
        "add_ons[0].prices[0]: unit_price has too many decimals: EUR has 2",
    ),
    "more decimals than anything has": (
        '"4.125"',
        '"4.1250000000001"',
        "plans[0].prices[0].tiers[1].unit_price = '4.1250000000001': has more than 12 decimals",
    ),
    "more digits than a price has": (
        'unit_price = "99.00"',
        'unit_price = "99000000000000000000.00"',
        (
            "add_ons[0].prices[0].unit_price = '99000000000000000000.00': has more than 15 digits "
            "before the point"
        ),
    ),
    "zeros that may mean thousands": (
        'currency = "EUR", interval = "month", model = "flat", unit_price = "99.00"',
        'currency = "JPY", interval = "month", model = "flat", unit_price = "28.000"',
        "add_ons[0].prices[0]: unit_price has too many decimals: JPY has 0",
    ),
    "an interval of ages": (
        'interval = "month", model = "flat"',
        'interval = { unit = "year", count = 1000 }, model = "flat"',
        "add_ons[0].prices[0].interval.count = 1000: Input should be less than or equal to 999",
    ),
    "included units of a flat price": (
        'model = "flat"',
        'model = "flat", included = 5',
        "add_ons[0].prices[0]: included goes with models that count units, not with 'flat'",
    ),
    "tiers that do not rise": (
        '{ unit_price = "4.125" }',
        '{ up_to = 10, unit_price = "4.50" }, { unit_price = "4.125" }',
        "plans[0].prices[0]: tiers must rise from 0 and only the last be open: 10",
    ),
    "a last tier with an end": (
        '{ unit_price = "4.125" }',
        '{ up_to = 20, unit_price = "4.125" }',
        "plans[0].prices[0]: the last tier must have no up_to",
    ),
    "tiers for a flat price": (
        'model = "graduated"',
        'model = "flat"',
        "plans[0].prices[0]: model 'flat' needs unit_price, and no tiers",
    ),
    "a tiered price without tiers": (
        'model = "flat"',
        'model = "volume"',
        "add_ons[0].prices[0]: model 'volume' needs tiers, and no unit_price",
    ),
    "a package without a size": (
        'model = "flat"',
        'model = "package"',
        "add_ons[0].prices[0]: package_size goes with model 'package', and only with it",
    ),
    "a minimum with too many decimals": (
        'unit_price = "99.00"',
        'unit_price = "99.00", minimum = "120.999"',
        "add_ons[0].prices[0]: minimum has too many decimals: EUR has 2",
    ),
    "a price that is there twice": (
        'prices = [{ currency = "EUR", interval = "month", model = "flat", unit_price = "99.00" }]',
        (
            'prices = [{ currency = "EUR", interval = "month", unit_price = "9.00" }, '
            '{ currency = "EUR", interval = "month", unit_price = "8.00" }]'
        ),
        "add_ons[0]: price 'EUR per month' is there twice",
    ),
}
