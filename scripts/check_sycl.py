"""Check every algorithm that oneDAL offers on a SYCL device: that it runs there, and that stock scikit-learn agrees.

    python scripts/check_sycl.py [--device cpu-sycl] [--json]

Run it where scikit-learn-intelex-gpu is installed. With `cpu-sycl` it needs no GPU: the same code runs on the CPU
through OpenCL. It ends with status 1 if something that is offered ran elsewhere, raised or disagrees. Algorithms that
are not offered are tried all the same, by their own class: the last column then says what happened.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "backends"))

from backends.algorithms import ALGORITHMS
from backends.discovery import create
from backends.onedal import PREVIEW, STABLE
from backends.protocol import Backend, EngineReport, State

#: Forests draw their own random numbers: they agree about as well as two seeds do.
FORESTS = ("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor")
PARAMS: dict[str, dict[str, Any]] = {
    **{name: {"n_estimators": 50, "random_state": 0} for name in FORESTS},
    "KMeans": {"n_clusters": 3, "n_init": 1},
    "DBSCAN": {"eps": 1.0},
    "PCA": {"n_components": 3},
    "IncrementalPCA": {"batch_size": 100},  # all components: with fewer, scikit-learn's batches lose some variance
    "Lasso": {"alpha": 0.1},
    "ElasticNet": {"alpha": 0.1},
    "TSNE": {"max_iter": 250},
}
#: What is compared where the class has no output: these attributes are in the order of the rows.
ATTRIBUTES = {
    "DBSCAN": "labels_",
    "LocalOutlierFactor": "negative_outlier_factor_",
    "EmpiricalCovariance": "covariance_",
}
#: Methods that scikit-learn-intelex leaves to scikit-learn on every device.
STOCK = {("MaxAbsScaler", "transform")}
WORST_SHARE, WORST_DIFFERENCE = 0.02, 2e-3


@dataclass
class Row:
    """What became of one algorithm with one dtype: `fit` and `output` say what ran, or raised, or why nothing did."""

    algorithm: str
    dtype: str
    offered: bool
    fit: str
    output: str = ""
    difference: float | None = None
    ok: bool = True


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu-sycl", choices=("cpu-sycl", "gpu"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    backend = create(f"onedal:{options.device}")
    diagnosis = backend.probe()
    if diagnosis.state not in (State.READY, State.NO_FLOAT64):
        sys.exit(f"{diagnosis.state}: {diagnosis.detail}; {diagnosis.cure}")
    os.environ.update(backend.environment(2))
    backend.load(STABLE | PREVIEW)
    backend.start(2)
    dtypes = ("float32", "float64") if diagnosis.state is State.READY else ("float32",)
    rows = [_check(backend, name, dtype) for dtype in dtypes for name in sorted(STABLE | PREVIEW)]
    print(json.dumps([asdict(row) for row in rows]) if options.json else _table(rows, diagnosis.device))
    sys.exit(any(not row.ok for row in rows))


def _check(backend: Backend, algorithm: str, dtype: str) -> Row:
    """Fit and predict there, and with stock scikit-learn."""
    import numpy as np
    from backend_calls import make_data, problem

    data = make_data(dtype, rows=600)
    params = dict(PARAMS.get(algorithm, {}))
    if algorithm == "KMeans":
        params["init"] = np.array(data.X[:3])
    asked = problem(algorithm, params, n_samples=len(data.X), dtype=dtype)
    offered = bool(backend.offer(algorithm).estimator)
    make = backend.estimator if offered else _class_itself
    row = Row(algorithm, dtype, offered, "")
    try:
        ours = _run(backend, make(asked), data, algorithm, row)
    except Exception as error:  # noqa: BLE001 - whatever the engine raises is the finding
        said = f"raised {type(error).__name__}: {error}".partition("\n")[0]
        row.fit, row.output = (row.fit, said) if row.fit else (said, "")
        row.ok = not offered
        return row
    stock = create("sklearn")
    theirs = _run(stock, stock.estimator(asked), data, algorithm, Row(algorithm, dtype, True, ""))
    row.difference = _difference(algorithm, ours, theirs)
    if offered:
        agrees = row.difference <= (WORST_SHARE if _is_loose(algorithm) else WORST_DIFFERENCE)
        stays = (algorithm, ALGORITHMS[algorithm].output) in STOCK
        ran = [row.fit] if stays or not row.output else [row.fit, row.output]
        row.ok = agrees and all(text.startswith("ran") for text in ran)
    return row


def _class_itself(asked: Any) -> Any:
    """Make what is not offered, past the backend's refusal."""
    from backends.onedal import _offered

    found = _offered(asked.algorithm)
    if found is None:
        raise LookupError(asked.algorithm)
    return found.cls(**asked.params)


def _run(backend: Backend, estimator: Any, data: Any, algorithm: str, row: Row) -> Any:
    """Return what is compared, on the host; what ran is written into the row."""
    output = ALGORITHMS[algorithm].output
    X, y = backend.to_device(data.X), backend.to_device(data.y(algorithm))
    with backend.observe(strict=False) as observation:
        try:
            estimator.fit(X, y)
        finally:
            report = observation.report()
        row.fit = _text(report)
        if not output:
            attribute = ATTRIBUTES.get(algorithm)
            return backend.to_host(getattr(estimator, attribute)) if attribute else None
        result = getattr(estimator, output)(X)
        backend.synchronize()
        row.output = _text(observation.report())
    return backend.to_host(result)


def _text(report: EngineReport) -> str:
    if report.accelerated:
        entered = [part.removeprefix("entered ") for part in report.evidence.split("; ") if part.startswith("entered ")]
        policy = "data_parallel_policy" if "data_parallel_policy" in report.evidence else "host"
        return f"ran {entered[-1] if entered else report.engine} ({policy})"
    return f"{report.engine}: {report.cause}"


def _is_loose(algorithm: str) -> bool:
    return algorithm in FORESTS or ALGORITHMS[algorithm].task == "classification"


def _difference(algorithm: str, ours: Any, theirs: Any) -> float:
    """Return the share of other labels, or the largest difference in parts of the largest value; 0 is agreement."""
    import numpy as np

    if theirs is None:
        return 0.0
    if isinstance(theirs, tuple):  # distances and indices: equal distances may swap indices
        ours, theirs = ours[0], theirs[0]
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if ALGORITHMS[algorithm].task == "classification" or algorithm == "KMeans":
        return float(np.mean(ours != theirs))
    if algorithm == "DBSCAN":
        from sklearn.metrics import adjusted_rand_score

        return float(1 - adjusted_rand_score(theirs, ours))
    if algorithm in FORESTS:  # the share of the variance in which they differ
        return float(np.var(ours - theirs) / np.var(theirs))
    if ALGORITHMS[algorithm].task == "embedding":  # components have no sign
        ours, theirs = np.abs(ours), np.abs(theirs)
    return float(np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs)))


def _table(rows: list[Row], device: str) -> str:
    lines = [device, f"{'algorithm':24}{'dtype':9}{'':5}{'difference':>11}  fit | output"]
    for row in rows:
        mark = ("ok" if row.ok else "BAD") if row.offered else "no"
        difference = "" if row.difference is None else f"{row.difference:.1e}"
        said = " | ".join(filter(None, [row.fit, row.output]))
        lines.append(f"{row.algorithm:24}{row.dtype:9}{mark:5}{difference:>11}  {said}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
