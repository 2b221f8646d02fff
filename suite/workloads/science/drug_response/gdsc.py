"""The Genomics of Drug Sensitivity in Cancer, release 17, as the package gdsctools ships it; no code of it is run."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from suite.datasets.archives import opened
from suite.errors import UsageError
from suite.workloads.science.drug_response.screen import Floats, Integers, Screen

#: What a table may unpack to.
_MOST_BYTES = 64 << 20
#: Melanoma: many lines, with mutations of their own.
_FAR_TISSUE = "skin"
#: The release has no doses and no slopes: curves are drawn at nominal ones.
_DOSES = np.geomspace(10.0, 10.0 / 4**8, 9, dtype=np.float64)


def read() -> Screen:
    """Return the screen: 988 lines, 265 drugs, 213,787 pairs."""
    response, genome = _table("IC50_v17.csv.gz"), _table("genomic_features_v17.csv.gz")
    genome = genome.loc[response.index]
    tissues = sorted(genome["TISSUE_FACTOR"].unique())
    values = response.to_numpy(np.float64)
    lines, drugs = np.nonzero(np.isfinite(values))
    measured = values[lines, drugs]

    def measure(pairs: Integers) -> tuple[Floats, Floats]:
        return measured[pairs], measured[pairs]

    return Screen(
        line_features=genome.drop(columns="TISSUE_FACTOR").to_numpy(np.float64),
        line_tissue=np.searchsorted(tissues, genome["TISSUE_FACTOR"]).astype(np.int64),
        drug_target=np.zeros(values.shape[1], dtype=np.int64),
        slope=np.ones(values.shape[1]),
        doses=_DOSES,
        far_tissue=tissues.index(_FAR_TISSUE),
        lines=lines,
        drugs=drugs,
        measure=measure,
    )


def _table(name: str) -> Any:
    """Return a table by cell line."""
    import pandas as pd

    found = find_spec("gdsctools")
    folders = (found and found.submodule_search_locations) or []
    path = next((file for folder in folders if (file := Path(folder) / "data" / name).is_file()), None)
    if path is None:
        raise UsageError(f"the installed version of gdsctools has no {name}")
    with opened(path, _MOST_BYTES) as stream:
        return pd.read_csv(stream, index_col=0)
