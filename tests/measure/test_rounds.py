"""Rounds, cold passes, replication and stopping, in the records of real runs with real engines."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from run_process import RunProcess

from suite.measure.processes import worker_cpus
from suite.records.run import GroupRecord
from suite.records.schema import Status, StopReason

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a thread choose its CPU")


def record_of(cli: RunProcess, *options: str, workload: str) -> GroupRecord:
    """Run one workload and return its group."""
    done = cli.run(*options, workload=workload)
    assert done.returncode == 0, done.stderr
    (record,) = cli.loaded().groups
    return record


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> GroupRecord:
    """A stochastic workload on three backends, in two processes each."""
    cli = RunProcess(tmp_path_factory.mktemp("forest") / "results", shared_cache)
    backends = ("--backend", "onedal", "--backend", "slowed:5", "--processes", "2", "--budget", "6s")
    return record_of(cli, *backends, "--precision", "20%", "--seed", "3", workload="random_forest_classifier-wine")


def test_every_round_compares_one_sample_of_each_backend_with_one_seed(forest: GroupRecord) -> None:
    cases = {case.id for case in forest.group.cases}
    for line in forest.rounds:
        assert set(line.chosen()) == cases
        assert len({sample.seed for sample in line.samples}) == 1


def test_the_order_within_rounds_is_random(forest: GroupRecord) -> None:
    assert len({tuple(sample.case for sample in line.samples) for line in forest.rounds}) > 2


def test_processes_replicate_everything_with_cold_passes_of_their_own(forest: GroupRecord) -> None:
    assert {line.process for line in forest.rounds} == {0, 1}
    assert {(line.process, line.sample.case) for line in forest.cold} == {
        (process, case.id) for process in (0, 1) for case in forest.group.cases
    }


def test_quality_of_a_stochastic_workload_is_known_for_several_seeds_alike(forest: GroupRecord) -> None:
    seeds = [{value.seed for value in outcome.quality} for outcome in forest.outcomes.values()]
    assert seeds[0] == seeds[1] == seeds[2]
    assert len(seeds[0]) >= 5
    assert min(seeds[0]) == 3
    by_backend = {case.backend: forest.outcomes[case.id] for case in forest.group.cases}
    assert by_backend["slowed:5"].quality == by_backend["sklearn"].quality
    assert by_backend["onedal"].quality != by_backend["sklearn"].quality


def test_what_the_backend_chose_and_ran_is_recorded(forest: GroupRecord) -> None:
    by_backend = {case.backend: forest.outcomes[case.id] for case in forest.group.cases}
    assert {report.engine for report in by_backend["onedal"].engines} == {"oneDAL"}
    assert by_backend["sklearn"].settings["n_jobs"] not in ("None", "1")


def test_times_are_per_call_and_phases_do_not_exceed_the_pass(forest: GroupRecord) -> None:
    for line in forest.rounds:
        for sample in line.samples:
            phases_s = sample.copy_in_s + sample.copy_out_s
            phases_s += sample.fit_s * sample.fit_loops + sample.predict_s * sample.predict_loops
            assert phases_s == pytest.approx(sample.wall_s)
            assert sample.fit_s > 0
            assert sample.peak_host_bytes > 20 << 20


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> GroupRecord:
    """A deterministic workload of short phases on two backends, on as many CPUs."""
    cli = RunProcess(tmp_path_factory.mktemp("linear") / "results", shared_cache)
    options = ("--backend", "slowed:5", "--precision", "10%", "--budget", "3s", "--threads", "2")
    return record_of(cli, *options, workload="linear_regression-diabetes")


def test_short_phases_are_looped(linear: GroupRecord) -> None:
    assert all(line.sample.fit_loops == 1 for line in linear.cold)
    assert linear.rounds[-1].samples[0].predict_loops > 1


def test_quality_of_a_deterministic_workload_is_computed_once(linear: GroupRecord) -> None:
    qualities = [outcome.quality for outcome in linear.outcomes.values()]
    assert qualities[0] == qualities[1]
    assert [len(quality) for quality in qualities] == [1, 1]


@linux
@pytest.mark.skipif(worker_cpus(2)[1:] == [], reason="needs two CPUs; it runs in CI")
def test_cases_of_one_thread_begin_on_the_same_cpu_drawn_for_every_round(linear: GroupRecord) -> None:
    began = [{sample.cpu for sample in line.samples} for line in linear.rounds]
    shared = [cpus for cpus in began if len(cpus) == 1]
    assert len(shared) > 0.7 * len(began)
    assert set().union(*shared) == set(worker_cpus(2))


#: Fits so long that a few seconds hold fewer rounds than a plateau needs.
SLOW = "random_forest_classifier-wine"


@pytest.mark.parametrize(
    ("options", "workload", "reason"),
    [
        (("--backend", "slowed:5", "--precision", "90%"), "ridge-diabetes", StopReason.PRECISION),
        (("--backend", "slowed:5", "--precision", "0.001%", "--budget", "3s"), SLOW, StopReason.BUDGET),
        (("--backend", "sklearn"), "ridge-diabetes", StopReason.ALONE),
    ],
)
def test_the_reason_for_stopping_is_kept(
    cli: RunProcess, options: tuple[str, ...], workload: str, reason: StopReason
) -> None:
    record = record_of(cli, *options, workload=workload)
    assert {outcome.stop_reason for outcome in record.outcomes.values()} == {reason}
    assert {outcome.status for outcome in record.outcomes.values()} == {Status.MEASURED}
    assert len(record.rounds) >= 5


def test_a_fallback_keeps_a_few_samples_and_its_cause_and_strict_refuses_it(cli: RunProcess, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        '[[workload]]\nname = "saga"\nalgorithm = "LogisticRegression"\n'
        'params = { solver = "saga", max_iter = 5000, tol = 1e-3 }\n'
        'data = { bundled = "breast_cancer" }\n'
        'quality = { metric = "accuracy", direction = "higher", tolerance = 0.05 }\n'
        '[[workload]]\nname = "silent"\nalgorithm = "MaxAbsScaler"\n'
        'data = { bundled = "breast_cancer" }\n'
        'quality = { metric = "transform_error", tolerance = 1e-5 }\n'
    )
    asked = ("--workload-file", str(mine), "--backend", "onedal", "--budget", "3s")
    assert cli.run(*asked, workload="saga").returncode == 0
    outcome = cli.outcomes()["onedal"]
    assert outcome.status is Status.FELL_BACK
    assert "saga" in outcome.reason
    (record,) = cli.loaded().groups
    taking_part = [any(sample.case.endswith("onedal") for sample in line.samples) for line in record.rounds]
    assert sum(taking_part) == 5

    strict = RunProcess(tmp_path / "strict", cli.cache)
    assert strict.run(*asked, "--strict", workload="saga,silent").returncode == 0
    refused = [record.outcomes[f"{record.group.id}/onedal"] for record in strict.loaded().groups]
    assert [outcome.status for outcome in refused] == [Status.UNSUPPORTED] * 2
    assert "saga" in refused[0].reason
    assert "nothing was logged" in refused[1].reason


def test_clusters_are_held_against_those_of_the_reference_on_the_same_seed(cli: RunProcess, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        """
        [[workload]]
        name = "starts"
        algorithm = "KMeans"
        params = { n_clusters = 12, init = "random", n_init = 1, random_state = "$seed" }
        data = { bundled = "iris" }
        quality = { metric = "inertia", tolerance = 9.0, relative = true }
        checks = [{ metric = "reference_rand", tolerance = 0.5 }]
        """
    )
    asked = ("--workload-file", str(mine), "--backend", "onedal", "--backend", "sklearn@again", "--budget", "3s")
    record = record_of(cli, *asked, workload="starts")
    agreed = {case.backend: [one.checks for one in record.outcomes[case.id].quality] for case in record.group.cases}
    assert len(agreed["sklearn"]) > 3
    assert {tuple(one) for one in agreed["sklearn"] + agreed["sklearn@again"]} == {(1.0,)}
    assert all(0.1 < value < 0.99 for (value,) in agreed["onedal"])
