"""Code in processes of their own, forked from one that has run already what they all begin with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

LIMIT_S = 180
#: Each line that it reads names a file of code and those of what that prints; it answers with how the code ended.
LOOP = """
import json as _json, os as _os, signal as _signal, sys as _sys, traceback as _traceback
for _line in _sys.stdin:
    _child = _os.fork()
    if not _child:
        _code, _out, _err, _limit = _json.loads(_line)
        _signal.alarm(_limit)
        for _number, _path in (1, _out), (2, _err):
            _os.dup2(_os.open(_path, _os.O_WRONLY | _os.O_CREAT), _number)
        try:
            exec(compile(open(_code).read(), _code, "exec"))
            _ended = 0
        except BaseException:
            _traceback.print_exc()
            _ended = 1
        _sys.stdout.flush()
        _sys.stderr.flush()
        _os._exit(_ended)
    print(_os.waitstatus_to_exitcode(_os.waitpid(_child, 0)[1]), flush=True)
"""


def run(beginning: str, code: str, *, environment: dict[str, str], path: tuple[Path, ...] = ()) -> str:
    """Return what the code prints, run after the beginning in this environment, with these folders to import from.

    The beginning must be safe to fork after. Where forking is not safe at all, each run goes through it anew.
    """
    joined = os.pathsep.join(map(str, (Path(__file__).parent, *path)))
    kept = {name: value for name, value in environment.items() if name != "PYTEST_CURRENT_TEST"}
    told = tuple(sorted((kept | {"PYTHONPATH": joined}).items()))
    if sys.platform != "linux":
        command = [sys.executable, "-W", "ignore", "-P", "-c", f"{beginning}\n{code}"]
        done = subprocess.run(command, env=dict(told), capture_output=True, text=True, timeout=LIMIT_S, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
    begun = _begun(beginning, told)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("code", "out", "err")]
        files[0].write_text(code)
        assert begun.stdin
        assert begun.stdout
        begun.stdin.write(json.dumps([*map(str, files), LIMIT_S]) + "\n")
        begun.stdin.flush()
        ended = begun.stdout.readline()
        assert ended, "what the runs begin with failed: see above"
        assert int(ended) == 0, (ended, files[2].read_text())
        return files[1].read_text()


@cache
def _begun(beginning: str, environment: tuple[tuple[str, str], ...]) -> subprocess.Popen[str]:
    """Start what is forked; it ends with this process, whose end of the pipe closes."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-P", "-c", f"{beginning}\n{LOOP}"],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
