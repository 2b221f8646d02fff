# ruff: noqa: E501 - a table with one line a case
"""Whatever is wrong with a user's file is one line and exit code 2, through the real command line."""

import gzip
import io
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from suite.cli import main

FOREST = ("RandomForestClassifier", "accuracy", "")
LINEAR = ("LinearRegression", "r2", "")
GOOD = "".join(f"{row / 7},{row % 5},{row % 2}\n" for row in range(40))
HEAD = "a,b,y\n"


def text(*lines):
    return lambda path: path.write_text("".join(lines), encoding="utf-8")


def raw(content):
    return lambda path: path.write_bytes(content)


def npy(array, **options):
    def write(path):
        with path.open("wb") as file:
            np.save(file, array, **options)

    return write


def npz(**arrays):
    def write(path):
        with path.open("wb") as file:
            np.savez(file, **arrays)

    return write


def npz_bomb(path):
    """Write an archive whose directory says that X unpacks to 10 TB."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": (1_250_000_000, 1_000)}
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("X.npy", "w", force_zip64=True) as member:
            member.write(head.getvalue())
        archive.filelist[0].file_size = 10**13
        with archive.open("y.npy", "w") as member:
            np.save(member, np.zeros(3))


def false_claim(path):
    """Write an archive whose X claims a million rows and holds none."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (1_000_000, 10)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", head.getvalue())
        with archive.open("y.npy", "w") as member:
            np.save(member, np.zeros(3))


def npy_says_too_much(path):
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 10)})
    path.write_bytes(head.getvalue())


def fractions(path):
    path.write_text(HEAD + "1,2,0.5\n" + GOOD)


# what is wrong: (file, how it is written, further keys of data, (algorithm, metric, params), parts of the message)
BAD = {
    "nan": ("d.csv", text(HEAD, "1,nan,0\n", GOOD), "", FOREST, ["d.csv: column 'b' has 1 missing value", "row 1", "'median'"]),
    "an empty value": ("d.csv", text(HEAD, GOOD, "1,,0\n"), "", FOREST, ["column 'b'", "row 41", "'drop'"]),
    "nan in npy": ("d.npy", npy(np.array([[1, np.nan, 0], [1, 2, 1.0]])), "", FOREST, ["d.npy: column '1'"]),
    "inf": ("d.csv", text(HEAD, "inf,1,0\n", GOOD), "", FOREST, ["column 'a' has 1 infinite value", "row 1", "mend"]),
    "inf and median": ("d.csv", text(HEAD, "inf,1,0\n", GOOD), 'missing = "median"', FOREST, ["1 infinite value"]),
    "nothing but missing": ("d.csv", text("a,b,y\n", "1,,0\n2,,1\n" * 9), 'missing = "drop"', FOREST, ["every row", "'median'"]),
    "no median": ("d.csv", text("a,b,y\n", "1,,0\n2,,1\n" * 9), 'missing = "median"', FOREST, ["column 'b' has no value"]),
    "constant features": ("d.csv", text(HEAD, "1,2,0\n1,2,1\n" * 9), "", FOREST, ["every feature is the same"]),
    "a constant target": ("d.csv", text(HEAD, "1,2,5\n3,4,5\n" * 9), "", LINEAR, ["target 'y' is 5 in every row"]),
    "one class": ("d.csv", text(HEAD, "1,2,5\n3,4,5\n" * 9), "", FOREST, ["target 'y' has the single class 5"]),
    "a class of one row": ("d.csv", text(HEAD, "1,2,7\n", GOOD), "", FOREST, ["class 2 has a single row"]),
    "a class that is held out": (
        "d.csv",
        text(HEAD, GOOD, "1,2,9\n"),
        'split = "ordered"',
        FOREST,
        ["class 9 has no training row", "split = 'stratified'"],
    ),
    "fractions as classes": ("d.csv", fractions, "", FOREST, ["such as 0.5", "use an algorithm for regression"]),
    "a missing target": ("d.csv", text(HEAD, "1,2,\n", GOOD), "", FOREST, ["target 'y' is missing in 1 row"]),
    "a missing number to learn": ("d.csv", text(HEAD, "1,2,\n", GOOD), "", LINEAR, ["target 'y' has 1 missing value"]),
    "texts to learn": ("d.csv", text(HEAD, "1,2,no\n", GOOD), "", LINEAR, ["target 'y' has 1 text", "'no' in row 1"]),
    "fewer rows than clusters": ("d.csv", text("a,b\n", "1,2\n3,5\n" * 2), "", ("KMeans", "inertia", "n_clusters = 5"), ["3 training rows", "KMeans with n_clusters = 5 needs 5"]),
    "fewer rows than neighbours": (
        "d.csv",
        text(HEAD, "1,2,0\n2,1,1\n" * 4),
        "",
        ("KNeighborsClassifier", "accuracy", "n_neighbors = 7"),
        ["6 training rows", "KNeighborsClassifier with n_neighbors = 7 needs 7"],
    ),
    "fewer rows than components": ("d.csv", text("a,b\n", "1,2\n3,5\n"), "", ("PCA", "reconstruction_error", "n_components = 2"), ["1 training row,", "needs 2"]),
    "a string": ("d.csv", text(HEAD, "1,Oslo,0\n2,Rome,1\n" * 9), "", FOREST, ["column 'b' holds texts such as 'Oslo' in row 1", "'codes'"]),
    "mixed types": ("d.csv", text(HEAD, GOOD, "1,n/k,0\n"), "", FOREST, ["column 'b' has 1 text among", "'n/k' in row 41"]),
    "mixed types as categories": ("d.csv", text(HEAD, GOOD, "1,x,0\n"), 'categories = "codes"', FOREST, ["1 text among its numbers"]),
    "free text": (
        "d.csv",
        text(HEAD, *(f"1,word {n},{n % 2}\n" for n in range(1500))),
        'categories = "one-hot"',
        FOREST,
        ["column 'b' has 1125 levels", "'codes'"],
    ),
    "duplicate names": ("d.csv", text("a,a,y\n", GOOD), "", FOREST, ["two columns named 'a'"]),
    "a wrong target": ("d.csv", text("a,b,label\n", GOOD), 'target = "lable"', FOREST, ["no column 'lable'; did you mean 'label'?"]),
    "a wrong column": ("d.csv", text(HEAD, GOOD), 'columns = ["a", "bb"]', FOREST, ["no column 'bb'; did you mean 'b'?"]),
    "the target as a feature": ("d.csv", text(HEAD, GOOD), 'columns = ["a", "y"]', FOREST, ["'y' is the target"]),
    "nothing left": ("d.csv", text(HEAD, GOOD), 'drop = ["a", "b"]', FOREST, ["40 rows and 0 features"]),
    "an empty file": ("d.csv", raw(b""), "", FOREST, ["d.csv is empty"]),
    "blank lines": ("d.csv", raw(b"\n\n"), "", FOREST, ["d.csv is empty"]),
    "a header only": ("d.csv", text(HEAD), "", FOREST, ["d.csv is empty: it has 0 rows"]),
    "no header": ("d.csv", text(GOOD), "", FOREST, ["d.csv has no header"]),
    "one row": ("d.csv", text(HEAD, "1,2,3\n"), "", ("PCA", "reconstruction_error", ""), ["d.csv has 1 row: not enough"]),
    "one row to classify": ("d.csv", text(HEAD, "1,2,3\n"), "", FOREST, ["d.csv has 1 row: not enough", "RandomForestClassifier needs 2"]),
    "an empty array": ("d.npy", raw(b""), "", FOREST, ["d.npy is empty"]),
    "huge integers in svmlight": ("d.svm", text(*(f"{n % 2} 1:{2**60 + n}\n" for n in range(9))), "", FOREST, ["d.svm: column '0' has integers beyond 2^53"]),
    "a comma in numbers": ("d.csv", text(HEAD, *(f'"1,{n}34",1,{n % 2}\n' for n in range(9))), "", FOREST, ["separates thousands", "decimal comma"]),
    "ids beyond 2^53": ("d.csv", text(HEAD, *(f"{2**60 + n},1,{n % 2}\n" for n in range(9))), "", FOREST, ["'a' has integers beyond 2^53", "drop = ['a']"]),
    "beyond int64": ("d.csv", text(HEAD, *(f"{10**25 + n},1,{n % 2}\n" for n in range(9))), "", FOREST, ["such as 10000000000000000000000000", "drop = ['a']"]),
    "huge integers in npy": ("d.npy", npy(np.array([[2**60, 1, 0], [1, 2, 1]])), "", FOREST, ["column '0' has integers beyond 2^53"]),
    "too large for float32": ("d.csv", text(HEAD, "1e300,1,0\n", GOOD), "", FOREST, ["too large for float32 in column 'a', such as 1e+300"]),
    "latin-1": ("d.csv", raw((HEAD + "1,é,0\n").encode("latin-1")), "", FOREST, ["not UTF-8 text (byte 0xe9)", "save it as UTF-8"]),
    "utf-16": ("d.csv", raw((HEAD + GOOD).encode("utf-16")), "", FOREST, ["UTF-16", "save it as UTF-8"]),
    "zero bytes": ("d.csv", raw(b"a,b\0,y\n1,2,0\n"), "", FOREST, ["zero bytes"]),
    "a wrong delimiter": ("d.csv", text(HEAD, GOOD), 'delimiter = "tab"', FOREST, ["no column 'y'; known are a,b,y"]),
    "a decimal comma": ("d.csv", text("a;b;y\n", "1,5;2;0\n2,5;1;1\n" * 9), "", FOREST, ["decimal comma", "set decimal = ','"]),
    "a long row": ("d.csv", text(HEAD, GOOD, "1,2,0,4\n"), "", FOREST, ["line 42", "4"]),
    "a long first row": ("d.csv", text(HEAD, "1,2,0,4\n", GOOD), "", FOREST, ["line 2 has 4 values where the header has 3"]),
    "a short row": ("d.csv", text(HEAD, GOOD, "1,2\n", GOOD), "", FOREST, ["line 42 has 2 values where the header has 3"]),
    "an open quote": ("d.csv", text(HEAD, GOOD, '"1,2,0\n', GOOD), "", FOREST, ["cannot read d.csv as csv"]),
    "a folder": ("d.csv", lambda path: path.mkdir(), "", FOREST, ["is a folder; give one"]),
    "a FIFO": ("d.csv", os.mkfifo, "", FOREST, ["is no regular file; give one"]),
    "a pickle": ("d.npy", npy(np.array([[1, "a"]], dtype=object), allow_pickle=True), "", FOREST, ["cannot read d.npy as npy"]),
    "pickled objects in npz": ("d.npz", npz(X=np.array([[1, "a"]], dtype=object), y=[0]), "", FOREST, ["cannot read d.npz as npz"]),
    "complex numbers": ("d.npy", npy(np.zeros((4, 3), complex)), "", FOREST, ["complex128 values, not numbers"]),
    "records": ("d.npy", npy(np.zeros(4, [("a", "f8"), ("y", "i8")])), "", FOREST, ["values, not numbers"]),
    "more than the file has": ("d.npy", npy_says_too_much, "", FOREST, ["cannot read d.npy as npy"]),
    "a bomb": ("d.npz", npz_bomb, "", FOREST, ["X of d.npz takes 9.09 TiB of memory", "are free"]),
    "a false claim": ("d.npz", false_claim, "", FOREST, ["claims the shape (1000000, 10)", "damaged"]),
    "other lengths": ("d.npz", npz(X=np.zeros((3, 3)), y=np.zeros(4)), "", FOREST, ["y has the shape (4,), but X has 3 rows"]),
    "negative counts": ("d.csv", text(HEAD, "-3,1,0\n", GOOD), "", ("MultinomialNB", "accuracy", ""), ["column 'a' has -3", "MultinomialNB needs values from 0 on"]),
    "negative counts to learn": ("d.csv", text(HEAD, "3,1,-2\n", GOOD), "", ("PoissonRegressor", "r2", ""), ["target 'y' has -2", "PoissonRegressor needs"]),
    "too wide to be dense": ("d.svm", text(*(f"{n % 2} 1:1 {2 * 10**9 + n}:2\n" for n in range(200))), "", FOREST, ["d.svm as a dense table of 200 ×", "sparse = true"]),
    "no svmlight": ("d.svm", text(HEAD, GOOD), "", FOREST, ["cannot read d.svm as svm"]),
    "nan in sparse": ("d.svm", text("0 1:nan\n1 2:1\n" * 9), "sparse = true", FOREST, ["column '0' has values that are missing"]),
    "cut gzip": ("d.csv.gz", lambda path: path.write_bytes(gzip.compress((HEAD + GOOD).encode())[:60]), "", FOREST, ["cannot read d.csv.gz as csv"]),
    "no gzip": ("d.csv.gz", text(HEAD, GOOD), "", FOREST, ["cannot read d.csv.gz as csv", "gzip"]),
    "one group": ("d.csv", text("a,b,y\n", *(f"{n},1,{n % 2}\n" for n in range(9))), 'split = "grouped", group = "b"', FOREST, ["has 1 groups"]),
    "no dates": ("d.csv", text("a,b,y\n", *(f"{n},1/{n}/2024,{n % 2}\n" for n in range(1, 9))), 'split = "ordered", order = "b"', FOREST, ["neither numbers nor ISO dates", "'1/1/2024'"]),
    "another spelling": ("d.csv", text(HEAD, GOOD), 'misssing = "drop"', FOREST, ["no argument 'misssing'; did you mean 'missing'?"]),
    "another value": ("d.csv", text(HEAD, GOOD), 'missing = "mean"', FOREST, ["missing must be one of error, drop, median, not 'mean'"]),
}  # fmt: skip


def run(folder, data, workload):
    """Write a workload file and run it in this process."""
    algorithm, metric, params = workload
    lines = [
        "[[workload]]",
        'name = "mine"',
        f'algorithm = "{algorithm}"',
        f"params = {{ {params} }}",
        f"data = {{ {data} }}",
        f'quality = {{ metric = "{metric}", tolerance = 0.01 }}',
    ]
    (folder / "mine.toml").write_text("\n".join(lines) + "\n")
    return main(["run", "--workload-file", "mine.toml", "--backend", "sklearn", "--dtype", "float32", "--no-report"])


@pytest.mark.parametrize(("name", "write", "keys", "workload", "parts"), BAD.values(), ids=BAD.keys())
def test_bad_data_is_one_line_and_exit_code_2(name, write, keys, workload, parts, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVENHAND_CACHE", str(tmp_path / "cache"))
    write(tmp_path / name)
    target = {"d.npy": "target = -1"}.get(name, 'target = "y"')
    needs_target = workload[0] not in ("KMeans", "PCA") and "target =" not in keys and not name.endswith(".svm")
    given = [f'file = "{name}"', *([target] if needs_target else []), *([keys] if keys else [])]
    code = run(tmp_path, ", ".join(given), workload)
    said = capsys.readouterr()
    assert code == 2, said
    [line] = said.err.splitlines()
    assert line.startswith("evenhand: error: ")
    for part in parts:
        assert part in line
    assert "Traceback" not in said.out + said.err
    assert not list(tmp_path.glob("results/*/*.jsonl"))


def test_bad_data_through_a_process_of_its_own(tmp_path):
    (tmp_path / "d.csv").write_text(HEAD + "1,,0\n" + GOOD)
    (tmp_path / "mine.toml").write_text(
        '[[workload]]\nname = "mine"\nalgorithm = "GaussianNB"\ndata = { file = "d.csv", target = "y" }\n'
        'quality = { metric = "accuracy", tolerance = 0.01 }\n'
    )
    command = [sys.executable, "-m", "suite", "run", "--workload-file", "mine.toml", "--backend", "sklearn"]
    environment = os.environ | {"EVENHAND_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "d.csv: column 'b' has 1 missing value (the first in row 1)" in done.stderr
