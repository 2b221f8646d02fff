"""The terminal table."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from report_samples import every_kind, make_analysis, make_mean, make_row, make_silent_row

from suite.analyse.rows import Parity, Ratio, Verdict
from suite.records.schema import Status
from suite.report.table import to_text


def test_a_speed_up_stands_with_its_interval_times_and_quality():
    text = to_text(make_analysis())
    (line,) = [line for line in text.splitlines() if line.startswith("  onedal")]
    assert line == "  onedal   faster     2.31× (2.25–2.38)  84.0 ms  2.07 ms  0.9115 equal"


def test_the_mean_has_its_interval_and_its_coverage():
    text = " ".join(to_text(make_analysis(means=[make_mean(ambiguous=3)])).split())
    assert "onedal: geometric mean 2.31× (2.10 to 2.54) over 9 of 12 cases at parity" in text
    assert "6 faster, 2 slower, 1 same, 3 ambiguous" in text


def test_without_a_mean_it_says_so():
    text = to_text(make_analysis(means=[make_mean(speedup=None, covered=0, faster=0, slower=0, same=0)]))
    assert "geometric mean no mean" not in text
    assert "no mean: 0 of 12 cases at parity; no verdict" in " ".join(text.split())


@pytest.mark.parametrize("status", [status for status in Status if status not in ("measured", "fell back")])
def test_every_failure_is_shown_with_its_reason_and_counted(status):
    text = " ".join(to_text(make_analysis([make_row(backend="sklearn"), make_silent_row(status)])).split())
    assert f"onedal: {status.value}: why it {status.value}" in text
    assert f"1 of 2 cases have no result: 1 {status.value}" in text


def test_a_fallback_is_never_presented_as_the_accelerator():
    row = make_row(
        status=Status.FELL_BACK,
        verdict=Verdict.NONE,
        speedup=None,
        end_to_end=None,
        engine_fit="scikit-learn (fell back)",
        reason="sparse input",
    )
    text = " ".join(to_text(make_analysis([make_row(backend="sklearn"), row])).split())
    assert "fell back, ran on scikit-learn (fell back) / oneDAL: sparse input" in text
    assert "2.31×" not in text.split("onedal: geometric")[0]


def test_lost_parity_shows_both_qualities_and_no_speed_up():
    row = make_row(parity=Parity.LOST, verdict=Verdict.NONE, speedup=None, quality=0.85)
    text = to_text(make_analysis([make_row(backend="sklearn"), row], means=[]))
    assert "accuracy 0.85 against 0.912: not equal, no speed-up" in text
    assert "×" not in text.split("accuracy")[1]


def test_disturbed_samples_are_told():
    assert "disturbed samples: onedal 3 of 60" in to_text(make_analysis())


def test_a_group_that_was_not_begun_is_counted_but_takes_no_lines():
    rows = [make_silent_row(Status.INTERRUPTED, backend=name, workload="later") for name in ("sklearn", "onedal")]
    text = to_text(make_analysis([make_row(backend="sklearn"), make_row(), *rows]))
    assert "later" not in text
    assert "2 of 4 cases have no result: 2 interrupted" in text


def test_it_fits_80_columns_whatever_is_in_it():
    assert max(map(len, to_text(every_kind(), 80).splitlines())) <= 80


def test_wide_terminals_see_the_engine_of_every_case():
    text = to_text(make_analysis(), 120)
    assert "ENGINE" in text
    assert "oneDAL" in text
    assert "ENGINE" not in to_text(make_analysis(), 80)


def test_control_characters_of_a_record_do_not_reach_the_terminal():
    row = make_silent_row(Status.FAILED, reason="\x1b[2J\x1b]0;owned\x07 broke")
    text = to_text(make_analysis([make_row(backend="sklearn"), row]))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "broke" in text


def test_ratios_that_are_not_known_well_keep_their_infinite_end():
    row = make_row(speedup=Ratio(2.0, 0.5, float("inf")), verdict=Verdict.AMBIGUOUS)
    assert "–∞)" in to_text(make_analysis([make_row(backend="sklearn"), row]))


PRINT = (
    "from report_samples import make_analysis; from suite.report.table import print_analysis as p; p(make_analysis())"
)


def printed_on_a_terminal(**environment):
    """Run the real printing in a pseudo-terminal and return what it wrote."""
    ours, theirs = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    clean |= {"TERM": "xterm-256color", "PYTHONPATH": str(Path(__file__).parent), "COLUMNS": "80"}
    done = subprocess.Popen([sys.executable, "-c", PRINT], stdout=theirs, env=clean | environment)
    os.close(theirs)
    written = b""
    try:
        while chunk := os.read(ours, 65536):
            written += chunk
    except OSError:
        pass  # the other end is closed
    os.close(ours)
    assert done.wait(60) == 0
    return written.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_colours_on_a_terminal_unless_no_color_is_set():
    assert "\x1b[32m" in printed_on_a_terminal()
    assert "\x1b[3" not in printed_on_a_terminal(NO_COLOR="1")
