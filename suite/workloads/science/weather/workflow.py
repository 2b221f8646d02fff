"""Weather in a reduced-order model: learnt from an archive of snapshots, then used to assimilate observations.

After Maulik et al. 2022 (Geosci. Model Dev. 15, 3433), with turbulence on a beta-plane in place of reanalysed
geopotential height.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.weather.climate import LEAD, WINDOW
from suite.workloads.science.weather.examination import examine
from suite.workloads.science.weather.surrogate import (
    Cases,
    Ensemble,
    Kernel,
    Quadratic,
    QuadraticEnsemble,
    Surrogate,
)
from suite.workloads.science.workflow import Data, Findings, Learner, Results, Workflow


class WeatherAssimilation(Workflow):
    """Learns a surrogate of one kind, assimilates every case, and forecasts from the analyses."""

    def __init__(self, kind: type[Surrogate]) -> None:
        self.kind = kind

    def run(self, data: Data, learner: Learner) -> Results:
        """Return ψ at the end of the window, `analysis`, and later, `forecast`, both of shape (cases, points)."""
        surrogate = self.kind(data["X_train"], data["trajectory"], data, learner)
        course = surrogate.forecast(surrogate.analyse(Cases.of(data)), WINDOW + LEAD)
        return {"analysis": surrogate.pod.decode(course[WINDOW]), "forecast": surrogate.pod.decode(course[-1])}

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Return errors beside those of simpler guesses, and what full 4D-Var takes for the same error."""

        def learn(X: NDArray[Any], trajectory: NDArray[np.int64]) -> Surrogate:
            return self.kind(X, trajectory, data, learner)

        return examine(learn, data, results)


WORKFLOWS: Mapping[str, Workflow] = {
    "weather": WeatherAssimilation(Quadratic),
    "kernel": WeatherAssimilation(Kernel),
    "ensemble": WeatherAssimilation(QuadraticEnsemble),
    "analogs": WeatherAssimilation(Ensemble),
}
