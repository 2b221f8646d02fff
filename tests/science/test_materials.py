from importlib.util import find_spec

import numpy as np
import pytest
from tabular_checks import Case, assert_rounded, assert_same_bytes, rows_of

from suite.workloads.science.materials.data import UNSEEN
from suite.workloads.science.materials.descriptors import STATISTICS, statistics
from suite.workloads.science.materials.elements import COLUMN, PROPERTIES, SYMBOLS, electrons, group, properties
from suite.workloads.science.materials.formulas import counts, fractions
from suite.workloads.science.materials.generator import generate
from suite.workloads.science.materials.workflow import sum_over_elements

HAS_REAL = find_spec("matminer") is not None
KINDS = ["generated", pytest.param("real", marks=pytest.mark.skipif(not HAS_REAL, reason="package absent"))]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", params=["forest", "ridge", "knn"])
def case(request, cache):
    return Case("materials", request.param, cache, data="generated", n_train=2_500, n_test=800)


@pytest.mark.parametrize(
    ("number", "period", "column", "filled"),
    [
        (1, 1, 1, "1000"), (2, 1, 18, "2000"), (6, 2, 14, "2200"), (12, 3, 2, "2000"), (26, 4, 8, "2060"),
        (30, 4, 12, "20A0"), (31, 4, 13, "21A0"), (52, 5, 16, "24A0"), (58, 6, 3, "2002"), (71, 6, 3, "201E"),
        (72, 6, 4, "202E"), (92, 7, 3, "2004"), (54, 5, 18, "26A0"),
    ],
)  # fmt: skip
def test_place_in_the_periodic_table(number, period, column, filled):
    found = electrons(number)
    assert (found[0], group(number)) == (period, column)
    assert "".join(f"{count:X}" for count in found[1].values()) == filled


@pytest.mark.skipif(find_spec("chemicals") is None, reason="package absent")
def test_the_table_agrees_with_another_one():
    from chemicals.elements import periodic_table

    table = properties()
    for row, symbol in enumerate(SYMBOLS):
        other = getattr(periodic_table, symbol)
        given = dict(zip(PROPERTIES, table[row], strict=True))
        assert given["atomic number"] == other.number
        assert (given["period"], given["group"]) == (other.period, other.group or 3)
        assert given["atomic mass"] == pytest.approx(other.MW, abs=0.02)
        for mine, theirs in (("electronegativity", other.elneg), ("covalent radius", other.rcov)):
            assert theirs is None or given[mine] == pytest.approx(theirs, abs=0.01)
        assert given["ionisation energy"] == pytest.approx(other.ionization, abs=0.01)


def test_formulas():
    assert counts("Ca3(PO4)2") == {"Ca": 3, "P": 2, "O": 8}
    assert counts("Ba2NdNb(CuO4)2") == {"Ba": 2, "Nd": 1, "Nb": 1, "Cu": 2, "O": 8}
    assert counts("Li0.5CoO2")["Li"] == 0.5
    np.testing.assert_allclose(fractions(["H2O"])[0, [COLUMN["H"], COLUMN["O"]]], [2 / 3, 1 / 3])
    for wrong in ("ca", "Ca(", "Ca)2", "2(Ca)"):
        with pytest.raises(ValueError, match=r"formula|close"):
            counts(wrong)


def test_statistics_of_known_compounds():
    found = statistics(fractions(["Fe2O3", "NaCl", "Si"]), properties()).reshape(3, len(STATISTICS), len(PROPERTIES))
    chi = dict(zip(STATISTICS, found[0, :, PROPERTIES.index("electronegativity")], strict=True))
    assert chi["mean"] == pytest.approx(0.4 * 1.83 + 0.6 * 3.44)
    assert chi["average deviation"] == pytest.approx(2 * 0.4 * 0.6 * (3.44 - 1.83))
    assert (chi["minimum"], chi["maximum"], chi["mode"]) == (1.83, 3.44, 3.44)
    number = found[1, :, PROPERTIES.index("atomic number")]
    np.testing.assert_allclose(number, [14, 3, 11, 17, 6, 11])
    np.testing.assert_array_equal(found[2, [1, 4]], 0)
    np.testing.assert_array_equal(found[2, 0], properties()[COLUMN["Si"]])


def test_statistics_do_not_depend_on_the_chunk(monkeypatch):
    X = generate(500, 0, unseen=UNSEEN, has=False).X
    whole = statistics(X, properties())
    monkeypatch.setattr("suite.workloads.science.materials.descriptors._CHUNK_ROWS", 7)
    np.testing.assert_array_equal(statistics(np.asfortranarray(X), properties()), whole)


def test_generated_compounds():
    near, far = (generate(3_000, 2, unseen=UNSEEN, has=has) for has in (False, True))
    assert (near.X[:, COLUMN[UNSEEN]] == 0).all()
    assert (far.X[:, COLUMN[UNSEEN]] > 0).all()
    np.testing.assert_allclose(near.X.sum(axis=1), 1)
    assert set(np.count_nonzero(near.X, axis=1)) == {2, 3, 4, 5}
    by_formula, by_row = (
        np.unique(values, axis=0, return_inverse=True)[1].ravel() for values in (near.formula, near.X.round(12))
    )
    pairs = np.unique(np.column_stack([by_formula, by_row]), axis=0)
    assert len(pairs) == by_formula.max() + 1 == by_row.max() + 1  # a formula's number names one composition
    assert 1.2 < len(near.y) / len(pairs) < 1.6


@pytest.mark.parametrize("kind", KINDS)
def test_data(kind, tmp_path):
    sizes = {"n_train": 1_000, "n_test": 400, "data": kind}
    double = Case("materials", "ridge", tmp_path / "a", **sizes).bare()
    assert_same_bytes(double, Case("materials", "ridge", tmp_path / "b", **sizes).bare())
    assert_rounded(Case("materials", "ridge", tmp_path / "a", dtype="float32", **sizes).bare(), double)
    assert double["X_train"].shape == (1_000, 89)
    assert len(double["X_far"]) == 50
    assert not rows_of(double["X_train"]) & rows_of(double["X_test"])
    unseen = COLUMN[UNSEEN]
    assert not double["X_train"][:, unseen].any()
    assert not double["X_test"][:, unseen].any()
    assert double["X_far"][:, unseen].all()
    assert 1 < double["y_train"].std() < 3


def test_sum_over_elements_is_exact_for_sums():
    X = generate(2_000, 3, unseen=UNSEEN, has=False).X
    weights = np.linspace(-1, 2, X.shape[1])
    np.testing.assert_allclose(X @ sum_over_elements(X, X @ weights), X @ weights, atol=1e-8)


def test_quality_and_what_spoils_it(case):
    found = case.judge(case.results)
    assert 0.5 < found["r2"] < 0.8
    assert found["materials_transport_best"] > 0.3
    shuffled = case.judge({**case.results, "output": np.random.default_rng(0).permutation(case.results["output"])})
    assert shuffled["r2"] < 0
    assert shuffled["materials_transport_best"] < 0.25
    tenth = {"X_train": case.data["X_train"][:250], "y_train": case.data["y_train"][:250]}
    assert case.judge(case.run(**tenth))["r2"] < found["r2"] - case.workload.quality.tolerance


def test_findings(case):
    figures = case.figures
    assert 1 - figures["error_in"] == pytest.approx(case.judge(case.results)["r2"])
    assert ("calibration_own" in figures) == case.workload.name.endswith("forest")
    assert 0.6 < figures.get("calibration_own", 0.9) <= 1
    assert figures["error_out"] > figures["error_in"]
    assert figures["gain"] > 0.1
    assert figures["with_a_tenth"] < 1 - figures["error_in"]
    assert figures["other_precision"] == pytest.approx(1 - figures["error_in"], abs=0.02)
    assert [one.name for one in case.found.series] == ["learning_curve", "error_by_elements"]


@pytest.mark.skipif(not HAS_REAL, reason="package absent")
def test_real_quality(cache):
    case = Case("materials", "forest", cache, data="real")
    found = case.judge(case.results)
    assert 0.5 < found["r2"] < 0.7
    assert found["r2"] > 0.05 + case.figures["baseline"]
