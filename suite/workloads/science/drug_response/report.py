"""What a closer look at predicted drug responses shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from suite.records.findings import Figure, Findings
from suite.workloads.science.drug_response.means import drug_means, drug_numbers
from suite.workloads.science.tabular import Repeat, learnt_again, r2
from suite.workloads.science.workflow import Data, Results, series

#: Held-out pairs that a drug needs for a correlation.
_FEWEST_PAIRS = 8


def findings(data: Data, results: Results, repeat: Repeat, own: list[Figure]) -> Findings:
    """Return scores against the drugs' means, on lines of unseen tissue, and when learnt again; `own` go with them."""
    means = drug_means(drug_numbers(data["X_train"]), data["y_train"], len(data["drug_target"]))
    baseline, far_baseline = (r2(data[f"y_{part}"], means[drug_numbers(data[f"X_{part}"])]) for part in ("test", "far"))
    near, far = r2(data["y_test"], results["output"]), r2(data["y_far"], results["far"])
    correlations = _by_drug(data, results["output"])
    figures = [
        _figure("error_in", 1 - near, "1 - R² of ln(IC50) on held-out lines of known tissues"),
        _figure("error_out", 1 - far, "1 - R² of ln(IC50) on lines of a tissue that is not in training"),
        _figure("baseline", baseline, "R² of the drug's mean over the training lines, on held-out lines"),
        _figure("gain", near - baseline, "R² on held-out lines beyond that of the drug's mean"),
        _figure("gain_out", far - far_baseline, "R² on lines of an unseen tissue beyond that of the drug's mean"),
        _figure(
            "within_drug",
            float(np.median(correlations)) if len(correlations) else 0.0,
            "median over drugs of the correlation of predicted and measured ln(IC50) within one drug, of those with "
            f"{_FEWEST_PAIRS} held-out lines or more; the drug's mean has none",
        ),
        _figure(
            "error_of_measurement",
            1 - r2(data["y_test"], data["true_test"]),
            "1 - R² of the true ln(IC50) on the fitted ones: no model has less (0 if the truth is unknown)",
        ),
    ]
    again = learnt_again(
        repeat, lambda prediction: r2(data["y_test"], prediction) - baseline, near - baseline,
        len(data["X_train"]), data["X_train"].dtype,
        name="gain in R² over the drug's mean",
    )  # fmt: skip
    shares = np.linspace(0, 1, 21)
    by_drug = series(
        "within_drug",
        "correlation of predicted and measured ln(IC50) within one drug, over drugs",
        "share of drugs with less",
        "correlation",
        shares,
        np.quantile(correlations, shares) if len(correlations) else np.zeros(len(shares)),
    )
    return Findings(figures=[*figures, *own, *again.figures], series=[*again.series, by_drug])


def _by_drug(data: Data, output: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the correlation of prediction and truth within each drug that has enough held-out pairs."""
    drugs = drug_numbers(data["X_test"])
    order = np.argsort(drugs, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(drugs[order])) + 1)
    found = [
        np.corrcoef(output[rows], data["y_test"][rows])[0, 1]
        for rows in groups
        if len(rows) >= _FEWEST_PAIRS and np.ptp(output[rows]) > 0
    ]
    return np.array(found)


def _figure(name: str, value: float, condition: str) -> Figure:
    return Figure(name=name, value=value, condition=condition)
