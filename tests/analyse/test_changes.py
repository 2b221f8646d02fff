from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from analysed_runs import make_group, make_record, make_rounds, make_run

from suite.analyse.changes import Change, Changes, compare_sides
from suite.analyse.rows import Parity, Verdict
from suite.analyse.sides import Side
from suite.errors import UsageError
from suite.records.run import Run
from suite.records.schema import QualityValue, Status
from suite.report.changes import sentence, to_html, to_markdown, to_text
from suite.workloads.entry import DataSpec, Direction, Quality, Size


def run_of(fit_s: dict[str, float], name: str = "new", outcomes: Any = None, seed: int = 0, **changes: Any) -> Run:
    group = make_group(**changes)
    rounds = make_rounds(group, fit_s, count=400, processes=4, seed=seed)
    run = make_run(make_record(group, rounds, outcomes))
    return replace(run, path=Path(name), info=msgspec.structs.replace(run.info, id=name))


def on_machine(run: Run, machine: str) -> Run:
    return replace(
        run, info=msgspec.structs.replace(run.info, machine=msgspec.structs.replace(run.info.machine, id=machine))
    )


def on_data(run: Run, digest: str) -> Run:
    groups = []
    for record in run.groups:
        assert record.started is not None
        data = {name: msgspec.structs.replace(one, sha256=digest) for name, one in record.started.data.items()}
        groups.append(replace(record, started=msgspec.structs.replace(record.started, data=data)))
    return replace(run, groups=groups)


def changes_of(base: Run, new: Run, backends: tuple[str, str] = ("", "")) -> Changes:
    return compare_sides(Side(base, backends[0]), Side(new, backends[1]))


def of(changes: Changes, backend: str = "onedal") -> Change:
    return next(change for change in changes.changes if change.backend_new == backend)


@pytest.mark.parametrize(
    ("now_s", "verdict"), [(0.15, Verdict.SLOWER), (0.07, Verdict.FASTER), (0.1005, Verdict.AMBIGUOUS)]
)
def test_two_runs_are_compared_by_medians_and_it_is_said_that_time_lies_between(now_s: float, verdict: Verdict) -> None:
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1)
    changes = changes_of(base, run_of({"sklearn": 0.2, "onedal": now_s}))
    change = of(changes)
    assert change.verdict is verdict
    assert change.change is not None
    assert change.change.low < 0.101 / (now_s + 0.001) < change.change.high
    assert change.relative is not None
    assert change.relative.low < 0.101 / (now_s + 0.001) < change.relative.high
    assert not change.paired
    assert "not measured side by side" in changes.warnings[0]


def test_two_backends_of_one_run_are_paired() -> None:
    """Noise that both share, a machine half as fast for a while, does not blur the ratio of pairs."""
    group = make_group(backends=("onedal@base", "onedal"))
    rounds = make_rounds(group, {"onedal@base": 0.1, "onedal": 0.104}, count=800, processes=16, noise=0.005)
    rounds += make_rounds(
        group, {"onedal@base": 0.2, "onedal": 0.208}, count=800, processes=16, process=16, noise=0.005
    )
    run = make_run(make_record(group, rounds), reference="onedal@base")
    changes = changes_of(run, run, ("onedal@base", "onedal"))
    (change,) = changes.changes
    assert change.paired
    assert change.verdict is Verdict.SLOWER
    assert change.change is not None
    assert change.change.estimate == pytest.approx(1 / 1.04, rel=0.01)
    assert changes.warnings == []
    assert (change.backend_base, change.backend_new) == ("onedal@base", "onedal")


def test_a_machine_that_slowed_down_is_not_an_engine_that_did() -> None:
    """Everything takes half as long again: times say slower, the speed-up beside the reference says the same."""
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1)
    change = of(changes_of(base, run_of({"sklearn": 0.3, "onedal": 0.15})))
    assert change.change is not None
    assert change.relative is not None
    assert change.change.high < 0.7
    assert change.relative.low < 1 < change.relative.high


def test_on_another_machine_only_speed_ups_are_compared() -> None:
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1)
    changes = changes_of(base, on_machine(run_of({"sklearn": 0.6, "onedal": 0.6}), "other"))
    change = of(changes)
    assert change.change is None
    assert change.verdict is Verdict.SLOWER
    assert "different machines" in changes.warnings[0]
    assert any("the machine: abc then, other now" in line for line in changes.differences)
    assert of(changes, "sklearn").reason == "another machine, and no common reference beside both"


def test_what_compares_speed_ups_says_so_wherever_it_is_shown() -> None:
    base, new = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1), run_of({"sklearn": 0.6, "onedal": 0.6})
    for there, by_speedup in ((new, False), (on_machine(new, "other"), True)):
        changes = changes_of(base, there)
        assert ("judged by speed-ups over the reference, not by times" in sentence(changes)) == by_speedup
        wanted = "A ratio is new / base, of the speed-ups over" if by_speedup else "A ratio is base / new, of the times"
        for text in ("\n".join(to_text(changes)), "\n".join(to_markdown(changes)), to_html(changes)):
            assert wanted in text
            assert sentence(changes) in text


def test_the_page_has_its_table_as_reports_have_them() -> None:
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1)
    page = to_html(changes_of(base, run_of({"sklearn": 0.2, "onedal": 0.2})))
    assert "<caption>Base and new, case by case</caption>" in page
    assert page.count('<th role="rowheader" scope="row">ridge (S · float64)</th>') == 2
    assert page.count('<td role="cell" data-label="Ratio">') == 2
    assert '<span class="mark slower" aria-hidden="true">▼</span>' in page


def test_nothing_is_claimed_where_quality_was_lost_a_case_failed_or_data_differ() -> None:
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1)
    worse = {"onedal": {"quality": [QualityValue(seed=0, value=0.5, sha256="x")]}}
    lost = of(changes_of(base, run_of({"sklearn": 0.2, "onedal": 0.05}, outcomes=worse)))
    assert (lost.verdict, lost.parity) == (Verdict.NONE, Parity.LOST)
    failed = {"onedal": {"status": Status.FAILED, "reason": "it fell over"}}
    broken = of(changes_of(base, run_of({"sklearn": 0.2}, outcomes=failed)))
    assert (broken.verdict, broken.reason) == (Verdict.NONE, "now failed: it fell over")
    other = of(changes_of(base, run_of({"sklearn": 0.2, "onedal": 0.05}, params={"alpha": 2.0})))
    assert (other.verdict, other.change) == (Verdict.NONE, None)
    assert other.reason == "incomparable: the work differs: parameter alpha"
    bytes_differ = of(changes_of(base, on_data(run_of({"sklearn": 0.2, "onedal": 0.05}), "another")))
    assert bytes_differ.reason == "incomparable: the data differ: X_train"


def test_an_edited_sentence_or_another_data_call_of_the_same_bytes_is_the_same_work() -> None:
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1)
    quality = Quality(metric="r2", direction=Direction.HIGHER, tolerance=0.01, origin="a better sentence")
    data = {Size.S: DataSpec(source="regression", n_train=1000, n_test=200, n_features=10, args={"noise": 1.0})}
    words = {"about": "other words", "why": "for a reason", "quality": quality, "data": data}
    changes = changes_of(base, run_of({"sklearn": 0.2, "onedal": 0.05}, **words))
    assert of(changes).verdict is Verdict.FASTER
    assert changes.differences == []


def test_the_same_work_that_is_judged_otherwise_is_compared_by_the_metrics_of_both() -> None:
    old = {"onedal": {"quality": [QualityValue(seed=0, value=0.9, sha256="x")]}}
    new = {"onedal": {"quality": [QualityValue(seed=0, value=0.9, sha256="y", checks=[0.1])]}}
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1, outcomes=old)
    check = Quality(metric="objective", direction=Direction.LOWER, tolerance=0.01, origin="a test")
    changes = changes_of(base, run_of({"sklearn": 0.2, "onedal": 0.05}, outcomes=new, checks=(check,)))
    assert (of(changes).verdict, of(changes).parity) == (Verdict.FASTER, Parity.EQUAL)
    (line,) = changes.differences
    assert "ridge/S/float64/C (checks)" in line


def test_both_sides_the_same_are_refused() -> None:
    run = run_of({"sklearn": 0.2, "onedal": 0.1})
    for backend in ("", "onedal"):
        with pytest.raises(UsageError, match="both sides are new"):
            changes_of(run, run, (backend, backend))
    with pytest.raises(UsageError, match="both sides are new"):
        changes_of(run, replace(run, path=Path("copy")))
    with pytest.raises(UsageError, match="new:onedal is one backend, base a whole run"):
        changes_of(run_of({"sklearn": 0.2}, "base"), run, ("", "onedal"))


def test_one_id_does_not_make_one_machine_of_two_that_differ() -> None:
    """Containers of one image may share the id: times are not judged as if they were of one machine."""
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1)
    other = run_of({"sklearn": 0.6, "onedal": 0.3})
    machine = msgspec.structs.replace(other.info.machine, kernel="7", memory_bytes=2**33 - 438272)
    changes = changes_of(base, replace(other, info=msgspec.structs.replace(other.info, machine=machine)))
    assert changes.warnings[0].startswith(
        "perhaps another machine: its id is the same, but not its kernel (6 then, 7 now)"
    )
    assert "bytes of memory (8589934592 then, 8589496320 now)" in changes.warnings[0]
    assert (of(changes).change, of(changes).verdict) == (None, Verdict.AMBIGUOUS)
    assert of(changes, "sklearn").reason == "perhaps another machine, and no common reference beside both"


def test_a_side_of_disturbed_samples_is_warned_of() -> None:
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1)
    group = make_group()
    rounds = make_rounds(group, {"sklearn": 0.2, "onedal": 0.1}, count=400, marked=0.7)
    run = make_run(make_record(group, rounds))
    run = replace(run, path=Path("new"), info=msgspec.structs.replace(run.info, id="new"))
    assert "of the samples of new were disturbed in 2 of 2 cases" in changes_of(base, run).warnings[1]
    assert "of the samples of base were disturbed in 2 of 2 cases" in changes_of(run, base).warnings[1]
    assert len(changes_of(base, run_of({"sklearn": 0.2, "onedal": 0.1})).warnings) == 1


def test_too_few_samples_have_no_verdict() -> None:
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1)
    group = make_group()
    run = make_run(make_record(group, make_rounds(group, {"sklearn": 0.2, "onedal": 0.01}, count=3)), id="new")
    change = of(changes_of(base, replace(run, path=Path("new"))))
    assert (change.change, change.verdict, change.reason) == (None, Verdict.NONE, "too few samples")


def test_where_nothing_has_a_ratio_it_is_said_why() -> None:
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base", seed=1)
    failed = {"onedal": {"status": Status.FAILED, "reason": "it: fell over"}}
    other = run_of({"sklearn": 0.2}, outcomes=failed, params={"alpha": 2.0})
    assert (
        "none of the 2 cases that base and new share has a ratio (2 the work differs)"
        in changes_of(base, other).nothing
    )
    unlike = on_data(on_machine(run_of({"sklearn": 0.2}, outcomes=failed), "other"), "x")
    nothing = changes_of(base, unlike).nothing
    assert "1 another machine, and no common reference beside both; 1 now failed" in nothing
    assert changes_of(base, run_of({"sklearn": 0.2}, outcomes=failed)).nothing == ""


def test_cases_of_one_side_only_are_named() -> None:
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "base")
    changes = changes_of(base, run_of({"sklearn": 0.2, "cuml": 0.1}, backends=("sklearn", "cuml")))
    assert changes.only_base == ["ridge/S/float64/C onedal"]
    assert changes.only_new == ["ridge/S/float64/C cuml"]


def test_the_slower_come_first_and_hostile_text_stays_text() -> None:
    base = run_of({"sklearn": 0.2, "onedal": 0.1}, "<script>|base", seed=1)
    changes = changes_of(base, run_of({"sklearn": 0.1, "onedal": 0.3}))
    assert sentence(changes) == "2 cases: 1 slower, 1 faster"
    text = "\n".join(to_text(changes))
    assert text.index("onedal") < text.index("sklearn")
    page = to_html(changes)
    assert "<script>" not in page
    assert "default-src 'none'" in page
    assert "&lt;script&gt;|base" in page
    rows = [line for line in to_markdown(changes) if line.startswith("| ridge")]
    assert len(rows) == 2
    assert all(line.count(" | ") == 5 for line in rows)
