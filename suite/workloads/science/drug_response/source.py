"""What the data are called, and on what terms the real ones are used."""

from __future__ import annotations

from dataclasses import dataclass, replace

from suite.datasets.simulated import DATA, Simulated
from suite.datasets.source import Argument, ArgumentError, Source, Value
from suite.workloads.entry import DataSpec, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTerms(Simulated):
    """Real data that are taken only if the user says `accept_terms`: the package does not state their owner's terms."""

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked; without acceptance `data` is "generated" unless "real" is asked for."""
        accepted = Source.resolve(self, spec)["accept_terms"]
        if not accepted and spec.args.get("data") == "real":
            raise ArgumentError(
                "accept_terms",
                f"the real data of {self.name} are used on the terms of {self.comes_from}, which you must know: "
                "say accept_terms = true to use them",
            )
        return Simulated.resolve(self, spec if accepted else replace(spec, args={**spec.args, "data": "generated"}))


SOURCES: tuple[Source, ...] = (
    OnTerms(
        name="drug_response",
        about="drug response of cell lines: GDSC v17 on its terms, or generated dose-response curves",
        topic="drug_response",
        packages=("numpy", "scipy"),
        arguments={
            "data": DATA,
            "accept_terms": Argument(False, "true to use the real data on their owner's terms, see cancerrxgene.org"),
            "n_lines": Argument(988, "cell lines, if generated", low=100, high=1e6),
            "n_drugs": Argument(265, "drugs, if generated", low=10, high=1e5),
        },
        target=Task.REGRESSION,
        modules=("gdsctools",),
        install="pip install --no-deps gdsctools==1.0.1",
        real_rows=201_000,  # of 213,787: the lines of one tissue are kept apart
        comes_from="GDSC v17 (cancerrxgene.org) in package gdsctools",
        licence="package BSD-3-Clause, data on their owner's terms",
    ),
)
