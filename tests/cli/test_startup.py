"""What must answer at once imports nothing heavy."""

import json
import subprocess
import sys

import pytest

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
        *([verb, "--help"] for verb in ("run", "list", "show", "doctor", "report", "export")),
        *(["list", what] for what in ("workloads", "backends", "datasets")),
        ["list", "workloads", "--json"],
        ["export", "--columns"],
        ["run", "--bugdet", "1m"],
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(arguments):
    script = SCRIPT.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    code, imported = json.loads(done.stdout.splitlines()[-1])
    assert imported == []
    assert code == (2 if "--bugdet" in arguments else 0)
