"""A closer look: errors beside those of simpler guesses, over lead time, and what full 4D-Var takes for the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isqrt
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.weather.assimilation import Vector, assimilate
from suite.workloads.science.weather.climate import BACKGROUND, LONGEST_LEAD, NOISE, WINDOW, advance, plane
from suite.workloads.science.weather.full import FullModel, amplitudes
from suite.workloads.science.weather.metrics import nrmse
from suite.workloads.science.weather.surrogate import Cases, Surrogate
from suite.workloads.science.workflow import Data, Figure, Findings, Picture, Results, Series, picture, series

#: Learns a surrogate from snapshots and which simulation each is of.
Learn = Callable[[NDArray[Any], NDArray[np.int64]], Surrogate]

#: Snapshots from which the full model's background covariance is estimated, and assimilations to spread training over.
_SNAPSHOTS, _ASSIMILATIONS = 1000, 1000
#: Forecasts start from so many snapshots of each case.
_STARTS = 5


@dataclass(frozen=True)
class Truth:
    """Held-out simulations of shape (cases, snapshots, points), and the climate's mean and deviation."""

    fields: Vector
    mean: Vector
    deviation: float

    @classmethod
    def of(cls, data: Data, name: str = "X_test") -> Truth:
        """Return that of the data."""
        X = data[name].astype(np.float64)
        mean = data["X_train"].mean(axis=0, dtype=np.float64)
        return cls(X.reshape(len(data["background"]), -1, X.shape[1]), mean, float(data["deviation"][0]))

    def error(self, predicted: Vector, interval: int) -> float:
        """Return the nRMSE of fields of the cases at an interval from the start of the window."""
        return nrmse(predicted, self.fields[:, interval], self.deviation)


def examine(learn: Learn, data: Data, results: Results) -> Findings:
    """Return what is shown of an assimilation beside its judged results."""
    truth = Truth.of(data)
    begun = perf_counter()
    surrogate = learn(data["X_train"], data["trajectory"])
    training_s = perf_counter() - begun
    full = _full_assimilation(surrogate, training_s, data, truth)
    return Findings(
        figures=[*_errors(surrogate, data, results, truth), *_variations(learn, data, truth), *full.figures],
        series=[*_over_lead(surrogate, data, truth), *full.series],
        pictures=[*_pictures(results, truth), *full.pictures],
    )


def _figure(name: str, value: float, condition: str, unit: str = "") -> Figure:
    return Figure(name=name, value=float(value), unit=unit, condition=condition)


def _analysed(surrogate: Surrogate, cases: Cases) -> Vector:
    """Return the stream functions at the end of the window."""
    return surrogate.pod.decode(surrogate.forecast(surrogate.analyse(cases), WINDOW)[-1])


def _errors(surrogate: Surrogate, data: Data, results: Results, truth: Truth) -> Iterator[Figure]:
    """Yield errors of the analyses, of what does without assimilation, and of the decomposition alone."""
    pod, background = surrogate.pod, data["background"]
    n = isqrt(background.shape[1])
    flow = plane(n)
    end = f"nRMSE of the stream function at the end of the window, over {len(background)} held-out simulations"
    error, persistence = truth.error(results["analysis"], WINDOW), truth.error(background, WINDOW)
    climatology = truth.error(truth.mean, WINDOW)
    trivial = min(persistence, climatology)
    unassimilated = pod.decode(surrogate.forecast(pod.encode(background), WINDOW)[-1])
    simulated = flow.streamfunction(advance(flow, flow.from_streamfunction(background.reshape(-1, n, n)), WINDOW))
    far = Truth.of(data, "X_far").error(_analysed(surrogate, Cases.of(data, "_far")), WINDOW)
    truncated = pod.decode(pod.encode(truth.fields))
    yield _figure("error_in", error, end)
    yield _figure("error_out", far, f"{end}, under a forcing 1.3 times as strong as learnt, their own backgrounds")
    yield _figure("baseline", trivial, f"{end}: the better of persistence and climatology")
    yield _figure("gain", trivial - error, f"{end}: below the better of persistence and climatology")
    yield _figure("persistence", persistence, f"{end}: persistence of the background")
    yield _figure("climatology", climatology, f"{end}: the mean training snapshot")
    yield _figure("background", truth.error(unassimilated, WINDOW),
                  f"{end}: the background advanced by the reduced-order model")  # fmt: skip
    yield _figure("background_simulated", truth.error(simulated.reshape(background.shape), WINDOW),
                  f"{end}: the background advanced by the full model")  # fmt: skip
    yield _figure("reconstruction", nrmse(truncated, truth.fields, truth.deviation),
                  f"nRMSE of held-out snapshots in {len(pod.components)} components: the least there is")  # fmt: skip


def _variations(learn: Learn, data: Data, truth: Truth) -> Iterator[Figure]:
    """Yield the error after training on a tenth, and in the other precision."""
    X, trajectory = data["X_train"], data["trajectory"]
    tenth = max(len(X) // 10, 100)
    other = np.dtype(np.float64 if X.dtype == np.float32 else np.float32)
    few = Cases.of(data)
    few = Cases(few.background, few.observations, few.members % tenth)
    yield _figure("with_a_tenth", truth.error(_analysed(learn(X[:tenth], trajectory[:tenth]), few), WINDOW),
                  f"nRMSE at the end of the window, learnt from the first {tenth} snapshots")  # fmt: skip
    yield _figure("other_precision",
                  truth.error(_analysed(learn(X.astype(other), trajectory), Cases.of(data)), WINDOW),
                  f"nRMSE at the end of the window, training snapshots in {other.name}")  # fmt: skip


def _over_lead(surrogate: Surrogate, data: Data, truth: Truth) -> Iterator[Series]:
    """Yield errors of forecasts from held-out snapshots, and from the analyses, against lead time."""
    fields, leads = truth.fields, np.arange(LONGEST_LEAD + 1)
    starts = np.linspace(0, fields.shape[1] - 1 - LONGEST_LEAD, _STARTS).astype(int)
    origin = fields[:, starts].reshape(-1, fields.shape[2])
    verified = [fields[:, starts + lead].reshape(origin.shape) for lead in leads]
    course = surrogate.forecast(surrogate.pod.encode(origin), LONGEST_LEAD)
    analysed = surrogate.forecast(surrogate.analyse(Cases.of(data)), WINDOW + LONGEST_LEAD)[WINDOW:]
    curves = {
        "reduced-order model, from the truth": [surrogate.pod.decode(z) for z in course],
        "persistence, from the truth": [origin for _ in leads],
        "climatology": [truth.mean for _ in leads],
    }
    errors = {
        label: [nrmse(field, verified[lead], truth.deviation) for lead, field in enumerate(fields)]
        for label, fields in curves.items()
    }
    errors["reduced-order model, from the analysis"] = [
        truth.error(surrogate.pod.decode(z), WINDOW + lead) for lead, z in enumerate(analysed)
    ]
    for label, curve in errors.items():
        yield series("forecast_error", label, "lead time, intervals", "nRMSE", leads, curve)


def _full_assimilation(surrogate: Surrogate, training_s: float, data: Data, truth: Truth) -> Findings:
    """Assimilate the first case by full 4D-Var, and compare the time until its error is the surrogate's."""
    shape = (isqrt(data["background"].shape[1]),) * 2
    flow, case = plane(shape[0]), Cases.of(data)
    case = Cases(case.background[:1], case.observations[:1], case.members[:1])
    begun = perf_counter()
    reduced = _analysed(surrogate, case)[0]
    reduced_s = perf_counter() - begun
    snapshots = data["X_train"][:: max(1, len(data["X_train"]) // _SNAPSHOTS)]
    amplitude = BACKGROUND * amplitudes((snapshots - truth.mean).reshape(-1, *shape))
    model = FullModel(flow, case.background[0].reshape(shape), amplitude, data["stations"])
    analysis = assimilate(model, case.observations[0], (NOISE * truth.deviation) ** 2)

    def end(v: Vector) -> Vector:
        return flow.streamfunction(advance(flow, model.start(v), WINDOW)).ravel()

    def error(field: Vector) -> float:
        return nrmse(field, truth.fields[0, WINDOW], truth.deviation)

    errors = [error(end(v)) for v in analysis.iterates]
    seconds = Seconds(training_s, reduced_s, analysis.seconds, errors, error(reduced))
    where = f"one case on {shape[0]} x {shape[0]} points, this suite's solver in NumPy and SciPy on one thread"
    curve = series(
        "full_assimilation",
        "full 4D-Var, one case",
        "iterations of L-BFGS",
        "nRMSE at the window's end",
        range(1, len(errors) + 1),
        errors,
    )
    shown = picture("stream function", "full 4D-Var", end(analysis.v).reshape(shape)[::-1])
    return Findings(figures=[*_costs(seconds, where)], series=[curve], pictures=[shown])


@dataclass(frozen=True)
class Seconds:
    """How long training, an assimilation by the surrogate and each iteration of full 4D-Var took, and the errors."""

    training: float
    reduced: float
    full: Any
    errors: list[float]
    reduced_error: float


def _costs(seconds: Seconds, where: str) -> Iterator[Figure]:
    """Yield the times of full 4D-Var over those of the surrogate, at equal error first."""
    same = next((i for i, error in enumerate(seconds.errors) if error <= seconds.reduced_error), None)
    if same is not None:
        equal = seconds.full[same]
        at = f"{where}: preconditioned full 4D-Var until its error is the surrogate's"
        yield _figure("over_simulation", equal / seconds.reduced, f"{at}, over one assimilation by the surrogate; "
                      "training excluded", "x")  # fmt: skip
        spread = seconds.training / _ASSIMILATIONS + seconds.reduced
        yield _figure("over_simulation_with_training", equal / spread, f"the same with the training (not the "
                      f"simulation of its snapshots), spread over {_ASSIMILATIONS} assimilations", "x")  # fmt: skip
        if equal > seconds.reduced:
            yield _figure("break_even", seconds.training / (equal - seconds.reduced), "assimilations from which on the "
                          "training (not the simulation of its snapshots) pays, at equal error", "cases")  # fmt: skip
        yield _figure("seconds_to_equal_error", equal, at, "s")
        yield _figure("iterations_to_equal_error", same + 1, at)
    converged = f"{where}: full 4D-Var to convergence"
    yield _figure("over_converged", seconds.full[-1] / seconds.reduced,
                  f"{converged}, whose error is smaller, over one assimilation by the surrogate; training excluded",
                  "x")  # fmt: skip
    yield _figure("seconds_to_convergence", seconds.full[-1], converged, "s")
    yield _figure("iterations_to_convergence", len(seconds.errors), converged)
    yield _figure("seconds_reduced", seconds.reduced, f"{where}: one assimilation by the surrogate", "s")
    yield _figure("error_converged", seconds.errors[-1], f"{converged}: nRMSE at the end of the window")
    yield _figure("error_reduced", seconds.reduced_error, f"{where}: that of the surrogate")


def _pictures(results: Results, truth: Truth) -> Iterator[Picture]:
    """Yield the first case at the end of the window, y upwards."""
    n = isqrt(truth.fields.shape[2])
    actual, analysed = (field.reshape(n, n)[::-1] for field in (truth.fields[0, WINDOW], results["analysis"][0]))
    yield picture("stream function", "simulated", actual)
    yield picture("stream function", "analysed by the surrogate", analysed)
    yield picture("stream function", "difference", analysed - actual)
