"""Analyses built by hand, for the tests of the report."""

from __future__ import annotations

from typing import Any

from suite.analyse.rows import Analysis, BackendMean, CaseRow, Judged, Parity, Ratio, Verdict
from suite.records.schema import (
    Cache,
    Case,
    Git,
    Gpu,
    Group,
    Machine,
    Plan,
    RunInfo,
    Settings,
    Status,
)
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload

JUDGED = ("metric", "quality", "quality_reference", "tolerance", "parity")


def make_group(name: str = "logistic", backends: tuple[str, ...] = ("sklearn", "onedal"), **quality: Any) -> Group:
    judged = {
        "metric": "accuracy",
        "direction": Direction.HIGHER,
        "tolerance": 0.01,
        "origin": "one sample in a hundred",
    }
    workload = Workload(
        name=name,
        algorithm="LogisticRegression",
        task=Task.CLASSIFICATION,
        about="a test",
        data={Size.S: DataSpec(source="classification", n_train=8000, n_test=2000, n_features=20)},
        quality=Quality(**(judged | quality)),
    )
    group = f"{name}/S/float32/C"
    cases = [Case(id=f"{group}/{backend}", backend=backend) for backend in backends]
    return Group(id=group, workload=workload, size=Size.S, dtype="float32", order="C", cases=cases, expected_s=1.0)


def make_machine(**changes: Any) -> Machine:
    facts: dict[str, Any] = {
        "id": "3f2a9c",
        "system": "Linux",
        "kernel": "6.1.0",
        "architecture": "x86_64",
        "cpu": "Example CPU 9000",
        "sockets": 1,
        "cores": 8,
        "logical_cpus": 16,
        "usable_cpus": 4,
        "caches": [Cache(level="L3", bytes=33554432, instances=1)],
        "memory_bytes": 16 * 2**30,
        "cgroup_memory_bytes": 8 * 2**30,
        "cgroup_cpus": 4.0,
        "governor": "performance",
        "virtual": "kvm",
        "container": "",
        "simd": ["avx2", "fma"],
        "gpus": [Gpu(name="Example GPU", memory_bytes=80 * 2**30, driver="570.1")],
    }
    return Machine(**(facts | changes))


def make_info(groups: list[Group] | None = None, **changes: Any) -> RunInfo:
    settings = Settings(
        threads=4, budget_s=120, precision=0.03, processes=2, seed=7, timeout_s=600, memory_bytes=4 * 2**30
    )
    chosen = [make_group()] if groups is None else groups
    facts: dict[str, Any] = {
        "id": "20260705T120000Z-3f2a9c-ab12",
        "started_utc": "2026-07-05T12:00:00Z",
        "command": ["python", "-m", "suite", "run", "--workload", "logistic *"],
        "plan": Plan(reference="sklearn", settings=settings, groups=chosen, expected_s=60),
        "machine": make_machine(),
        "versions": {
            "evenhand": "0.1.0",
            "msgspec": "0.22.0",
            "numpy": "2.4.6",
            "scikit-learn": "1.9.1",
            "scikit-learn-intelex": "2026.2.0",
        },
        "python": "CPython 3.11.7",
        "code": "c0de",
        "git": Git(commit="0123456789abcdef", dirty=False),
    }
    return RunInfo(**(facts | changes))


def make_row(**changes: Any) -> CaseRow:
    backend = changes.get("backend", "onedal")
    workload = changes.get("workload", "logistic")
    reference = backend == "sklearn"
    facts: dict[str, Any] = {
        "run": "20260705T120000Z-3f2a9c-ab12",
        "machine": "3f2a9c",
        "group": f"{workload}/S/float32/C",
        "case": f"{workload}/S/float32/C/{backend}",
        "workload": workload,
        "algorithm": "LogisticRegression",
        "task": "classification",
        "size": "S",
        "rows": 10000,
        "features": 20,
        "dtype": "float32",
        "order": "C",
        "backend": backend,
        "device": "cpu",
        "engine_fit": "scikit-learn" if reference else "oneDAL",
        "engine_predict": "scikit-learn" if reference else "oneDAL",
        "status": Status.MEASURED,
        "reason": "",
        "verdict": Verdict.REFERENCE if reference else Verdict.FASTER,
        "speedup": None if reference else Ratio(2.3145, 2.2512, 2.3788),
        "end_to_end": None if reference else Ratio(2.1034, 2.0412, 2.1699),
        "fit": None if reference else Ratio(2.5, 2.4, 2.6),
        "predict": None if reference else Ratio(1.5, 1.4, 1.6),
        "speedup_at_least": None,
        "import_s": 0.9 if reference else 1.7,
        "cold_s": 0.25 if reference else 0.31,
        "copy_in_s": 0.0 if reference else 0.002,
        "fit_s": 0.21 if reference else 0.084,
        "predict_s": 0.0031 if reference else 0.00207,
        "copy_out_s": 0.0 if reference else 0.0004,
        "cpu_over_wall": 3.7,
        "peak_host_bytes": 300 * 2**20,
        "peak_device_bytes": None,
        "metric": "accuracy",
        "quality": 0.912 if reference else 0.9115,
        "quality_reference": 0.912,
        "tolerance": 0.01,
        "parity": Parity.IDENTICAL if reference else Parity.EQUAL,
        "samples": 60,
        "disturbed": 0 if reference else 3,
        "processes": 2,
        "stop_reason": "precision reached",
    }
    facts |= changes
    facts.setdefault("verdict_end_to_end", facts["verdict"])
    known = [facts[name] for name in ("fit_s", "predict_s") if facts[name] is not None]
    facts.setdefault("resident_s", sum(known) if known else None)
    judged = Judged(relative=False, **{name: facts[name] for name in JUDGED})
    return CaseRow(**({"judged": (judged,)} | facts))


def make_silent_row(status: Status, **changes: Any) -> CaseRow:
    """Return a case that has no figures."""
    nothing: dict[str, Any] = {
        "status": status,
        "verdict": Verdict.NONE,
        "speedup": None,
        "end_to_end": None,
        "fit": None,
        "predict": None,
        "cold_s": None,
        "copy_in_s": None,
        "fit_s": None,
        "predict_s": None,
        "copy_out_s": None,
        "cpu_over_wall": None,
        "peak_host_bytes": None,
        "quality": None,
        "parity": Parity.UNKNOWN,
        "samples": 0,
        "disturbed": 0,
        "stop_reason": "",
        "engine_fit": "",
        "engine_predict": "",
        "reason": f"why it {status.value}",
    }
    return make_row(**(nothing | changes))


def make_mean(**changes: Any) -> BackendMean:
    facts: dict[str, Any] = {
        "backend": "onedal",
        "speedup": Ratio(2.31, 2.1, 2.54),
        "covered": 9,
        "asked": 12,
        "faster": 6,
        "slower": 2,
        "same": 1,
        "ambiguous": 0,
    }
    return BackendMean(**(facts | changes))


def make_analysis(rows: list[CaseRow] | None = None, **changes: Any) -> Analysis:
    chosen = [make_row(backend="sklearn"), make_row()] if rows is None else rows
    facts: dict[str, Any] = {
        "info": make_info(),
        "reference": "sklearn",
        "rows": chosen,
        "means": [make_mean()],
        "disturbed_share": 0.025,
        "notes": [],
        "engines": {"sklearn": "scikit-learn 1.9.1", "onedal": "scikit-learn-intelex 2026.2.0"},
    }
    return Analysis(**(facts | changes))


def every_kind() -> Analysis:
    """Return an analysis with every verdict, parity and status in it."""
    rows: list[CaseRow] = []
    groups: list[Group] = []

    def add(name: str, **changes: Any) -> None:
        groups.append(make_group(name))
        rows.extend([make_row(backend="sklearn", workload=name), make_row(workload=name, **changes)])

    add("logistic")
    add(
        "kmeans",
        task="clustering",
        verdict=Verdict.SLOWER,
        speedup=Ratio(0.701, 0.688, 0.712),
        end_to_end=Ratio(0.70, 0.68, 0.72),
    )
    add(
        "ridge",
        task="regression",
        verdict=Verdict.SAME,
        speedup=Ratio(1.0012, 0.9941, 1.0077),
        end_to_end=Ratio(1.0, 0.99, 1.01),
    )
    add(
        "lasso",
        task="regression",
        verdict=Verdict.AMBIGUOUS,
        speedup=Ratio(1.1, 0.8, 1.5),
        end_to_end=Ratio(1.0, 0.7, 1.4),
    )
    add("svc", speedup=Ratio(112.4, 108.3, 117.9), end_to_end=Ratio(80.1, 77.0, 84.2), parity=Parity.IDENTICAL)
    add("pca", task="embedding", speedup_at_least=34.56, verdict=Verdict.FASTER, speedup=None, end_to_end=None)
    add("forest", verdict=Verdict.NONE, parity=Parity.LOST, speedup=None, end_to_end=None, quality=0.85, reason="")
    add("boosted", verdict=Verdict.NONE, parity=Parity.UNDECIDED, speedup=None, end_to_end=None)
    add(
        "neighbours", verdict=Verdict.NONE, parity=Parity.UNKNOWN, speedup=None, end_to_end=None, quality_reference=None
    )
    for status in Status:
        if status is not Status.MEASURED:
            name = status.name.lower()
            groups.append(make_group(name))
            rows.append(make_row(backend="sklearn", workload=name))
            rows.append(make_silent_row(status, workload=name))
    return make_analysis(rows, info=make_info(groups), notes=["Others used the CPU during 12 % of the run."])
