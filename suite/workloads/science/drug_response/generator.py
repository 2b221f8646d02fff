"""A generated screen: ln(IC50) = the drug's mean + the line's sensitivity + target by genome + what nobody knows.

The sizes of the effects are such that the drugs' means explain about as much as in real screens, 70 % of the variance
(Iorio et al. 2016, Cell 166, 740-754: most of the response is the drug's own, a little is the genome's).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from suite.workloads.science.drug_response.hill import Prior, fit_log_ic50, viability
from suite.workloads.science.drug_response.screen import Floats, Integers, Screen

N_TISSUES = 20
N_TARGETS = 15
#: Hidden states of a cell that its genome and its tissue tell of.
N_STATES = 10
N_MUTATIONS = 160
N_GENES = 40
#: Nine fourfold dilutions, in micromolar; the deviation of a viability's error; what is expected of ln(IC50).
DOSES = np.geomspace(100.0, 100.0 / 4**8, 9, dtype=np.float64)
NOISE = 0.08
PRIOR = Prior(2.0, 4.0)
_CHUNK_ROWS = 1 << 17

#: Deviations of the parts of ln(IC50); of a driver mutation its effect on drugs against its target.
_DRUG, _LINE, _PATHWAY, _UNKNOWN, _DRIVER = 2.3, 0.6, 0.6, 0.9, -2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Parts of ln(IC50 in micromolar): (drugs,), (lines,), and by target (lines, targets) times (drugs,)."""

    drug_mean: Floats
    drug_strength: Floats
    drug_target: Integers
    line_effect: Floats
    by_target: Floats

    def log_ic50(self, lines: Integers, drugs: Integers) -> Floats:
        """Return what the lines and drugs tell of ln(IC50)."""
        pathway = self.by_target[lines, self.drug_target[drugs]] * self.drug_strength[drugs]
        return np.asarray(self.drug_mean[drugs] + self.line_effect[lines] + pathway)


def generate(n_lines: int, n_drugs: int, seed: int) -> Screen:
    """Return a screen of all drugs on all lines, measured as far as it is asked for."""
    random = np.random.default_rng([seed, 0])
    tissue = np.sort(random.integers(0, N_TISSUES, n_lines))
    states = 0.7 * random.standard_normal((N_TISSUES, N_STATES))[tissue]
    states += 0.7 * random.standard_normal((n_lines, N_STATES))
    mutations = _mutations(random, states)
    truth = _effects(random, states, mutations, n_drugs)
    slope = random.uniform(0.7, 1.6, n_drugs)

    def measure(pairs: Integers) -> tuple[Floats, Floats]:
        return _measure(truth, slope, pairs, n_drugs, seed)

    return Screen(
        line_features=np.column_stack([mutations, _expression(random, states)]),
        line_tissue=tissue,
        drug_target=truth.drug_target,
        slope=slope,
        doses=DOSES,
        far_tissue=0,
        lines=np.repeat(np.arange(n_lines), n_drugs),
        drugs=np.tile(np.arange(n_drugs), n_lines),
        measure=measure,
    )


def _mutations(random: Generator, states: Floats) -> Floats:
    """Return (lines, mutations) of 0 and 1: rare, each in some states more often; the first are the commoner ones."""
    rarity = np.sort(random.normal(-3.0, 0.9, N_MUTATIONS))[::-1]
    logits = rarity + states @ random.normal(0, 0.6, (N_STATES, N_MUTATIONS))
    return (random.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(np.float64)


def _expression(random: Generator, states: Floats) -> Floats:
    """Return (lines, genes): mixtures of the states with errors."""
    mixed = states @ random.normal(0, N_STATES**-0.5, (N_STATES, N_GENES))
    return np.asarray(mixed + 0.5 * random.standard_normal(mixed.shape))


def _effects(random: Generator, states: Floats, mutations: Floats, n_drugs: int) -> Truth:
    """Return what is true; the driver of a target is one of the commoner mutations."""
    drivers = random.choice(N_MUTATIONS // 4, N_TARGETS, replace=False)
    pathways = np.tanh(states @ random.normal(0, N_STATES**-0.5, (N_STATES, N_TARGETS)))
    return Truth(
        drug_mean=random.normal(PRIOR.mean, _DRUG, n_drugs),
        drug_strength=random.lognormal(0.0, 0.4, n_drugs),
        drug_target=random.integers(0, N_TARGETS, n_drugs),
        line_effect=_LINE * np.tanh(states @ random.normal(0, N_STATES**-0.5, N_STATES)),
        by_target=_PATHWAY * pathways + _DRIVER * mutations[:, drivers],
    )


def _measure(truth: Truth, slope: Floats, pairs: Integers, n_drugs: int, seed: int) -> tuple[Floats, Floats]:
    """Return ln(IC50) fitted to noisy curves, and the true ones."""
    measured, true = np.empty(len(pairs)), np.empty(len(pairs))
    lines, drugs = np.divmod(pairs, n_drugs)
    for start in range(0, len(pairs), _CHUNK_ROWS):
        rows = slice(start, start + _CHUNK_ROWS)
        random = np.random.default_rng([seed, 1, int(pairs[start])])
        unknown = _UNKNOWN * random.standard_normal(len(pairs[rows]))
        true[rows] = truth.log_ic50(lines[rows], drugs[rows]) + unknown
        curves = viability(np.log(DOSES), true[rows], slope[drugs[rows]])
        curves += NOISE * random.standard_normal(curves.shape)
        measured[rows] = fit_log_ic50(curves, np.log(DOSES), slope[drugs[rows]], NOISE, PRIOR)
    return measured, true
