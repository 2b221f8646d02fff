import bz2
import gzip
import json
import lzma
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from suite.datasets import expected_bytes, prepare
from suite.datasets.providers.files import portable_path
from suite.errors import UsageError
from suite.workloads.entry import DataSpec

needs_pyarrow = pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.standard_normal((200, 3)), columns=["height", "width", "depth"])
    table["species"] = np.where(table["height"] > 0.5, "iris", "rose")
    table["price"] = table["width"] * 2 + 1
    return table


def spec(path, **args):
    return DataSpec(source="file", args={"path": str(path), **args})


def read(path, cache, dtype="float64", order="C", seed=0, n_train=0, n_test=0, **args):
    asked = DataSpec(source="file", n_train=n_train, n_test=n_test, args={"path": str(path), **args})
    data = prepare(asked, dtype=dtype, order=order, seed=seed, cache=cache / "cache")
    return data, {name: np.load(array) for name, array in data.paths.items()}


@needs_pyarrow
def test_csv_and_parquet_give_the_same_bytes(frame, tmp_path):
    frame.to_csv(tmp_path / "d.csv", index=False)
    frame.to_parquet(tmp_path / "d.parquet")
    args = {"target": "species", "task": "classification"}
    with pytest.raises(UsageError, match="column 'species' holds"):
        read(tmp_path / "d.csv", tmp_path, target="price", task="regression")
    csv, from_csv = read(tmp_path / "d.csv", tmp_path, **args)
    _, from_parquet = read(tmp_path / "d.parquet", tmp_path, **args)
    assert (csv.n_samples, csv.n_features, csv.n_classes) == (150, 4, 2)
    assert csv.origin == "the file d.csv"
    for name, array in from_csv.items():
        np.testing.assert_allclose(from_parquet[name], array, rtol=1e-15)


@needs_pyarrow
def test_the_split_is_seeded_and_stratified(frame, tmp_path):
    frame.to_parquet(tmp_path / "d.parquet")
    args = {"target": "species", "task": "classification"}
    _, first = read(tmp_path / "d.parquet", tmp_path, **args)
    _, again = read(tmp_path / "d.parquet", tmp_path, dtype="float32", order="F", **args)
    _, other = read(tmp_path / "d.parquet", tmp_path, seed=1, **args)
    np.testing.assert_array_equal(first["X_train"].astype(np.float32), again["X_train"])
    assert not np.array_equal(first["X_train"], other["X_train"])
    assert first["y_train"].mean() == pytest.approx(first["y_test"].mean(), abs=0.02)
    _, few = read(tmp_path / "d.parquet", tmp_path, n_train=60, n_test=20, **args)
    assert (len(few["X_train"]), len(few["X_test"])) == (60, 20)


def test_npy_and_npz(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 3)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    np.save(tmp_path / "d.npy", np.column_stack([X, y]))
    np.savez_compressed(tmp_path / "d.npz", X=X, y=y)
    task = {"task": "classification"}
    _, last = read(tmp_path / "d.npy", tmp_path, target="-1", **task)
    _, third = read(tmp_path / "d.npy", tmp_path, target="3", **task)
    _, archive = read(tmp_path / "d.npz", tmp_path, target="y", **task)
    for name, array in last.items():
        np.testing.assert_array_equal(third[name], array)
        np.testing.assert_allclose(archive[name], array)
    with pytest.raises(UsageError, match="has no array 'z'"):
        read(tmp_path / "d.npz", tmp_path, target="z", **task)
    with pytest.raises(UsageError, match="columns are numbered 0 to 3"):
        read(tmp_path / "d.npy", tmp_path, target="4", **task)


def test_a_target_is_optional_for_clustering(tmp_path):
    np.save(tmp_path / "d.npy", np.arange(40.0).reshape(20, 2))
    data, made = read(tmp_path / "d.npy", tmp_path, task="clustering", test_share=0.0, init_centers=2)
    assert sorted(made) == ["X_train", "centers"]
    assert data.n_samples == 20
    with pytest.raises(UsageError, match="regression needs a target"):
        read(tmp_path / "d.npy", tmp_path, task="regression")


def test_the_key_is_the_content_and_not_the_path(frame, tmp_path):
    frame.drop(columns="species").to_csv(tmp_path / "a.csv", index=False)
    first, _ = read(tmp_path / "a.csv", tmp_path, target="price", task="regression")
    (tmp_path / "a.csv").rename(tmp_path / "b.csv")
    moved, _ = read(tmp_path / "b.csv", tmp_path, target="price", task="regression")
    assert moved.paths == first.paths
    assert str(tmp_path) not in (first.paths["X_train"].parent / "manifest.json").read_text()
    frame.drop(columns="species").iloc[1:].to_csv(tmp_path / "b.csv", index=False)
    changed, _ = read(tmp_path / "b.csv", tmp_path, target="price", task="regression")
    assert changed.paths != first.paths


@needs_pyarrow
def test_expected_bytes_come_from_the_head_of_the_file(frame, tmp_path):
    frame.drop(columns="species").to_parquet(tmp_path / "d.parquet")
    np.save(tmp_path / "d.npy", np.zeros((200, 4)))
    assert expected_bytes(spec(tmp_path / "d.parquet"), "float32") == 200 * (4 * 4 + 8)
    assert expected_bytes(spec(tmp_path / "d.npy"), "float64") == 200 * (4 * 8 + 8)


def test_paths_name_no_user(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save(tmp_path / "d.npy", np.arange(40.0).reshape(20, 2))
    assert portable_path(tmp_path / "d.npy") == "~/d.npy"
    data, _ = read("~/d.npy", tmp_path)
    assert data.n_samples == 15


def text_file(text):
    return lambda path: path.write_text(text)


ROWS = "\n".join(f"{n},{n * n},{n % 2}" for n in range(20))


def save(path, array):
    with path.open("wb") as file:
        np.save(file, array)


def archive(**arrays):
    def write(path):
        with path.open("wb") as file:
            np.savez(file, **arrays)

    return write


def truncated(write):
    def write_half(path):
        write(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return write_half


def damaged_head(path):
    save(path, np.zeros((3, 3)))
    path.write_bytes(path.read_bytes().replace(b"}", b" ", 1))


BAD = {
    "no target": ("d.csv", text_file("a,b,label\n" + ROWS), "has no column 'lable'; did you mean 'label'?", "lable"),
    "missing": ("d.csv", text_file("a,b,y\n1,,0\n" + ROWS), "column 'b' has 1 missing value (the first in row 1)", "y"),
    "infinite": (
        "d.csv",
        text_file("a,b,y\n1,inf,0\n" + ROWS),
        "column 'b' has 1 infinite value (the first in row 1)",
        "y",
    ),
    "text": (
        "d.csv",
        text_file("a,b,y\n1,Oslo,0\n" + ROWS),
        "has 1 text among its numbers such as 'Oslo' in row 1",
        "y",
    ),
    "missing target": ("d.csv", text_file("a,b,y\n1,2,\n" + ROWS), "target 'y' is missing in 1 row; fill", "y"),
    "fractions": (
        "d.csv",
        text_file("a,b,y\n1,2,0.5\n" + ROWS),
        "target 'y' has fractions such as 0.5 and is no class",
        "y",
    ),
    "one class": ("d.csv", text_file("a,y\n" + "1,3\n" * 9), "the single class 3", "y"),
    "a class of one row": ("d.csv", text_file("a,b,y\n1,2,7\n" + ROWS), "class 2 has a single row", "y"),
    "no header": ("d.csv", text_file("0,0.5,1\n" + ROWS), "d.csv has no header", "y"),
    "no rows": ("d.csv", text_file("a,b,y\n"), "d.csv is empty: it has 0 rows", "y"),
    "no features": ("d.csv", text_file("y\n1\n2\n"), "0 features", "y"),
    "nothing": ("d.csv", text_file(""), "d.csv is empty", "y"),
    "ragged": ("d.csv", text_file("a,b,y\n1,2,0,4\n" + ROWS), "line 2 has 4 values where the header has 3", "y"),
    "binary": ("d.csv", lambda path: path.write_bytes(b"\xff\xfe\x00a,b"), "d.csv is UTF-16 text", "y"),
    "foreign npy": ("d.npy", text_file("hello"), "cannot read d.npy as npy", "0"),
    "truncated npy": ("d.npy", lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"), "cannot read d.npy as npy", "0"),
    "objects": (
        "d.npy",
        lambda path: np.save(path, np.array([[1, "a"]], dtype=object), allow_pickle=True),
        "Python objects in dtype",
        "0",
    ),
    "a vector": ("d.npy", lambda path: np.save(path, np.zeros(5)), "it must have rows and columns", "0"),
    "words": ("d.npy", lambda path: np.save(path, np.array([["a", "b"]])), "values, not numbers", "0"),
    "foreign npz": ("d.npz", text_file("hello"), "cannot read d.npz as npz", "y"),
    "no features in npz": ("d.npz", lambda path: np.savez(path, Z=np.zeros((3, 3))), "has no array 'X'", "y"),
    "lengths": ("d.npz", lambda path: np.savez(path, X=np.zeros((3, 3)), y=np.zeros(4)), "X has 3 rows", "y"),
    "an archive": ("d.npy", archive(X=np.zeros((3, 3))), "d.npy is not a .npy file but an archive", "0"),
    "an array": ("d.npz", lambda path: save(path, np.zeros((3, 3))), "d.npz is not an archive but a .npy file", "y"),
    "a damaged head": ("d.npy", damaged_head, "cannot read d.npy as npy", "0"),
    "a truncated archive": ("d.npz", truncated(archive(X=np.ones((99, 3)))), "cannot read d.npz as npz", "y"),
    "a torn archive": ("d.npz", lambda path: path.write_bytes(b"PK\x03\x04"), "cannot read d.npz as npz", "y"),
    "missing in npz": ("d.npz", archive(X=[[np.nan, 1], [2, 3]], y=[0, 1]), "column '0' has 1 missing value", "y"),
    "objects in npz": ("d.npz", archive(X=np.array([[1, "a"]], dtype=object), y=[0]), "cannot be loaded when", "y"),
    "an infinite class": ("d.csv", text_file("a,b,y\n1,2,inf\n2,2,inf\n" + ROWS), "target 'y' has infinite", "y"),
    "latin-1": (
        "d.csv",
        lambda path: path.write_bytes("é,b,y\n1,2,0".encode("latin-1")),
        "d.csv is not UTF-8 text (byte 0xe9)",
        "y",
    ),
    "suffix": ("d.xlsx", text_file("hello"), "cannot read .xlsx; use .npy, .npz, .csv, .parquet", "y"),
}


@pytest.mark.parametrize(("name", "write", "message", "target"), BAD.values(), ids=list(BAD))
def test_a_file_that_cannot_be_used_is_one_clear_line(name, write, message, target, tmp_path):
    write(tmp_path / name)
    with pytest.raises(UsageError) as caught:
        read(tmp_path / name, tmp_path, target=target, task="classification")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def write_in(suffix, path, table):
    """Write a table of numbers, whose last column is y, in any of the formats."""
    if suffix == ".csv":
        table.to_csv(path, index=False)
    elif suffix == ".parquet":
        table.to_parquet(path)
    elif suffix in (".arrow", ".feather"):
        table.to_feather(path)
    elif suffix == ".npy":
        np.save(path, table.to_numpy())
    elif suffix == ".npz":
        np.savez(path, X=table.drop(columns="y").to_numpy(), y=table["y"].to_numpy())
    else:
        rows = table.astype(object).to_numpy().tolist()
        path.write_text("".join(f"{y} " + " ".join(f"{n}:{v}" for n, v in enumerate(x, 1)) + "\n" for *x, y in rows))


#: Of each format: how its target is named by the user, what the target is called in errors, and a feature.
FORMATS = [
    pytest.param(".csv", "y", "target 'y'", "a"),
    *(
        pytest.param(suffix, "y", "target 'y'", "a", marks=needs_pyarrow)
        for suffix in (".parquet", ".arrow", ".feather")
    ),
    pytest.param(".npy", "-1", "the target", "0"),
    pytest.param(".npz", "y", "the target", "0"),
    pytest.param(".svm", "label", "the target", "0"),
]


def error_of(suffix, tmp_path, table, task="classification", **args):
    path = tmp_path / f"d{suffix}"
    write_in(suffix, path, table)
    with pytest.raises(UsageError) as caught:
        read(path, tmp_path, task=task, **args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("suffix", "target", "called", "column"), FORMATS)
def test_bad_data_are_called_alike_in_every_format(suffix, target, called, column, tmp_path):
    good = pd.DataFrame({"a": range(8), "b": [1, 2] * 4, "y": [0, 1] * 4})
    one = error_of(suffix, tmp_path, good[:1], target=target, needed_by="SVC")
    assert one == f"d{suffix} has 1 row: not enough, for SVC needs 2 training rows"
    same = error_of(suffix, tmp_path, good.assign(y=3), target=target)
    assert same.startswith(f"d{suffix}: {called} has the single class 3: there is nothing to learn; ")
    assert error_of(suffix, tmp_path, good.assign(y=3), "regression", target=target).startswith(
        f"d{suffix}: {called} is 3 in every row"
    )
    huge = error_of(suffix, tmp_path, good.assign(a=2**60 + good["a"]), target=target)
    beyond = "has integers beyond 2^53, such as 1152921504606846976, which a float does not hold exactly"
    assert huge == f"d{suffix}: column '{column}' {beyond}; leave the column out by drop = ['{column}']"
    far = error_of(suffix, tmp_path, good.assign(y=2**60 + good["a"]), "regression", target=target)
    assert far == f"d{suffix}: {called} {beyond}; divide it by a power of ten"
    lacking = good.assign(y=[np.nan, 1, *[0, 1] * 3])
    assert f"d{suffix}: {called} is missing in 1 row" in error_of(suffix, tmp_path, lacking, target=target)
    assert f"d{suffix}: {called} has 1 missing value" in error_of(
        suffix, tmp_path, lacking, "regression", target=target
    )


@pytest.mark.parametrize(("suffix", "target", "called", "column"), FORMATS)
def test_a_file_without_a_byte_is_empty(suffix, target, called, column, tmp_path):
    (tmp_path / f"d{suffix}").write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        read(tmp_path / f"d{suffix}", tmp_path, target=target, task="classification")
    assert str(caught.value) == f"d{suffix} is empty"


@pytest.mark.parametrize(("suffix", "target", "called", "column"), FORMATS)
def test_a_file_without_rows_is_empty(suffix, target, called, column, tmp_path):
    none = pd.DataFrame({"a": [1.0], "b": [1.0], "y": [1]})[:0]
    assert f"d{suffix} is empty" in error_of(suffix, tmp_path, none, target=target)


@pytest.mark.parametrize(("suffix", "target", "called", "column"), FORMATS)
def test_what_is_expected_of_a_file_is_never_nothing(suffix, target, called, column, tmp_path):
    path = tmp_path / f"d{suffix}"
    one = pd.DataFrame({"a": [1.0], "y": [1]})
    write_in(suffix, path, one)
    args = {"target": target, "task": "classification"}
    assert expected_bytes(spec(path, **args), "float64") > 0
    write_in(suffix, path, one[:0])
    if suffix in (".npy", ".parquet", ".arrow", ".feather"):  # whose head says it
        with pytest.raises(UsageError, match=rf"d\{suffix} is empty: it has 0 rows and 2 columns"):
            expected_bytes(spec(path, **args), "float64")


def test_an_archive_of_nothing_is_empty(tmp_path):
    np.savez(tmp_path / "d.npz")
    with pytest.raises(UsageError, match=r"d\.npz is empty: it has no array"):
        read(tmp_path / "d.npz", tmp_path)


def test_texts_to_learn_in_an_array(tmp_path):
    archive(X=np.arange(6.0).reshape(3, 2), y=np.array(["a", "b", "a"]))(tmp_path / "d.npz")
    with pytest.raises(UsageError, match=r"d\.npz: the target holds texts such as 'a' in row 1"):
        read(tmp_path / "d.npz", tmp_path, target="y", task="regression")


def test_a_row_that_is_left_of_those_with_missing_values(tmp_path):
    (tmp_path / "d.csv").write_text("a,b,y\n1,2,0\n,2,1\n3,,1\n")
    with pytest.raises(UsageError, match=r"d\.csv has 1 row without missing values: not enough"):
        read(tmp_path / "d.csv", tmp_path, target="y", task="classification", missing="drop")


HUGE = [f"{n % 2} qid:{n % 3} 1:{n} 4:{2**60 + n} # of row {n}\n" for n in range(8)]


def test_huge_integers_of_svmlight_are_left_out_or_refused(tmp_path):
    (tmp_path / "d.svm").write_text("# by hand\n\n" + "".join(HUGE))
    task = {"task": "classification"}
    for args in ({}, {"sparse": True}, {"split": "grouped", "group": "qid"}, {"columns": ["0", "-1"]}):
        with pytest.raises(
            UsageError, match=r"d\.svm: column '3' has integers beyond 2\^53, such as 1152921504606846976,"
        ):
            read(tmp_path / "d.svm", tmp_path, **task, **args)
    for left in ({"drop": ["3"]}, {"drop": ["-1"]}, {"columns": ["0", "1"]}):
        assert read(tmp_path / "d.svm", tmp_path, **task, **left)[0].n_samples == 6
    (tmp_path / "d.svm").write_text("".join(HUGE).replace("4:1152921504606846", "4:1.152921504606846"))
    assert read(tmp_path / "d.svm", tmp_path, **task)[0].n_features == 4
    (tmp_path / "d.svm").write_text("".join(f"{2**60 + n % 2} 1:{n}\n" for n in range(8)))
    with pytest.raises(UsageError, match=r"d\.svm: the target has integers beyond .* exactly; number the classes"):
        read(tmp_path / "d.svm", tmp_path, **task)
    assert read(tmp_path / "d.svm", tmp_path, task="clustering")[0].n_features == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            ["1,234", "5,678"],
            "a comma such as '1,234' in row 1: if it separates thousands, write them without it; if it",
        ),
        (["1,234", "5,67"], "a decimal comma such as '1,234' in row 1; set decimal = ','"),
        (["0,234", "1,678"], "a decimal comma such as '0,234' in row 1; set decimal = ','"),
        (["1.234,5", "2,5"], "a decimal comma such as '1.234,5' in row 1; set decimal = ','"),
        (["1,234,567", "-1,234"], "commas between thousands such as '1,234,567' in row 1; write them without"),
        (["1,234.5", "5,678"], "commas between thousands such as '1,234.5' in row 1; write them without"),
    ],
)
def test_commas_in_numbers_are_called_what_they_may_be(values, said, tmp_path):
    rows = [f'"{values[n % 2]}",{n},{n % 2}\n' for n in range(8)]
    (tmp_path / "d.csv").write_text("a,b,y\n" + "".join(rows))
    with pytest.raises(UsageError) as caught:
        read(tmp_path / "d.csv", tmp_path, target="y", task="classification")
    assert f"d.csv: column 'a' has numbers with {said}" in str(caught.value)


@needs_pyarrow
def test_a_foreign_or_truncated_parquet_file_is_one_line(frame, tmp_path):
    path = tmp_path / "d.parquet"
    path.write_text("hello")
    with pytest.raises(UsageError, match=r"cannot read d\.parquet as parquet"):
        read(path, tmp_path)
    truncated(frame.to_parquet)(path)
    with pytest.raises(UsageError, match=r"cannot read d\.parquet as parquet"):
        read(path, tmp_path)


def test_classes_of_another_byte_order(tmp_path):
    X, y = np.random.default_rng(0).standard_normal((40, 2)), np.arange(40) % 2
    archive(X=X, y=y.astype(">i8"))(tmp_path / "d.npz")
    data, _ = read(tmp_path / "d.npz", tmp_path, target="y", task="classification")
    assert data.n_classes == 2


def test_a_rest_too_small_for_its_classes_is_one_line(tmp_path):
    spec = DataSpec(source="iris", n_train=149, args={"test_share": 0.0})
    with pytest.raises(UsageError, match=r"iris cannot be split into 149 and 0 of 150 rows: .*"):
        prepare(spec, dtype="float64", order="C", seed=0, cache=tmp_path)


def test_files_that_are_not_there(tmp_path):
    (tmp_path / "data.csv").write_text("a,y\n1,2\n")
    with pytest.raises(UsageError, match=r"there is no data file .*dat.csv; did you mean 'data.csv'\?"):
        read(tmp_path / "dat.csv", tmp_path)
    with pytest.raises(UsageError, match="is a folder"):
        read(tmp_path, tmp_path)


def test_a_constant_target_and_numbers_too_large(tmp_path):
    (tmp_path / "c.csv").write_text("a,y\n" + "".join(f"{n},5\n" for n in range(20)))
    with pytest.raises(UsageError, match="is 5 in every row"):
        read(tmp_path / "c.csv", tmp_path, target="y", task="regression")
    (tmp_path / "l.csv").write_text("a,y\n" + "".join(f"{n}e300,{n}\n" for n in range(20)))
    with pytest.raises(UsageError, match="too large for float32"):
        read(tmp_path / "l.csv", tmp_path, dtype="float32", target="y", task="regression")


@needs_pyarrow
def test_parquet_without_pyarrow_says_how_to_have_it(frame, tmp_path):
    frame.to_parquet(tmp_path / "d.parquet")
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\n"
        "from suite.datasets import prepare\n"
        "from suite.workloads.entry import DataSpec\n"
        "spec = DataSpec(source='file', args={'path': sys.argv[1]})\n"
        "try: prepare(spec, dtype='float64', order='C', seed=0, cache=Path(sys.argv[2]))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "d.parquet"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cure = "pip install '.[parquet]' in a clone of the repository"
    assert done.stdout.strip() == f"UsageError reading Parquet needs pyarrow: {cure}"


@needs_pyarrow
@pytest.mark.parametrize("suffix", [".arrow", ".feather"])
def test_arrow_gives_the_bytes_of_csv(suffix, frame, tmp_path):
    args = {"target": "species", "task": "classification"}
    frame.to_csv(tmp_path / "d.csv", index=False)
    frame.to_feather(tmp_path / f"d{suffix}")
    _, from_csv = read(tmp_path / "d.csv", tmp_path, **args)
    _, from_arrow = read(tmp_path / f"d{suffix}", tmp_path, **args)
    for name, array in from_csv.items():
        np.testing.assert_allclose(from_arrow[name], array, rtol=1e-15)
    assert expected_bytes(spec(tmp_path / f"d{suffix}"), "float64") == 200 * (5 * 8 + 8)


@needs_pyarrow
def test_an_arrow_stream(frame, tmp_path):
    import pyarrow as pa

    table = pa.Table.from_pandas(frame.drop(columns="species"))
    with pa.OSFile(str(tmp_path / "d.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    _, made = read(tmp_path / "d.arrow", tmp_path, target="price", task="regression")
    assert made["X_train"].shape == (150, 3)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_packed_csv(suffix, pack, frame, tmp_path):
    plain = frame.to_csv(index=False).encode()
    (tmp_path / "d.csv").write_bytes(plain)
    (tmp_path / f"d.csv{suffix}").write_bytes(pack(plain))
    args = {"target": "species", "task": "classification"}
    _, expected = read(tmp_path / "d.csv", tmp_path, **args)
    _, made = read(tmp_path / f"d.csv{suffix}", tmp_path, **args)
    for name, array in expected.items():
        np.testing.assert_array_equal(made[name], array)


@pytest.mark.parametrize(
    ("change", "args"),
    [
        (lambda text: "\ufeff" + text, {}),
        (lambda text: text.replace(",", ";"), {}),
        (lambda text: text.replace(",", "\t"), {}),
        (lambda text: text.replace(",", "|"), {"delimiter": "bar"}),
        (lambda text: text.replace(",", ";").replace(".", ","), {"decimal": ","}),
        (lambda text: text.replace("\n", "\r\n"), {}),
        (lambda text: text.replace(",", ", "), {}),
    ],
    ids=["BOM", "semicolon", "tab", "bar", "decimal comma", "CRLF", "spaces"],
)
def test_other_ways_to_write_csv(change, args, frame, tmp_path):
    text = frame.round(6).to_csv(index=False)
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "b.csv").write_bytes(change(text).encode())
    _, expected = read(tmp_path / "a.csv", tmp_path, target="species", task="classification")
    _, made = read(tmp_path / "b.csv", tmp_path, target="species", task="classification", **args)
    for name, array in expected.items():
        np.testing.assert_array_equal(made[name], array)


def write_svmlight(path, X, y, **options):
    from sklearn.datasets import dump_svmlight_file

    dump_svmlight_file(X, y, str(path), **options)


def test_svmlight(tmp_path):
    rng = np.random.default_rng(0)
    X = np.round(rng.standard_normal((40, 6)), 3) * (rng.random((40, 6)) < 0.4)
    X[0] = 1
    y = np.arange(40) % 2 * 2 - 1
    write_svmlight(tmp_path / "d.svm", X, y)
    (tmp_path / "e.libsvm.gz").write_bytes(gzip.compress((tmp_path / "d.svm").read_bytes()))
    data, dense = read(tmp_path / "d.svm", tmp_path, task="classification", split="ordered")
    np.testing.assert_allclose(dense["X_train"], X[:30])
    assert dense["y_test"].tolist() == [0, 1] * 5
    assert data.n_classes == 2
    _, packed = read(tmp_path / "e.libsvm.gz", tmp_path, task="classification", split="ordered")
    np.testing.assert_array_equal(packed["X_test"], dense["X_test"])


def test_svmlight_stays_sparse_if_asked(tmp_path):
    from suite.datasets.arrays import open_array

    X = np.eye(12)
    write_svmlight(tmp_path / "d.svmlight", X, np.arange(12) % 2)
    data, _ = read(tmp_path / "d.svmlight", tmp_path, task="classification", sparse=True, split="ordered")
    kept = open_array(data.paths, "X_train")
    np.testing.assert_array_equal(kept.toarray(), X[:9])
    with pytest.raises(UsageError, match="standardize would fill a sparse matrix"):
        read(tmp_path / "d.svmlight", tmp_path, task="classification", sparse=True, standardize=True)
    (tmp_path / "d.csv").write_text("a,y\n1,0\n")
    with pytest.raises(UsageError, match=r"sparse is for \.svm"):
        read(tmp_path / "d.csv", tmp_path, task="classification", target="y", sparse=True)


def test_queries_of_svmlight_are_groups(tmp_path):
    write_svmlight(tmp_path / "d.svm", np.arange(1.0, 41)[:, None], np.arange(40), query_id=np.arange(40) // 10)
    data, made = read(tmp_path / "d.svm", tmp_path, task="regression", split="grouped", group="qid")
    held_out = {int(row - 1) // 10 for row in made["X_test"][:, 0]}
    assert not held_out & {int(row - 1) // 10 for row in made["X_train"][:, 0]}
    assert data.origin == "the file d.svm; held out: whole groups of 'qid'"


def test_features_are_chosen_by_name(frame, tmp_path):
    frame.to_csv(tmp_path / "d.csv", index=False)
    _, kept = read(tmp_path / "d.csv", tmp_path, target="price", task="regression", columns=["depth", "width"])
    _, rest = read(tmp_path / "d.csv", tmp_path, target="price", task="regression", drop=["species", "height"])
    np.testing.assert_array_equal(kept["X_train"], rest["X_train"][:, ::-1])


COLOURS = "colour,size,y\n" + "red,1,0\nblue,2,1\ngreen,3,0\nred,4,1\n" + "grey,5,0\n"


def test_texts_become_codes_or_columns_of_the_training_rows(tmp_path):
    (tmp_path / "d.csv").write_text(COLOURS)
    args = {"target": "y", "task": "classification", "split": "ordered", "test_share": 0.2}
    codes, made = read(tmp_path / "d.csv", tmp_path, categories="codes", **args)
    np.testing.assert_array_equal(made["X_train"], [[1, 2], [2, 0], [3, 1], [4, 2]])
    np.testing.assert_array_equal(made["X_test"], [[5, -1]])
    assert "texts: numbered as sorted in the training rows, -1 if not seen there" in codes.origin
    _, made = read(tmp_path / "d.csv", tmp_path, categories="one-hot", **args)
    np.testing.assert_array_equal(made["X_train"], [[1, 0, 0, 1], [2, 1, 0, 0], [3, 0, 1, 0], [4, 0, 0, 1]])
    np.testing.assert_array_equal(made["X_test"], [[5, 0, 0, 0]])


def test_missing_values_are_dropped_or_filled_from_the_training_rows(tmp_path):
    (tmp_path / "d.csv").write_text("a,c,y\n1,u,0\n3,u,1\n,v,0\n8,,1\n100,v,0\n,u,1\n")
    args = {"target": "y", "task": "classification", "split": "ordered", "categories": "codes"}
    dropped, made = read(tmp_path / "d.csv", tmp_path, missing="drop", n_test=1, **args)
    np.testing.assert_array_equal(made["X_train"], [[1, 0], [3, 0]])
    assert "rows with missing values dropped" in dropped.origin
    filled, made = read(tmp_path / "d.csv", tmp_path, missing="median", n_test=2, **args)
    np.testing.assert_array_equal(made["X_train"], [[1, 0], [3, 0], [3, 1], [8, 0]])
    np.testing.assert_array_equal(made["X_test"], [[100, 1], [3, 0]])
    assert "the training rows' median" in filled.origin


def test_the_last_by_date_are_held_out(tmp_path):
    (tmp_path / "d.csv").write_text("when,a,y\n" + "".join(f"2024-01-{31 - n:02},{n},{n * n}\n" for n in range(20)))
    asked = spec(tmp_path / "d.csv", target="y", task="regression", split="ordered", order="when")
    data = prepare(asked, dtype="float64", order="C", seed=0, cache=tmp_path / "cache")
    assert np.load(data.paths["X_test"])[:, 0].tolist() == [4, 3, 2, 1, 0]
    assert data.origin == "the file d.csv; held out: the last rows by 'when'"


def test_a_file_of_its_own_is_held_out(frame, tmp_path):
    frame[:150].to_csv(tmp_path / "train.csv", index=False)
    frame[150:][["species", "price", "depth", "width", "height"]].to_csv(tmp_path / "test.csv", index=False)
    args = {"target": "species", "task": "classification", "test_file": str(tmp_path / "test.csv")}
    data, made = read(tmp_path / "train.csv", tmp_path, **args)
    np.testing.assert_allclose(made["X_train"], frame[:150].drop(columns="species"), rtol=1e-15)
    np.testing.assert_allclose(made["X_test"], frame[150:].drop(columns="species"), rtol=1e-15)
    assert data.origin == "the file train.csv; held out: the file test.csv"
    manifest = json.loads((data.paths["X_train"].parent / "manifest.json").read_text())
    assert str(tmp_path) not in json.dumps(manifest)
    frame[151:].to_csv(tmp_path / "test.csv", index=False)
    changed, _ = read(tmp_path / "train.csv", tmp_path, **args)
    assert changed.paths != data.paths
    frame[150:].assign(weight=1).to_csv(tmp_path / "test.csv", index=False)
    with pytest.raises(UsageError, match=r"test.csv has a column 'weight' that the training file has not"):
        read(tmp_path / "train.csv", tmp_path, **args)
    with pytest.raises(UsageError, match="split cannot be given with test_file"):
        read(tmp_path / "train.csv", tmp_path, split="random", **args)


def test_one_constant_column_is_allowed(frame, tmp_path):
    frame.assign(one=1.0).to_csv(tmp_path / "d.csv", index=False)
    _, made = read(tmp_path / "d.csv", tmp_path, target="species", task="classification")
    assert made["X_train"].shape == (150, 5)


def test_the_same_list_of_columns_finds_the_cache(frame, tmp_path):
    frame.to_csv(tmp_path / "d.csv", index=False)
    args = {"target": "price", "task": "regression", "columns": ["width", "depth"]}
    first, _ = read(tmp_path / "d.csv", tmp_path, **args)
    made_at = first.paths["X_train"].stat().st_mtime_ns
    again, _ = read(tmp_path / "d.csv", tmp_path, **args)
    assert again.paths["X_train"].stat().st_mtime_ns == made_at
