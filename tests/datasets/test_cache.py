import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from suite.datasets import cache_dir, prepare
from suite.datasets.arrays import ArrayWriter, names, open_array
from suite.datasets.cache import choose_centers
from suite.errors import UsageError
from suite.workloads.entry import DataSpec

SPEC = DataSpec(source="blobs", n_train=2000, n_test=100, n_features=5, args={"init_centers": 3})

PREPARE = """
import resource, signal, sys
from pathlib import Path
from suite.datasets import prepare
from suite.errors import UsageError
from suite.workloads.entry import DataSpec
{setup}
spec = DataSpec(source="blobs", n_train={rows}, n_test=100, n_features=5)
try:
    data = prepare(spec, dtype="float64", order="C", seed=0, cache=Path(sys.argv[1]))
except UsageError as error:
    print("USAGE", error)
else:
    print("MADE", data.arrays["X_train"].sha256)
"""


def make(cache, spec=SPEC, **other):
    return prepare(spec, **{"dtype": "float64", "order": "C", "seed": 0, "cache": cache} | other)


def run(cache, rows=2000, setup=""):
    code = PREPARE.format(setup=setup, rows=rows)
    done = subprocess.run([sys.executable, "-c", code, str(cache)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def leftovers(cache):
    return [path.name for path in cache.iterdir() if path.name.startswith(".") and not path.name.endswith(".lock")]


def test_the_folder_of_the_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("EVENHAND_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "evenhand"
    monkeypatch.setenv("EVENHAND_CACHE", "~/here")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert cache_dir() == Path("/home/somebody/here")
    monkeypatch.setenv("EVENHAND_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_dir() == Path("/home/somebody/.cache/evenhand")


def test_a_second_time_nothing_is_written(tmp_path):
    first = make(tmp_path)
    written = {path: path.stat().st_mtime_ns for path in first.paths.values()}
    assert make(tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in first.paths.values()} == written
    assert not leftovers(tmp_path)


def test_whatever_changes_the_bytes_changes_the_folder(tmp_path):
    specs = [SPEC, DataSpec(source="blobs", n_train=2000, n_test=100, n_features=5)]
    folders = {make(tmp_path, spec).paths["X_train"].parent for spec in specs}
    folders |= {
        make(tmp_path, **other).paths["X_train"].parent for other in ({"dtype": "float32"}, {"order": "F"}, {"seed": 1})
    }
    assert len(folders) == 5


def test_an_argument_written_out_is_the_same_as_its_default(tmp_path):
    spelled = DataSpec(
        source="blobs", n_train=2000, n_test=100, n_features=5, args={"separation": 2, "init_centers": 3}
    )
    assert make(tmp_path, spelled).paths == make(tmp_path).paths


SPARSE = DataSpec(source="counts", n_train=500, n_test=50, n_features=300, args={"words": 20, "init_centers": 4})


def test_a_sparse_matrix_is_kept_in_parts_that_are_mapped(tmp_path):
    data = make(tmp_path, SPARSE, dtype="float32")
    assert names(data.paths) == ["X_train", "centers", "y_train", "X_test", "y_test"]
    assert {f"X_train.{part}" for part in ("data", "indices", "indptr", "shape")} < {*data.paths} == {*data.arrays}
    X = open_array(data.paths, "X_train")
    assert isinstance(X, csr_array)
    assert X.shape == (500, 300) == (data.n_samples, data.n_features)
    assert X.dtype == np.float32
    for part in (X.data, X.indices, X.indptr):
        assert not part.flags.writeable
        assert not part.flags.owndata
    assert data.bytes == sum(path.stat().st_size for path in data.paths.values())
    dense = X.toarray()
    assert all((center == dense).all(axis=1).any() for center in open_array(data.paths, "centers"))
    with pytest.raises(KeyError):
        open_array(data.paths, "X")


@pytest.mark.parametrize("part", ["data", "indices", "indptr", "shape"])
def test_a_damaged_part_of_a_sparse_matrix_is_made_again(part, tmp_path):
    good = make(tmp_path, SPARSE)
    path = good.paths[f"X_train.{part}"]
    content = path.read_bytes()
    flip(path.name)(path.parent)
    assert make(tmp_path, SPARSE) == good
    assert path.read_bytes() == content


def test_a_sparse_matrix_is_kept_sorted_and_without_duplicates(tmp_path):
    given = csr_array((np.array([1.0, 2.0, 4.0]), np.array([2, 0, 2]), np.array([0, 3, 3])), shape=(2, 3))
    writer = ArrayWriter(tmp_path)
    writer.keep("X", given)
    kept = open_array({name: tmp_path / f"{name}.npy" for name in writer.written}, "X")
    assert kept.toarray().tolist() == [[2, 0, 5], [0, 0, 0]]
    assert kept.nnz == 2
    assert given.nnz == 3


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(5, 3), (1, 4), (4, 1), (7,)])
def test_room_that_was_filled_is_the_same_file_as_an_array_written(order, shape, tmp_path):
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape, order=order)
    filled, written = ArrayWriter(tmp_path), ArrayWriter(tmp_path)
    room = filled.allocate("a", shape, "float32", order)
    assert not room.any()
    room[:] = values
    filled.keep("a", room)
    written.keep("b", values)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), values)
    if min(shape) > 1 or len(shape) == 1:
        assert filled.written["a"] == written.written["b"]
        assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_initial_centres_are_found_among_many_equal_rows():
    X = np.zeros((5000, 2))
    X[-2:] = [[1, 2], [3, 4]]
    assert sorted(choose_centers(X, 3, 0).tolist()) == [[0, 0], [1, 2], [3, 4]]


def truncate(folder):
    with (folder / "X_train.npy").open("r+b") as file:
        file.truncate(1000)


def flip(name):
    def damage(folder):
        path = folder / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    return damage


def edit_manifest(folder):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["n_classes"] = 7
    path.write_text(json.dumps(manifest))


def unlink(name):
    return lambda folder: (folder / name).unlink()


def to_folder(folder):
    (folder / "X_test.npy").unlink()
    (folder / "X_test.npy").mkdir()


DAMAGES = {
    "truncated": truncate,
    "a flipped byte": flip("X_train.npy"),
    "a flipped byte in a small array": flip("centers.npy"),
    "a flipped byte in the manifest": flip("manifest.json"),
    "an edited manifest": edit_manifest,
    "no manifest": unlink("manifest.json"),
    "no array": unlink("truth.npy"),
    "an array that is a folder": to_folder,
    "an empty manifest": lambda folder: (folder / "manifest.json").write_bytes(b""),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_data_set_is_made_again(damage, tmp_path):
    good = make(tmp_path)
    content = {name: path.read_bytes() for name, path in good.paths.items()}
    damage(good.paths["X_train"].parent)
    again = make(tmp_path)
    assert again == good
    assert {name: path.read_bytes() for name, path in again.paths.items()} == content
    assert not leftovers(tmp_path)


def test_what_is_mapped_stays_while_a_damaged_set_is_replaced(tmp_path):
    first = make(tmp_path)
    mapped = np.load(first.paths["X_train"], mmap_mode="r")
    total = mapped.sum()
    flip("truth.npy")(first.paths["truth"].parent)
    make(tmp_path)
    assert mapped.sum() == total


def test_processes_that_make_the_same_set_at_once_agree(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        outputs = list(pool.map(lambda _: run(tmp_path, rows=200_000), range(4)))
    assert len(set(outputs)) == 1
    assert outputs[0].startswith("MADE")
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1
    assert not leftovers(tmp_path)


def test_processes_without_locks_do_no_harm(tmp_path):
    setup = "import fcntl\ndef none(*_): raise OSError('no locks')\nfcntl.flock = none"
    with ThreadPoolExecutor(3) as pool:
        outputs = list(pool.map(lambda _: run(tmp_path, rows=200_000, setup=setup), range(3)))
    assert len(set(outputs)) == 1
    assert outputs[0].startswith("MADE")
    assert not leftovers(tmp_path)


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    setup = "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)"
    output = run(tmp_path, setup=setup)
    assert output.startswith("USAGE cannot write to the cache")
    assert "File too large" in output
    assert "EVENHAND_CACHE" in output
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_too_little_space_is_found_before_anything_is_made(tmp_path):
    spec = DataSpec(source="blobs", n_train=10**15, n_features=10)
    with pytest.raises(UsageError, match=r"the data set needs .* TiB, but only .* free in the cache"):
        make(tmp_path, spec)


def test_a_process_that_is_killed_leaves_nothing_that_lasts(tmp_path):
    setup = (
        "import os\nfrom suite.datasets.arrays import ArrayWriter\nkeep = ArrayWriter.keep\n"
        "def dies(self, name, array):\n    keep(self, name, array)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "ArrayWriter.keep = dies"
    )
    code = PREPARE.format(setup=setup, rows=2000)
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True)
    assert killed.returncode == -9
    assert leftovers(tmp_path)
    assert run(tmp_path).startswith("MADE")
    assert not leftovers(tmp_path)


def test_a_cache_that_is_no_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write to the cache .*: Not a directory; set EVENHAND_CACHE"):
        make(tmp_path / "file" / "cache")


def test_a_read_only_cache_serves_what_it_holds_and_says_so_otherwise():
    """A root that runs the tests becomes nobody, after all imports."""
    setup = (
        "import mmap, os, importlib.metadata, suite.datasets.cache, suite.datasets.generators\n"
        "importlib.metadata.version('numpy')\n"
        "suite.datasets.sources()\n"
        "if os.geteuid() == 0: os.setuid(65534)"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        cache = Path(folder, "cache")
        made = run(cache)
        paths = [cache, *cache.rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            assert run(cache, setup=setup) == made
            output = run(cache, rows=2001, setup=setup)
        finally:
            for path in paths:
                path.chmod(0o755)
    assert output.startswith("USAGE cannot write to the cache")
    assert "Permission denied" in output
