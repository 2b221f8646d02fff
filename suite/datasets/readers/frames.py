"""Reads tables with named columns: CSV, Parquet, Arrow."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from suite.datasets.readers.options import FileOptions
from suite.datasets.readers.raw import PACKED, Raw, check_names, check_room, opened, pyarrow, readable
from suite.errors import UsageError

#: What may stand between the values of a line.
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
BLOCK_BYTES = 1 << 20


def read_csv(path: Path, options: FileOptions) -> Raw:
    """Read UTF-8 text with a header, packed or not; the delimiter is the one the header has most of.

    A short line is an error, not a row with missing values.
    """
    with readable(path):
        header = _header(path)
        delimiter = _delimiter(header, options)
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
        if all(_is_number(name) for name in names):
            raise UsageError(f"{path.name} has no header: its first line must name the columns")
        names = [name or f"unnamed {number}" for number, name in enumerate(names, start=1)]
        check_names(names, path.name)
        frame = _parse(path, delimiter, options.decimal, names)
        if len(frame) and frame.iloc[:, -1].isna().any():
            _check_lengths(path, delimiter, len(names))
    return Raw(frame, names)


def read_parquet(path: Path, options: FileOptions) -> Raw:
    """Read Parquet; an index that pandas kept there is a column like any other."""
    del options
    parquet = pyarrow("parquet", "Parquet")
    with readable(path):
        file = parquet.ParquetFile(path)
        check_names(file.schema_arrow.names, path.name)
        check_room(file.metadata.num_rows * len(file.schema_arrow.names) * 8, path.name, "give the columns you need")
        frame = file.read().to_pandas(ignore_metadata=True)
    return _framed(frame)


def read_arrow(path: Path, options: FileOptions) -> Raw:
    """Read an Arrow file (also called Feather) or stream."""
    del options
    with readable(path):
        table = arrow_table(path)
        check_names(table.column_names, path.name)
        return _framed(table.to_pandas(ignore_metadata=True))


def arrow_table(path: Path) -> Any:
    """Map an Arrow file, or read an Arrow stream."""
    ipc, feather, lib = pyarrow("ipc", "Arrow"), pyarrow("feather", "Arrow"), pyarrow("lib", "Arrow")
    try:
        return feather.read_table(path, memory_map=True)
    except lib.ArrowInvalid:
        with path.open("rb") as file:
            return ipc.open_stream(file).read_all()


def _framed(frame: pd.DataFrame) -> Raw:
    names = [str(name) for name in frame.columns]
    frame.columns = pd.Index(names)
    return Raw(frame, names)


def _header(path: Path) -> str:
    """Return the first record, without a byte order mark; what is packed is unpacked once to see how much it is."""
    with opened(path) as file:
        start = file.read(BLOCK_BYTES)
        if path.suffix.lower() in PACKED:
            size = len(start)
            while block := file.read(BLOCK_BYTES):
                size += len(block)
                check_room(2 * size, f"{path.name}, unpacked and as numbers,")
    if not start.strip():
        raise UsageError(f"{path.name} is empty")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(f"{path.name} is UTF-16 text; save it as UTF-8")
    if b"\0" in start:
        raise UsageError(f"{path.name} has zero bytes: it is no text; give the CSV that it was made from")
    line = start.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    text = line.decode("utf-8", errors="replace")
    record = re.match(r'(?:"[^"]*"|[^"\r\n])*', text)
    return record.group() if record else ""


def _delimiter(header: str, options: FileOptions) -> str:
    if options.delimiter != "auto":
        return next(sign for sign, name in DELIMITERS.items() if name == options.delimiter)
    counts = Counter(re.sub(r'"[^"]*"', "", header))
    return max(DELIMITERS, key=lambda sign: counts[sign])


def _parse(path: Path, delimiter: str, decimal: str, names: list[str]) -> pd.DataFrame:
    try:
        with warnings.catch_warnings(), opened(path) as file:
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                file,
                sep=delimiter,
                decimal=decimal,
                header=0,
                names=names,
                index_col=False,
                low_memory=False,
                encoding="utf-8-sig",
                skipinitialspace=True,
            )
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise UsageError(f"{path.name} is not UTF-8 text (byte 0x{byte:02x}); save it as UTF-8") from error
    except pd.errors.ParserWarning:
        _check_lengths(path, delimiter, len(names))
        raise


def _check_lengths(path: Path, delimiter: str, n: int) -> None:
    """Refuse lines with more or fewer values than the header; slow, and called only where there is a sign of one."""
    with opened(path) as file, io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
        for record in reader:
            if record and len(record) != n:
                raise UsageError(
                    f"{path.name}: line {reader.line_num} has {len(record)} values where the header has {n} names; "
                    "mend the line"
                )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
