import psutil
import pytest

from suite.cli.resources import available_memory_bytes


def cgroup(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own"
    path.write_text("0::/job/step\n")
    return path


def test_a_limit_above_the_process_is_obeyed_and_droppable_cache_is_free(tmp_path, own):
    root = tmp_path / "cgroup"
    cgroup(
        root / "job",
        {"memory.max": "1000000\n", "memory.current": "600000\n", "memory.stat": "anon 1\ninactive_file 100000\n"},
    )
    cgroup(root / "job/step", {"memory.max": "max\n", "memory.current": "5\n", "memory.stat": "inactive_file 0\n"})
    assert available_memory_bytes(root, own) == 500_000


def test_version_one_is_read_too(tmp_path, own):
    root = tmp_path / "cgroup"
    own.write_text("4:memory:/hidden/by/the/container\n0::/\n")
    cgroup(
        root / "memory",
        {"memory.limit_in_bytes": "4096", "memory.usage_in_bytes": "96", "memory.stat": "total_inactive_file 0\n"},
    )
    assert available_memory_bytes(root, own) == 4000


def test_without_limits_it_is_what_the_system_has(tmp_path, own):
    free = available_memory_bytes(tmp_path / "nothing", own)
    assert free == pytest.approx(psutil.virtual_memory().available, rel=0.2)
