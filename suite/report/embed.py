"""What the page carries beside what it shows: the records, the rows of long tables, its scripts, and their policy."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from suite.records.reading import RECORDS_FILE, RUN_FILE
from suite.report.figures import BarFigure, IntervalFigure, StripFigure
from suite.report.page import Cell, Embedded, Table
from suite.report.text import visible

#: Records larger than this, before compression, are linked and not embedded: a page must stay one to send by e-mail.
MOST_RECORDS_BYTES = 48 * 2**20


def packed(content: bytes) -> str:
    """Return the bytes, gzip in base64: nothing in it can end a script element."""
    return base64.b64encode(gzip.compress(content, 6, mtime=0)).decode("ascii")


def embedded_records(run: Path, page: Path | None) -> Embedded:
    """Return the records of the run in the folder `run` for a page that is written to `page`: one JSON document a line.

    The first line is `run.json`, the others are the lines of `records.jsonl`.
    """
    records = run / RECORDS_FILE
    if records.stat().st_size > MOST_RECORDS_BYTES:
        folder = os.path.relpath(run.resolve(), page.resolve().parent) if page else str(run)
        return Embedded(link=Path(folder).as_posix())
    info = msgspec.json.format((run / RUN_FILE).read_bytes(), indent=-1)
    return Embedded(content=packed(info + b"\n" + records.read_bytes()))


def row_data(table: Table, numbers: Mapping[str, int]) -> str:
    """Return a table as packed JSON, column by column, which `report.js` shows page by page."""
    rows = table.rows
    columns = [_column([row[at] for row in rows], numbers) for at in range(len(table.columns))]
    cases = [_numbers(row, numbers) for row in rows]
    titles = [visible(column.title) for column in table.columns]
    backends = [visible(column.backend) for column in table.columns]
    axis = next((column.axis for column in table.columns if column.axis), None)
    head = {"caption": visible(table.caption), "titles": titles, "backends": backends, "axis": axis}
    return packed(msgspec.json.encode({**head, "cases": cases, "columns": columns}))


def _numbers(row: list[Cell], numbers: Mapping[str, int]) -> list[int]:
    return list(dict.fromkeys(numbers[cell.case] for cell in row if cell.case in numbers))


def _column(cells: list[Cell], numbers: Mapping[str, int]) -> dict[str, list[Any]]:
    """Return the parts of the cells of a column, each a list; what no cell has is left out."""
    parts: dict[str, list[Any]] = {
        "t": [visible(cell.text) for cell in cells],
        "v": [visible(cell.value) if isinstance(cell.value, str) else cell.value for cell in cells],
        "d": [visible(cell.detail) for cell in cells],
        "m": [cell.tone for cell in cells],
        "h": [cell.heat for cell in cells],
        "f": [None if cell.figure is None else _figure(cell.figure) for cell in cells],
        "k": [numbers.get(cell.case) for cell in cells],
    }
    return {name: values for name, values in parts.items() if any(value not in (None, "") for value in values)}


def _figure(figure: IntervalFigure | BarFigure | StripFigure) -> dict[str, Any]:
    """Return a figure as plain data, without the axis, which all figures of a table share."""
    return {name: value for name, value in msgspec.to_builtins(figure).items() if name != "axis"}


def script(name: str) -> str:
    """Return a script of ours or of a library that lies beside this module."""
    return (files("suite.report") / "static" / name).read_text(encoding="utf-8")


def policy_hash(text: str) -> str:
    """Return the source expression by which a Content-Security-Policy allows this inline script and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
