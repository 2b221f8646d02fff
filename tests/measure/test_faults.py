"""Faults, with the real command line: a case that goes wrong gets its status and its reason, nothing else is lost."""

from __future__ import annotations

import os
import resource
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from run_process import PLUGINS, RunProcess, until

from suite.measure.group import MIN_ROUNDS
from suite.records.schema import OutcomeLine, RoundLine, Status

METHODS = runpy.run_path(str(PLUGINS / "evenhand_testing.py"))["METHODS"]
FOR_LONG = ("--budget", "10m", "--precision", "0.001%")
LONG = ("--backend", "sklearn", "--backend", "slowed:0", *FOR_LONG)
#: Eight processes: four that fork their workers, and four that are the workers.
MANY = ("--reference", "faulty:unforked", "--backend", "faulty:fates", "--processes", "4", *FOR_LONG)
FAULTS = {
    "raise": (Status.FAILED, "ValueError: the engine says no (in fit)"),
    "crash": (Status.FAILED, "SIGSEGV"),
    "kill": (Status.FAILED, "SIGKILL"),
    "kill-after-3": (Status.FAILED, "SIGKILL"),
    "exit": (Status.FAILED, "exited with code 7"),
    "hang": (Status.TIMED_OUT, "timeout of 10 s"),
    "memory": (Status.OUT_OF_MEMORY, "over the limit of 700 MiB"),
    "nan": (Status.DIVERGED, "142 of 142 values of output not finite"),
    "garbage": (Status.FAILED, "not usable"),
    "load": (Status.UNAVAILABLE, "libengine.so: cannot open shared object file"),
    "diagnose": (Status.UNAVAILABLE, "cannot even say how it feels"),
    "no-detail": (Status.UNAVAILABLE, "its diagnosis has detail=None"),
    "no-version": (Status.UNAVAILABLE, "its diagnosis has version=None"),
    "no-offer": (Status.UNSUPPORTED, "its offer is no Offer but None"),
    "no-report": (Status.FAILED, "its observation reports None, not what ran"),
    "no-text": (Status.UNAVAILABLE, "Expected `str`, got `int`"),
    "verbose": (Status.FAILED, "the worker answered what is not a reply: a message of 33,55"),
}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> RunProcess:
    """One run with every fault at once, beside a healthy reference and a healthy competitor."""
    cli = RunProcess(tmp_path_factory.mktemp("faults") / "results", shared_cache)
    asked = [option for fault in FAULTS for option in ("--backend", f"faulty:{fault}")]
    done = cli.run(*asked, "--backend", "slowed:0", "--timeout", "10s", "--memory", "700MiB", "--budget", "5s")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    until(lambda: cli.alive() == [], 60)
    return cli


@pytest.fixture(scope="module")
def outcomes(faulty: RunProcess) -> dict[str, OutcomeLine]:
    """Return how each backend of it ended."""
    return faulty.outcomes()


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_becomes_status_and_reason(outcomes: dict[str, OutcomeLine], fault: str) -> None:
    status, reason = FAULTS[fault]
    outcome = outcomes[f"faulty:{fault}"]
    assert outcome.status is status
    assert reason in outcome.reason
    assert "\n" not in outcome.reason


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> dict[str, OutcomeLine]:
    """One run with a backend for each method that raises."""
    cli = RunProcess(tmp_path_factory.mktemp("broken") / "results", shared_cache)
    asked = [option for method in METHODS for option in ("--backend", f"faulty:{method}")]
    done = cli.run(*asked, "--budget", "2s")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return cli.outcomes()


@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_raises_is_a_reason(broken: dict[str, OutcomeLine], method: str) -> None:
    assert broken["sklearn"].status is Status.MEASURED
    outcome = broken[f"faulty:{method}"]
    if method in ("offer", "fates"):  # what it can do is found out by doing it
        assert outcome.status is Status.MEASURED
        return
    assert outcome.status is (Status.UNAVAILABLE if method == "environment" else Status.FAILED)
    assert "RuntimeError: this method is broken" in outcome.reason
    assert "\n" not in outcome.reason


def _is_stopped(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def test_the_others_go_on_and_do_not_pay_for_it(faulty: RunProcess, outcomes: dict[str, OutcomeLine]) -> None:
    assert outcomes["faulty:hang"].status is Status.TIMED_OUT
    assert outcomes["sklearn"].status is outcomes["slowed:0"].status is Status.MEASURED
    (record,) = faulty.loaded().groups
    assert len(record.rounds) >= MIN_ROUNDS


def test_last_words_are_kept(outcomes: dict[str, OutcomeLine]) -> None:
    assert "a last word from the engine" in outcomes["faulty:crash"].stderr_tail
    assert "and says more" in outcomes["faulty:raise"].stderr_tail
    assert outcomes["faulty:hang"].timed_out_after_s == 10.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_keeps_all_rounds_and_leaves_no_process(cli: RunProcess, number: signal.Signals) -> None:
    process = cli.start(*LONG)
    cli.wait_for_rounds(10)
    before = cli.lines()
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in stdout + stderr
    assert cli.lines()[: len(before)] == before
    assert {outcome.status for outcome in cli.outcomes().values()} == {Status.INTERRUPTED}
    until(lambda: cli.alive() == [], 60)
    assert not (cli.folder() / ".scratch").exists()


def test_killed_controller_loses_nothing_finished_and_resume_goes_on(cli: RunProcess) -> None:
    process = cli.start(*MANY)
    cli.wait_for_rounds(10)
    until(lambda: any(_is_stopped(p) for p in cli.alive()), 10)
    before = cli.lines()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    until(lambda: cli.alive() == [], 60)
    assert cli.lines()[: len(before)] == before
    (record,) = cli.loaded().groups
    assert len(record.rounds) >= 10
    assert record.outcomes == {}
    with (cli.folder() / "records.jsonl").open("a") as file:
        file.write(before[-1][: len(before[-1]) // 2])  # as when the power fails in the middle of a line

    run = cli.folder().name
    planned = cli.run("--resume", run, "--dry-run")
    assert (planned.returncode, planned.stderr) == (0, "")
    assert "1 group, 2 cases" in planned.stdout
    refused = cli.run("--resume", run, "--seed", "7")
    assert refused.returncode == 2
    assert "seed" in refused.stderr
    process = cli.start("--resume", run)
    cli.wait_for_rounds(len(record.rounds) + 10)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert {outcome.status for outcome in cli.outcomes().values()} == {Status.INTERRUPTED}
    (resumed,) = cli.loaded().groups
    assert resumed.rounds[: len(record.rounds)] == record.rounds
    assert len(resumed.rounds) >= len(record.rounds) + 10
    assert {line.process for line in record.rounds} == {*range(4)}
    assert {line.process for line in resumed.rounds} == {*range(8)}
    until(lambda: cli.alive() == [], 60)


def test_two_runs_at_once_in_one_folder(cli: RunProcess) -> None:
    quick = ("--backend", "sklearn", "--backend", "slowed:5", "--budget", "3s")
    processes = [cli.start(*quick), cli.start(*quick)]
    for process in processes:
        process.communicate(timeout=120)
    assert [process.returncode for process in processes] == [0, 0]
    assert len([path for path in cli.output.iterdir() if path.is_dir()]) == 2


def test_records_that_cannot_grow_are_one_clear_line(cli: RunProcess) -> None:
    limit = 100_000

    def limit_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    cli.run("--backend", "sklearn", "--budget", "1s")  # the data are cached now
    for path in sorted(cli.output.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    done = subprocess.run(
        cli.command(*LONG),
        capture_output=True,
        text=True,
        env=cli.environment,
        check=False,
        timeout=120,
        preexec_fn=limit_files,
    )
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert "cannot write to" in done.stderr
    assert f"go on with: python -m suite run --resume {cli.folder()}\n" in done.stderr
    assert "2 of 2 cases did not get to an end" in done.stdout
    (record,) = cli.loaded().groups
    assert len(record.rounds) > 10
    until(lambda: cli.alive() == [], 60)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A real file system of 24 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("mounting a small file system needs root on Linux; it runs in CI")
    return folder


def test_full_disk(cli: RunProcess, small_disk: Path) -> None:
    try:
        cli.output = small_disk / "results"
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(16 << 20))
        done = cli.run(*LONG)
        assert done.returncode == 2
        assert done.stderr.strip().count("\n") == 0
        assert "free" in done.stderr

        ballast.unlink()
        process = cli.start(*LONG)
        cli.wait_for_rounds(10)
        before = cli.lines()
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == 2
        assert stderr.strip().count("\n") == 0
        assert "disk is full" in stderr
        assert f"go on with: python -m suite run --resume {cli.folder()}\n" in stderr
        assert "2 of 2 cases did not get to an end" in stdout
        assert cli.lines()[: len(before)] == before
        (record,) = cli.loaded().groups
        assert all(isinstance(line, RoundLine) for line in record.rounds)
        until(lambda: cli.alive() == [], 60)
    finally:
        for process in cli.alive():
            process.kill()
        subprocess.run(["umount", "-l", str(small_disk)], check=True)
