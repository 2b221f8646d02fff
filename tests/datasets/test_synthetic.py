import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from suite.datasets import expected_bytes, prepare, source_of, sources
from suite.errors import UsageError
from suite.workloads.entry import DataSpec

SPECS = {
    "classification": DataSpec(
        source="classification", n_train=3000, n_test=500, n_features=20, args={"n_classes": 3, "n_redundant": 5}
    ),
    "regression": DataSpec(source="regression", n_train=3000, n_test=500, n_features=20),
    "blobs": DataSpec(source="blobs", n_train=3000, n_test=500, n_features=6, args={"init_centers": 7}),
    "density": DataSpec(source="density", n_train=3000, n_features=3),
    "low_rank": DataSpec(source="low_rank", n_train=3000, n_test=500, n_features=40, args={"rank": 5}),
}


def arrays(spec, cache, dtype="float64", order="C", seed=0):
    data = prepare(spec, dtype=dtype, order=order, seed=seed, cache=cache)
    return {name: np.load(path) for name, path in data.paths.items()}


def test_every_generator_is_tested_here():
    assert set(SPECS) == {source.name for source in sources() if source.sized}


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
@pytest.mark.parametrize(("dtype", "order"), [("float64", "C"), ("float32", "F")])
def test_arrays_have_the_asked_shape_dtype_and_order(spec, dtype, order, tmp_path):
    data = prepare(spec, dtype=dtype, order=order, seed=0, cache=tmp_path)
    made = {name: np.load(path, mmap_mode="r", allow_pickle=False) for name, path in data.paths.items()}
    assert made["X_train"].shape == (spec.n_train, spec.n_features) == (data.n_samples, data.n_features)
    assert ("X_test" in made) == bool(spec.n_test)
    for name in ("X_train", "X_test"):
        if name in made:
            assert made[name].dtype == dtype
            assert made[name].flags["F_CONTIGUOUS" if order == "F" else "C_CONTIGUOUS"]
    for name, info in data.arrays.items():
        assert info.shape == list(made[name].shape)
        assert info.dtype == made[name].dtype.name
        assert info.bytes == data.paths[name].stat().st_size
        assert info.sha256 == hashlib.sha256(data.paths[name].read_bytes()).hexdigest()
        assert np.isfinite(made[name]).all()
    assert data.bytes == sum(info.bytes for info in data.arrays.values())
    assert expected_bytes(spec, dtype) == pytest.approx(data.bytes, rel=0.2)


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
def test_float32_is_float64_rounded_and_order_changes_nothing(spec, tmp_path):
    exact, rounded = arrays(spec, tmp_path), arrays(spec, tmp_path, "float32", "F")
    for name, values in exact.items():
        expected = values.astype(np.float32) if values.dtype.kind == "f" else values
        np.testing.assert_array_equal(rounded[name], expected)


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
def test_another_seed_gives_other_data_and_more_training_rows_the_same_held_out_ones(spec, tmp_path):
    first, other = arrays(spec, tmp_path), arrays(spec, tmp_path, seed=1)
    assert not np.allclose(first["X_train"], other["X_train"])
    if spec.n_test:
        longer = DataSpec(source=spec.source, n_train=3500, n_test=500, n_features=spec.n_features, args=spec.args)
        np.testing.assert_array_equal(arrays(longer, tmp_path)["X_test"], first["X_test"])


@pytest.mark.skipif(sys.platform != "linux", reason="the tails of NumPy's normal draws use the C library's functions")
def test_the_bytes_of_a_seed_stay_what_they_are(tmp_path):
    """A change here must raise the source's version."""
    assert digests_of(tmp_path) == DIGESTS


def digests_of(cache):
    digests = {}
    for name, spec in SPECS.items():
        made = arrays(spec, cache)
        digests[name] = hashlib.sha256(b"".join(made[key].tobytes() for key in sorted(made))).hexdigest()[:12]
    return digests


DIGESTS = {
    "classification": "569db65804af",
    "regression": "b7d6517a0233",
    "blobs": "83381ce78494",
    "density": "50fe9b91bd93",
    "low_rank": "0dde36bab0c5",
}


@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_the_bytes_do_not_depend_on_the_processor(tmp_path):
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from test_synthetic import DIGESTS, digests_of\n"
        "assert digests_of(Path(sys.argv[2])) == DIGESTS\n"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path)]
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_classes_are_balanced_and_labels_are_drawn_anew_as_asked(tmp_path):
    made = arrays(SPECS["classification"], tmp_path)
    shares = np.bincount(made["y_train"]) / 3000
    assert len(shares) == 3
    np.testing.assert_allclose(shares, 1 / 3, atol=0.03)


def test_the_noise_of_a_regression_is_known(tmp_path):
    from sklearn.linear_model import LinearRegression

    for noise in (0.0, 0.5, 2.0):
        spec = DataSpec(source="regression", n_train=3000, n_test=2000, n_features=20, args={"noise": noise})
        made = arrays(spec, tmp_path)
        model = LinearRegression().fit(made["X_train"], made["y_train"])
        explained = model.score(made["X_test"], made["y_test"])
        assert explained == pytest.approx(1 / (1 + noise**2), abs=0.03)
        assert made["X_train"].std(axis=0) == pytest.approx(1, abs=0.1)


def test_curvature_is_what_a_line_cannot_explain(tmp_path):
    from sklearn.linear_model import LinearRegression

    args = {"curvature": 1.0, "noise": 0.0}
    made = arrays(DataSpec(source="regression", n_train=3000, n_test=2000, n_features=20, args=args), tmp_path)
    explained = LinearRegression().fit(made["X_train"], made["y_train"]).score(made["X_test"], made["y_test"])
    assert 0.3 < explained < 0.7


def test_density_is_clear_to_dbscan_and_not_to_kmeans(tmp_path):
    from sklearn.cluster import DBSCAN, KMeans
    from sklearn.metrics import adjusted_rand_score

    made = arrays(DataSpec(source="density", n_train=3000, n_features=3, args={"n_clusters": 6}), tmp_path)
    found = DBSCAN(eps=0.08, min_samples=8).fit_predict(made["X_train"])
    round_ = KMeans(6, n_init=1, random_state=0).fit_predict(made["X_train"])
    assert adjusted_rand_score(made["truth"], found) > 0.98
    assert adjusted_rand_score(made["truth"], round_) < adjusted_rand_score(made["truth"], found) - 0.03
    assert (made["truth"] == -1).mean() == pytest.approx(0.05, abs=0.02)


def test_low_rank_falls_off_after_its_rank(tmp_path):
    centred = arrays(SPECS["low_rank"], tmp_path)["X_train"]
    values = np.linalg.svd(centred - centred.mean(axis=0), compute_uv=False)
    assert values[4] > 3 * values[5]
    assert values[5] < 1.5 * values[-1]


def test_initial_centres_are_different_training_rows(tmp_path):
    made = arrays(SPECS["blobs"], tmp_path)
    rows = {row.tobytes() for row in made["X_train"]}
    assert made["centers"].shape == (7, 6)
    assert len({center.tobytes() for center in made["centers"]}) == 7
    assert all(center.tobytes() in rows for center in made["centers"])


def test_too_many_initial_centres_are_one_line(tmp_path):
    spec = DataSpec(source="blobs", n_train=5, n_features=2, args={"init_centers": 6})
    with pytest.raises(UsageError, match="only 5 different training rows"):
        arrays(spec, tmp_path)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (DataSpec(source="blob", n_train=5, n_features=2), "no data source 'blob'; did you mean 'blobs'?"),
        (DataSpec(source="blobs", n_features=2), "blobs needs n_train of at least 1, not 0"),
        (DataSpec(source="blobs", n_train=5, n_features=2, args={"cluster": 1}), "did you mean 'n_clusters'?"),
        (DataSpec(source="blobs", n_train=5, n_features=2, args={"n_clusters": True}), "an integer, not True"),
        (DataSpec(source="blobs", n_train=5, n_features=2, args={"separation": "1"}), "a number, not '1'"),
        (DataSpec(source="low_rank", n_train=5, n_features=2), "rank (10) exceeds n_features (2)"),
        (DataSpec(source="iris", n_features=2), "iris has its own features"),
        (DataSpec(source="iris", n_train=140, n_test=20), "not enough for 140 training and 20 held-out rows"),
        (DataSpec(source="iris", n_train=2, n_test=20), "iris has 3 classes: 2 training and 20 held-out rows"),
    ],
)
def test_what_cannot_be_made_is_one_clear_line(spec, message, tmp_path):
    with pytest.raises(UsageError) as caught:
        prepare(spec, dtype="float64", order="C", seed=0, cache=tmp_path)
    assert message in str(caught.value)
    assert not list(tmp_path.glob("*/*.npy"))


def test_memory_stays_near_the_size_of_the_result(tmp_path):
    """Half a float64 copy of X would be seen."""
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from suite.datasets import prepare\n"
        "from suite.workloads.entry import DataSpec\n"
        "def make(n):\n"
        "    spec = DataSpec(source='blobs', n_train=n, n_features=50)\n"
        "    return prepare(spec, dtype='float32', order='C', seed=0, cache=Path(sys.argv[1])).bytes\n"
        "make(1000)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "size = make(400_000)\n"
        "unit = 1 if sys.platform == 'darwin' else 1024\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit / size)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.6


def test_bundled_data_are_standardised_and_split_by_class(tmp_path):
    made = arrays(DataSpec(source="wine"), tmp_path)
    assert made["X_train"].shape == (134, 13)
    np.testing.assert_allclose(made["X_train"].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(made["X_train"].std(axis=0), 1)
    np.testing.assert_allclose(np.bincount(made["y_test"]) / 44, np.bincount(made["y_train"]) / 134, atol=0.02)
    raw = arrays(DataSpec(source="wine", args={"standardize": False}), tmp_path)
    assert raw["X_train"].max() > 1000


@pytest.mark.parametrize("name", [source.name for source in sources() if not source.sized and source.name != "file"])
def test_the_known_shape_of_bundled_data_is_the_real_one(name, tmp_path):
    spec = DataSpec(source=name, args={"test_share": 0.0})
    data = prepare(spec, dtype="float32", order="C", seed=0, cache=tmp_path)
    assert source_of(name).shape(spec, {"test_share": 0.0}) == (data.n_samples, data.n_features)
    assert data.n_classes == source_of(name).classes
    assert "X_test" not in data.arrays
