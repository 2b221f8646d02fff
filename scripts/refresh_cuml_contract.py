"""Write down what the constructors of cuML's estimators take, from its wheel: no GPU and none of its needs are there.

    pip download --no-deps 'cuml-cu13==26.10.*' && python scripts/refresh_cuml_contract.py cuml_cu13-*.whl

The tests hold the tables of `backends/_cuml/targets.py` against the file that this writes. After a new release: run it,
run the tests, and read what cuML says of every parameter that they name.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import sys
import tokenize
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTRACT = ROOT / "tests" / "backends" / "contracts" / "cuml.json"
sys.path.insert(0, str(ROOT))

from backends._cuml.targets import TARGETS  # noqa: E402 - found in this working tree

_CLASS = re.compile(r"^class (\w+)\b(?:\(([^)]*)\))?:", re.MULTILINE)
_INIT = re.compile(r"^    def __init__\s*\(", re.MULTILINE)
#: Where `cuml.preprocessing` takes its scalers from.
_FOLDERS = {"cuml/preprocessing/": "cuml/_thirdparty/sklearn/preprocessing/"}
_ACCELERATED = "cuml/accel/_overrides/"


def main() -> None:
    """Read the wheel named on the command line and write the contract."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheel", type=Path)
    wheel: Path = parser.parse_args().wheel
    sources = read(wheel)
    contract = {
        "wheel": "-".join(wheel.name.split("-")[:2]),
        "estimators": {target.estimator: constructor(sources, target.estimator) for target in TARGETS.values()},
        "accelerated": sorted(accelerated(sources)),
    }
    CONTRACT.parent.mkdir(exist_ok=True)
    CONTRACT.write_text(json.dumps(contract, indent=1) + "\n", encoding="utf-8")


def read(wheel: Path) -> dict[str, str]:
    """Return the text of every .py and .pyx of cuML, tests and Dask left out."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith("cuml/") and name.endswith((".py", ".pyx"))]
        return {
            name: archive.read(name).decode("utf-8")
            for name in names
            if not name.startswith(("cuml/dask/", "cuml/tests/", "cuml/benchmark/"))
        }


def constructor(sources: dict[str, str], estimator: str) -> dict[str, str]:
    """Return the parameters of a class (or of the nearest base that has a constructor), each with its default."""
    module, _, name = estimator.rpartition(".")
    folder = module.replace(".", "/") + "/"
    if not any(True for _ in definitions(sources, folder, name)):
        folder = _FOLDERS.get(folder, folder)
    while True:
        bases, body = found(sources, folder, name)
        if start := _INIT.search(body):
            return parameters(body[start.end() - 1 :])
        name = next(base for base in bases if any(True for _ in definitions(sources, folder, base)))


def found(sources: dict[str, str], folder: str, name: str) -> tuple[list[str], str]:
    """Return the bases and the body of the one class of that name; a file that defines it twice is none of ours."""
    matches = list(definitions(sources, folder, name))
    if len(matches) != 1:
        raise SystemExit(f"{name} is defined {len(matches)} times under {folder}")
    return matches[0]


def definitions(sources: dict[str, str], folder: str, name: str) -> Iterator[tuple[list[str], str]]:
    """Yield the bases and the body of every class of that name under a folder."""
    for path, text in sources.items():
        if path.startswith(folder):
            starts = list(_CLASS.finditer(text))
            for match, following in zip(starts, [*starts[1:], None], strict=False):
                if match[1] == name:
                    bases = [base.strip() for base in (match[2] or "").split(",")]
                    yield bases, text[match.end() : following.start() if following else None]


def parameters(text: str) -> dict[str, str]:
    """Return names and defaults of a signature that starts with its parenthesis."""
    depth, signature = 0, []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            continue
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.string, 0)
        signature.append(token.string)
        if depth == 0:
            break
    function = ast.parse(f"def f{' '.join(signature).replace(chr(10), ' ')}: ...").body[0]
    if not isinstance(function, ast.FunctionDef):
        raise SystemExit("this is no signature")
    given = function.args
    required = len(given.args) - len(given.defaults)
    pairs = [*zip(given.args[required:], given.defaults, strict=True)]
    pairs += [(arg, default) for arg, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default]
    return {arg.arg: ast.unparse(default) for arg, default in pairs}


def accelerated(sources: dict[str, str]) -> Iterator[str]:
    """Yield the classes of scikit-learn's that cuml.accel stands in for."""
    for path, text in sources.items():
        if path.startswith(_ACCELERATED):
            module = path.removeprefix("cuml/accel/_overrides/").removesuffix(".py").replace("/", ".")
            for node in ast.parse(text).body:
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                    yield from (f"{module}.{name}" for name in ast.literal_eval(node.value))


if __name__ == "__main__":
    main()
