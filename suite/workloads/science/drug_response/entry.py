"""Drug response in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import DataSpec, Direction, Operation, Quality, Size, Task, Workload
from suite.workloads.shapes import seconds

#: Training and held-out pairs, cell lines and drugs.
_SIZES = {
    Size.S: (15_000, 4_000, 988, 265),
    Size.M: (160_000, 40_000, 988, 265),
    Size.L: (1_600_000, 400_000, 4_500, 600),
    Size.XL: (16_000_000, 4_000_000, 26_000, 1_000),
}
_DATA = {
    size: DataSpec(
        source="drug_response",
        n_train=n_train,
        n_test=n_test,
        n_features=2,
        args={"n_lines": n_lines, "n_drugs": n_drugs},
    )
    for size, (n_train, n_test, n_lines, n_drugs) in _SIZES.items()
}


def _entry(
    variant: str,
    algorithm: str,
    about: str,
    workflow: str,
    params: Mapping[str, Any],
    fit_s: Mapping[Size, float],
    *origins: str,
    checks: tuple[Quality, ...] = (),
) -> Workload:
    return Workload(
        name=f"drug_response-{variant}",
        algorithm=algorithm,
        task=Task.REGRESSION,
        about=about,
        params=params,
        output="",
        operation=Operation.WORKFLOW,
        workflow=workflow,
        also={"reduction": {"algorithm": "PCA", "params": {"n_components": 30, "svd_solver": "full"}}},
        data=_DATA,
        quality=Quality(metric="drug_response_gain", direction=Direction.HIGHER, tolerance=0.01, origin=origins[0]),
        checks=(
            Quality(metric="drug_response_area_error", direction=Direction.LOWER, tolerance=0.005, origin=origins[1]),
            *checks,
        ),
        stochastic="random_state" in params,
        fit_s=fit_s,
    )


WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "forest",
        "RandomForestRegressor",
        "Response of unseen cell lines to drugs, beyond each drug's mean, from genome and the drugs' profiles.",
        "drug_response",
        {
            "n_estimators": 20, "max_depth": 12, "max_features": 0.33, "min_samples_leaf": 20, "bootstrap": True,
            "random_state": "$seed",
        },
        seconds(1.2, 11, 200, 3000),
        "over 8 seeds the means of engines differ by 0.004, seeds by 0.005; a tenth of the rows costs 0.07",
        "over 8 seeds the means of engines differ by 0.0003, seeds by 0.0007; a tenth of the rows costs 0.01",
    ),
    _entry(
        "ridge",
        "Ridge",
        "The same, linear in the products of the drug's profiles and the line's components.",
        "drug_response.products",
        {"alpha": 300.0},
        seconds(0.2, 2, 20, 200),
        "one optimum: engines and dtypes agree",
        "one optimum: engines and dtypes agree",
        checks=(
            Quality(
                metric="drug_response_squared_error_gap",
                direction=Direction.LOWER,
                tolerance=1e-6,
                origin="over 4 seeds engines and dtypes leave up to 0.000000000004; ten times the alpha 0.003",
            ),
        ),
    ),
)  # fmt: skip
