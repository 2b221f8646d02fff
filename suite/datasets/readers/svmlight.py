"""Reads svmlight/libsvm text: a label and index:value pairs a line, and query numbers where there are any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets.readers.options import FileOptions
from suite.datasets.readers.raw import Numbered, Raw, check_room, opened, readable
from suite.datasets.readers.values import LARGEST_EXACT, beyond_exact

LABEL, QUERY = "label", "qid"


def read_svmlight(path: Path, options: FileOptions) -> Raw:
    """Read a file of one label a line; features count from 0 or 1, whichever it is in the file.

    The label is the array `label`, the query the array `qid` beside the features. Features are a CSR array if so asked,
    else dense.
    """
    from scipy.sparse import csr_array
    from sklearn.datasets import load_svmlight_file

    with readable(path), opened(path) as file:
        with_query = QUERY in options.roles
        X, label, *query = load_svmlight_file(file, zero_based="auto", query_id=with_query)
    _check_exact(path, X, label, options)
    beside = {LABEL: label, **({QUERY: query[0]} if with_query else {})}
    names = Numbered(X.shape[1])
    if options.sparse:
        return Raw(csr_array(X), names, beside)
    dense = f"{path.name} as a dense table of {X.shape[0]} × {X.shape[1]}"
    check_room(X.shape[0] * X.shape[1] * X.dtype.itemsize, dense, "set sparse = true")
    return Raw(X.toarray(), names, beside)


def _check_exact(path: Path, X: Any, label: NDArray[Any], options: FileOptions) -> None:
    """Refuse whole numbers that a float does not hold exactly, in what is used; the text is read again for them."""
    values = np.flatnonzero(np.abs(X.data) >= LARGEST_EXACT)
    rows = np.searchsorted(X.indptr, values, side="right") - 1
    if LABEL in options.roles:
        rows = np.concatenate([rows, np.flatnonzero(np.abs(label) >= LARGEST_EXACT)])
    suspects = set(rows.tolist())
    for row, (written, *pairs) in _lines(path) if suspects else ():
        if row not in suspects:
            continue
        if LABEL in options.roles and _is_beyond(written):
            cure = "number the classes from 0" if options.task == "classification" else "divide it by a power of ten"
            raise beyond_exact(written, "the target" if options.target == LABEL else LABEL, path.name, cure)
        for pair, column in zip(pairs, X.indices[X.indptr[row] :].tolist(), strict=False):
            value = pair.partition(":")[2]
            if _is_beyond(value) and _is_used(column, X.shape[1], options):
                cure = f"leave the column out by drop = ['{column}']"
                raise beyond_exact(value, f"column '{column}'", path.name, cure)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Go through the rows: label and pairs as they are written, without the query."""
    row = 0
    with readable(path), opened(path) as file:
        for line in file:
            label, *pairs = line.partition(b"#")[0].decode("ascii", errors="replace").split() or [""]
            if label:
                yield row, [label, *(pair for pair in pairs if not pair.startswith(f"{QUERY}:"))]
                row += 1


def _is_beyond(text: str) -> bool:
    return bool(re.fullmatch(r"[-+]?\d+", text)) and abs(int(text)) > LARGEST_EXACT


def _is_used(column: int, n: int, options: FileOptions) -> bool:
    names = {str(column), "-1"} if column == n - 1 else {str(column)}
    return bool(names.intersection(options.columns)) if options.columns else not names.intersection(options.drop)
