"""Time to quality, from runs whose times and qualities are known."""

import msgspec
import pytest
from analysed_runs import SETTINGS, make_group, make_record, make_rounds, make_run

from suite.analyse import analyse
from suite.analyse.rows import Reach, Verdict
from suite.records.schema import FELL_BACK_SUFFIX, QualityValue, Status
from suite.workloads.choice import Division, Step
from suite.workloads.entry import Direction, Quality

R2 = Quality(metric="r2", direction=Direction.HIGHER, tolerance=0.01, origin="a test")
INERTIA = Quality(metric="inertia", direction=Direction.LOWER, tolerance=0.1, origin="a test", relative=True)
STEPS = (1, 10, 100)


def quality(*values, backend="x"):
    return [QualityValue(seed=seed, value=value, sha256=f"{backend}{value}") for seed, value in enumerate(values)]


def step_record(index, times, qualities, *, outcomes=None, changes=None, name="ridge", **facts):
    """One step: fit seconds and quality by backend; backends without a time have no samples."""
    value = STEPS[index]
    given = make_group(f"{name}[max_iter={value}]", tuple(qualities), **({"quality": R2} | facts))
    step = Step(workload=name, parameter="max_iter", value=value, index=index, of=len(STEPS))
    group = msgspec.structs.replace(given, step=step)
    rounds = make_rounds(group, times, count=100, processes=4, noise=0.01, changes=changes)
    ended = {backend: {"quality": quality(value, backend=backend)} for backend, value in qualities.items()}
    for backend, change in (outcomes or {}).items():
        ended[backend] |= change
    return make_record(group, rounds, ended)


def reached(*records, reference="sklearn"):
    run = make_run(*records, settings=SETTINGS, reference=reference)
    plan = msgspec.structs.replace(run.info.plan, division=Division.TIME_TO_QUALITY)
    info = msgspec.structs.replace(run.info, plan=plan)
    analysis = analyse(type(run)(run.path, info, run.backends, run.groups))
    return analysis, {row.backend: row for row in analysis.reached}


def three(times, qualities, **changes):
    """Three steps: by backend their times and qualities."""
    return [
        step_record(
            index,
            {backend: every[index] for backend, every in times.items()},
            {backend: every[index] for backend, every in qualities.items()},
            **changes,
        )
        for index in range(3)
    ]


TIMES = {"sklearn": (0.1, 1.0, 10.0), "onedal": (0.01, 0.1, 1.0)}


def test_the_time_lies_between_the_last_step_that_misses_and_the_first_that_reaches():
    _, rows = reached(*three(TIMES, {"sklearn": (0.5, 0.9, 0.905), "onedal": (0.5, 0.899, 0.905)}))
    row = rows["onedal"]
    assert (row.reach, row.reached_at, row.missed_at, row.quality) == (Reach.REACHED, 10, 1, 0.899)
    assert row.target == pytest.approx(0.895)
    assert row.time.estimate == pytest.approx(0.1, rel=0.02)
    assert 0.009 < row.time.low < 0.0101
    assert 0.1 < row.time.high < 0.11
    assert (row.workload, row.parameter, row.backend) == ("ridge", "max_iter", "onedal")


def test_the_speed_up_is_as_wide_as_both_times_together():
    _, rows = reached(*three(TIMES, {"sklearn": (0.5, 0.9, 0.905), "onedal": (0.5, 0.9, 0.905)}))
    speedup = rows["onedal"].speedup
    assert speedup.estimate == pytest.approx(10, rel=0.05)
    assert speedup.low == pytest.approx(rows["sklearn"].time.low / rows["onedal"].time.high)
    assert speedup.high == pytest.approx(rows["sklearn"].time.high / rows["onedal"].time.low)
    assert 0.8 < speedup.low < 1.01
    assert 90 < speedup.high < 120
    assert rows["onedal"].verdict is Verdict.AMBIGUOUS
    assert rows["sklearn"].verdict is Verdict.REFERENCE
    assert rows["sklearn"].speedup is None


@pytest.mark.parametrize(
    ("factor", "verdict"), [(30, Verdict.FASTER), (1 / 30, Verdict.SLOWER), (1, Verdict.AMBIGUOUS)]
)
def test_a_verdict_needs_the_whole_interval_on_one_side(factor, verdict):
    times = {"sklearn": (0.1, 1.0, 10.0), "onedal": tuple(seconds / factor for seconds in (0.1, 1.0, 10.0))}
    alike = (0.5, 0.9, 0.905)
    _, rows = reached(*three(times, {"sklearn": alike, "onedal": alike}))
    assert rows["onedal"].verdict is verdict


def test_an_engine_that_needs_more_steps_pays_for_them():
    times = {"sklearn": (0.1, 1.0, 10.0), "onedal": (0.05, 0.5, 5.0)}
    _, rows = reached(*three(times, {"sklearn": (0.9, 0.9, 0.9), "onedal": (0.5, 0.6, 0.9)}))
    assert (rows["sklearn"].reached_at, rows["onedal"].reached_at) == (1, 100)
    assert rows["onedal"].verdict is Verdict.SLOWER
    assert rows["onedal"].speedup.low == 0


def test_what_reaches_on_the_first_step_may_be_faster_than_can_be_told():
    _, rows = reached(*three(TIMES, {"sklearn": (0.5, 0.6, 0.9), "onedal": (0.9, 0.9, 0.9)}))
    row = rows["onedal"]
    assert (row.reached_at, row.missed_at, row.time.low) == (1, None, 0)
    assert row.speedup.high == float("inf")
    assert row.verdict is Verdict.FASTER


def test_never_is_said_of_one_that_misses_on_every_step():
    _, rows = reached(*three(TIMES, {"sklearn": (0.5, 0.9, 0.9), "onedal": (0.5, 0.8, 0.85)}))
    row = rows["onedal"]
    assert (row.reach, row.time, row.speedup, row.verdict) == (Reach.NEVER, None, None, Verdict.NONE)
    assert row.quality == 0.85


def spread(*losses):
    """Three steps of a stochastic workload, by how much worse the engine is than stock, from seed to seed."""
    records = []
    for index, seeds in enumerate(losses):
        own = quality(*(0.9 - loss for loss in seeds), backend="onedal")
        outcomes = {"onedal": {"quality": own}, "sklearn": {"quality": quality(*[0.9] * len(seeds))}}
        values = {"sklearn": 0.9, "onedal": 0.9}
        times = {backend: every[index] for backend, every in TIMES.items()}
        records.append(step_record(index, times, values, outcomes=outcomes, stochastic=True))
    return reached(*records)[1]["onedal"]


LOST, UNDECIDED, EQUAL = (0.2, 0.21, 0.19), (0.0, 0.03, 0.0), (0.0, 0.001, 0.0)


def test_never_is_not_said_where_seeds_do_not_tell():
    row = spread(LOST, LOST, UNDECIDED)
    assert (row.reach, row.reason) == (Reach.UNKNOWN, "too few seeds to tell whether the last step reaches the target")
    assert (row.time, row.speedup, row.verdict) == (None, None, Verdict.NONE)
    assert spread(LOST, UNDECIDED, LOST).reach is Reach.NEVER


def test_a_step_of_which_seeds_do_not_tell_has_not_missed():
    row = spread(LOST, UNDECIDED, EQUAL)
    assert (row.reached_at, row.missed_at) == (100, 1)
    assert spread(UNDECIDED, UNDECIDED, EQUAL).time.low == 0


def test_a_step_that_reaches_by_luck_does_not_count():
    _, rows = reached(*three(TIMES, {"sklearn": (0.5, 0.9, 0.9), "onedal": (0.9, 0.7, 0.9)}))
    assert (rows["onedal"].reached_at, rows["onedal"].missed_at) == (100, 10)


def test_lower_may_be_better_and_the_tolerance_a_share():
    facts = {"quality": INERTIA}
    _, rows = reached(*three(TIMES, {"sklearn": (30.0, 21.0, 20.0), "onedal": (40.0, 30.0, 21.9)}, **facts))
    assert rows["sklearn"].target == pytest.approx(22)
    assert (rows["sklearn"].reached_at, rows["onedal"].reached_at) == (10, 100)


def test_further_metrics_must_hold_too():
    checks = (Quality(metric="max_error", direction=Direction.LOWER, tolerance=0.1, origin="a test"),)
    alike = {"sklearn": (0.9, 0.9, 0.9), "onedal": (0.9, 0.9, 0.9)}
    errors = {"sklearn": (1.0, 1.0, 1.0), "onedal": (2.0, 2.0, 1.05)}
    records = []
    for index in range(3):
        outcomes = {
            backend: {"quality": [QualityValue(seed=0, value=0.9, sha256=backend, checks=[errors[backend][index]])]}
            for backend in alike
        }
        times = {backend: seconds[index] for backend, seconds in TIMES.items()}
        values = {backend: every[index] for backend, every in alike.items()}
        records.append(step_record(index, times, values, outcomes=outcomes, checks=checks))
    _, rows = reached(*records)
    assert rows["onedal"].reached_at == 100


def test_a_step_that_failed_says_why_nothing_is_known_beyond_it():
    records = three(TIMES, {"sklearn": (0.5, 0.9, 0.9), "onedal": (0.5, 0.9, 0.9)})
    failed = {"status": Status.FAILED, "reason": "out of luck", "quality": []}
    records[2] = step_record(2, {"sklearn": 10.0}, {"sklearn": 0.9, "onedal": 0.0}, outcomes={"onedal": failed})
    _, rows = reached(*records)
    assert (rows["onedal"].reach, rows["onedal"].reason) == (Reach.UNKNOWN, "failed: out of luck")
    assert rows["sklearn"].reach is Reach.REACHED


def test_a_step_that_fell_back_is_not_the_engines():
    fallen = {"onedal": {"engine_fit": f"scikit-learn{FELL_BACK_SUFFIX}"}}
    alike = (0.5, 0.9, 0.9)
    records = three(TIMES, {"sklearn": alike, "onedal": alike}, changes=fallen)
    _, rows = reached(*records)
    assert rows["onedal"].reach is Reach.UNKNOWN
    assert rows["onedal"].reason.startswith("fell back")


@pytest.mark.parametrize("missing", ["failed", "interrupted"])
def test_without_the_references_last_step_there_is_no_target(missing):
    alike = (0.5, 0.9, 0.9)
    records = three(TIMES, {"sklearn": alike, "onedal": alike})
    if missing == "failed":
        failed = {"status": Status.FAILED, "reason": "out of luck", "quality": []}
        records[2] = step_record(2, {"onedal": 1.0}, {"sklearn": 0.0, "onedal": 0.9}, outcomes={"sklearn": failed})
    else:
        records = records[:2]
    _, rows = reached(*records)
    assert rows["onedal"].reach is Reach.UNKNOWN
    assert rows["onedal"].reason == "sklearn was not measured on the last step: there is no target"
    assert (rows["onedal"].target, rows["onedal"].time) == (None, None)


def test_single_steps_have_no_speed_up_and_enter_no_mean():
    analysis, _ = reached(*three(TIMES, {"sklearn": (0.5, 0.9, 0.9), "onedal": (0.5, 0.9, 0.9)}))
    assert len(analysis.rows) == 6
    assert {row.verdict for row in analysis.rows} == {Verdict.REFERENCE, Verdict.NONE}
    assert not any(row.speedup or row.end_to_end or row.fit or row.predict for row in analysis.rows)
    assert analysis.means == []
    assert not any("quality" in note for note in analysis.notes)


def test_ladders_do_not_mix():
    alike = {"sklearn": (0.5, 0.9, 0.9), "onedal": (0.5, 0.9, 0.9)}
    analysis, _ = reached(*three(TIMES, alike), *three(TIMES, alike, name="lasso"))
    assert [(row.workload, row.backend) for row in analysis.reached] == [
        ("ridge", "sklearn"),
        ("ridge", "onedal"),
        ("lasso", "sklearn"),
        ("lasso", "onedal"),
    ]


def test_same_work_has_none_of_it():
    group = make_group()
    run = make_run(make_record(group, make_rounds(group, {"sklearn": 0.1, "onedal": 0.05})))
    assert analyse(run).reached == []
