from collections import Counter
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from tabular_checks import Case, assert_rounded, assert_same_bytes, rows_of

from suite.workloads.science.melting_point import data, groups, molecules
from suite.workloads.science.melting_point.groups import COLUMN, GROUPS, joback

HAS_REAL = all(find_spec(name) for name in ("chemicals", "rdkit"))
KINDS = ["generated", pytest.param("real", marks=pytest.mark.skipif(not HAS_REAL, reason="packages absent"))]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", params=["forest", "knn", "svr"])
def case(request, cache):
    return Case("melting_point", request.param, cache, data="generated")


def counted(**of):
    counts = np.zeros((1, len(GROUPS)), dtype=np.int64)
    for name, number in of.items():
        counts[0, COLUMN[name.replace("_", " ")]] = number
    return counts


@pytest.mark.parametrize(
    ("of", "kelvin"),
    [
        ({"CH3": 2, "CH2": 4}, 122.5 - 2 * 5.10 + 4 * 11.27),
        ({"ring =CH": 6}, 122.5 + 6 * 8.13),
        ({"CH3": 1, "CH2": 1, "OH": 1}, 173.12),
    ],
)
def test_joback(of, kelvin):
    counts = np.zeros((1, len(GROUPS)), dtype=np.int64)
    for name, number in of.items():
        counts[0, COLUMN[name]] = number
    assert joback(counts)[0] == pytest.approx(kelvin, abs=0.01)


def test_masses_of_known_molecules():
    toluene = counted(CH3=1)
    toluene[0, COLUMN["ring =CH"]], toluene[0, COLUMN["ring =C<"]] = 5, 1
    acetic_acid = counted(CH3=1, COOH=1)
    assert (toluene @ groups.GROUP_MASSES)[0] == pytest.approx(92.14, abs=0.01)
    assert (acetic_acid @ groups.GROUP_MASSES)[0] == pytest.approx(60.05, abs=0.01)


#: Double bonds of each group; a group with one end of a double bond has half of one.
BONDS = {
    "=CH2": 0.5, "=CH": 0.5, "=C<": 0.5, "#CH": 1, "#C": 1, "ring =CH": 0.5, "ring =C<": 0.5, "ring =N": 0.5,
    "CO": 1, "ring CO": 1, "CHO": 1, "COOH": 1, "COO": 1, "CN": 2, "NO2": 1,
}  # fmt: skip


def test_all_bonds_of_generated_molecules_are_taken():
    """Rings and double bonds, counted from the atoms alone, are those that the groups have."""
    table = molecules.generate(3_000, 5)
    counts, rings = table.X[:, : len(GROUPS)], table.X[:, -1]
    atoms = {name: Counter(group.atoms.split()) for name, group in GROUPS.items()}
    carbon, nitrogen, single = (
        counts @ np.array([sum(atoms[name][atom] for atom in kinds) for name in GROUPS])
        for kinds in (("C",), ("N",), ("H", "F", "Cl", "Br", "I"))
    )
    expected = rings + counts @ np.array([BONDS.get(name, 0.0) for name in GROUPS])
    np.testing.assert_allclose((2 * carbon + 2 + nitrogen - single) / 2, expected)
    assert (counts >= 0).all()


def test_departures_from_the_sum():
    even, odd = counted(CH3=2, CH2=4), counted(CH3=2, CH2=3)
    saturated = joback(even)[0] - molecules.melting_points(even)[0]
    assert molecules.melting_points(even)[0] - molecules.melting_points(odd)[0] > joback(even)[0] - joback(odd)[0]
    assert saturated < 0  # the even chain melts higher, and hardly anything levels off
    large = counted(COOH=6, CH=4)
    assert molecules.melting_points(large)[0] < joback(large)[0]
    glycol = counted(OH=2, CH2=2)
    without = molecules.BASE_K + (joback(glycol) - 122.5) / (1 + (joback(glycol) - 122.5) / molecules.SATURATION_K)
    assert molecules.melting_points(glycol)[0] > without[0] + molecules.HYDROGEN_BOND_K


@pytest.fixture(scope="module")
def real_table():
    return data._real()  # the descriptors of all molecules take seconds: once is enough


@pytest.mark.skipif(not HAS_REAL, reason="packages absent")
def test_real_melting_points_follow_from_the_structure(real_table):
    X, y = real_table.X, real_table.y
    assert X.shape == (11_381, 43)
    assert np.isfinite(X).all()
    held_out = np.random.default_rng(0).random(len(X)) < 0.25
    forest = RandomForestRegressor(20, max_features=0.3, random_state=0, n_jobs=2)
    assert forest.fit(X[~held_out], y[~held_out]).score(X[held_out], y[held_out]) > 0.7


@pytest.fixture(params=KINDS)
def kind(request, monkeypatch):
    if request.param == "real":
        table = request.getfixturevalue("real_table")
        monkeypatch.setattr(data, "_real", lambda: table)
    return request.param


def test_data(kind, tmp_path):
    sizes = {"n_train": 600, "n_test": 200, "data": kind}
    double = Case("melting_point", "knn", tmp_path / "a", **sizes).bare()
    assert_same_bytes(double, Case("melting_point", "knn", tmp_path / "b", **sizes).bare())
    assert_rounded(Case("melting_point", "knn", tmp_path / "a", dtype="float32", **sizes).bare(), double)
    assert double["X_train"].shape == (600, 43)
    assert not rows_of(double["X_train"]) & (rows_of(double["X_test"]) | rows_of(double["X_far"]))
    mass = double["X_train"][:, 1] if kind == "real" else double["X_train"][:, len(GROUPS)]
    assert mass.max() <= double["mass_far"].min()
    assert double["mass_test"].max() <= double["mass_far"].min()
    assert (double["y_train"] > 0).all()
    other = Case("melting_point", "knn", tmp_path / "a", seed=1, **sizes).bare()
    assert other["X_train"].tobytes() != double["X_train"].tobytes()


def test_quality_and_what_spoils_it(case):
    found = case.judge(case.results)
    baseline = np.abs(case.data["y_test"] - case.data["y_train"].mean()).mean()
    assert 22 < found["mae"] < 0.75 * baseline
    assert found["melting_point_solid"] > 0.8
    shuffled = case.judge({**case.results, "output": np.random.default_rng(0).permutation(case.results["output"])})
    assert shuffled["mae"] > found["mae"] + 20
    assert shuffled["melting_point_solid"] < found["melting_point_solid"] - 0.05
    tenth = {"X_train": case.data["X_train"][:150], "y_train": case.data["y_train"][:150]}
    assert case.judge(case.run(**tenth))["mae"] > found["mae"] + 3 * case.workload.quality.tolerance


def test_findings(case):
    figures = case.figures
    assert figures["error_in"] == pytest.approx(case.judge(case.results)["mae"])
    assert ("calibration_own" in figures) == case.workload.name.endswith("forest")
    assert 0.6 < figures.get("calibration_own", 0.9) <= 1
    assert figures["error_out"] > figures["error_in"]
    assert figures["gain"] == pytest.approx(figures["baseline"] - figures["error_in"])
    assert figures["with_a_tenth"] > figures["error_in"]
    assert figures["other_precision"] == pytest.approx(figures["error_in"], abs=1.0)
    assert [one.name for one in case.found.series] == ["learning_curve", "error_by_mass"]
    assert case.found.series[1].y[-1] > case.found.series[1].y[0]


@pytest.mark.skipif(not HAS_REAL, reason="packages absent")
def test_real_quality(cache, real_table, monkeypatch):
    monkeypatch.setattr(data, "_real", lambda: real_table)
    case = Case("melting_point", "forest", cache, data="real")
    assert 30 < case.judge(case.results)["mae"] < 45


@pytest.mark.skipif(not HAS_REAL, reason="packages absent")
def test_real_molecules(real_table):
    assert real_table.X.shape == (11_381, 43)
    assert 250 < real_table.y.mean() < 400
    assert 14 < real_table.mass.min() < 40
