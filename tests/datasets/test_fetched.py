import gzip
import hashlib
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from loopback import serving

from suite.datasets import cache_dir, prepare, source_of, sources
from suite.datasets.download import downloads_dir
from suite.datasets.named import Entry, entries, read
from suite.datasets.providers.fetched import _named
from suite.errors import UsageError
from suite.workloads.custom import load
from suite.workloads.entry import DataSpec, Task


@pytest.fixture
def site(monkeypatch, tmp_path):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("EVENHAND_CACHE", str(tmp_path / "cache"))
    with serving() as site:
        monkeypatch.setenv("EVENHAND_OPENML", site.url(""))
        yield site


def made(source, monkeypatch, seed=0, **other):
    """Prepare a source that is in no list."""
    monkeypatch.setattr("suite.datasets.source_of", lambda name: source)
    spec = DataSpec(source=source.name, **other)
    data = prepare(spec, dtype="float32", order="C", seed=seed, cache=cache_dir())
    return data, {name: np.load(path) for name, path in data.paths.items()}


def svmlight(rows, seed):
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(rows):
        x = rng.random(3).round(3)
        lines.append(f"{'+1' if x[0] > 0.5 else '-1'} " + " ".join(f"{i + 1}:{v}" for i, v in enumerate(x)))
    return "\n".join(lines).encode()


def table_entry(site, *names, **other):
    plain = {"name": "small", "about": "", "licence": "none", "task": Task.CLASSIFICATION}
    return Entry(**plain | {"urls": tuple(site.url(name) for name in names)} | other)


def test_a_named_set_from_the_network_to_arrays(site, monkeypatch):
    site.files = {"small": svmlight(60, 0), "small.t": svmlight(20, 1)}
    entry = table_entry(
        site, "small", "small.t", rows=80, features=3, held_out=20, format="svmlight", standardize=False
    )
    source = _named(entry)
    assert source.at_hand() == "to download"
    data, arrays = made(source, monkeypatch)
    assert source.at_hand() == "downloaded"
    assert (data.n_samples, data.n_features, data.n_classes) == (60, 3, 2)
    assert [array.shape for array in arrays.values()] == [(60, 3), (60,), (20, 3), (20,)]
    np.testing.assert_array_equal(arrays["y_test"], arrays["X_test"][:, 0] > 0.5)
    assert float(site.files["small.t"].split()[1].split(b":")[1]) == pytest.approx(arrays["X_test"][0, 0])
    assert hashlib.sha256(site.files["small"]).hexdigest()[:16] in data.origin
    few, arrays = made(source, monkeypatch, n_train=30, n_test=10)
    assert few.n_samples == 30
    assert len(site.requests) == 2
    assert len(made(source, monkeypatch, args={"split": "random", "test_share": 0.5})[1]["X_test"]) == 40
    with pytest.raises(UsageError, match="has its own held-out rows"):
        made(source, monkeypatch, args={"test_share": 0.5})


def test_without_a_network_the_line_says_where_to_put_the_file(site, monkeypatch):
    entry = replace(table_entry(site, rows=80, features=3, format="svmlight"), urls=("http://127.0.0.1:9/small",))
    with pytest.raises(UsageError, match="no connection") as caught:
        made(_named(entry), monkeypatch)
    assert str(downloads_dir() / "small") in str(caught.value)
    downloads_dir().joinpath("small").write_bytes(svmlight(80, 0))
    assert made(_named(entry), monkeypatch)[0].n_samples == 60


def test_tables_of_text(site, tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"kind,x,y\nb,1,N\na,2.5,Y\nc,3,N\n"))
    entry = table_entry(
        site, "t.csv.gz", rows=3, features=4, header=True, target="y", categories=("kind", "y"), encode="one-hot"
    )
    arrays = read(entry, [path], "float64")
    np.testing.assert_array_equal(arrays.X, [[1, 0, 1, 0], [2.5, 1, 0, 0], [3, 0, 0, 1]])
    np.testing.assert_array_equal(arrays.y, [0, 1, 0])
    codes = read(replace(entry, encode="codes", features=2), [path], "float32")
    np.testing.assert_array_equal(codes.X, [[1, 1], [0, 2.5], [2, 3]])
    with pytest.raises(UsageError, match="small should have 4 rows"):
        read(replace(entry, rows=4), [path], "float32")
    with pytest.raises(UsageError, match="is not what small should be"):
        read(replace(entry, categories=("kind",)), [path], "float32")


def test_a_packed_table_without_header(site, tmp_path):
    path = tmp_path / "t.txt.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.txt", "2001,7,1.5\n1999,8,-2\n")
    entry = table_entry(site, "t", rows=2, features=1, task=Task.REGRESSION, target="0", drop=("1",))
    arrays = read(entry, [path], "float64")
    np.testing.assert_array_equal(arrays.X, [[1.5], [-2]])
    np.testing.assert_array_equal(arrays.y, [2001, 1999])
    late = read(replace(entry, task=Task.CLASSIFICATION, above=2000), [path], "float64")
    np.testing.assert_array_equal(late.y, [1, 0])
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(UsageError, match="damaged"):
        read(entry, [path], "float64")


#: Those whose origin is known by a plain address only.
PLAIN_HTTP = {"airline", "airline_delay"}


def test_the_table_is_sound():
    names = [source.name for source in sources()]
    assert len(names) == len(set(names))
    urls = {}
    for entry in entries():
        assert bool(entry.openml) != bool(entry.urls), entry.name
        assert 0 <= entry.held_out < entry.rows, entry.name
        assert entry.licence, entry.name
        for remote in entry.remotes:
            assert remote.url.startswith("https://") or entry.name in PLAIN_HTTP, entry.name
            assert urls.setdefault(remote.name, remote.url) == remote.url


ARFF = """@RELATION small
@ATTRIBUTE size NUMERIC
@ATTRIBUTE kind {red, green}
@ATTRIBUTE class {yes, no}
@DATA
"""
SPARSE = "@RELATION s\n@ATTRIBUTE a NUMERIC\n@ATTRIBUTE b NUMERIC\n@ATTRIBUTE class {p, n}\n@DATA\n"


def put_on_openml(site, number, arff, columns, kind="ARFF", md5=""):
    path = f"data/v1/download/{number}/small.arff"
    site.files[path] = arff.encode()
    about = {
        "id": str(number),
        "name": "small",
        "version": "1",
        "status": "active",
        "format": kind,
        "licence": "CC0",
        "description": "small",
        "url": site.url(path),
        "file_id": str(number),
        "md5_checksum": md5 or hashlib.md5(arff.encode()).hexdigest(),
    }
    features = [
        {
            "index": str(index),
            "name": name,
            "data_type": "nominal" if values else "numeric",
            "nominal_value": values,
            "is_target": str(name == "class").lower(),
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": "0",
        }
        for index, (name, values) in enumerate(columns.items())
    ]
    rows = str(len(arff.split("@DATA\n")[1].splitlines()))
    answers = {
        f"{number}": {"data_set_description": about},
        f"features/{number}": {"data_features": {"feature": features}},
        f"qualities/{number}": {"data_qualities": {"quality": [{"name": "NumberOfInstances", "value": rows}]}},
        "list/data_name/small/limit/2/data_version/1": {"data": {"dataset": [{"did": number, "version": 1}]}},
    }
    site.files |= {f"api/v1/json/data/{path}": json.dumps(answer).encode() for path, answer in answers.items()}


def dense(rows=40):
    return ARFF + "\n".join(
        f"{row / 4},{'green' if row % 3 else 'red'},{'yes' if row % 2 else 'no'}" for row in range(rows)
    )


DENSE_COLUMNS = {"size": [], "kind": ["red", "green"], "class": ["yes", "no"]}


def from_openml(**args):
    spec = DataSpec(source="openml_classification", args={"standardize": False, **args})
    data = prepare(spec, dtype="float64", order="C", seed=0, cache=cache_dir())
    return data, {name: np.load(path) for name, path in data.paths.items()}


def test_openml_by_number_and_by_name(site):
    put_on_openml(site, 7, dense(), DENSE_COLUMNS)
    data, arrays = from_openml(id=7)
    assert (data.n_samples, data.n_features, data.n_classes) == (30, 2, 2)
    assert data.origin == "small version 1 from openml.org/d/7, licence: CC0"
    rows = (arrays["X_train"][:, 0] * 4).round().astype(int)
    np.testing.assert_array_equal(arrays["y_train"], rows % 2)
    np.testing.assert_array_equal(arrays["X_train"][:, 1], rows % 3 == 0)
    asked = len(site.requests)
    _, again = from_openml(name="Small", version=1)
    np.testing.assert_array_equal(again["X_test"], arrays["X_test"])
    assert len(site.requests) == asked + 1


def test_a_named_set_of_openml_has_all_the_rows_of_the_table(site, monkeypatch):
    put_on_openml(site, 7, dense(), DENSE_COLUMNS)
    entry = Entry(name="small", about="", licence="none", task=Task.CLASSIFICATION, rows=40, features=2, openml=7)
    with pytest.raises(UsageError, match="small should have 41 rows, but what was fetched has 40"):
        made(_named(replace(entry, rows=41)), monkeypatch)
    assert made(_named(entry), monkeypatch)[0].n_samples == 30


def test_a_named_set_with_missing_values_says_where_they_can_be_dropped(site, monkeypatch):
    put_on_openml(site, 12, dense() + "\n?,red,no", DENSE_COLUMNS)
    entry = Entry(name="small", about="", licence="none", task=Task.CLASSIFICATION, rows=41, features=2, openml=12)
    cure = "take it as openml_classification with id = 12 and missing = 'drop'"
    with pytest.raises(UsageError, match=f"small: column 'size' has missing values in 1 row; {cure}"):
        made(_named(entry), monkeypatch)


def test_openml_sparse(site):
    lines = [f"{{0 {row + 1}, 2 {'n' if row % 2 else 'p'}}}" for row in range(20)]
    put_on_openml(site, 8, SPARSE + "\n".join(lines), {"a": [], "b": [], "class": ["p", "n"]}, kind="Sparse_ARFF")
    _, arrays = from_openml(id=8)
    assert arrays["X_train"].shape == (15, 2)
    np.testing.assert_array_equal(arrays["y_train"], arrays["X_train"][:, 0] % 2 == 1)


def test_openml_refuses_with_one_line(site):
    with pytest.raises(UsageError, match="the server says 404"):
        from_openml(id=9)
    site.answers["api/v1/json/data/10"] = [412]
    with pytest.raises(UsageError, match="OpenML does not have OpenML's data set 10"):
        from_openml(id=10)
    put_on_openml(site, 11, dense(), DENSE_COLUMNS, md5="0" * 32)
    with pytest.raises(UsageError, match="another MD5"):
        from_openml(id=11)
    put_on_openml(site, 12, dense() + "\n?,red,no", DENSE_COLUMNS)
    with pytest.raises(UsageError, match=r"column 'size' has missing values in 1 row; set missing = 'drop'$"):
        from_openml(id=12)
    assert from_openml(id=12, missing="drop")[0].n_samples == 30
    with pytest.raises(UsageError, match="needs either id, or name and version"):
        from_openml(name="small")


def test_fetched_sets_in_a_workload_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[workload]]\nname = "mine"\nalgorithm = "LogisticRegression"\n'
        'data = {bundled = "higgs", n_train = 1000, n_test = 500}\n'
        'quality = {metric = "accuracy", tolerance = 0.01}\n'
    )
    [workload] = load(file)
    [spec] = workload.data.values()
    assert source_of("higgs").shape(spec, source_of("higgs").resolve(spec)) == (1500, 28)
    file.write_text(file.read_text().replace("higgs", "hggs"))
    with pytest.raises(UsageError, match="did you mean 'higgs'"):
        load(file)


def test_scikit_learns_fetchers_keep_to_our_cache(site, monkeypatch):
    import io
    import tarfile

    from sklearn.datasets import _california_housing as housing

    rng = np.random.default_rng(0)
    packed = io.BytesIO()
    table = "\n".join(",".join(f"{value:.4f}" for value in row) for row in rng.uniform(1, 9, (20_640, 9))).encode()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("CaliforniaHousing/cal_housing.data")
        member.size = len(table)
        archive.addfile(member, io.BytesIO(table))
    site.files["cal_housing.tgz"] = packed.getvalue()
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    monkeypatch.setattr(housing, "ARCHIVE", housing.ARCHIVE._replace(url=site.url("cal_housing.tgz"), checksum=digest))
    assert source_of("california_housing").at_hand() == "to download"
    data, _ = made(source_of("california_housing"), monkeypatch, n_train=500, n_test=100)
    assert (data.n_samples, data.n_features) == (500, 8)
    assert source_of("california_housing").at_hand() == "downloaded"


def test_scikit_learns_fetchers_without_a_network(site, monkeypatch):
    from sklearn.datasets import _covtype

    monkeypatch.setattr(_covtype, "ARCHIVE", _covtype.ARCHIVE._replace(url="http://127.0.0.1:9/covtype"))
    with pytest.raises(UsageError, match=r"scikit-learn cannot fetch covtype: .*copy the folder"):
        made(source_of("covtype"), monkeypatch)
