from __future__ import annotations

from pathlib import Path

from suite.records.cgroup import cpu_limit, folders, memory_limit_bytes


def put(root: Path, own: str, **files: str) -> tuple[Path, Path]:
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    own_file = root.parent / "own"
    own_file.write_text(own)
    return root, own_file


def test_version_2_takes_the_least_of_all_levels(tmp_path: Path) -> None:
    where = put(
        tmp_path / "cgroup",
        "0::/batch/job\n",
        **{
            "memory.max": "max\n",
            "batch/memory.max": "4000\n",
            "batch/job/memory.max": "5000\n",
            "batch/cpu.max": "max 100000\n",
            "batch/job/cpu.max": "150000 100000\n",
        },
    )
    assert memory_limit_bytes(*where) == 4000
    assert cpu_limit(*where) == 1.5


def test_version_1(tmp_path: Path) -> None:
    where = put(
        tmp_path / "cgroup",
        "9:memory:/job\n3:cpu,cpuacct:/job\n1:name=systemd:/\n",
        **{
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/job/memory.limit_in_bytes": "7000\n",
            "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "cpu,cpuacct/job/cpu.cfs_quota_us": "50000\n",
            "cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
        },
    )
    assert memory_limit_bytes(*where) == 7000
    assert cpu_limit(*where) == 0.5


def test_a_container_sees_its_own_group_as_the_root(tmp_path: Path) -> None:
    where = put(tmp_path / "cgroup", "0::/../outside\n0::/not/mounted\n", **{"cpu.max": "200000 100000"})
    assert cpu_limit(*where) == 2.0
    assert list(folders("cpu", *where)) == [tmp_path / "cgroup"]


def test_no_limits_and_no_control_groups(tmp_path: Path) -> None:
    where = put(tmp_path / "cgroup", "0::/\n", **{"cpu.max": "max 100000", "memory.max": "max"})
    assert cpu_limit(*where) is None
    assert memory_limit_bytes(*where) is None
    nowhere = (tmp_path / "none", tmp_path / "none")
    assert memory_limit_bytes(*nowhere) is None


def test_garbage(tmp_path: Path) -> None:
    where = put(tmp_path / "cgroup", "\n:::\nx\n0::/\n", **{"cpu.max": "1 2 3", "memory.max": "-5"})
    assert cpu_limit(*where) is None
    assert memory_limit_bytes(*where) is None
