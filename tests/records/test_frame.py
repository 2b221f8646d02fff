from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from record_samples import make_outcome, make_plan, make_round

from suite.errors import UsageError
from suite.records.begin import new_run
from suite.records.frame import read, samples
from suite.records.schema import Mark, RunInfo, Status
from suite.records.store import RunStore


def test_one_row_a_case(run_path: Path, info: RunInfo) -> None:
    with RunStore.reopen(run_path) as store:
        store.append(make_round("first", 10, process=1, marks=[Mark.WAITED, Mark.STOLEN]))
        store.append(make_outcome("second", "onedal", Status.UNSUPPORTED, "no such solver"))
    frame = read([run_path]).set_index("case")
    assert list(frame.index) == ["first/sklearn", "first/onedal", "second/sklearn", "second/onedal"]
    row = frame.loc["first/onedal"]
    assert (row["run"], row["machine"], row["workload"]) == (info.id, info.machine.id, "first")
    assert (row["rows"], row["features"], row["dtype"]) == (1000, 8, "float32")
    assert (row["samples"], row["disturbed"], row["processes"]) == (4, 1, 2)
    assert row["fit_s"] == np.median([0.25, 1.25, 2.25, 10.25])
    assert row["cpu_over_wall"] == pytest.approx(2.0)
    assert (row["quality"], row["qualities"]) == (2.0, 2)
    assert (row["cold_s"], row["import_s"]) == (9.125, 0.5)
    assert (row["status"], row["stop_reason"], row["engine_fit"]) == ("measured", "precision reached", "stock")
    assert np.isnan(row["foreign_cpus"])
    assert np.isnan(row["peak_device_bytes"])
    bare = frame.loc["second/onedal"]
    assert (bare["status"], bare["reason"], bare["samples"]) == ("unsupported", "no such solver", 0)
    assert bare[["fit_s", "rows", "cold_s", "engine_fit"]].isna().all()
    assert pd.isna(frame.loc["second/sklearn", "status"])


def test_one_row_a_sample_in_the_order_measured(run_path: Path) -> None:
    with RunStore.reopen(run_path) as store:
        store.append(make_round("first", 3, marks=[Mark.WAITED, Mark.STOLEN]))
    frame = samples([run_path])
    assert list(zip(frame["round"], frame["backend"], strict=True)) == [
        (number, backend) for number in range(4) for backend in ("sklearn", "onedal")
    ]
    assert list(frame["fit_s"])[::2] == [0.25, 1.25, 2.25, 3.25]
    assert frame["marks"].iloc[-1] == f"{Mark.WAITED}; {Mark.STOLEN}"
    assert frame["marks"].iloc[0] == ""
    assert set(frame["group"]) == {"first"}
    assert frame["waited_s"].dtype == frame["peak_device_bytes"].dtype == np.float64


def test_groups_measured_in_another_order_than_planned(tmp_path: Path, info: RunInfo) -> None:
    with RunStore.create(tmp_path, info) as store:
        for number, group in enumerate(("second", "first")):
            store.append(make_round(group, number))
    assert list(samples([store.path])["group"]) == ["second", "second", "first", "first"]
    frame = read([store.path])
    assert list(frame["case"]) == ["first/sklearn", "first/onedal", "second/sklearn", "second/onedal"]
    assert list(frame["fit_s"]) == [1.25, 1.25, 0.25, 0.25]


def test_a_case_of_another_plan(run_path: Path) -> None:
    with RunStore.reopen(run_path) as store:
        line = make_round("first", 9)
        stranger = msgspec.structs.replace(line.samples[0], case="elsewhere")
        store.append(msgspec.structs.replace(line, samples=[stranger]))
    with pytest.raises(UsageError, match="the case 'elsewhere' is not in the plan"):
        read([run_path])


def test_several_runs_and_none(run_path: Path, tmp_path: Path, info: RunInfo) -> None:
    empty = RunStore.create(tmp_path, new_run(make_plan(), command=["run"])).path
    both = read([run_path, empty])
    assert list(both["samples"]) == [3, 3, 0, 0, 0, 0, 0, 0]
    assert both["run"].nunique() == 2
    stacked = samples([run_path, run_path, empty])
    assert len(stacked) == 12
    assert isinstance(stacked["case"].dtype, pd.CategoricalDtype)
    assert samples([empty]).empty
    assert read([]).empty
    assert samples([]).empty


def test_many_rounds_are_taken_in_parts(run_path: Path) -> None:
    with RunStore.reopen(run_path) as store:
        for number in range(3, 11_000):
            store.append(make_round("first", number))
    frame = samples([run_path])
    assert list(frame["round"][::2]) == list(range(11_000))
    assert list(read([run_path])["samples"]) == [11_000, 11_000, 0, 0]
