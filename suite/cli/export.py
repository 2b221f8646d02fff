"""`export`: the cases of one or several runs as CSV, Parquet or JSON, one row a case; one run for dashboards."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backends._installed import how_to_install
from suite.cli.columns import COLUMNS, Column, Value
from suite.cli.output import aligned, file_path, write_file
from suite.cli.parser import Subparsers, one_of, sentence
from suite.cli.reached_columns import REACHED_COLUMNS, ReachedColumn
from suite.cli.runs import add_run_arguments, analyse_runs
from suite.errors import UsageError

if TYPE_CHECKING:
    from suite.analyse.rows import Analysis

Columns = Sequence[Column] | Sequence[ReachedColumn]

FORMATS = ("csv", "parquet", "json")
#: Of other tools: one run, and only what was measured.
DASHBOARDS = ("pytest-benchmark", "github-action-benchmark")

#: Endings that say what no format of ours is: such a file could not be opened.
FOREIGN = ("xlsx", "xls", "ods", "html", "md", "tsv", "feather", "gz", "zip")

#: A spreadsheet takes a text that begins so for a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")

EPILOG = """\
examples:
  %(prog)s > latest.csv
  %(prog)s run-a run-b --format parquet -o both.parquet
  %(prog)s --columns                    what every column means
  %(prog)s --format pytest-benchmark -o bench.json
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb."""
    text = "export runs as CSV, Parquet or JSON, one row a case"
    parser = subparsers.add_parser("export", help=text, description=sentence(text), epilog=EPILOG)
    add_run_arguments(parser, several=True)
    formats = f"{', '.join((*FORMATS, *DASHBOARDS))} (default: by the name of FILE, else csv)"
    parser.add_argument("--format", metavar="FORMAT", type=one_of("format", (*FORMATS, *DASHBOARDS)), help=formats)
    parser.add_argument(
        "-o", dest="file", metavar="FILE", type=file_path, help="write to this file (default: -, stdout)"
    )
    parser.add_argument("--columns", action="store_true", help="print what the columns mean, and leave")
    text = "of runs in that division: one row a backend and ladder, with the time at which it has the quality"
    parser.add_argument("--time-to-quality", action="store_true", help=text)


def execute(options: argparse.Namespace) -> int:
    """Write the rows."""
    columns: Columns = REACHED_COLUMNS if options.time_to_quality else COLUMNS
    if options.columns:
        print(aligned(["COLUMN", "TYPE", "MEANING"], [[c.name, c.kind.__name__, c.about] for c in columns]))
        return 0
    if str(options.file) == "-":
        options.file = None
    kind = options.format or _by_suffix(options.file)
    _check_suffix(options.file, kind)
    if kind in DASHBOARDS:
        return _for_dashboard(options, kind)
    if kind == "parquet" and options.file is None and sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal; give a file with -o FILE")
    analyses = analyse_runs(options)
    content = ENCODERS[kind](columns, _reached(analyses) if options.time_to_quality else _rows(analyses))
    _write(options.file, content)
    return 0


def _write(path: Path | None, content: bytes) -> None:
    if path is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        write_file(path, content)


def _for_dashboard(options: argparse.Namespace, kind: str) -> int:
    """Write one run as another tool's JSON, and say on stderr what that cannot hold."""
    from suite.analyse import analyse
    from suite.records.store import find_run, load
    from suite.report.dashboards import left_out, to_github_action, to_pytest_benchmark

    if options.time_to_quality or len(options.run) > 1:
        raise UsageError(f"--format {kind} takes one run, of which it has the times of all rounds")
    run = load(find_run(Path(options.results), options.run[0]))
    analysis = analyse(run, options.reference)
    write = to_pytest_benchmark if kind == "pytest-benchmark" else to_github_action
    _write(options.file, write(run, analysis))
    if without := left_out(analysis):
        print(f"{without} of {len(analysis.rows)} cases are left out: they were not measured as asked", file=sys.stderr)
    return 0


def _by_suffix(path: Path | None) -> str:
    """Return the format that the file's name ends in, CSV where it ends in none."""
    suffix = _suffix(path)
    if suffix and suffix not in FORMATS:
        endings = ", ".join(f".{name}" for name in FORMATS)
        raise UsageError(f"cannot write {str(path)!r} as {suffix}: let its name end in {endings}, or say --format")
    return suffix or "csv"


def _check_suffix(path: Path | None, kind: str) -> None:
    """Refuse a name that ends in another format than what is written."""
    suffix, own = _suffix(path), "json" if kind in DASHBOARDS else kind
    if suffix in {*FORMATS, *FOREIGN} - {own}:
        raise UsageError(f"{str(path)!r} would hold {kind}, not what its name says; let it end in .{own}")


def _suffix(path: Path | None) -> str:
    return path.suffix.lower().removeprefix(".") if path else ""


def _rows(analyses: Sequence[Analysis]) -> list[list[Value]]:
    return [[_plain(column.get(row)) for column in COLUMNS] for analysis in analyses for row in analysis.rows]


def _reached(analyses: Sequence[Analysis]) -> list[list[Value]]:
    if not any(analysis.reached for analysis in analyses):
        raise UsageError("no run in the division time-to-quality; measure one with run --division time-to-quality")
    rows = [row for analysis in analyses for row in analysis.reached]
    return [[_plain(column.get(row)) for column in REACHED_COLUMNS] for row in rows]


def _plain(value: Value) -> Value:
    """Turn an enum into its text."""
    return str(value) if isinstance(value, str) else value


def _csv(columns: Columns, rows: Sequence[Sequence[Value]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue().encode()


def harmless(value: Value) -> Value:
    """Put an apostrophe before a text that a spreadsheet would run as a formula; numbers stay as they are."""
    return f"'{value}" if isinstance(value, str) and value.startswith(DANGEROUS) else value


def _json(columns: Columns, rows: Sequence[Sequence[Value]]) -> bytes:
    import msgspec

    names = [column.name for column in columns]
    encoded = msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows])
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _parquet(columns: Columns, rows: Sequence[Sequence[Value]]) -> bytes:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UsageError(f"Parquet needs pyarrow: {how_to_install('parquet')}") from None
    types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema([(column.name, types[column.kind]) for column in columns])
    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    table = pa.table([pa.array(values, field.type) for values, field in zip(by_column, schema, strict=True)], schema)
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer)
    return bytes(buffer.getvalue())


ENCODERS = {"csv": _csv, "json": _json, "parquet": _parquet}
