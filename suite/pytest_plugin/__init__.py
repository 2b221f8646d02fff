"""A plugin of pytest: workloads as benchmarks of pytest-benchmark, at equal quality and on the engine asked for.

A test that takes the fixtures `benchmark` and `evenhand_case` runs once for every workload and backend of the options:
`evenhand_case.run(benchmark)`. Without the options, and without --benchmark-only, it is one skipped test. Whatever is
heavy is imported only where the options are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suite.pytest_plugin.case import BenchmarkCase
    from suite.pytest_plugin.session import Session

FIXTURE = "evenhand_case"
OPTIONS = ("evenhand_backend", "evenhand_workload", "evenhand_size", "evenhand_dtype")
NOT_ASKED = "benchmarks of workloads run with --benchmark-only or --evenhand-backend NAME"
NO_BENCHMARK = "pytest-benchmark is not there: pip install pytest-benchmark, without -p no:benchmark"

_SESSION: pytest.StashKey[Session] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; each may be given again."""
    group = parser.getgroup("evenhand", "workloads of Evenhand as benchmarks (see docs/pytest-benchmark.md)")

    def add(name: str, metavar: str, text: str, choices: tuple[str, ...] | None = None) -> None:
        given = {"choices": choices} if choices else {}
        group.addoption(name, action="append", default=[], metavar=metavar, help=text, **given)

    add("--evenhand-backend", "NAME", "measure on this backend (default: sklearn)")
    add("--evenhand-workload", "PATTERN", "measure these workloads, by name or pattern (default: the suite quick)")
    add("--evenhand-size", "SIZE", "S, M, L or XL (default: S)", ("S", "M", "L", "XL"))
    add("--evenhand-dtype", "DTYPE", "float32 or float64 (default: float64)", ("float32", "float64"))


def pytest_configure(config: pytest.Config) -> None:
    """Read the options, if there are any, before a test imports an engine whose environment they decide."""
    if any(config.getoption(name) for name in OPTIONS):
        _session(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what was started for the benchmarks."""
    if session := config.stash.get(_SESSION, None):
        session.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that takes the fixture its cases, or one that is skipped."""
    if FIXTURE not in metafunc.fixturenames:
        return
    config = metafunc.config
    if any(config.getoption(name) for name in (*OPTIONS, "benchmark_only") if hasattr(config.option, name)):
        metafunc.parametrize(FIXTURE, list(_session(config).cases), indirect=True)
    else:
        skipped = pytest.param("", marks=pytest.mark.skip(reason=NOT_ASKED), id="not-asked-for")
        metafunc.parametrize(FIXTURE, [skipped], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the benchmarks where pytest-benchmark is missing."""
    if config.pluginmanager.hasplugin("benchmark"):
        return
    for item in items:
        if FIXTURE in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=NO_BENCHMARK))


@pytest.fixture
def evenhand_case(request: pytest.FixtureRequest) -> BenchmarkCase:
    """One workload on one backend: `evenhand_case.run(benchmark)` measures and judges it."""
    return _session(request.config).case(request.param)


def _session(config: pytest.Config) -> Session:
    """Return what all benchmarks of this pytest share; raises pytest.UsageError if the options cannot be used."""
    if _SESSION not in config.stash:
        from backends.protocol import UnknownBackendError
        from suite.errors import UsageError
        from suite.pytest_plugin.session import Session

        try:
            config.stash[_SESSION] = Session.of(config)
        except (UsageError, UnknownBackendError) as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[_SESSION]
