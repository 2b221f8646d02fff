"""How figures and hostile text are written."""

from __future__ import annotations

import math

import pytest

from suite.analyse.rows import Ratio
from suite.report.text import (
    NAME_LIMIT,
    at_least_text,
    count_text,
    interval_text,
    number_text,
    percent_text,
    ratio_text,
    visible,
)


@pytest.mark.parametrize(
    ("ratio", "shown", "interval"),
    [
        (Ratio(2.3145, 2.2512, 2.3788), "2.31×", "2.25 to 2.38"),
        (Ratio(112.36, 108.31, 117.94), "112.4×", "108.3 to 117.9"),
        (Ratio(1.0012, 0.9981, 1.0043), "1.0012×", "0.9981 to 1.0043"),
        (Ratio(12969.4, 11000.2, 15000.1), "12,969×", "11,000 to 15,000"),
        (Ratio(0.0412, 0.0398, 0.0431), "0.0412×", "0.0398 to 0.0431"),
        (Ratio(3.96, 1.21, 15.13), "4.0×", "1.2 to 15"),
        (Ratio(0.31, 0.0412, 30.3), "0.31×", "0.041 to 30"),
        (Ratio(3.0, 1.234, math.inf), "3.00×", "1.23 to ∞"),
        (Ratio(1.8, 1.021, 3.0), "1.8×", "1.02 to 3.0"),
        (Ratio(0.5, 0.1, 0.9992), "0.50×", "0.10 to 0.9992"),
        (Ratio(1.5, 0.0, math.inf), "1.50×", "unbounded"),
        (Ratio(2.0, 2.0, 2.0), "2.00×", "2.00 to 2.00"),
    ],
)
def test_a_ratio_has_the_decimals_its_interval_supports(ratio: Ratio, shown: str, interval: str) -> None:
    assert ratio_text(ratio) == shown
    assert interval_text(ratio) == interval


@pytest.mark.parametrize(
    ("bound", "text"), [(34.567, "at least 34.5×"), (1.999, "at least 1.99×"), (1234.9, "at least 1,234×")]
)
def test_a_bound_is_rounded_down(bound: float, text: str) -> None:
    assert at_least_text(bound) == text


def test_plain_figures() -> None:
    assert percent_text(0.99) == "99 %"
    assert percent_text(0.0251) == "2.51 %"
    assert number_text(None) == "–"
    assert number_text(0.912345678) == "0.912346"
    assert count_text(1, "workload") == "1 workload"
    assert count_text(1200, "case") == "1,200 cases"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain × naïve — 北京", "plain × naïve — 北京"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\x00\x1b[0m", "a⟨U+0000⟩⟨U+001B⟩[0m"),
        ("soft\u00adhyphen\u200b", "soft⟨U+00AD⟩hyphen⟨U+200B⟩"),
        ("line\nnext\ttab\u2028", "line↵ next tab⟨U+2028⟩"),
        ("\ud800", "⟨U+D800⟩"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(visible(text)) == shown


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    assert visible("x" * 10_000, 60) == f"{'x' * 15}…{'x' * 45} (10,000 characters)"
    assert visible("\x00" * 9 + "b" * 10_000 + "\x00", 60) == f"⟨U+0000⟩⟨U+0000…{'b' * 37}⟨U+0000⟩ (10,010 characters)"
    assert visible("\x00" * 100, 60).startswith("⟨U+0000⟩")
    assert len(visible("\x00" * 100, 60)) < 90
    assert visible("x" * 60, 60) == "x" * 60
    assert visible("x" * 10_000, None) == "x" * 10_000


def test_names_that_begin_alike_are_told_apart() -> None:
    test = "tests/benchmarks/test_workloads.py::test_workload"
    kinds = ("classifier", "regressor")
    names = [
        f"{test}[hist_gradient_boosting_{kind}{rule}-{backend}-S-float64]"
        for kind in kinds
        for rule in ("", "_depthwise")
        for backend in ("sklearn", "onedal", "lightgbm")
    ]
    shown = [visible(name, NAME_LIMIT) for name in names]
    assert len({*shown}) == len(names)
    assert max(map(len, shown)) < NAME_LIMIT + len("… (1,000 characters)")
