import re

import pytest

from suite.errors import UsageError
from suite.units import (
    format_bytes,
    format_duration,
    format_share,
    format_time,
    parse_bytes,
    parse_duration,
    parse_share,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("1.5h", 5400),
        ("45", 45),
        (" 2 m 5 s ", 125),
        ("1D", 86400),
    ],
)
def test_durations_are_read(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "0s", "-5s", "10 minutes", "m", "inf", "nan", "1h30", "٣s x", "1e999"])
def test_a_text_that_is_no_duration_is_one_clear_line(text):
    with pytest.raises(UsageError, match="not a duration") as caught:
        parse_duration(text)
    assert repr(text) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "share"), [("3%", 0.03), ("0.03", 0.03), ("99.5 %", 0.995), ("1e-2", 0.01)])
def test_shares_are_read(text, share):
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "3", "0", "100%", "-3%", "three", "nan", "%", "0%"])
def test_a_text_that_is_no_share_is_refused(text):
    with pytest.raises(UsageError, match=re.escape("3% or 0.03")):
        parse_share(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("8GiB", 8 * 1024**3),
        ("500MB", 500_000_000),
        ("4096", 4096),
        ("1.5k", 1500),
        ("2Gi", 2 * 1024**3),
        ("7 tib", 7 * 1024**4),
    ],
)
def test_sizes_are_read(text, size):
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1GB", "8 gigs", "iB", "3iB", "1PB", "0.1B", "9" * 400])
def test_a_text_that_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match="8GiB, 500MB"):
        parse_bytes(text)


@pytest.mark.parametrize("seconds", [0.5, 1, 59, 60, 90, 600, 3600, 5400, 14400])
def test_a_duration_reads_back_as_written(seconds):
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds)


@pytest.mark.parametrize("share", [0.03, 0.005, 0.99, 0.999])
def test_a_share_reads_back_as_written(share):
    assert parse_share(format_share(share)) == pytest.approx(share)


def test_figures_have_three_digits_and_a_unit():
    assert [format_time(t) for t in (0.0000123, 0.0123, 1.5, 123.4, None, float("inf"))] == [
        "12.3 µs", "12.3 ms", "1.50 s", "123 s", "-", "-",
    ]  # fmt: skip
    assert [format_bytes(b) for b in (512, 2048, 8 * 1024**3, None)] == ["512 B", "2.00 KiB", "8.00 GiB", "-"]
