"""Which samples are marked and measured again, and which are compared."""

from __future__ import annotations

import msgspec
import pytest

from suite.measure.marking import MOST_RETAKES, RETAKES_TRIED, USUAL_FROM, Marker, Retakes, usual
from suite.records.schema import Mark, RoundLine, Sample

QUIET = Sample(
    case="a", seed=0, copy_in_s=0, fit_s=0.01, predict_s=0, copy_out_s=0, wall_s=0.01, cpu_s=0.01, waited_s=0.0
)
WAITED = msgspec.structs.replace(QUIET, marks=[Mark.WAITED])
LOADED = msgspec.structs.replace(QUIET, marks=[Mark.FOREIGN_LOAD])


def other(sample: Sample) -> Sample:
    """Return the same sample of another case."""
    return msgspec.structs.replace(sample, case="b")


def test_a_disturbed_sample_is_measured_again_a_few_times() -> None:
    retakes = Retakes()
    assert not retakes.again([QUIET])
    assert [retakes.again([WAITED] * count) for count in range(1, MOST_RETAKES + 2)] == [True] * MOST_RETAKES + [False]
    assert not retakes.again([WAITED, QUIET])
    assert retakes.again([WAITED, QUIET, other(WAITED)])


def test_what_the_next_sample_would_share_is_not_measured_again() -> None:
    assert not Retakes().again([LOADED])


def test_long_samples_are_not_measured_again() -> None:
    assert not Retakes().again([msgspec.structs.replace(WAITED, wall_s=1.0)])


def test_retaking_is_given_up_where_it_does_not_help() -> None:
    retakes = Retakes()
    for _ in range(RETAKES_TRIED):
        assert retakes.again([WAITED])
        retakes.again([WAITED, WAITED])
    assert not retakes.again([WAITED])


def test_retaking_goes_on_where_it_helps() -> None:
    retakes = Retakes()
    for _ in range(RETAKES_TRIED):
        retakes.again([WAITED, QUIET])
    assert retakes.again([WAITED])


def test_the_first_undisturbed_sample_is_compared_whatever_its_time() -> None:
    slow = msgspec.structs.replace(QUIET, fit_s=9.0)
    line = RoundLine(group="g", process=0, round=0, at_s=0, samples=[WAITED, slow, QUIET, other(WAITED), other(LOADED)])
    assert line.chosen() == {"a": slow, "b": other(WAITED)}


def test_what_is_usual_needs_some_samples() -> None:
    assert usual([1.0] * (USUAL_FROM - 1)) is None
    known = usual([1.0, 2.0] * USUAL_FROM)
    assert known is not None
    assert (known.median, known.deviation) == (1.5, 0.5)


def test_cpu_time_far_from_its_usual_share_is_marked() -> None:
    marker = Marker(None)
    for _ in range(2 * USUAL_FROM):
        assert marker.mark(QUIET, worker_cpu_s=0.01).marks == []
    blocked = msgspec.structs.replace(QUIET, cpu_s=0.004)
    assert marker.mark(blocked, worker_cpu_s=0.004).marks == [Mark.CPU_OVER_WALL]
    assert marker.mark(other(blocked), worker_cpu_s=0.004).marks == []


@pytest.mark.parametrize("mark", [Mark.WAITED, Mark.FOREIGN_LOAD])
def test_marks_do_not_change_times(mark: Mark) -> None:
    marked = Marker(None).mark(msgspec.structs.replace(QUIET, marks=[mark]), worker_cpu_s=0.01)
    assert (marked.fit_s, marked.wall_s, marked.cpu_s) == (QUIET.fit_s, QUIET.wall_s, QUIET.cpu_s)
