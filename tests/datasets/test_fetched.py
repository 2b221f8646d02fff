import gzip
import hashlib
import io
import json
import sys
import tarfile
import zipfile
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from loopback import serving

from suite.datasets import cache_dir, prepare, source_of, sources
from suite.datasets.arrays import open_array
from suite.datasets.download import downloads_dir
from suite.datasets.named import Entry, entries, read
from suite.datasets.providers.fetched import _named
from suite.errors import DataUnavailableError, UsageError
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


def made_sparse(source, monkeypatch, seed=0):
    """Prepare a source that is in no list, whose features stay sparse."""
    monkeypatch.setattr("suite.datasets.source_of", lambda name: source)
    return prepare(DataSpec(source=source.name), dtype="float32", order="C", seed=seed, cache=cache_dir())


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
    cure = "take it as openml_classification with id = 12 and missing = 'drop' or 'median'"
    with pytest.raises(UsageError, match=f"small: column 'size' has missing values in 1 row; {cure}"):
        made(_named(entry), monkeypatch)


def test_missing_values_of_openml_are_dropped_or_filled_from_the_training_rows(site):
    lines = dense(12).splitlines()
    lines[-12] = "?,red,no"  # of 0, red, no
    lines[-5] = "1.75,?,yes"  # of 1.75, green, yes
    put_on_openml(site, 13, "\n".join(lines), DENSE_COLUMNS)
    dropped, arrays = from_openml(id=13, missing="drop", test_share=0.2)
    assert dropped.origin.endswith("licence: CC0; rows with missing values dropped")
    assert len(arrays["X_train"]) + len(arrays["X_test"]) == 10
    filled, arrays = from_openml(id=13, missing="median", test_share=0.25)
    assert filled.origin.endswith("missing values: the training rows' median, of categories the most frequent one")
    X_train, X_test = arrays["X_train"], arrays["X_test"]
    given = {(row / 4, float(row % 3 == 0)) for row in range(12) if row not in (0, 7)}
    of_training = [size for size, kind in X_train.tolist() if (size, kind) in given or size == 1.75]
    expected = sorted([*given, (float(np.median(of_training)), 1.0), (1.75, 0.0)])
    assert sorted(map(tuple, np.concatenate([X_train, X_test]).tolist())) == expected


def test_missing_values_of_openml_that_cannot_be_filled(site):
    put_on_openml(site, 14, dense(8) + "\n1,red,?", DENSE_COLUMNS)
    for missing in ("error", "median"):
        with pytest.raises(UsageError, match=r"set 14: its target is missing in 1 row; set missing = 'drop'$"):
            from_openml(id=14, missing=missing)
    assert from_openml(id=14, missing="drop", test_share=0.25)[0].n_samples == 6
    nothing = ARFF + "\n".join(f"?,red,{'yes' if row % 2 else 'no'}" for row in range(8))
    put_on_openml(site, 15, nothing, DENSE_COLUMNS)
    with pytest.raises(UsageError, match="missing = 'drop' leaves none; use 'median'"):
        from_openml(id=15, missing="drop")
    with pytest.raises(UsageError, match="column 'size' has no value in the training rows"):
        from_openml(id=15, missing="median")
    lines = [f"{{0 {row or '?'}, 2 {'n' if row % 2 else 'p'}}}" for row in range(20)]
    put_on_openml(site, 16, SPARSE + "\n".join(lines), {"a": [], "b": [], "class": ["p", "n"]}, kind="Sparse_ARFF")
    with pytest.raises(UsageError, match="set 16: column '0' has missing values in 1 row; set missing ="):
        from_openml(id=16)
    assert from_openml(id=16, missing="drop", test_share=0.2)[0].n_samples == 15


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
    with pytest.raises(
        UsageError, match=r"column 'size' has missing values in 1 row; set missing = 'drop' or 'median'$"
    ):
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


def hdf5(tmp_path, **arrays):
    """Return the bytes of a file as ann-benchmarks.com has them: rows to search, queries, and their true neighbours."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "made.hdf5", "w") as file:
        file.attrs["distance"] = "euclidean"
        for name, array in arrays.items():
            file[name] = array
    return (tmp_path / "made.hdf5").read_bytes()


@pytest.mark.parametrize("name", ["sift", "gist"])
def test_hdf5_of_neighbours_and_queries(name, site, monkeypatch, tmp_path):
    [entry] = [entry for entry in entries() if entry.name == name]
    rng = np.random.default_rng(0)
    train, test = (rng.integers(0, 200, (rows, entry.features)).astype(np.float32) for rows in (70, 9))
    [file] = [remote.name for remote in entry.remotes]
    nearest = np.zeros((9, 5), np.int32)
    site.files[file] = hdf5(tmp_path, train=train, test=test, neighbors=nearest, distances=nearest.astype(np.float32))
    small = replace(entry, urls=(site.url(file),), rows=79, held_out=9)
    data, arrays = made(_named(small), monkeypatch)
    assert sorted(arrays) == ["X_test", "X_train"]
    np.testing.assert_array_equal(arrays["X_train"], train)
    np.testing.assert_array_equal(arrays["X_test"], test)
    assert (data.n_samples, data.n_features, data.n_classes) == (70, entry.features, 0)
    assert hashlib.sha256(site.files[file]).hexdigest()[:16] in data.origin
    with pytest.raises(UsageError, match=f"{name} should have 80 rows, but what was fetched has 79"):
        made(_named(replace(small, rows=80)), monkeypatch, seed=1)


def test_hdf5_that_cannot_be_read_is_one_line(site, monkeypatch, tmp_path):
    entry = table_entry(site, "s.hdf5", rows=79, features=3, task=None, held_out=9, format="hdf5", standardize=False)
    path = tmp_path / "s.hdf5"
    whole = hdf5(tmp_path, train=np.zeros((70, 3)), test=np.zeros((9, 3)))
    for content, said in (
        (whole[: len(whole) // 2], "truncated file"),
        (b"<html>moved</html>", "file signature not found"),
        (hdf5(tmp_path, base=np.zeros((70, 3))), "object 'train' doesn't exist"),
    ):
        path.write_bytes(content)
        with pytest.raises(UsageError, match=rf"s\.hdf5 is not what small should be: .*{said}.*; remove it") as caught:
            read(entry, [path], "float32")
        assert "\n" not in str(caught.value)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UsageError, match="small is an HDF5 file and needs h5py: pip install h5py"):
        read(entry, [path], "float32")


def put_for_sklearn(site, monkeypatch, module, constant, content, index=None):
    """Serve the file of one of scikit-learn's constants, which then says where it is and what it is."""
    module = import_module(f"sklearn.datasets.{module}")
    known = getattr(module, constant)
    remote = known if index is None else known[index]
    site.files[remote.filename] = content
    ours = remote._replace(url=site.url(remote.filename), checksum=hashlib.sha256(content).hexdigest())
    changed = ours if index is None else tuple(ours if at == index else one for at, one in enumerate(known))
    monkeypatch.setattr(module, constant, changed)


def tar(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def home(*parts):
    return downloads_dir().joinpath("scikit-learn", *parts)


def houses(rows=20_640):
    table = np.random.default_rng(0).uniform(1, 9, (rows, 9))
    text = "\n".join(",".join(f"{value:.4f}" for value in row) for row in table).encode()
    return tar({"CaliforniaHousing/cal_housing.data": text})


def test_scikit_learns_fetchers_keep_to_our_cache(site, monkeypatch):
    put_for_sklearn(site, monkeypatch, "_california_housing", "ARCHIVE", houses())
    assert source_of("california_housing").at_hand() == "to download"
    data, _ = made(source_of("california_housing"), monkeypatch, n_train=500, n_test=100)
    assert (data.n_samples, data.n_features) == (500, 8)
    assert source_of("california_housing").at_hand() == "downloaded"
    assert made(source_of("california_housing"), monkeypatch, n_train=400, n_test=100)[0].n_samples == 400
    assert len(site.requests) == 1


def test_files_of_scikit_learns_fetchers_go_on_where_they_broke_off(site, monkeypatch):
    from sklearn.datasets import _california_housing as housing

    theirs = housing._fetch_remote
    small = replace(source_of("california_housing"), rows=60)
    put_for_sklearn(site, monkeypatch, "_california_housing", "ARCHIVE", houses(60))
    whole = len(site.files["cal_housing.tgz"])
    site.drop_after = [200]
    assert made(small, monkeypatch)[0].n_samples == 45
    [(_, first), (_, second)] = site.requests
    assert first["User-Agent"].startswith("evenhand/")
    assert (first["Range"], second["Range"], second["If-Range"]) == (None, "bytes=200-", site.etag)
    assert whole > 200
    assert not list(home().glob("*.tgz"))
    assert housing._fetch_remote is theirs


def test_files_of_scikit_learns_fetchers_are_verified(site, monkeypatch):
    put_for_sklearn(site, monkeypatch, "_california_housing", "ARCHIVE", houses(60))
    site.files["cal_housing.tgz"] = houses(61)
    with pytest.raises(UsageError, match=r"cal_housing.tgz from .* has the SHA-256 .* as published; it was removed"):
        made(replace(source_of("california_housing"), rows=61), monkeypatch)
    assert not list(downloads_dir().rglob("cal_housing*"))


def test_scikit_learns_fetchers_without_a_network(site, monkeypatch):
    from sklearn.datasets import _covtype

    content = gzip.compress(
        b"".join(b"%d,%s\n" % (row, b",".join([b"1"] * 53 + [b"%d" % (row % 7 + 1)])) for row in range(70))
    )
    put_for_sklearn(site, monkeypatch, "_covtype", "ARCHIVE", content)
    monkeypatch.setattr(_covtype, "ARCHIVE", _covtype.ARCHIVE._replace(url="http://127.0.0.1:9/covtype"))
    small = replace(source_of("covtype"), rows=70)
    with pytest.raises(
        DataUnavailableError, match=r"cannot download covtype\.data\.gz from .*: no connection"
    ) as caught:
        made(small, monkeypatch)
    by_hand = downloads_dir() / "covtype.data.gz"
    assert f"put it at {by_hand}" in str(caught.value)
    by_hand.write_bytes(content)
    data, arrays = made(small, monkeypatch, args={"standardize": False})
    assert (data.n_samples, data.n_features, data.n_classes) == (52, 54, 7)
    np.testing.assert_array_equal(arrays["y_train"], arrays["X_train"][:, 0] % 7)


def test_what_is_not_what_scikit_learn_expects_is_one_line(site, monkeypatch):
    put_for_sklearn(site, monkeypatch, "_california_housing", "ARCHIVE", b"no archive")
    with pytest.raises(UsageError, match="scikit-learn cannot make california_housing of what was fetched: ") as caught:
        made(source_of("california_housing"), monkeypatch)
    assert "\n" not in str(caught.value)
    content = houses()
    put_for_sklearn(site, monkeypatch, "_california_housing", "ARCHIVE", content)
    home("cal_housing.tgz").write_bytes(content)  # left there by a reader that was stopped
    assert made(source_of("california_housing"), monkeypatch, n_train=500)[0].n_samples == 500
    assert len(site.requests) == 1
    [kept] = home().glob("cal_housing*")
    kept.write_bytes(kept.read_bytes()[:3000])
    with pytest.raises(
        UsageError, match=r"cannot make california_housing .*; remove its part of .*scikit-learn, to have"
    ):
        made(source_of("california_housing"), monkeypatch, seed=1)


def test_kddcup99(site, monkeypatch):
    kinds = (
        ("tcp", "http", "SF", "normal."),
        ("udp", "private", "SF", "snmpgetattack."),
        ("icmp", "ecr_i", "REJ", "smurf."),
    )
    lines = []
    for row in range(60):
        protocol, service, flag, attack = kinds[row % 3]
        counts = ",".join(str((row * at) % 9) for at in range(1, 21))
        rates = ",".join(f"{row % at / at:.2f}" for at in range(1, 8))
        more = ",".join(f"{row % at / at:.2f}" for at in range(2, 10))
        lines.append(f"{row},{protocol},{service},{flag},{counts},{rates},{row % 255},{row % 254},{more},{attack}\n")
    put_for_sklearn(site, monkeypatch, "_kddcup99", "ARCHIVE_10_PERCENT", gzip.compress("".join(lines).encode()))
    small = replace(source_of("kddcup99"), rows=60)
    data, arrays = made(small, monkeypatch, args={"standardize": False})
    assert (data.n_samples, data.n_features, data.n_classes) == (45, 41, 3)
    row = arrays["X_train"][:, 0].astype(int)
    np.testing.assert_array_equal(arrays["X_train"][:, 1], np.array([1, 2, 0])[row % 3])  # icmp, tcp, udp
    np.testing.assert_array_equal(arrays["X_train"][:, 2], np.array([1, 2, 0])[row % 3])  # ecr_i, http, private
    np.testing.assert_array_equal(arrays["X_train"][:, 3], row % 3 < 2)  # REJ, SF
    np.testing.assert_array_equal(arrays["X_train"][:, 4], row % 9)
    np.testing.assert_allclose(arrays["X_train"][:, 40], row % 9 / 9, atol=0.005)
    np.testing.assert_array_equal(arrays["y_train"], np.array([0, 2, 1])[row % 3])  # normal, smurf, snmpgetattack


def test_newsgroups20(site, monkeypatch):
    words = {"alt.atheism": "belief", "sci.space": "orbit", "rec.autos": "engine"}
    files = {}
    for part, number in (("train", 4), ("test", 2)):
        for group, word in words.items():
            for at in range(number):
                text = f"From: a@b.c\nSubject: {word}\n\n{word} {word} caf\xe9 {part}\n"
                files[f"20news-bydate-{part}/{group}/{at}{part}"] = text.encode("latin-1")
    put_for_sklearn(site, monkeypatch, "_twenty_newsgroups", "ARCHIVE", tar(files))
    small = replace(source_of("newsgroups20"), rows=18, held_out=6)
    data = made_sparse(small, monkeypatch)
    X, y = (open_array(data.paths, name) for name in ("X_train", "y_train"))
    # of all texts: from, subject, café, train (test is not said in training texts); of a few the word of their group
    assert X.shape == (12, 7)
    assert X.dtype == np.float32
    assert data.n_classes == 3
    counts = X.toarray()
    assert sorted(counts[0]) == [0, 0, 1, 1, 1, 1, 3]
    spoken = (counts == 3).argmax(axis=1)  # belief, engine, orbit: in the order of their groups' names
    np.testing.assert_array_equal(spoken, np.unique(spoken)[np.array([0, 1, 2])[y]])
    assert open_array(data.paths, "X_test").shape == (6, 7)
    assert small.at_hand() == "downloaded"
    with pytest.raises(UsageError, match="newsgroups20 should have 19 rows"):
        made_sparse(replace(small, rows=19), monkeypatch, seed=1)


def test_rcv1(site, monkeypatch):
    import joblib
    from scipy.sparse import csr_array

    for index in range(5):  # 3 of each of the later parts, then 4 to train on: the words of a text are its number's
        numbers = range(2286 + 3 * index, 2289 + 3 * index) if index < 4 else range(2270, 2274)
        lines = "".join(f"{number} {number % 7 + 1}:0.5 {number}:{number / 4000:.4f}\n" for number in numbers)
        put_for_sklearn(site, monkeypatch, "_rcv1", "XY_METADATA", gzip.compress(lines.encode()), index)
    # its reader of topics wants all 804,414 texts, so they are laid where it keeps them
    home("RCV1").mkdir(parents=True)
    names = np.array(["C11", "CCAT", "ECAT"], dtype=object)
    topics = csr_array(np.array([[0, row % 2, row % 3 == 0] for row in range(16)], dtype=np.uint8))
    joblib.dump(topics, home("RCV1", "sample_topics_py3.pkl"))
    joblib.dump(names, home("RCV1", "topics_names_py3.pkl"))
    small = replace(source_of("rcv1"), rows=16, held_out=12)
    data = made_sparse(small, monkeypatch)
    X, y = (open_array(data.paths, name) for name in ("X_train", "y_train"))
    assert X.shape == (4, 47_236)
    np.testing.assert_array_equal(
        X[:, [2269, 2270, 2271, 2272]].toarray(), np.diag(np.float32([0.5675, 0.5677, 0.568, 0.5683]))
    )
    np.testing.assert_array_equal(y, [0, 1, 0, 1])
    np.testing.assert_array_equal(open_array(data.paths, "y_test"), [0, 1] * 6)
    assert open_array(data.paths, "X_test")[:, 2285:2297].toarray().argmax(axis=1).tolist() == list(range(12))
    assert len(site.requests) == 5


def test_olivetti_faces(site, monkeypatch, capsys):
    from scipy.io import savemat

    packed = io.BytesIO()
    person = np.arange(400) // 10
    pixels = (person * 6 + np.arange(4096)[:, None] % 8).astype(np.uint8)
    savemat(packed, {"faces": pixels})
    put_for_sklearn(site, monkeypatch, "_olivetti_faces", "FACES", packed.getvalue())
    data, arrays = made(source_of("olivetti_faces"), monkeypatch)
    assert (data.n_samples, data.n_features, data.n_classes) == (300, 4096, 40)
    X, y = arrays["X_train"], arrays["y_train"]
    np.testing.assert_allclose(X.min(axis=1), y * 6 / 241, atol=1e-6)
    np.testing.assert_array_equal(np.bincount(arrays["y_test"], minlength=40) + np.bincount(y), np.full(40, 10))
    assert X.max() == 1
    assert capsys.readouterr().out == ""


def test_lfw_people(site, monkeypatch):
    image = pytest.importorskip("PIL.Image", reason="Pillow, which reads the pictures, is not installed")

    def jpeg(grey):
        packed = io.BytesIO()
        image.new("RGB", (250, 250), (grey, grey, grey)).save(packed, "JPEG")
        return packed.getvalue()

    files = {}
    for name, number, grey in (("Ann_Other", 70, 40), ("Bob_Rare", 3, 90), ("Cy_Young", 71, 200)):
        content = jpeg(grey)
        files |= {f"lfw_funneled/{name}/{name}_{at:04}.jpg": content for at in range(1, number + 1)}
    put_for_sklearn(site, monkeypatch, "_lfw", "FUNNELED_ARCHIVE", tar(files))
    for index in range(3):
        put_for_sklearn(site, monkeypatch, "_lfw", "TARGETS", b"0\n", index)
    small = replace(source_of("lfw_people"), rows=141)
    data, arrays = made(small, monkeypatch, args={"test_share": 0.2})
    assert (data.n_samples, data.n_features, data.n_classes) == (113, 1850, 2)
    means = arrays["X_train"].mean(axis=1)
    np.testing.assert_allclose(means, np.where(arrays["y_train"], 200, 40) / 255, atol=0.01)
    assert len(site.requests) == 4
