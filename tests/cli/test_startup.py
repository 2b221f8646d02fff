"""What must answer at once imports nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from suite.cli import VERBS
from suite.cli.list import LISTS

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
HEAVY = ("sklearn", "numpy", "scipy", "pandas", "msgspec", "rich", "jinja2", "psutil")

SCRIPT = """
import json, sys
from suite.cli import main
try:
    code = main({arguments!r})
except SystemExit as leaving:
    code = leaving.code
print()
print(json.dumps([code, [name for name in {heavy!r} if name in sys.modules]]))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        *([verb, "--help"] for verb in VERBS),
        *(["list", what] for what in LISTS if what not in ("metrics", "runs")),
        ["list", "workloads", "--json"],
        ["export", "--columns"],
        ["run", "--bugdet", "1m"],
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(arguments):
    code, imported = imported_by(arguments)
    assert imported == []
    assert code == (2 if "--bugdet" in arguments else 0)


@pytest.mark.parametrize("what", ["metrics", "runs"])
def test_lists_of_what_is_computed_and_recorded_import_neither_scikit_learn_nor_pandas(what):
    code, imported = imported_by(["list", what, "--results", str(REFERENCE)])
    assert code == 0
    assert not {"sklearn", "pandas"} & {*imported}


def imported_by(arguments):
    """Return the exit code, and what of the heavy packages was imported."""
    script = SCRIPT.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout.splitlines()[-1])
