"""Scientific workflows through the real command line on real engines."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from run_process import RunProcess

from suite.analyse.run import analyse
from suite.records.schema import Status
from suite.workloads import catalogue
from suite.workloads.entry import Operation
from suite.workloads.ladders import ladder_of

ENGINES = ["sklearn", *(["onedal"] if find_spec("sklearnex") else [])]
WORKLOAD = "disruption-logistic"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> SimpleNamespace:
    cli = RunProcess(tmp_path_factory.mktemp("workflow") / "results", shared_cache)
    asked = [option for name in ENGINES for option in ("--backend", name)]
    done = cli.run("--threads", "1", "--budget", "4s", *asked, workload=WORKLOAD)
    assert "Traceback" not in done.stdout + done.stderr
    run = cli.loaded()
    return SimpleNamespace(run=run, record=run.groups[0], folder=cli.folder(), stdout=done.stdout, cache=shared_cache)


def test_the_phases_are_the_estimators_and_the_rest_is_the_workflows_own(measured: SimpleNamespace) -> None:
    samples = [sample for line in measured.record.rounds for sample in line.samples]
    assert samples
    for sample in samples:
        assert sample.fit_s > 0
        assert sample.predict_s > 0
        assert sample.own_s > 0
        assert (sample.fit_loops, sample.predict_loops) == (1, 1)
        assert sample.workflow_s == pytest.approx(sample.wall_s, rel=1e-6)
        assert sample.workflow_s == pytest.approx(sample.end_to_end_s + sample.own_s)


def test_every_engine_is_judged_by_the_science_metric_and_says_what_it_found(measured: SimpleNamespace) -> None:
    for case in measured.record.group.cases:
        ended = measured.record.outcomes[case.id]
        assert ended.status is Status.MEASURED, ended.reason
        assert 0.9 < ended.quality[0].value <= 1
        names = {figure.name for figure in ended.findings.figures}
        assert {"error_in", "error_out", "baseline", "gain", "with_a_tenth", "other_precision"} <= names
        assert all(figure.condition for figure in ended.findings.figures)
        assert ended.engines
        assert all(report.accelerated for report in ended.engines)


def test_learning_and_the_workflow_have_a_speed_up_each(measured: SimpleNamespace) -> None:
    rows = {row.backend: row for row in analyse(measured.run).rows}
    assert all(row.workflow_s > row.fit_s + row.predict_s for row in rows.values())
    assert "the whole workflow, its own steps and the copies included" in measured.stdout
    if "onedal" in rows:
        assert rows["onedal"].speedup is not None
        assert rows["onedal"].workflow is not None


def test_the_export_has_the_workflow(measured: SimpleNamespace) -> None:
    command = [sys.executable, "-m", "suite", "export", str(measured.folder), "--format", "json"]
    lines = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    for line in lines:
        assert line["operation"] == "workflow"
        assert line["workflow_s"] > line["own_s"] > 0


def test_workflows_have_no_ladder() -> None:
    science = [workload for workload in catalogue() if workload.operation is Operation.WORKFLOW]
    assert science
    assert not [workload.name for workload in science if ladder_of(workload)]


def test_an_engine_that_lacks_a_part_is_told_apart(tmp_path: Path, shared_cache: Path) -> None:
    pytest.importorskip("xgboost")
    cli = RunProcess(tmp_path / "results", shared_cache)
    done = cli.run("--backend", "xgboost", "--budget", "2s", "--threads", "1", workload="zip_digits-svc")
    assert "Traceback" not in done.stdout + done.stderr
    record = cli.loaded().groups[0]
    ended = {case.backend: record.outcomes[case.id] for case in record.group.cases}
    assert ended["xgboost"].status is Status.UNSUPPORTED
    assert "SVC" in ended["xgboost"].reason
    assert ended["sklearn"].status is Status.MEASURED
