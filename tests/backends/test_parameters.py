"""What becomes of scikit-learn's parameters elsewhere: nothing is dropped, and defaults are scikit-learn's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from backend_calls import problem

from backends._parameters import Computed, Fixed, Only, Renamed, Target, translate
from backends.protocol import Problem, Treatment, UnsupportedError


def _rate(params: Mapping[str, Any], given: Problem) -> dict[str, Any]:
    return {"rate": params["alpha"] / given.n_samples}


TARGET = Target(
    "engine.Ridge",
    passed="fit_intercept tol",
    renamed={"solver": Renamed("method", {"cholesky": "chol", "svd": "svd"}, "it has two solvers")},
    only={"positive": Only((False,), "it cannot constrain the coefficients")},
    idle={"copy_X": "it never writes to X"},
    fixed={"check": Fixed(0, "scikit-learn does not check either")},
    computed={"alpha": Computed(("rate",), _rate, "per sample")},
)
DEFAULTS = {"fit_intercept": True, "tol": 1e-4, "solver": "svd", "positive": False, "copy_X": True, "alpha": 1.0}


def translated(params: Mapping[str, Any]) -> dict[str, Any]:
    return translate(TARGET, DEFAULTS, problem("Ridge", params), "Engine")


def test_defaults_are_scikit_learns():
    given = problem("Ridge", {})
    assert translate(TARGET, DEFAULTS, given, "Engine") == {
        "fit_intercept": True,
        "tol": 1e-4,
        "method": "svd",
        "check": 0,
        "rate": 1.0 / given.n_samples,
    }


def test_values_are_passed_renamed_and_computed():
    result = translated({"solver": "cholesky", "tol": 0.5, "alpha": 10.0})
    assert (result["method"], result["tol"]) == ("chol", 0.5)
    assert result["rate"] == 10 * translated({})["rate"]
    assert sorted(result) == sorted(TARGET.given())


REFUSED = {
    "a value it has not": ({"solver": "lsqr"}, r"Engine: Ridge\(solver='lsqr'\): it has two solvers"),
    "a parameter it has not": ({"positive": True}, "it cannot constrain the coefficients"),
    "zero is not False": ({"positive": 0}, r"positive=0"),
    "an array": ({"positive": np.zeros(100)}, "ndarray …"),
    "unknown": ({"colour": "red"}, "nothing is known of this parameter"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_honoured_is_refused(case):
    params, reason = REFUSED[case]
    with pytest.raises(UnsupportedError, match=reason):
        translated(params)


def test_every_parameter_has_its_row():
    assert sorted(fate.parameter for fate in TARGET.fates()) == sorted([*TARGET.known(), *TARGET.fixed])
    assert {fate.treatment for fate in TARGET.fates()} == set(Treatment)
