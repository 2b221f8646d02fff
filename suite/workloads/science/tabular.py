"""What the topics that learn from a table share: the split, the features' scale, and a closer look at results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets.source import Request
from suite.datasets.split import How, Keys, choose
from suite.records.findings import Figure, Findings
from suite.workloads.science.workflow import series

Numbers = NDArray[Any]
Rows = NDArray[np.int64]

#: Learns again from these training rows, its features cast to this dtype; returns the held-out rows' predictions.
Repeat = Callable[[Rows, np.dtype[Any]], Numbers]

#: Shares of the training rows, below all of them, in a learning curve.
SHARES = (0.1, 0.3)

_PRECISIONS = (np.dtype(np.float32), np.dtype(np.float64))


def hold_out_groups(request: Request, groups: NDArray[Any], what: str) -> tuple[Rows, Rows]:
    """Return the numbers of `n_train` training and `n_test` held-out rows, no group having rows in both.

    Raises
    ------
    UsageError
        If there are too few rows; `what` is the data's name in its message.
    """
    return choose(replace(request, args={"test_share": 0.0}), len(groups), Keys(how=How.GROUPED, groups=groups), what)


@dataclass(frozen=True, slots=True)
class Standard:
    """Brings features to mean 0 and deviation 1 as in some rows: by NumPy, for not every engine has a scaler."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, X: Numbers) -> Standard:
        """Return that of these rows, (rows, features); what is constant there is only shifted."""
        deviation = X.std(axis=0, dtype=np.float64)
        return cls(X.mean(axis=0, dtype=np.float64), np.where(deviation > 0, deviation, 1.0))

    def __call__(self, X: Numbers) -> Numbers:
        """Return rows in units of the deviation, in their own dtype."""
        scaled: Numbers = X - self.mean.astype(X.dtype)
        scaled /= self.deviation.astype(X.dtype)
        return scaled


def standardise(train: Numbers, *others: Numbers) -> list[Numbers]:
    """Return training rows and others with the features brought to mean 0 and deviation 1 as in the training rows."""
    standard = Standard.of(train)
    return [standard(rows) for rows in (train, *others)]


def mean_absolute_error(truth: Numbers, prediction: Numbers) -> float:
    """Return the mean of |truth - prediction|, in the unit of both."""
    return float(np.abs(np.asarray(truth, np.float64) - prediction).mean())


def r2(truth: Numbers, prediction: Numbers) -> float:
    """Return the share of the truth's variance that is explained."""
    truth = np.asarray(truth, np.float64)
    return 1.0 - float(((truth - prediction) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())


def learnt_again(
    repeat: Repeat,
    score: Callable[[Numbers], float],
    reached: float,
    count: int,
    own: np.dtype[Any],
    *,
    name: str,
    unit: str = "",
    rows: str = "training rows",
) -> Findings:
    """Return the score with fewer training rows and in the other precision.

    Parameters
    ----------
    repeat
        Learns again.
    score
        Of the held-out rows' predictions.
    reached
        The score with all training rows.
    count, own
        How many training rows there are, and their precision.
    name, unit
        Of the score.
    rows
        What is learnt from.
    """
    other = _PRECISIONS[own == _PRECISIONS[0]]
    shuffled = np.random.default_rng(0).permutation(count)
    fewer = [max(2, round(count * share)) for share in SHARES]
    curve = [score(repeat(np.sort(shuffled[:some]), own)) for some in fewer]
    figures = [
        Figure(
            name="with_a_tenth",
            value=curve[0],
            unit=unit,
            condition=f"{name} when learnt from a random tenth of the {rows} ({fewer[0]})",
        ),
        Figure(
            name="other_precision",
            value=score(repeat(np.arange(count), other)),
            unit=unit,
            condition=f"{name} when the estimators are given their features as {other.name} instead of {own.name}",
        ),
    ]
    learning = series(
        "learning_curve", f"{name} against the training size", rows, f"{name} {unit}".strip(),
        [*fewer, count], [*curve, reached],
    )  # fmt: skip
    return Findings(figures=figures, series=[learning])
