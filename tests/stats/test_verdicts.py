from __future__ import annotations

from math import inf, log

import numpy as np
import pytest

from suite.stats.paired import Basis, Interval, median_interval
from suite.stats.verdicts import Claim, judge, p_value, standing, surviving


def between(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high, 100, Basis.ALL)


@pytest.mark.parametrize(
    ("low", "high", "claim"),
    [
        (1.02, 1.05, Claim.FASTER),
        (0.90, 0.98, Claim.SLOWER),
        (0.995, 1.005, Claim.SAME),
        (1.005, 1.05, Claim.AMBIGUOUS),
        (0.95, 0.995, Claim.AMBIGUOUS),
        (0.90, 1.20, Claim.AMBIGUOUS),
        (1.00999, 1.05, Claim.AMBIGUOUS),  # reaches into the zone
        (1 / 1.00999, 1.00999, Claim.SAME),  # fills it
    ],
)
def test_an_interval_is_judged_by_the_zone(low: float, high: float, claim: Claim) -> None:
    assert judge(between(log(low), log(high)), 0.01) is claim


def test_nothing_known_is_ambiguous() -> None:
    assert judge(Interval(0, -inf, inf, 1, Basis.NOTHING), 0.01) is Claim.AMBIGUOUS


def test_without_a_zone_no_width_can_be_the_same() -> None:
    assert judge(between(-0.001, 0.001), 0.0) is Claim.AMBIGUOUS


def test_the_p_value_is_where_the_claim_is_lost() -> None:
    values = log(1.03) + np.random.default_rng(0).normal(0, 0.05, 400)
    p = p_value(lambda alpha: median_interval(values, alpha=alpha), 0.01, 0.01, 1e-12)
    assert 1e-8 < p < 0.01
    assert judge(median_interval(values, alpha=p * 1.05), 0.01) is Claim.FASTER
    assert judge(median_interval(values, alpha=p / 1.05), 0.01) is Claim.AMBIGUOUS


def test_p_values_of_ambiguous_and_of_overwhelming_claims() -> None:
    rng = np.random.default_rng(1)
    unclear, plain = rng.normal(0, 0.1, 50), log(2) + rng.normal(0, 0.01, 500)
    assert p_value(lambda alpha: median_interval(unclear, alpha=alpha), 0.01, 0.01, 1e-12) == 1.0
    assert p_value(lambda alpha: median_interval(plain, alpha=alpha), 0.01, 0.01, 1e-12) == 1e-12


def test_the_p_value_is_rarely_small_where_nothing_is_to_be_found() -> None:
    rng = np.random.default_rng(2)
    small = 0
    for _ in range(200):
        values = rng.normal(0, 0.1, 120)
        small += p_value(lambda alpha, x=values: median_interval(x, alpha=alpha), 0.0, 0.2, 1e-12) <= 0.1  # type: ignore[misc]
    assert small <= 20


def test_benjamini_hochberg_steps_up() -> None:
    p = [0.001, 0.004, 0.009, 0.6, 1.0]
    assert surviving(p, 0.01).tolist() == [True, True, False, False, False]
    assert surviving([0.009, 0.009, 0.0095], 0.01).all()  # many claims carry each other
    assert not surviving([0.009, 1.0, 1.0], 0.01).any()  # one among many does not stand
    assert surviving([], 0.01).tolist() == []


def test_claims_stand_as_if_each_had_been_followed_to_the_end() -> None:
    rng = np.random.default_rng(3)
    decided = []
    for _ in range(60):
        groups = [rng.choice([0.0, 0.02, 0.05]) + rng.normal(0, 0.03, int(rng.integers(20, 300))) for _ in range(5)]
        claims = [lambda alpha, x=group: median_interval(x, alpha=alpha) for group in groups]  # type: ignore[misc]
        followed = [p_value(claim, 0.01, 0.01, 1e-15) for claim in claims]
        stands = standing(claims, 0.01, 0.01)
        assert stands.tolist() == surviving(followed, 0.01).tolist()
        decided += stands.tolist()
    assert 0.2 < np.mean(decided) < 0.8
