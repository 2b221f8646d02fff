"""Runs as pandas tables: one row a case, or one row a sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from suite.errors import UsageError
from suite.records.reading import load, no_collection
from suite.records.run import GroupRecord, Run
from suite.records.schema import Case, RoundLine

_TIMES = ("copy_in_s", "fit_s", "predict_s", "copy_out_s", "wall_s", "cpu_s")
_LATENCIES = ("latency_p50_s", "latency_p99_s", "own_s")
_AROUND = ("waited_s", "foreign_cpus", "stolen_cpus", "pressure")
_PEAKS = ("peak_host_bytes", "peak_device_bytes")
_POWER = ("host_watts", "device_watts")
_COUNTS = ("seed", "fit_loops", "predict_loops", "involuntary_switches")
_NUMBERS = (*_TIMES, *_LATENCIES, *_AROUND, *_PEAKS, *_POWER)
#: Numbers that are whole and never missing.
_WHOLE = (*_COUNTS, "peak_host_bytes", "process", "round")
_TEXTS = ("engine_fit", "engine_predict")

#: So few that their samples fit into the cache of a core while they are turned into columns.
_ROUNDS_AT_A_TIME = 200


def read(paths: Iterable[Path]) -> pd.DataFrame:
    """Return one row a case of these runs, in the plans' order, raw: nothing is judged or compared.

    Times are medians over the samples of all rounds, in seconds per call; `cold_s` is the first pass from end to end,
    `peak_host_bytes` the largest. `quality` is the mean over the seeds. What was not measured is missing.
    """
    with no_collection():
        table = _Table(paths, _NUMBERS)
        cases = table.cases().join(_summary(table.samples()))
        counts = ["samples", "disturbed", "processes"]
        return cases.assign(**cases[counts].fillna(0).astype(np.int64))


def samples(paths: Iterable[Path]) -> pd.DataFrame:
    """Return one row a sample of these runs, in the order in which they were measured.

    `marks` joins what disturbed a sample by "; ". The passes of cold processes are not among them.
    """
    with no_collection():
        table = _Table(paths, (*_COUNTS, *_NUMBERS, "cpu"))
        taken, cases = table.samples(), table.cases()
        owner = taken.pop("case").to_numpy()
        names = {name: _chosen(cases[name].to_numpy(), owner) for name in ("run", "group", "case", "backend")}
        return pd.concat([pd.DataFrame(names), taken], axis=1)


class _Table:
    """Reads runs into columns, a few rounds at a time: a million samples at once would fill the memory."""

    def __init__(self, paths: Iterable[Path], numbers: tuple[str, ...]) -> None:
        self._names = ("process", "round", "at_s", *numbers)
        self._numbers_of = attrgetter(*numbers)
        self._texts = {name: _Numbering() for name in (*_TEXTS, "marks")}
        self._rows: list[dict[str, Any]] = []
        self._rounds: list[RoundLine] = []
        self._owners: list[NDArray[np.int64]] = []
        self._numbers: list[NDArray[np.float64]] = []
        self._codes: list[NDArray[np.int64]] = []
        for path in paths:
            self._read(path)

    def _read(self, path: Path) -> None:
        """Read one run; the samples of a case refer to its row by number."""
        self._seen = _Numbering()
        self._seen_in: list[NDArray[np.int64]] = []
        run = load(path, on_round=self._add)
        self._flush()
        rows = list(_case_rows(run))
        row_of = {row["case"]: number for number, row in enumerate(rows, start=len(self._rows))}
        strangers = [case for case in self._seen if case not in row_of]
        if strangers:
            raise UsageError(f"{path}: the case {strangers[0]!r} is not in the plan of its run.json: restore the files")
        if self._seen_in:
            self._owners.append(np.array([row_of[case] for case in self._seen])[np.concatenate(self._seen_in)])
        self._rows += rows

    def _add(self, line: RoundLine) -> None:
        self._rounds.append(line)
        if len(self._rounds) >= _ROUNDS_AT_A_TIME:
            self._flush()

    def _flush(self) -> None:
        """Turn the rounds taken in so far into arrays, one row a sample."""
        rounds, self._rounds = self._rounds, []
        taken = [sample for line in rounds for sample in line.samples]
        if not taken:
            return
        heads = np.array([(line.process, line.round, line.at_s) for line in rounds], dtype=np.float64)
        values = list(chain.from_iterable(map(self._numbers_of, taken)))
        numbers = np.array(values, dtype=np.float64).reshape(len(taken), -1)  # None becomes NaN
        sizes = [len(line.samples) for line in rounds]
        self._numbers.append(np.hstack([np.repeat(heads, sizes, axis=0), numbers]))
        self._seen_in.append(np.array([self._seen[sample.case] for sample in taken], dtype=np.int64))
        fit, predict, marks = self._texts.values()
        codes = [
            (fit[one.engine_fit], predict[one.engine_predict], marks["; ".join(one.marks) if one.marks else ""])
            for one in taken
        ]
        self._codes.append(np.array(codes, dtype=np.int64))

    def cases(self) -> pd.DataFrame:
        """Return what is known of every case beside its samples, one row each."""
        columns = self._rows[0] if self._rows else dict.fromkeys(("run", "group", "case", "backend"))
        return pd.DataFrame({name: [row[name] for row in self._rows] for name in columns})

    def samples(self) -> pd.DataFrame:
        """Return every sample; the column `case` is the number of the case's row."""
        numbers = np.concatenate([np.empty((0, len(self._names))), *self._numbers])
        codes = np.concatenate([np.empty((0, len(self._texts)), dtype=np.int64), *self._codes])
        frame = pd.DataFrame(numbers, columns=list(self._names))
        frame = frame.astype({name: np.int64 for name in self._names if name in _WHOLE})
        frame.insert(0, "case", np.concatenate([np.empty(0, dtype=np.int64), *self._owners]))
        for (name, texts), column in zip(self._texts.items(), codes.T, strict=True):
            frame[name] = pd.Categorical.from_codes(column, categories=pd.Index(list(texts), dtype=object))
        return frame


class _Numbering(dict[str, int]):
    """Numbers texts in the order in which they are first asked for."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


def _chosen(texts: NDArray[Any], rows: NDArray[np.int64]) -> pd.Categorical[Any]:
    """Return the texts of these rows."""
    codes, unique = pd.factorize(texts)
    return pd.Categorical.from_codes(codes[rows], categories=pd.Index(unique, dtype=object))


def _case_rows(run: Run) -> Iterator[dict[str, Any]]:
    for record in run.groups:
        for case in record.group.cases:
            yield _case_row(run, record, case)


def _case_row(run: Run, record: GroupRecord, case: Case) -> dict[str, Any]:
    """Return what is known of a case beside its samples."""
    group, outcome = record.group, record.outcomes.get(case.id)
    shape = record.started.data["X_train"].shape if record.started and "X_train" in record.started.data else ()
    backend = run.backends.get(case.backend)
    values = [one.value for one in outcome.quality] if outcome else []
    cold = [line.sample.end_to_end_s for line in record.cold if line.sample.case == case.id]
    return {
        "run": run.info.id,
        "machine": run.info.machine.id,
        "group": group.id,
        "case": case.id,
        "workload": group.workload.name,
        "algorithm": group.workload.algorithm,
        "task": group.workload.task.value,
        "size": group.size_name,
        "rows": shape[0] if shape else None,
        "features": shape[1] if len(shape) > 1 else None,
        "dtype": group.dtype,
        "order": group.order,
        "backend": case.backend,
        "status": outcome.status.value if outcome else None,
        "reason": outcome.reason if outcome else None,
        "stop_reason": outcome.stop_reason.value if outcome and outcome.stop_reason else None,
        "metric": group.workload.quality.metric,
        "quality": sum(values) / len(values) if values else None,
        "qualities": len(values),
        "import_s": backend.import_s if backend else None,
        "cold_s": median(cold) if cold else None,
    }


def _summary(taken: pd.DataFrame) -> pd.DataFrame:
    """Return one row a case of these samples, indexed by the number of its row."""
    taken["disturbed"] = taken["marks"] != ""
    taken["cpu_over_wall"] = taken["cpu_s"] / taken["wall_s"]
    by_case = taken.groupby("case", sort=False)
    return pd.concat(
        [
            by_case.agg(samples=("round", "size"), disturbed=("disturbed", "sum"), processes=("process", "nunique")),
            by_case[[*_TIMES, *_LATENCIES, "cpu_over_wall", *_AROUND]].median(),
            by_case[[*_PEAKS]].max(),
            by_case[[*_TEXTS]].last(),
        ],
        axis=1,
    )
