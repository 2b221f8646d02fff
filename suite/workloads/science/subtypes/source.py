"""What the expression data are called, and their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suite.datasets.simulated import Simulated
from suite.datasets.source import Argument, Source, Value
from suite.workloads.entry import DataSpec, Task

#: Real samples: (samples, genes), and whether the package's licence has to be accepted.
SAMPLES: Mapping[str, tuple[int, int, bool]] = {
    "nci60": (64, 6830, True),
    "tissues": (189, 500, True),
    "all_aml": (38, 5000, False),
}


def _shape(_: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:
    rows, genes, _gpl = SAMPLES[args["samples"]]
    return rows, genes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrays(Simulated):
    """Samples measured by arrays, as the sources of packaged data read them."""

    def origin(self, args: Mapping[str, Value]) -> str:
        """Name the samples and their package."""
        from suite.datasets import source_of

        return source_of(args["samples"]).origin(packaged(args))


def packaged(args: Mapping[str, Value]) -> dict[str, Value]:
    """Return the arguments of the source of these samples: all of them, as they are."""
    plain: dict[str, Value] = {"test_share": 0.0, "standardize": False}
    return plain | {"accept_gpl": args["accept_gpl"]} if SAMPLES[args["samples"]][2] else plain


SOURCES: tuple[Source, ...] = (
    Simulated(
        name="subtypes",
        about="counts of transcripts in cells of several subtypes, a negative-binomial mixture",
        topic="subtypes",
        target=Task.CLUSTERING,
        arguments={"n_subtypes": Argument(8, "how many subtypes there are", low=2, high=100)},
    ),
    _Arrays(
        name="expression",
        about="logarithms of the expression of genes in samples of known kinds",
        topic="subtypes",
        sized=False,
        target=Task.CLUSTERING,
        measures=_shape,
        arguments={
            "samples": Argument("all_aml", "which samples", choices=tuple(SAMPLES)),
            "accept_gpl": Argument(False, "true to use what is under GPL-3.0: nci60 and tissues"),
        },
    ),
)
