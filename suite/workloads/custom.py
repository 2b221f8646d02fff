"""Workloads of the user's own, from a TOML file; whatever is not understood is an error with its line."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from backends._installed import how_to_install
from backends.algorithms import ALGORITHMS, ELSEWHERE
from backends.protocol import Algorithm
from suite.datasets import source_of
from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.quality.metrics import METRICS
from suite.workloads.custom_data import data_of, with_needs
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload
from suite.workloads.lines import key_lines, line_of
from suite.workloads.products import OF_TRAINING_ROWS
from suite.workloads.tables import Table, WrongKeyError, show

KEYS = ("name", "algorithm", "about", "params", "data", "sizes", "expected_s", "quality", "checks", "stochastic")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
#: What stands for something else, and the parameters that may be given so.
STANDS_FOR = {"$seed": ("random_state",), "$centers": ("init", "means_init")}
#: Attributes that are not what others have under that name: components that are training rows.
MISNAMED: Mapping[str, tuple[str, ...]] = {"Nystroem": ("components_",)}
#: What a fit leaves, of classes whose documentation has no list of attributes.
UNDOCUMENTED: Mapping[str, tuple[str, ...]] = {"UMAP": ("embedding_",)}


def load(path: Path) -> tuple[Workload, ...]:
    """Return the workloads of a TOML file; paths in it are relative to its folder.

    Raises
    ------
    UsageError
        If the file cannot be read or anything in it is not understood: one line with the file and the line in it.
    """
    text = _read(path)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    try:
        return _workloads(Table(document, ()), path)
    except WrongKeyError as error:
        raise UsageError(f"{path}:{line_of(error.path, key_lines(text))}: {error}") from error


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text (byte {error.start}); is it a TOML file?") from error
    except OSError as error:
        raise UsageError(f"cannot read the workload file {path}: {error.strerror or error}") from error


def _workloads(document: Table, path: Path) -> tuple[Workload, ...]:
    document.only(["workload"], "a workload file")
    entries = document.values.get("workload", [])
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise document.wrong("workload", "a workload file needs tables headed [[workload]]")
    workloads: dict[str, Workload] = {}
    for index, entry in enumerate(entries):
        table = Table(entry, ("workload", index))
        workload = _workload(table, path)
        if workload.name in workloads:
            raise table.wrong("name", f"there are two workloads named {workload.name!r}")
        workloads[workload.name] = workload
    return tuple(workloads.values())


def _workload(table: Table, path: Path) -> Workload:
    table.only(KEYS, "a workload")
    name = table.text("name")
    if not _NAME.fullmatch(name):
        raise table.wrong("name", f"name must consist of letters, digits and any of _ . + -, not {name!r}")
    algorithm = _algorithm(table)
    task = Task(algorithm.task)
    estimator = _class_of(table, algorithm)
    judged = [table.table("quality", required=True), *table.tables("checks")]
    quality, *checks = (_quality(each, algorithm, estimator, path) for each in judged)
    _check_different(judged, [quality, *checks])
    data = data_of(table, task, held_out=bool(algorithm.output), path=path)
    params, configured = _params(table.table("params"), estimator, data)
    _check_truth(judged, [quality, *checks], data)
    return Workload(
        name=name,
        algorithm=algorithm.name,
        task=task,
        about=table.text("about", f"{algorithm.name}, from {path.name}"),
        data=with_needs(table, data, configured),
        quality=quality,
        checks=tuple(checks),
        params=params,
        output=algorithm.output,
        stochastic=table.flag("stochastic", default="$seed" in params.values()),
        fit_s=_expected_s(table, data),
    )


def _expected_s(table: Table, data: Mapping[Size, DataSpec]) -> Mapping[Size, float]:
    """Return the expected seconds: one number where there is one size, or a table by size."""
    if "expected_s" not in table:
        return {}
    if not isinstance(table.values["expected_s"], dict):
        if len(data) > 1:
            example = ", ".join(f"{size.value} = ..." for size in data)
            raise table.wrong("expected_s", f"expected_s must say of which size: expected_s = {{ {example} }}")
        return dict.fromkeys(data, _seconds(table, "expected_s"))
    by_size = table.table("expected_s")
    by_size.only([size.value for size in data], "expected_s")
    return {size: _seconds(by_size, size.value) for size in data if size.value in by_size}


def _seconds(table: Table, key: str) -> float:
    seconds = table.amount(key)
    if seconds <= 0:
        raise table.wrong(key, f"{key} must be above 0")
    return seconds


def _algorithm(table: Table) -> Algorithm:
    name = table.text("algorithm")
    if name not in ALGORITHMS:
        raise table.wrong("algorithm", f"no algorithm {name!r}{did_you_mean(name, ALGORITHMS)}")
    return ALGORITHMS[name]


def _class_of(table: Table, algorithm: Algorithm) -> Any:
    """Return the stock class."""
    try:
        estimator = getattr(import_module(algorithm.module), algorithm.name, None)
    except ImportError as error:
        if algorithm.name not in ELSEWHERE:
            raise
        cure = how_to_install(algorithm.module)
        raise table.wrong("algorithm", f"{algorithm.name} needs another package: {cure}") from error
    if estimator is None:
        raise table.wrong("algorithm", f"the installed scikit-learn has no {algorithm.name}")
    return estimator


def _check_different(tables: list[Table], judged: list[Quality]) -> None:
    """Refuse to judge twice by one metric."""
    for index, quality in enumerate(judged):
        if quality.metric in [earlier.metric for earlier in judged[:index]]:
            raise tables[index].wrong("metric", f"{quality.metric} is judged already: a check needs another metric")


def _quality(table: Table, algorithm: Algorithm, estimator: Any, path: Path) -> Quality:
    table.only(["metric", "direction", "tolerance", "relative", "origin"], "quality")
    fitting = [name for name, metric in METRICS.items() if algorithm.task in metric.tasks]
    name = table.text("metric")
    if name not in fitting:
        raise table.wrong("metric", f"no metric {name!r} for {algorithm.task}{did_you_mean(name, fitting)}")
    metric = METRICS[name]
    needed = [product for product in metric.products if product != "output"]
    lacking = [OF_TRAINING_ROWS.get(product, product) for product in needed if not _leaves(estimator, product)]
    if lacking or ("output" in metric.products and not algorithm.output):
        has_not = ", ".join(lacking) or "output"
        raise table.wrong("metric", f"{name} cannot judge {algorithm.name}, which has no {has_not}")
    direction = table.text("direction", metric.direction)
    if direction != metric.direction:
        raise table.wrong("direction", f"direction of {name} is {metric.direction.value!r}, not {direction!r}")
    return Quality(
        metric=name,
        direction=Direction(direction),
        tolerance=table.amount("tolerance"),
        origin=table.text("origin", f"given in {path.name}"),
        relative=table.flag("relative", default=False),
    )


def _leaves(estimator: Any, product: str) -> bool:
    """Tell whether a class has a product once it is fitted: by its documentation, or by its methods."""
    if product in OF_TRAINING_ROWS:
        return hasattr(estimator, OF_TRAINING_ROWS[product])
    if product in MISNAMED.get(estimator.__name__, ()):
        return False
    if estimator.__name__ in UNDOCUMENTED:
        return product in UNDOCUMENTED[estimator.__name__]
    return not estimator.__doc__ or product in estimator.__doc__


def _params(table: Table, estimator: Any, data: Mapping[Size, DataSpec]) -> tuple[Mapping[str, Any], Any]:
    """Check the parameters' names and values against the estimator's class; return them and an estimator with them."""
    known = [name for name in estimator._get_param_names() if name != "n_jobs"]
    if "n_jobs" in table:
        raise table.wrong("n_jobs", "n_jobs is the same for all engines: leave it out and use --threads")
    table.only(known, estimator.__name__)
    plain = {}
    for name, value in table.values.items():
        if isinstance(value, str) and value.startswith("$"):
            _check_reference(table, name, value, data)
        elif isinstance(value, float) and not math.isfinite(value):
            raise table.wrong(name, f"{name} must be finite: records hold no {value}")
        elif isinstance(value, bool | int | float | str | list):
            plain[name] = value
        else:
            raise table.wrong(name, f"{name} cannot be {show(value)}")
    configured = estimator(**plain)
    if not hasattr(configured, "_parameter_constraints"):  # another package's, which checks values when it is fitted
        return dict(table.values), configured
    try:
        configured._validate_params()
    except ValueError as error:
        blamed = next((name for name in plain if f"'{name}'" in str(error)), "")
        raise table.wrong(blamed, " ".join(str(error).split())) from error
    return dict(table.values), configured


def _check_reference(table: Table, name: str, value: str, data: Mapping[Size, DataSpec]) -> None:
    """Check "$seed" and "$centers", the only values that stand for something else."""
    if value not in STANDS_FOR:
        raise table.wrong(name, f"{name} = {value!r}: only $seed and $centers stand for something else")
    if name not in STANDS_FOR[value]:
        raise table.wrong(name, f"{value} is for {' and '.join(STANDS_FOR[value])}, not for {name}")
    count = "n_components" if name == "means_init" else "n_clusters"
    wanted = table.values.get(count, 1 if name == "means_init" else 8)
    for spec in data.values():
        if value == "$centers" and spec.args.get("init_centers") != wanted:
            raise table.wrong(name, f"{name} = '$centers' needs init_centers = {wanted} in data, as {count} is")


def _check_truth(tables: list[Table], judged: list[Quality], data: Mapping[Size, DataSpec]) -> None:
    """Check that there is a truth to compare clusters with."""
    for spec in data.values():
        labelled = source_of(spec.source).target in (Task.CLASSIFICATION, Task.CLUSTERING) or "target" in spec.args
        for table, quality in zip(tables, judged, strict=True):
            if quality.metric == "adjusted_rand" and not labelled:
                raise table.wrong("metric", "adjusted_rand needs data with known classes or clusters")
