"""Workloads under pytest-benchmark: `pytest tests/benchmarks --benchmark-only --evenhand-backend onedal`."""


def test_workload(benchmark, evenhand_case):
    evenhand_case.run(benchmark)
