from __future__ import annotations

from math import nan

import numpy as np
import pytest

from suite.quality.parity import Parity, mean_quality, parity
from suite.records.schema import QualityValue
from suite.workloads.entry import Direction, Quality


def rule(direction: Direction = Direction.HIGHER, tolerance: float = 0.01, relative: bool = False) -> Quality:
    return Quality(metric="accuracy", direction=direction, tolerance=tolerance, relative=relative, origin="test")


def values(*numbers: float, digest: str = "") -> list[QualityValue]:
    return [QualityValue(seed=seed, value=value, sha256=digest) for seed, value in enumerate(numbers)]


@pytest.mark.parametrize(
    ("direction", "own", "expected"),
    [
        (Direction.HIGHER, 0.895, Parity.EQUAL),
        (Direction.HIGHER, 0.885, Parity.LOST),
        (Direction.HIGHER, 0.990, Parity.EQUAL),
        (Direction.LOWER, 0.905, Parity.EQUAL),
        (Direction.LOWER, 0.915, Parity.LOST),
        (Direction.LOWER, 0.100, Parity.EQUAL),
    ],
)
def test_deterministic_within_tolerance_in_the_metrics_direction(
    direction: Direction, own: float, expected: Parity
) -> None:
    assert parity(values(own), values(0.9), rule(direction), stochastic=False) is expected


def test_identical_digests_are_identical_whatever_the_tolerance() -> None:
    same = parity(values(0.9, digest="a"), values(0.9, digest="a"), rule(tolerance=0.0), stochastic=False)
    other = parity(values(0.9, digest="a"), values(0.9, digest="b"), rule(tolerance=0.0), stochastic=False)
    assert (same, other) == (Parity.IDENTICAL, Parity.EQUAL)


def test_identical_needs_every_seed() -> None:
    own = [QualityValue(seed=0, value=0.9, sha256="a"), QualityValue(seed=1, value=0.9, sha256="b")]
    reference = [QualityValue(seed=0, value=0.9, sha256="a"), QualityValue(seed=1, value=0.9, sha256="c")]
    assert parity(own, reference, rule(), stochastic=False) is Parity.EQUAL
    assert parity(own, own, rule(), stochastic=True) is Parity.IDENTICAL
    assert parity(own[:1], own, rule(), stochastic=True) is Parity.UNDECIDED


def test_a_relative_tolerance_is_a_share_of_the_reference() -> None:
    quality = rule(Direction.LOWER, tolerance=0.01, relative=True)
    assert parity(values(10_050), values(10_000), quality, stochastic=False) is Parity.EQUAL
    assert parity(values(10_150), values(10_000), quality, stochastic=False) is Parity.LOST
    assert parity(values(-9_950), values(-10_000), quality, stochastic=False) is Parity.EQUAL


def test_one_bad_seed_of_a_deterministic_workload_is_lost() -> None:
    assert parity(values(0.9, 0.9, 0.8), values(0.9, 0.9, 0.9), rule(), stochastic=False) is Parity.LOST


def test_not_a_number() -> None:
    assert parity(values(nan), values(0.9), rule(), stochastic=False) is Parity.LOST
    assert parity(values(0.9), values(nan), rule(), stochastic=False) is Parity.UNKNOWN
    assert parity(values(nan), values(nan), rule(), stochastic=False) is Parity.LOST


def test_nothing_to_compare_with() -> None:
    assert parity(values(0.9), [], rule(), stochastic=True) is Parity.UNKNOWN
    assert parity([], values(0.9), rule(), stochastic=True) is Parity.UNKNOWN


def test_stochastic_is_decided_by_an_interval_over_seeds() -> None:
    reference = values(0.900, 0.910, 0.905, 0.895, 0.902)
    near = values(0.899, 0.909, 0.906, 0.894, 0.901)
    noisy = values(0.85, 0.95, 0.90, 0.88, 0.93)
    worse = values(0.860, 0.870, 0.866, 0.854, 0.862)
    assert parity(near, reference, rule(), stochastic=True) is Parity.EQUAL
    assert parity(noisy, reference, rule(), stochastic=True) is Parity.UNDECIDED
    assert parity(worse, reference, rule(), stochastic=True) is Parity.LOST


def test_two_seeds_do_not_decide() -> None:
    assert parity(values(0.9, 0.9), values(0.9, 0.9), rule(), stochastic=True) is Parity.UNDECIDED


def test_seeds_that_do_not_agree_are_compared_unpaired() -> None:
    own = [QualityValue(seed=10 + i, value=v, sha256="") for i, v in enumerate((0.900, 0.901, 0.902, 0.899))]
    assert parity(own, values(0.901, 0.899, 0.900, 0.902), rule(), stochastic=True) is Parity.EQUAL
    assert parity(own, values(0.961, 0.959, 0.960, 0.962), rule(), stochastic=True) is Parity.LOST
    assert parity(own, values(0.9, 0.9, 0.9), rule(), stochastic=True) is Parity.EQUAL


def test_an_engine_that_is_just_beyond_the_tolerance_is_rarely_called_equal() -> None:
    rng = np.random.default_rng(0)
    equal = 0
    for _ in range(400):
        reference = rng.normal(0.9, 0.01, 6)
        own = reference - 0.01 + rng.normal(0, 0.005, 6)
        equal += parity(values(*own), values(*reference), rule(), stochastic=True) is Parity.EQUAL
    assert equal <= 20  # 2.5 % of 400 are expected at the edge


def test_mean_quality() -> None:
    assert mean_quality(values(0.8, 1.0)) == pytest.approx(0.9)
    assert mean_quality([]) is None
