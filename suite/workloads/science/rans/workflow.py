"""Solve flows with a learnt eddy viscosity: frozen, as in arXiv:1910.10878, or predicted at every iteration."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suite.workloads.science.rans import cases, examination
from suite.workloads.science.rans.surrogate import Surrogate, coupled, once
from suite.workloads.science.workflow import Data, Findings, Learner, Results, Workflow

#: Coupled iterations: as many for every engine, and enough to stand still. After 16 a flow still changes by up to
#: 0.0003 at S and by 0.001 (trees) and 0.0017 (neighbours) at M, whose cells are finer, after 28 there by 0.0001.
ONLINE_ITERATIONS = 28


class Step(Workflow):
    """Predict viscosity once, from potential flow, then solve."""

    def run(self, data: Data, learner: Learner) -> Results:
        """Return the held-out flows.

        `output` are viscosities by the fluid's, (held-out cells,), and `viscosity` the same as (heights, fluid cells);
        `velocity` is (heights, fluid cells, 2) and `iterations` (heights,).
        """
        flows = cases.channels(data, "test")
        surrogate = Surrogate.learn(learner, data["X_train"], data["y_train"])
        viscosities, passed = once(surrogate, flows)
        return {
            "output": np.concatenate(viscosities),
            "viscosity": np.stack(viscosities),
            "velocity": np.stack(
                [flow.grid.centred(states[-1].velocity) for flow, states in zip(flows, passed, strict=True)]
            ),
            "iterations": np.array([len(states) for states in passed]),
        }

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Compare with the turbulence model, with exact and trivial viscosities, out of range and with fewer rows."""
        return examination.of_step(data, learner, results)


class Online(Workflow):
    """Predict the viscosity of all cells of all held-out flows at every iteration, from the flows as they are."""

    def run(self, data: Data, learner: Learner) -> Results:
        """Return the held-out flows after the last iteration.

        `viscosity` is by the fluid's, (heights, fluid cells); `velocity` is (heights, fluid cells, 2); `last_change`
        is (heights,).
        """
        flows = cases.channels(data, "test")
        surrogate = Surrogate.learn(learner, data["X_train"], data["y_train"])
        last = coupled(surrogate, flows, ONLINE_ITERATIONS)
        return {
            "viscosity": np.stack([state.eddy / flow.viscosity for flow, state in zip(flows, last, strict=True)]),
            "velocity": np.stack([flow.grid.centred(state.velocity) for flow, state in zip(flows, last, strict=True)]),
            "last_change": np.array([state.change for state in last]),
        }

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Compare with predictions from the true flow, follow the error over iterations and out of range."""
        return examination.of_online(data, learner, results, iterations=ONLINE_ITERATIONS)


WORKFLOWS: Mapping[str, Workflow] = {"step": Step(), "online": Online()}
