"""Reads svmlight/libsvm text: a label and index:value pairs a line, and query numbers where there are any."""

from __future__ import annotations

from pathlib import Path

from suite.datasets.readers.options import FileOptions
from suite.datasets.readers.raw import Numbered, Raw, check_room, opened, readable

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
    beside = {LABEL: label, **({QUERY: query[0]} if with_query else {})}
    names = Numbered(X.shape[1])
    if options.sparse:
        return Raw(csr_array(X), names, beside)
    dense = f"{path.name} as a dense table of {X.shape[0]} × {X.shape[1]}"
    check_room(X.shape[0] * X.shape[1] * X.dtype.itemsize, dense, "set sparse = true")
    return Raw(X.toarray(), names, beside)
