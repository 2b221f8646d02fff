"""Data sets that are fetched by name: those of `named.toml`, and those that scikit-learn fetches."""

from __future__ import annotations

import pickle
import shutil
import tarfile
import warnings
import zlib
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.datasets.download import Remote, digest_of, downloads_dir, fetch, is_there
from suite.datasets.named import Arrays, Entry, check, classes, entries, read
from suite.datasets.providers import openml
from suite.datasets.source import Argument, ArgumentError, Request, Source, Value, rows_asked
from suite.errors import DataUnavailableError
from suite.workloads.entry import DataSpec, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched(Source):
    """A data set of known shape.

    Its last `held_out` rows are its origin's own held-out ones; zero if it has none. `entries` are the values that a
    row of a sparse one keeps; zero if it is dense.
    """

    held_out: int = 0
    entries: float = 0.0

    @abstractmethod
    def load(self, request: Request) -> Arrays:
        """Fetch what is missing, and return all rows."""

    def make(self, request: Request) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield the split arrays."""
        from suite.datasets.split import How, Keys, choose, finished

        arrays = self.load(request)
        rows = arrays.X.shape[0]
        if request.args.get("split") == "official":
            keys = Keys(how=How.GIVEN, n_given=rows - self.held_out)
        elif self.target is Task.CLASSIFICATION:
            keys = Keys(how=How.STRATIFIED, classes=arrays.y)
        else:
            keys = Keys()
        chosen = zip(("train", "test"), choose(request, rows, keys, self.name), strict=True)
        parts = ((part, arrays.X[at], None if arrays.y is None else arrays.y[at]) for part, at in chosen)
        return finished(request, parts, self.name)

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked: a share cannot be held out of a split that the origin made."""
        args = Source.resolve(self, spec)
        if args.get("split") == "official" and "test_share" in spec.args:
            raise ArgumentError(
                "test_share", f'{self.name} has its own held-out rows: give n_test, or split = "random" with test_share'
            )
        return args

    def shape(self, spec: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:
        """Return the published shape."""
        if args.get("split") == "official":
            return (spec.n_train or self.rows - self.held_out) + (spec.n_test or self.held_out), self.features
        return sum(rows_asked(spec.n_train, spec.n_test, args, self.rows)), self.features

    def entries_a_row(self, spec: DataSpec, args: Mapping[str, Value]) -> float | None:  # noqa: ARG002
        """Return the published density of a sparse data set."""
        return self.entries or None

    def origin(self, args: Mapping[str, Value]) -> str:
        """Name the data set, where it is from, and who held rows out."""
        rows = "its own held-out rows" if args.get("split") == "official" else "held-out rows at random"
        return f"{self.name} from {self.comes_from}, licence: {self.licence}, {rows}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Fetched):
    """An entry of the table."""

    entry: Entry

    def load(self, request: Request) -> Arrays:
        """Fetch the files that are missing, and read them."""
        if self.entry.openml:
            return openml.load(self.entry.openml, self.target, name=self.name, rows=self.rows)
        paths = [fetch(remote, downloads_dir()) for remote in self.entry.remotes]
        return read(self.entry, paths, request.dtype)

    def identity(self, args: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return the arguments, and which files at the origin."""
        return {**args, "urls": [*self.entry.urls], "sha256": [*self.entry.sha256], "openml": self.entry.openml}

    def origin(self, args: Mapping[str, Value]) -> str:
        """Name the data set, where it is from, and the digests of its files."""
        digests = [digest_of(remote.name) for remote in self.entry.remotes]
        shown = f", SHA-256 {' '.join(digest[:16] for digest in digests)}" if digests and all(digests) else ""
        return Fetched.origin(self, args) + shown

    def at_hand(self) -> str:
        """Say whether its files were downloaded."""
        if self.entry.openml:
            there = openml.is_there(self.entry.openml)
        else:
            there = all(is_there(remote.name) for remote in self.entry.remotes)
        return "downloaded" if there else "to download"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughSklearn(Fetched):
    """What `sklearn.datasets.fetch_NAME` knows the addresses and digests of, makes ready and keeps in our cache.

    The files are fetched by `suite.datasets.download`. `prepare` makes features and target of what the function called
    `fetcher` returns.
    """

    fetcher: str
    folder: str
    options: Mapping[str, Any]
    prepare: Callable[[Any], Arrays]

    def load(self, request: Request) -> Arrays:  # noqa: ARG002
        """Let scikit-learn find it, or make it of the files that are fetched for it."""
        from sklearn import datasets

        home = downloads_dir() / "scikit-learn"
        fetcher = getattr(datasets, self.fetcher)
        try:
            with warnings.catch_warnings(), redirect_stdout(StringIO()), _fetched_by_us(fetcher.__module__):
                warnings.simplefilter("ignore")
                found = fetcher(data_home=home, **self.options)
        except ImportError as error:
            raise DataUnavailableError(f"{self.name} needs another package: {str(error).splitlines()[0]}") from error
        except (OSError, EOFError, ValueError, tarfile.TarError, pickle.UnpicklingError, zlib.error) as error:
            line = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise DataUnavailableError(
                f"scikit-learn cannot make {self.name} of what was fetched: {line}; remove its part of {home}, to "
                "have it fetched again, or copy that folder of a machine that has it"
            ) from error
        arrays = self.prepare(found)
        check(self.name, arrays.X, arrays.y, self.rows)
        return arrays

    def at_hand(self) -> str:
        """Say whether scikit-learn has fetched it."""
        folder = downloads_dir() / "scikit-learn"
        return "downloaded" if any(folder.glob(self.folder)) else "to download"


@contextmanager
def _fetched_by_us(module: str) -> Iterator[None]:
    """Have the files of one of scikit-learn's modules fetched by ours, which resumes; its own way begins anew."""
    theirs: Any = import_module(module)
    if not hasattr(theirs, "_fetch_remote"):  # it is private: a release without it fetches in its own way
        yield
        return
    their_way, theirs._fetch_remote = theirs._fetch_remote, _for_sklearn
    try:
        yield
    finally:
        theirs._fetch_remote = their_way


def _for_sklearn(remote: Any, dirname: Any, **_: Any) -> Path:
    """Fetch a file of scikit-learn's table, and move it where its reader looks for it and then removes it."""
    place = Path(dirname) / remote.filename
    if place.exists():  # from a time when it was not read to the end
        place.replace(downloads_dir() / place.name)
    expected = Remote(url=remote.url, name=remote.filename, sha256=remote.checksum or "", pinned=False)
    return Path(shutil.move(fetch(expected, downloads_dir()), place))


def _plain(found: Any) -> Arrays:
    return Arrays(found.data, found.target)


def _labelled(found: Any) -> Arrays:
    return Arrays(found.data, classes(found.target))


def _kddcup(found: Any) -> Arrays:
    """Number the texts of protocol, service and flag, and the kinds of attack."""
    import numpy as np

    X = np.empty(found.data.shape, dtype=np.float64)
    for column in range(X.shape[1]):
        values = found.data[:, column]
        X[:, column] = classes(values.astype(str)) if isinstance(values[0], bytes) else values
    return Arrays(X, classes(found.target.astype(str)))


def _newsgroups(found: Any) -> Arrays:
    return Arrays(_csr(found.data).astype("float64"), classes(found.target))


def _rcv1(found: Any) -> Arrays:
    """Take the largest of the topics, as is usual with a single label."""
    topic = list(found.target_names).index("CCAT")
    return Arrays(_csr(found.data), classes(found.target[:, [topic]].toarray().ravel()))


def _csr(matrix: Any) -> Any:
    from scipy import sparse

    return sparse.csr_array(matrix)


def _arguments(held_out: int, share: float, *, standardize: bool | None) -> dict[str, Argument]:
    arguments: dict[str, Argument] = {}
    if held_out:
        about = "the origin's own held-out rows, or others at random"
        arguments["split"] = Argument("official", about, choices=("official", "random"))
    arguments["test_share"] = Argument(share, "share of the rows that is held out at random", low=0, high=0.9)
    if standardize is not None:
        about = "bring each feature to mean 0 and deviation 1, as estimated on the training rows"
        arguments["standardize"] = Argument(standardize, about)
    return arguments


def _named(entry: Entry) -> Source:
    return Named(
        name=entry.name,
        about=entry.about,
        packages=("numpy", "pandas", "scikit-learn"),
        arguments=_arguments(entry.held_out, _share(entry.held_out, entry.rows), standardize=entry.standardize),
        sized=False,
        target=entry.task,
        rows=entry.rows,
        features=entry.features,
        comes_from=entry.host,
        licence=entry.licence,
        held_out=entry.held_out,
        entry=entry,
    )


def _share(held_out: int, rows: int) -> float:
    return round(held_out / rows, 4) if held_out else 0.25


def _through_sklearn(
    name: str,
    about: str,
    shape: tuple[int, int],
    fetcher: str,
    folder: str,
    prepare: Callable[[Any], Arrays],
    *,
    target: Task = Task.CLASSIFICATION,
    licence: str = "not stated",
    options: Mapping[str, Any] | None = None,
    standardize: bool | None = True,
    held_out: int = 0,
    entries: float = 0.0,
) -> Source:
    return ThroughSklearn(
        name=name,
        about=about,
        packages=("numpy", "scikit-learn"),
        arguments=_arguments(held_out, _share(held_out, shape[0]), standardize=standardize),
        sized=False,
        target=target,
        rows=shape[0],
        features=shape[1],
        comes_from="scikit-learn's download",
        licence=licence,
        fetcher=fetcher,
        folder=folder,
        options=options or {},
        prepare=prepare,
        held_out=held_out,
        entries=entries,
    )


SOURCES: tuple[Source, ...] = (
    *(_named(entry) for entry in entries()),
    _through_sklearn(
        "covtype",
        "kinds of forest from maps",
        (581_012, 54),
        "fetch_covtype",
        "covertype*",
        _labelled,
        licence="CC BY 4.0",
    ),
    _through_sklearn(
        "california_housing",
        "prices of houses in districts of California",
        (20_640, 8),
        "fetch_california_housing",
        "cal_housing*",
        _plain,
        target=Task.REGRESSION,
    ),
    _through_sklearn(
        "kddcup99",
        "a tenth of the KDD Cup of 1999: network connections, normal or one of 22 attacks",
        (494_021, 41),
        "fetch_kddcup99",
        "kddcup99_10*",
        _kddcup,
        licence="CC BY 4.0",
    ),
    _through_sklearn(
        "olivetti_faces",
        "faces of 40 people, ten images each",
        (400, 4096),
        "fetch_olivetti_faces",
        "olivetti*",
        _labelled,
        standardize=False,
    ),
    _through_sklearn(
        "lfw_people",
        "faces in the news of people with at least 70 images",
        (1_288, 1_850),
        "fetch_lfw_people",
        "lfw_home/*",
        _labelled,
        options={"min_faces_per_person": 70, "resize": 0.4},
        standardize=False,
    ),
    _through_sklearn(
        "newsgroups20",
        "texts of 20 newsgroups as counts of words, sparse; held out are the later ones",
        (18_846, 130_107),
        "fetch_20newsgroups_vectorized",
        "20newsgroup_vectorized*",
        _newsgroups,
        options={"subset": "all", "normalize": False},
        standardize=None,
        held_out=7_532,
        entries=160.0,
    ),
    _through_sklearn(
        "rcv1",
        "news of Reuters as weights of words, sparse: is it about companies (CCAT)?",
        (804_414, 47_236),
        "fetch_rcv1",
        "RCV1/*",
        _rcv1,
        standardize=None,
        held_out=781_265,
        entries=76.0,
    ),
)
