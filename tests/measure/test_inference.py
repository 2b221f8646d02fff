"""Inference through the real command line on real engines: one model a process, batches and single rows."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from run_process import RunProcess

from backends.sklearn import Sklearn
from suite.measure.contender import FEWEST_ROWS, single_rows
from suite.measure.messages import ENOUGH_ROWS
from suite.measure.use import RowsDifferError, Use, compare_rows
from suite.quality import qualities
from suite.records.run import GroupRecord
from suite.records.schema import Status
from suite.workloads import catalogue, everything
from suite.workloads.entry import Operation, Size
from suite.workloads.inference import ONE_SEED, TAKEN_APART, inference
from suite.workloads.select import select

MODULES = {"onedal": "sklearnex", "onnxruntime": "skl2onnx", "treelite": "treelite", "daal4py": "daal4py"}
ENGINES = [name for name, module in MODULES.items() if find_spec(module)]
BOOSTING = "hist_gradient_boosting_regressor"
FEW_ROWS = "logistic_regression-breast_cancer"


def run(output: Path, cache: Path, pattern: str, *options: str) -> tuple[SimpleNamespace, str]:
    cli = RunProcess(output, cache)
    done = cli.run(*options, workload=pattern)
    assert "Traceback" not in done.stdout + done.stderr
    groups = {record.group.workload.name: record for record in cli.loaded().groups}
    return SimpleNamespace(groups=groups, folder=cli.folder(), stdout=done.stdout), done.stderr


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> SimpleNamespace:
    """One run of batches and single rows on every engine that is installed."""
    asked = [option for name in ENGINES for option in ("--backend", name)]
    pattern = f"{BOOSTING}@*,{FEW_ROWS}@*,random_forest_regressor@predict"
    options = ("--dtype", "float32", "--threads", "1", "--budget", "6s", *asked)
    return run(tmp_path_factory.mktemp("inference") / "results", shared_cache, pattern, *options)[0]


def test_each_process_fits_once_and_then_only_predicts(measured: SimpleNamespace) -> None:
    for record in measured.groups.values():
        assert len(record.cold) >= 1
        assert all(line.sample.fit_s > 0 for line in record.cold)
        samples = [sample for line in record.rounds for sample in line.samples]
        assert samples
        assert all(sample.fit_s == 0 and sample.engine_fit == "" and sample.predict_s > 0 for sample in samples)


def outcome(record: GroupRecord, backend: str) -> Any:
    return next(record.outcomes[case.id] for case in record.group.cases if case.backend == backend)


def test_every_engine_is_measured_or_says_why_not(measured: SimpleNamespace) -> None:
    for name, record in measured.groups.items():
        for backend in ("sklearn", *ENGINES):
            ended = outcome(record, backend)
            offered = not (backend == "onedal" and "boosting" in name)
            offered &= not (backend == "treelite" and "logistic" in name)
            offered &= not (backend == "daal4py" and "forest" in name)
            assert ended.status is (Status.MEASURED if offered else Status.UNSUPPORTED), (name, backend, ended.reason)
            assert bool(ended.reason) != offered


def test_quality_is_kept(measured: SimpleNamespace) -> None:
    for record in measured.groups.values():
        reference = outcome(record, "sklearn").quality[0].value
        for backend in ENGINES:
            for value in outcome(record, backend).quality:
                assert value.value == pytest.approx(reference, abs=record.group.workload.quality.tolerance)


def test_latencies_are_of_whole_calls_of_enough_rows(measured: SimpleNamespace) -> None:
    for name, record in measured.groups.items():
        for sample in (sample for line in record.rounds for sample in line.samples):
            if name.endswith("@predict"):
                assert sample.latency_p50_s is None
                continue
            assert sample.predict_loops >= FEWEST_ROWS
            assert sample.latency_p99_s >= sample.latency_p50_s >= sample.predict_s > 0


def test_few_held_out_rows_are_gone_through_again(measured: SimpleNamespace) -> None:
    record = measured.groups[f"{FEW_ROWS}@latency"]
    rows = [sample.predict_loops for line in record.rounds for sample in line.samples]
    assert max(rows) > 142  # as many are held out; an engine that is slow here is asked about fewer


def test_a_99th_percentile_has_ten_rows_beyond_it_unless_rows_are_slow() -> None:
    assert ENOUGH_ROWS * 0.01 == 10
    assert single_rows(1e-5) == single_rows(5e-4) == ENOUGH_ROWS
    assert single_rows(2e-3) == 250
    assert single_rows(0.1) == single_rows(60.0) == FEWEST_ROWS
    singles = [one for one in everything() if one.name.endswith("@latency") and not one.workflow]
    held_out = {spec.n_test for one in singles for spec in one.data.values()}
    assert min(held_out - {0}) >= ENOUGH_ROWS  # of real data, which hold out fewer, rows come again


def test_few_rows_come_again_until_there_are_enough() -> None:
    X = np.arange(6.0).reshape(3, 2)
    few = Use(Sklearn(), None, X, [])
    assert [row.tolist() for row in few.single(5)] == [X[[index % 3]].tolist() for index in range(5)]
    assert len(few.single(10_000)) == ENOUGH_ROWS
    assert len(Use(Sklearn(), None, np.zeros((1_500, 2)), []).single(10_000)) == 1_500


def test_evidence_names_the_engine_and_who_trained(measured: SimpleNamespace) -> None:
    for backend, engine in (("onnxruntime", "ONNX Runtime"), ("treelite", "Treelite"), ("daal4py", "XGBoost's model")):
        if backend in ENGINES:
            engines = outcome(measured.groups[f"{BOOSTING}@predict"], backend).engines
            assert any(engine in report.engine and report.evidence for report in engines)
            assert any("trained there" in report.evidence for report in engines)


def test_table_and_export_have_rows_a_second_and_latencies(measured: SimpleNamespace) -> None:
    assert "rows a second: sklearn " in measured.stdout
    assert "99th percentile: sklearn " in measured.stdout
    command = [sys.executable, "-m", "suite", "export", str(measured.folder), "--format", "json"]
    rows = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    for row in (row for row in rows if row["status"] == "measured"):
        assert row["fit_s"] is None
        assert (row["rows_per_s"] is not None) == (row["operation"] == "predict")
        assert (row["latency_p99_s"] is not None) == (row["operation"] == "predict_one")


def test_sparse_rows_are_used_in_batches_and_one_at_a_time(tmp_path: Path, shared_cache: Path) -> None:
    options = ("--backend", "faulty:nan", "--budget", "1s", "--processes", "1")
    done, _ = run(tmp_path / "results", shared_cache, "multinomial_nb_sparse@*", *options)
    assert set(done.groups) == {"multinomial_nb_sparse@predict", "multinomial_nb_sparse@latency"}
    for record in done.groups.values():
        assert outcome(record, "sklearn").status is Status.MEASURED
        ended = outcome(record, "faulty:nan")
        assert (ended.status, "takes no sparse matrix" in ended.reason) == (Status.UNSUPPORTED, True)
    assert "rows a second: sklearn " in done.stdout


def test_what_trains_nothing_is_not_offered_for_training(tmp_path: Path, shared_cache: Path) -> None:
    (name,) = [name for name in ENGINES if name != "onedal"][:1] or pytest.skip("no engine of inference is installed")
    done, _ = run(tmp_path / "results", shared_cache, "logistic_regression-breast_cancer", "--backend", name)
    (record,) = done.groups.values()
    assert outcome(record, "sklearn").status is Status.MEASURED
    ended = outcome(record, name)
    assert ended.status is Status.UNSUPPORTED
    assert "has no LogisticRegression: it trains nothing" in ended.reason


def test_faults_stay_with_their_case(tmp_path: Path, shared_cache: Path) -> None:
    faults = {
        "raise": (Status.FAILED, "(in fit)"), "kill": (Status.FAILED, "SIGKILL"), "hang": (Status.TIMED_OUT, "timeout"),
        "nan": (Status.DIVERGED, "not finite"), "garbage": (Status.FAILED, "not usable"),
    }  # fmt: skip
    asked = [option for fault in faults for option in ("--backend", f"faulty:{fault}")]
    options = (*asked, "--backend", "slowed:0", "--timeout", "5s", "--budget", "2s")
    done, _ = run(tmp_path / "results", shared_cache, "linear_regression@predict", *options)
    (record,) = done.groups.values()
    for fault, (status, reason) in faults.items():
        ended = outcome(record, f"faulty:{fault}")
        assert ended.status is status
        assert reason in ended.reason
    assert outcome(record, "sklearn").status is outcome(record, "slowed:0").status is Status.MEASURED


def test_single_rows_that_differ_are_found() -> None:
    batch = np.linspace(0, 10, 200)
    compare_rows(batch[:100] * (1 + 1e-6), batch, "alone")
    with pytest.raises(RowsDifferError, match="100 of 100 rows are predicted otherwise alone"):
        compare_rows(batch[:100] + 1, batch, "alone")
    with pytest.raises(RowsDifferError, match="shape"):
        compare_rows(batch[:100, None], batch, "alone")
    labels = np.arange(200) % 3
    compare_rows(np.concatenate([[2], labels[1:100]]), labels, "alone")
    with pytest.raises(RowsDifferError):
        compare_rows((labels[:100] + 1) % 3, labels, "alone")


def test_several_models_are_asked_about_the_same_rows() -> None:
    X = np.arange(6.0).reshape(3, 2)
    use = Use(Sklearn(), None, X, [lambda rows: rows[:, 0], lambda rows: 10 * rows[:, 1]])
    assert use.batch().tolist() == [[0, 10], [2, 30], [4, 50]]
    seconds, results = use.one_by_one(use.single(2))
    assert seconds.shape == (2, 3)
    assert (seconds > 0).all()
    assert [result.tolist() for result in results] == [[[0, 10]], [[2, 30]]]


def test_an_engine_that_says_otherwise_of_single_rows_is_found() -> None:
    use = Use(Sklearn(), None, np.arange(6.0).reshape(3, 2), [lambda rows: rows[:, 0] - rows[:, 0].mean()])
    with pytest.raises(RowsDifferError, match="2 of 3 rows are predicted otherwise one at a time than all at once"):
        use.batch()


def test_what_is_timed_is_what_the_workflow_was_given() -> None:
    X = np.arange(6.0).reshape(3, 2)
    use = Use(Sklearn(), None, X, [lambda rows: rows[:, 0]], [X[:, 0].copy()])
    use.check_answers(use.batch())
    X += 1  # a workflow that writes over the rows that it asked about
    with pytest.raises(RowsDifferError, match="when they are timed than within the workflow"):
        use.check_answers(use.batch())


def test_one_seed_is_judged_by_its_own_tolerance_where_it_says_less() -> None:
    by_name = {one.name: one for one in catalogue()}
    derived = {one.name: one for one in inference(catalogue())}
    for name, tolerances in ONE_SEED.items():
        of_seeds, of_one = qualities(by_name[name]), qualities(derived[f"{name}@predict"])
        assert by_name[name].stochastic
        assert {*tolerances} <= {quality.metric for quality in of_seeds}
        for several, one in zip(of_seeds, of_one, strict=True):
            assert one.tolerance == tolerances.get(one.metric, several.tolerance) >= several.tolerance
            assert ("one seed" in one.origin) == (one.metric in tolerances)


def test_names_and_what_is_derived() -> None:
    derived = inference(catalogue())
    assert {one.operation for one in derived} == {Operation.PREDICT, Operation.PREDICT_ONE}
    assert not any(one.stochastic for one in derived)
    predictors = {one.name for one in catalogue() if one.output in ("predict", "score_samples")}
    predictors |= {one.name for one in catalogue() if one.workflow and one.workflow not in TAKEN_APART}
    assert {one.name.partition("@")[0] for one in derived} == predictors
    assert predictors >= {"svc-digits", "random_forest_classifier-wine", "ridge-diabetes", "kmeans-digits"}
    assert inference(derived) == ()
    assert not any("@" in one.name for one in select(everything(), [], [], [Size.S]))
    assert not any("@" in one.name for one in select(everything(), ["kmeans*"], [], [Size.S]))
    assert [one.name for one in select(everything(), ["ridge@*, lasso@predict"], [], [Size.S])] == [
        "ridge@predict",
        "ridge@latency",
        "lasso@predict",
    ]
