"""What the generator's benchmark asks, and what README says of its result."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script():
    path = ROOT / "scripts" / "benchmark_generators.py"
    spec = importlib.util.spec_from_file_location("benchmark_generators", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("interval", "good", "reaches_below"),
    [((5.3, 4.2, 6.6), True, True), ((5.0, 5.0, 5.1), True, False), ((4.99, 4.2, 6.6), False, False)],
)
def test_the_estimate_is_judged_and_its_interval_printed(script, interval, good, reaches_below):
    enough, said = script.judged(*interval)
    assert enough is good
    assert "ratio {:.2f} [{:.2f}, {:.2f}], 99 %, asked: at least 5".format(*interval) in said
    assert ("the interval reaches below 5" in said) is reaches_below


def test_readme_says_what_the_script_asks_and_that_the_interval_reaches_below_it(script):
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    found = re.search(
        r"([\d.]+) times as fast as scikit-learn's `make_classification` [^(]*\(at least ([\d.]+) was asked of this "
        r"estimate; its 99 % interval, ([\d.]+) to ([\d.]+), (reaches below \2|lies above \2)\)",
        readme,
    )
    assert found, "README has no such line"
    ratio, asked, low, high = (float(found[at]) for at in range(1, 5))
    enough, said = script.judged(ratio, low, high)
    assert asked == script.LEAST_RATIO
    assert enough
    assert ("reaches below" in said) == found[5].startswith("reaches below")
