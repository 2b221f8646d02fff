import ast
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from suite.datasets import expected_bytes, generators, prepare, source_of, sources
from suite.datasets.arrays import names, open_array
from suite.datasets.generators import chunks
from suite.datasets.providers import bundled
from suite.datasets.providers.synthetic import Synthetic
from suite.datasets.source import Request
from suite.errors import UsageError
from suite.workloads.entry import DataSpec

SPECS = {
    "classification": DataSpec(
        source="classification", n_train=3000, n_test=500, n_features=120, args={"n_classes": 3, "n_redundant": 5}
    ),
    "regression": DataSpec(source="regression", n_train=3000, n_test=500, n_features=20),
    "blobs": DataSpec(source="blobs", n_train=3000, n_test=500, n_features=6, args={"init_centers": 7}),
    "density": DataSpec(source="density", n_train=3000, n_features=3),
    "moons": DataSpec(source="moons", n_train=3000, n_test=500, n_features=3),
    "low_rank": DataSpec(source="low_rank", n_train=3000, n_test=500, n_features=40, args={"rank": 5}),
    "heavy_tails": DataSpec(source="heavy_tails", n_train=3000, n_test=500, n_features=10),
    "counts": DataSpec(source="counts", n_train=3000, n_test=500, n_features=400, args={"words": 60, "n_classes": 5}),
    "categories": DataSpec(source="categories", n_train=3000, n_test=500, n_features=10),
}
VARIANTS = {
    **SPECS,
    "imbalanced": DataSpec(
        source="classification", n_train=3000, n_test=500, n_features=20, args={"n_classes": 3, "imbalance": 3.0}
    ),
    "conditioned": DataSpec(source="regression", n_train=3000, n_test=500, n_features=20, args={"condition": 100.0}),
    "regression-t": DataSpec(
        source="regression", n_train=3000, n_test=500, n_features=20, args={"noise_freedom": 3, "curvature": 0.5}
    ),
    "regression-counts": DataSpec(
        source="regression", n_train=3000, n_test=500, n_features=20, args={"target": "counts"}
    ),
    "stretched": DataSpec(
        source="blobs", n_train=3000, n_test=500, n_features=6, args={"stretch": 5.0, "background": 0.1}
    ),
    "circles": DataSpec(source="moons", n_train=3000, n_test=500, n_features=2, args={"shape": "circles"}),
    "counts-dense": DataSpec(
        source="counts", n_train=3000, n_test=500, n_features=400, args={"words": 60, "n_classes": 5, "sparse": False}
    ),
    "categories-regression": DataSpec(
        source="categories", n_train=3000, n_test=500, n_features=10, args={"task": "regression"}
    ),
}
DENSE = {name: spec for name, spec in VARIANTS.items() if name != "counts"}


def arrays(spec, cache, dtype="float64", order="C", seed=0):
    """Return all arrays, sparse ones made dense."""
    data = prepare(spec, dtype=dtype, order=order, seed=seed, cache=cache)
    opened = {name: open_array(data.paths, name) for name in names(data.paths)}
    return {name: array if isinstance(array, np.ndarray) else array.toarray() for name, array in opened.items()}


def made_in_memory(spec, dtype="float64"):
    source = source_of(spec.source)
    request = Request(
        n_train=spec.n_train, n_test=spec.n_test, n_features=spec.n_features, args=source.resolve(spec),
        dtype=dtype, order="C", seed=0,
    )  # fmt: skip
    return {name: array if isinstance(array, np.ndarray) else array.toarray() for name, array in source.make(request)}


def spec_of(name, n_train=3000, n_test=2000, n_features=20, **args):
    return DataSpec(source=name, n_train=n_train, n_test=n_test, n_features=n_features, args=args)


def test_every_generator_is_tested_here():
    assert set(SPECS) == {source.name for source in sources() if isinstance(source, Synthetic)}


@pytest.mark.parametrize("spec", DENSE.values(), ids=list(DENSE))
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


@pytest.mark.parametrize("spec", VARIANTS.values(), ids=list(VARIANTS))
def test_float32_is_float64_rounded_and_order_changes_nothing(spec, tmp_path):
    exact, rounded = arrays(spec, tmp_path), arrays(spec, tmp_path, "float32", "F")
    for name, values in exact.items():
        expected = values.astype(np.float32) if values.dtype.kind == "f" else values
        np.testing.assert_array_equal(rounded[name], expected)


@pytest.mark.parametrize("spec", VARIANTS.values(), ids=list(VARIANTS))
def test_another_seed_gives_other_data(spec, tmp_path):
    first, other = arrays(spec, tmp_path), arrays(spec, tmp_path, seed=1)
    for name in {"X_train", "X_test", "y_train"} & {*first}:
        assert not np.array_equal(first[name], other[name])


@pytest.mark.parametrize("spec", VARIANTS.values(), ids=list(VARIANTS))
def test_more_rows_begin_with_the_same_ones_and_leave_the_held_out_ones_alone(spec, monkeypatch, tmp_path):
    monkeypatch.setattr(chunks, "CHUNK_VALUES", 8000)
    longer = replace(spec, n_train=5100, n_test=spec.n_test and 900)
    first, more = made_in_memory(spec), made_in_memory(longer)
    for name, values in first.items():
        np.testing.assert_array_equal(more[name][: len(values)], values)


@pytest.mark.parametrize("spec", VARIANTS.values(), ids=list(VARIANTS))
def test_the_bytes_do_not_depend_on_the_number_of_threads(spec, monkeypatch, tmp_path):
    monkeypatch.setattr(chunks, "CHUNK_VALUES", 8000)
    digests = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(chunks, "n_threads", lambda threads=threads: threads)
        data = prepare(spec, dtype="float32", order="F", seed=0, cache=tmp_path / str(threads))
        digests.append({name: info.sha256 for name, info in data.arrays.items()})
    assert digests[0] == digests[1] == digests[2]


def test_threads_are_as_many_as_there_are_cpus_to_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 7}, raising=False)
    assert chunks.n_threads() == 3
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(500)))
    assert chunks.n_threads() == chunks.MOST_THREADS


def test_an_error_in_a_thread_is_the_callers(monkeypatch):
    monkeypatch.setattr(chunks, "n_threads", lambda: 2)
    with pytest.raises(MemoryError):
        list(chunks.in_threads(lambda number: 1 if number else bytes(1 << 62), 50))


def test_dense_counts_are_the_sparse_ones(tmp_path):
    sparse, dense = (arrays(VARIANTS[name], tmp_path) for name in ("counts", "counts-dense"))
    assert {*sparse} == {*dense}
    for name, values in sparse.items():
        np.testing.assert_array_equal(dense[name], values)


#: All that the generators call of NumPy: sums, products, quotients and roots of numbers, draws, and moving of values.
#: Nothing whose last bit an implementation is free to choose, so no power, exponential or sine, and one matrix product.
EXACT = {
    "np": {
        "abs", "add", "arange", "bincount", "cumprod", "cumsum", "empty", "flatnonzero", "floor", "full", "maximum",
        "multiply", "repeat", "resize", "rint", "round", "searchsorted", "sqrt", "subtract", "take", "unique",
        "where", "zeros",
        "dtype", "float64", "int32", "int64", "intp", "uint64",
    },
    "rng": {"bit_generator", "choice", "integers", "permutation", "poisson", "random", "standard_normal", "uniform"},
    "math": {"sqrt", "prod"},
}  # fmt: skip


def test_the_generators_do_exact_arithmetic_only():
    products = []
    for path in Path(generators.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in EXACT:
                assert node.attr in EXACT[node.value.id], f"{path.name}:{node.lineno}"
            if isinstance(node, ast.ImportFrom) and node.module == "math":
                assert {name.name for name in node.names} <= EXACT["math"]
            if isinstance(node, ast.ImportFrom) and node.module == "numpy":
                pytest.fail(f"{path.name}: import numpy as np")
            if isinstance(node, ast.ImportFrom) and node.module == "scipy.special":
                assert [name.name for name in node.names] == ["ndtri"]  # a table, rounded: see test_draws
            if isinstance(node, ast.Import):
                assert [(name.name, name.asname) for name in node.names] in (
                    [("numpy", "np")],
                    [("os", None)],
                    [("threading", None)],
                )
            assert not isinstance(node, ast.Pow), path.name
            if isinstance(node, ast.MatMult):
                products.append(path.name)
            assert not (isinstance(node, ast.Attribute) and node.attr in ("dot", "mean", "var", "std")), path.name
    assert products == ["draws.py"]  # of numbers so short that it is exact: see test_draws


@pytest.mark.skipif(sys.platform != "linux", reason="the tails of NumPy's normal draws use the C library's functions")
def test_the_bytes_of_a_seed_stay_what_they_are(tmp_path):
    """A change here must raise the source's version."""
    assert digests_of(tmp_path) == DIGESTS


def digests_of(cache):
    digests = {}
    for name, spec in VARIANTS.items():
        made = arrays(spec, cache)
        digests[name] = hashlib.sha256(b"".join(made[key].tobytes() for key in sorted(made))).hexdigest()[:12]
    return digests


DIGESTS = {
    "classification": "af66a69a4173",
    "regression": "7d4fde473bd2",
    "blobs": "1f868cabbe7f",
    "density": "f7a4c6b0c11a",
    "low_rank": "886ed5ee7d8d",
    "heavy_tails": "67b16832d704",
    "counts": "8ef7802b21ee",
    "categories": "0d778e307daf",
    "imbalanced": "3e42139ab0b0",
    "conditioned": "18cbfb80b1b9",
    "regression-t": "955164e59d73",
    "regression-counts": "2f5fa96b8b56",
    "stretched": "051ceddd2814",
    "moons": "af3749db72b8",
    "circles": "c4776d0368ca",
    "counts-dense": "8ef7802b21ee",
    "categories-regression": "52afcd73e1b5",
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
    # Neither NumPy's loops nor OpenBLAS's products are those that are best here.
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found), "OPENBLAS_CORETYPE": "Nehalem"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_classes_have_the_shares_asked_for(tmp_path):
    for imbalance, shares in ((1.0, [1 / 3] * 3), (3.0, [9 / 13, 3 / 13, 1 / 13]), (1000.0, [0.999, 0.001, 0.000001])):
        y = arrays(spec_of("classification", 20_000, 0, n_classes=3, imbalance=imbalance), tmp_path)["y_train"]
        np.testing.assert_allclose(np.bincount(y, minlength=3) / 20_000, shares, atol=0.012)


def test_the_wrong_labels_are_as_many_as_asked_for(tmp_path):
    from sklearn.neighbors import KNeighborsClassifier

    for flip in (0.0, 0.2):
        made = arrays(spec_of("classification", separation=5.0, flip=flip), tmp_path)
        found = KNeighborsClassifier(25).fit(made["X_train"], made["y_train"]).score(made["X_test"], made["y_test"])
        assert found == pytest.approx(1 - flip / 2, abs=0.03)


def test_useless_features_are_useless(tmp_path):
    from sklearn.feature_selection import f_classif

    made = arrays(spec_of("classification", n_features=30, n_redundant=5, n_classes=4), tmp_path)
    strength = np.sort(f_classif(made["X_train"], made["y_train"])[0])
    assert (strength[:15] < 8).all()
    assert (strength[15:] > 8).all()


def test_the_noise_of_a_regression_is_known(tmp_path):
    from sklearn.linear_model import LinearRegression

    for noise in (0.0, 0.5, 2.0):
        spec = DataSpec(source="regression", n_train=20_000, n_test=20_000, n_features=20, args={"noise": noise})
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


def test_moons_and_circles_are_parted_by_nearness_and_by_no_centres(tmp_path):
    from sklearn.cluster import AgglomerativeClustering, KMeans
    from sklearn.metrics import adjusted_rand_score

    for shape, radii in (("moons", (1, 1)), ("circles", (1, 0.3))):
        made = arrays(spec_of("moons", 1000, 0, 2, shape=shape, inner=0.3, noise=0.03), tmp_path)
        X, truth = made["X_train"], made["truth"]
        for curve, radius in enumerate(radii):
            middle = (curve, 0.5 * curve) if shape == "moons" else (0, 0)
            away = np.hypot(*(X[truth == curve] - middle).T)
            assert away.mean() == pytest.approx(radius, abs=0.01)
            assert away.std() == pytest.approx(0.03, rel=0.1)
        near = AgglomerativeClustering(2, linkage="single").fit_predict(X)
        assert adjusted_rand_score(truth, near) == 1
        assert adjusted_rand_score(truth, KMeans(2, n_init=3, random_state=0).fit_predict(X)) < 0.6


@pytest.mark.parametrize("condition", [1.0, 30.0, 1e6])
def test_the_condition_number_of_a_regression_is_as_asked(condition, tmp_path):
    from sklearn.linear_model import LinearRegression

    made = arrays(spec_of("regression", 20_000, condition=condition), tmp_path)
    values = np.linalg.svd(made["X_train"] - made["X_train"].mean(axis=0), compute_uv=False)
    assert values[0] / values[-1] == pytest.approx(condition, rel=0.08)
    assert (made["X_train"].std(axis=0) ** 2).mean() == pytest.approx(1, abs=0.05)
    model = LinearRegression().fit(made["X_train"], made["y_train"])
    assert model.score(made["X_test"], made["y_test"]) == pytest.approx(0.8, abs=0.02)


def test_heavy_noise_is_students(tmp_path):
    from scipy.stats import kstest
    from sklearn.linear_model import HuberRegressor

    for freedom, law in ((0, "norm"), (2, "t")):
        made = arrays(spec_of("regression", 20_000, 10, 10, noise_freedom=freedom), tmp_path)
        model = HuberRegressor().fit(made["X_train"], made["y_train"])
        left = (made["y_train"] - model.predict(made["X_train"])) / 0.5
        assert kstest(left, law, args=(freedom,) if freedom else ()).statistic < 0.015
        assert kstest(left, "norm").statistic > 0.05 or not freedom


def test_a_target_of_counts_is_what_poisson_regression_finds(tmp_path):
    from sklearn.linear_model import PoissonRegressor

    made = arrays(spec_of("regression", target="counts", noise=0.0), tmp_path)
    model = PoissonRegressor(alpha=1e-3, max_iter=500).fit(made["X_train"], made["y_train"])
    assert model.score(made["X_test"], made["y_test"]) > 0.3
    assert made["y_train"].min() == 0
    np.testing.assert_array_equal(made["y_train"], np.floor(made["y_train"]))


def test_stretched_blobs_are_what_mixtures_find_and_kmeans_does_not(tmp_path):
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score
    from sklearn.mixture import GaussianMixture

    made = arrays(spec_of("blobs", 4000, 0, 4, n_clusters=4, stretch=8.0, separation=3.0), tmp_path)
    X, truth = made["X_train"], made["truth"]
    for cluster in range(4):
        spreads = np.sqrt(np.linalg.eigvalsh(np.cov(X[truth == cluster].T)))
        assert spreads[-1] / spreads[0] == pytest.approx(8, rel=0.1)
        assert spreads[-2] / spreads[0] == pytest.approx(1, rel=0.15)
    mixture = GaussianMixture(4, n_init=5, random_state=0).fit_predict(X)
    round_ = KMeans(4, n_init=5, random_state=0).fit_predict(X)
    assert adjusted_rand_score(truth, mixture) > 0.9 > adjusted_rand_score(truth, round_) + 0.2


def test_the_background_of_blobs_is_of_the_share_asked_for(tmp_path):
    made = arrays(spec_of("blobs", 5000, 100, 4, background=0.2), tmp_path)
    assert (made["truth"] == -1).mean() == pytest.approx(0.2, abs=0.02)
    assert set(made["truth"]) == set(range(-1, 10))
    away, near = made["X_train"][made["truth"] == -1], made["X_train"][made["truth"] == 0]
    assert (away.std(axis=0) > 2 * near.std(axis=0)).all()


def test_outliers_are_found_in_spite_of_heavy_tails(tmp_path):
    from scipy.stats import kstest
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score

    made = arrays(spec_of("heavy_tails", n_features=8, freedom=3, outliers=0.1), tmp_path)
    assert (made["truth"] == -1).mean() == pytest.approx(0.1, abs=0.015)
    assert set(made["truth_test"]) == {-1, 0}
    crowd = made["X_train"][made["truth"] == 0, 0]
    assert kstest(crowd, "t", args=(3,)).statistic < 0.04 < kstest(crowd, "norm").statistic
    forest = IsolationForest(random_state=0).fit(made["X_train"])
    assert 0.95 < roc_auc_score(made["truth_test"], forest.score_samples(made["X_test"])) < 0.9999


def test_topics_are_found_in_counts_of_words(tmp_path):
    from sklearn.naive_bayes import MultinomialNB

    spec = spec_of("counts", 4000, 1000, 2000)
    data = prepare(spec, dtype="float32", order="C", seed=0, cache=tmp_path)
    made = {name: open_array(data.paths, name) for name in names(data.paths)}
    X = made["X_train"]
    assert X.dtype == np.float32
    assert (data.n_samples, data.n_features, data.n_classes) == (4000, 2000, 20)
    assert X.has_canonical_format
    assert expected_bytes(spec, "float32") == pytest.approx(data.bytes, rel=0.1)
    assert X.sum() / 4000 == pytest.approx(100, rel=0.02)
    assert X.nnz < 0.05 * 4000 * 2000
    found = MultinomialNB().fit(X, made["y_train"]).score(made["X_test"], made["y_test"])
    assert 0.8 < found < 0.99
    said = X.sum(axis=0)
    assert said[0] / said[9] == pytest.approx(10, rel=0.15)


def test_words_follow_zipf():
    from suite.datasets.generators.discrete import zipf_table

    for size in (1, 7, 5000):
        often = np.bincount(zipf_table(size))
        assert len(often) == size
        assert often[0] == 2 * size
        np.testing.assert_allclose(often * np.arange(1, size + 1) / (2 * size), 1, atol=0.34)


def test_categories_have_their_cardinalities_and_move_the_target(tmp_path):
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    for task, one_hot in (("regression", RidgeCV()), ("classification", LogisticRegression(C=1.0, max_iter=500))):
        spec = spec_of("categories", 6000, 2000, 9, task=task, cardinalities="3, 8,20", n_classes=3)
        data, made = prepare(spec, dtype="float64", order="C", seed=0, cache=tmp_path), arrays(spec, tmp_path)
        assert [len(np.unique(column)) for column in made["X_train"].T] == [3, 8, 20] * 3
        assert made["X_train"].max(axis=0).tolist() == [2, 7, 19] * 3
        assert np.mean(made["X_train"][:, 1] < 2) == pytest.approx(0.5, abs=0.03)
        assert data.n_classes == (3 if task == "classification" else 0)
        encoder = OneHotEncoder(handle_unknown="ignore")
        found = make_pipeline(encoder, one_hot).fit(made["X_train"], made["y_train"])
        as_numbers = make_pipeline(StandardScaler(), clone(one_hot)).fit(made["X_train"], made["y_train"])
        score = found.score(made["X_test"], made["y_test"])
        assert score > as_numbers.score(made["X_test"], made["y_test"]) + 0.1
        if task == "regression":
            assert score == pytest.approx(0.8, abs=0.03)


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
        (DataSpec(source="moons", n_train=5, n_features=1), "n_features must be at least 2, not 1"),
        (DataSpec(source="low_rank", n_train=5, n_features=2), "rank (10) exceeds n_features (2)"),
        (spec_of("classification", imbalance=0.5), "imbalance must be between 1 and 1e+06, not 0.5"),
        (spec_of("regression", condition=0.5), "condition must be at least 1, or 0 for none, not 0.5"),
        (spec_of("regression", n_features=1, n_informative=1, condition=5), "1 where there is a single feature, not 5"),
        (spec_of("regression", condition=5, correlation=0.1), "condition takes the place of correlation: give one"),
        (spec_of("counts", n_classes=30), "n_classes (30) exceeds n_features (20), the vocabulary"),
        (spec_of("counts", sparse=1), "sparse must be true or false, not 1"),
        (spec_of("categories", cardinalities="4,x"), "whole numbers from 2 to 1048576 with commas, as '4,16,64', not"),
        (spec_of("categories", cardinalities="4,1"), "cardinalities must be whole numbers"),
        (spec_of("categories", cardinalities=""), "cardinalities must be whole numbers"),
        (spec_of("categories", n_informative=21), "n_informative (21) exceeds n_features (20)"),
        (spec_of("categories", task="clustering"), "task must be one of classification, regression"),
        (spec_of("heavy_tails", freedom=0), "freedom must be between 1 and 100, not 0"),
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


#: What chunks may take, of two threads or more, and the interpreter beside them; counts vary with their timing.
CHUNKS_BYTES = 45e6
#: About 70 MB of each generator, in one of the orders: rows, features, order, arguments.
LARGE = {
    "classification": (350_000, 50, "C", {}),
    "regression": (350_000, 50, "F", {"curvature": 1.0}),
    "blobs": (1_500_000, 10, "F", {"init_centers": 5}),
    "density": (3_000_000, 3, "C", {}),
    "moons": (3_500_000, 3, "C", {}),
    "low_rank": (180_000, 100, "F", {}),
    "heavy_tails": (1_500_000, 10, "C", {}),
    "counts": (140_000, 20_000, "C", {"words": 90}),
    "categories": (1_300_000, 12, "F", {}),
}

PEAKS = """
import json, os, sys
from pathlib import Path
from suite.datasets import prepare
from suite.workloads.entry import DataSpec
def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
def make(source, n, features, order, args):
    spec = DataSpec(source=source, n_train=n, n_features=features, args=args)
    return prepare(spec, dtype="float32", order=order, seed=0, cache=Path(sys.argv[1])).bytes
make("counts", 30, 20, "C", {})  # imports all that there is to import
for source, (rows, *like) in json.loads(sys.argv[2]).items():
    if os.fork():  # a peak is that of a process, since it was forked
        os.wait()
        continue
    make(source, 20, *like)
    before = peak()
    size = make(source, rows, *like)
    print(json.dumps([source, peak() - before, size]), flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def peaks(tmp_path_factory):
    """For each generator the peak of making it, over that of making next to nothing, and its size."""
    command = [sys.executable, "-c", PEAKS, str(tmp_path_factory.mktemp("large")), json.dumps(LARGE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {source: (peak, size) for source, peak, size in map(json.loads, done.stdout.splitlines())}


@pytest.mark.skipif(sys.platform != "linux", reason="its peak is read in /proc")
@pytest.mark.parametrize("source", SPECS)
def test_memory_stays_near_the_size_of_the_result(peaks, source):
    peak, size = peaks[source]
    assert size > 60e6
    assert 0.5 * size < peak < 1.2 * size + CHUNKS_BYTES


def test_bundled_data_are_standardised_and_split_by_class(tmp_path):
    made = arrays(DataSpec(source="wine"), tmp_path)
    assert made["X_train"].shape == (134, 13)
    np.testing.assert_allclose(made["X_train"].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(made["X_train"].std(axis=0), 1)
    np.testing.assert_allclose(np.bincount(made["y_test"]) / 44, np.bincount(made["y_train"]) / 134, atol=0.02)
    raw = arrays(DataSpec(source="wine", args={"standardize": False}), tmp_path)
    assert raw["X_train"].max() > 1000


@pytest.mark.parametrize("name", [source.name for source in bundled.SOURCES])
def test_the_known_shape_of_bundled_data_is_the_real_one(name, tmp_path):
    spec = DataSpec(source=name, args={"test_share": 0.0})
    data = prepare(spec, dtype="float32", order="C", seed=0, cache=tmp_path)
    assert source_of(name).shape(spec, {"test_share": 0.0}) == (data.n_samples, data.n_features)
    assert data.n_classes == source_of(name).classes
    assert "X_test" not in data.arrays
