"""Every science workload at S through the real command line, on stock and on oneDAL: at parity, or with the reason."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest
import warm_command_line

from suite.analyse.run import analyse
from suite.quality.parity import Parity
from suite.records.schema import Status
from suite.records.store import load
from suite.workloads.science import entries

#: The cheapest entry of each workload, of those that every engine has the parts of if there is one.
CHOSEN = {
    "rans_step": "knn", "rans_online": "knn", "injector_map": "knn", "weather_rom_da": "ridge",
    "drug_response": "ridge", "melting_point": "knn", "materials_transport": "ridge", "zip_digits": "knn",
    "collider": "logistic", "em_membrane": "forest", "communities": "easy", "subtypes": "generated",
    "disruption": "logistic",
}  # fmt: skip
#: What all workflows find: how they do within and beyond their training data, against what is trivial, with a tenth of
#: the training data and in the other precision.
COMMON = {"error_in", "error_out", "baseline", "gain", "with_a_tenth", "other_precision"}

#: Of those chosen, what says how sure it is.
CALIBRATED = dict.fromkeys(("zip_digits", "collider", "em_membrane", "disruption"), "calibration_error")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """One run of all of them, once where oneDAL is not installed: stock alone is then compared with itself."""
    folder = tmp_path_factory.mktemp("science")
    other = "onedal" if find_spec("sklearnex") else "sklearn@again"
    names = ",".join(f"{name}-{variant}" for name, variant in CHOSEN.items())
    command = ["run", "--workload", names, "--backend", other, "--dtype", "float32"]
    command += ["--budget", "2m", "--precision", "50%", "--processes", "1", "--threads", "1", "--no-report"]
    command += ["--output", str(folder)]
    environment = os.environ | {"EVENHAND_CACHE": str(folder / "cache")}
    done = warm_command_line.run(command, cwd=Path.cwd(), env=environment, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (path for path in folder.iterdir() if (path / "run.json").is_file())
    return {row.case: row for row in analyse(load(path)).rows}


def test_every_workload_is_chosen():
    assert set(CHOSEN) == {workload.name.partition("-")[0] for workload in entries()}


def test_every_case_is_measured_at_parity_by_the_science_metric(measured):
    assert len(measured) == 2 * len(CHOSEN)
    for case, row in measured.items():
        assert row.status is Status.MEASURED, (case, row.reason)
        assert row.parity in (Parity.IDENTICAL, Parity.EQUAL), (case, row.quality, row.quality_reference)


def test_learning_and_the_workflow_are_timed_apart(measured):
    for case, row in measured.items():
        assert row.workflow_s > row.own_s > 0, case
        assert row.fit_s > 0, case
        assert row.backend == "sklearn" or (row.speedup is not None and row.workflow is not None), case


def test_every_workload_finds_the_common_figures_and_states_conditions(measured):
    for case, row in measured.items():
        figures = {figure.name: figure for figure in row.findings.figures}
        assert len(figures) == len(row.findings.figures), case
        assert figures.keys() >= COMMON, case
        assert all(figure.condition for figure in figures.values()), case
        json.dumps([figure.value for figure in figures.values()], allow_nan=False)


def test_figures_of_engines_stand_side_by_side(measured):
    """The conditions of a figure are the same for all: what a run decides is a figure of its own."""
    stated = {}
    for row in measured.values():
        for figure in row.findings.figures:
            stated.setdefault((row.group, figure.name), set()).add((figure.unit, figure.condition))
    assert {key: found for key, found in stated.items() if len(found) > 1} == {}


def test_calibration_is_looked_at_where_the_method_gives_one(measured):
    for name, figure in CALIBRATED.items():
        row = next(row for row in measured.values() if row.workload.startswith(name))
        assert figure in {one.name for one in row.findings.figures}, name
