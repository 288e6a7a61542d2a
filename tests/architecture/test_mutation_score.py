from collections import Counter

from tests.architecture.mutation_score import counts, score

RESULTS = """
    domain.money.money.x_sum_money__mutmut_1: killed
    domain.money.money.xǁMoneyǁ__add____mutmut_2: survived
    domain.money.money.x_sum_money__mutmut_3: timeout
    domain.pricing.taxes.x_tax_lines__mutmut_1: no tests
    domain.pricing.taxes.x_tax_lines__mutmut_2: not checked
"""


def test_what_was_not_checked_does_not_count_and_what_has_no_test_does():
    found = counts(RESULTS.splitlines())

    assert found == {
        "money.money": Counter(killed=1, survived=1, timeout=1),
        "pricing.taxes": Counter({"no tests": 1}),
    }
    assert score(found["money.money"]) == (2, 3)
    assert score(found["pricing.taxes"]) == (0, 1)
