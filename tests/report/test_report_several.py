"""Several runs in one page: what differs, and cases side by side with what makes them incomparable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
from report_samples import make_analysis, make_group, make_info, make_machine, make_row, make_silent_row

from backends.protocol import Diagnosis, State
from suite.analyse.rows import Ratio
from suite.records.run import GroupRecord, Run
from suite.records.schema import ArrayInfo, BackendLine, GroupLine, RunInfo, Status
from suite.report.html import render_report
from suite.report.several import MOST_DATA, difference_sections

READY = Diagnosis(State.READY, "")


def cells(table: object) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]  # type: ignore[attr-defined]


def run_of(info: RunInfo, digest: str) -> Run:
    data = {"X_train": ArrayInfo(shape=[8, 2], dtype="float32", order="C", bytes=64, sha256=digest)}
    records = [
        GroupRecord(group, GroupLine(group=group.id, at_s=0.0, data=data, data_bytes=64), [], [], {})
        for group in info.plan.groups
    ]
    return Run(Path("run"), info, {}, records)


def test_only_what_differs_is_listed() -> None:
    first = make_analysis()
    other = make_info(id="another", machine=make_machine(cpu="Another CPU", gpus=[]), versions={"numpy": "2.3.0"})
    [section] = difference_sections([first, replace(first, info=other)], [])
    rows = {row[0]: row[1:] for row in cells(section.tables[0])}
    assert rows["CPU"] == ["Example CPU 9000", "Another CPU"]
    assert rows["GPUs"] == ["Example GPU, driver 570.1", "none seen"]
    assert rows["Version of numpy"] == ["2.4.6", "2.3.0"]
    assert rows["Version of scikit-learn"] == ["1.9.1", "–"]
    assert not {"Python", "Reference", "Setting: threads", "Usable CPUs"} & {*rows}


def test_data_and_the_engines_of_other_environments_are_among_what_differs() -> None:
    groups = [make_group(f"work-{number}") for number in range(MOST_DATA + 2)]
    info = make_info(groups)
    settings = msgspec.structs.replace(info.plan.settings, interpreters={"cuml": "/opt/rapids/bin/python"})
    info = msgspec.structs.replace(info, plan=msgspec.structs.replace(info.plan, settings=settings))
    runs = [
        replace(
            run_of(info, digest * 64), backends={"cuml": BackendLine(backend="cuml", diagnosis=READY, versions=own)}
        )
        for digest, own in (("a", {"cuml": "26.10"}), ("b", {"cuml": "26.12"}))
    ]
    analysis = make_analysis(info=info)
    [section] = difference_sections([analysis, replace(analysis, info=info)], runs)
    rows = {row[0]: row[1:] for row in cells(section.tables[0])}
    assert rows["Version of cuml for cuml"] == ["26.10", "26.12"]
    assert rows[f"Data of {groups[0].id}"] == ["X_train aaaaaaaa", "X_train bbbbbbbb"]
    assert sum(name.startswith("Data of work-") for name in rows) == MOST_DATA
    assert "Data of 2 more groups" in rows
    [section] = difference_sections([analysis, analysis], [runs[0], runs[0]])
    assert not any(
        name.startswith(("Data of", "Version of cuml")) for name in (row[0] for row in cells(section.tables[0]))
    )


def test_shared_cases_stand_side_by_side_with_the_speed_up_within_each_run() -> None:
    first = make_analysis([make_row(backend="sklearn"), make_row(), make_row(workload="only-here")])
    second = make_analysis(
        [
            make_row(backend="sklearn"),
            make_row(speedup=Ratio(3.02, 2.9, 3.1)),
            make_silent_row(Status.FAILED, workload="x"),
        ]
    )
    [section] = difference_sections([first, second], [])
    table = section.tables[1]
    assert [row[:2] for row in cells(table)] == [["logistic", "sklearn"], ["logistic", "onedal"]]
    assert cells(table)[1][2:] == ["2.31×", "3.02×", "the same work"]
    assert [cell.value for cell in table.rows[1][2:4]] == [2.3145, 3.02]
    assert "fit + predict 86.1 ms" in table.rows[1][2].detail
    assert cells(table)[0][2:4] == ["reference", "reference"]


def test_a_case_without_a_time_says_how_it_ended() -> None:
    first, second = make_analysis(), make_analysis([make_row(backend="sklearn"), make_silent_row(Status.FAILED)])
    [section] = difference_sections([first, second], [])
    assert cells(section.tables[1])[1][2:4] == ["2.31×", "failed"]


def test_the_time_of_fit_and_predict_is_the_median_of_their_sum() -> None:
    analysis = make_analysis([make_row(backend="sklearn"), make_row(fit_s=0.084, predict_s=0.002, resident_s=0.0901)])
    [section] = difference_sections([analysis, analysis], [])
    assert section.tables[1].rows[1][2].detail.endswith("; fit + predict 90.1 ms")


def test_a_case_that_no_run_offers_is_not_listed() -> None:
    stock = make_row(backend="sklearn")
    nowhere = make_silent_row(Status.UNSUPPORTED, backend="torch", reason="torch has no LogisticRegression")
    first, second = (make_analysis([stock, row, nowhere]) for row in (make_row(), replace(nowhere, backend="onedal")))
    assert nowhere.absent
    [section] = difference_sections([first, second], [])
    assert [row[1:4] for row in cells(section.tables[1])] == [
        ["sklearn", "reference", "reference"],
        ["onedal", "2.31×", "not offered"],
    ]


def test_what_was_not_the_same_work_is_labelled() -> None:
    first = make_analysis()
    group = make_group()
    changed = make_info([msgspec.structs.replace(group, workload=replace(group.workload, params={"C": 3.0}))])
    second = make_analysis(info=changed, reference="onedal")
    runs = [run_of(first.info, "a" * 64), run_of(changed, "b" * 64)]
    [section] = difference_sections([first, second], runs)
    label = cells(section.tables[1])[1][-1]
    assert label == "not comparable, these differ: the work (parameter C), the data (X_train), the reference"
    same = [run_of(first.info, "a" * 64), run_of(first.info, "a" * 64)]
    [section] = difference_sections([first, first], same)
    assert cells(section.tables[1])[1][-1] == "the same work"


def test_the_same_work_may_be_judged_otherwise_and_described_in_other_words() -> None:
    first, group = make_analysis(), make_group()
    described = msgspec.structs.replace(group, workload=replace(group.workload, about="other words", why="a reason"))
    for other, label in (
        (described, "the same work"),
        (make_group(tolerance=0.02), "the same work, but other tolerance"),
    ):
        second = make_analysis(info=make_info([other]))
        [section] = difference_sections([first, second], [])
        assert cells(section.tables[1])[1][-1] == label


def test_the_page_of_several_runs_begins_with_them() -> None:
    second = make_analysis(info=msgspec.structs.replace(make_info(), id="another"))
    html = render_report([make_analysis(), second])
    assert html.index("together-runs") < html.index('<article id="run-1"') < html.index('<article id="run-2"')
    assert "together-runs" not in render_report([make_analysis()])
