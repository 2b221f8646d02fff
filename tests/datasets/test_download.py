import bz2
import gzip
import hashlib
import io
import lzma
import os
import resource
import signal
import socket
import subprocess
import sys
import tarfile
import zipfile

import pytest
from loopback import serving

from suite.datasets.archives import opened
from suite.datasets.download import Remote, fetch
from suite.errors import UsageError

CONTENT = os.urandom(300_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as site:
        site.files["data.bin"] = CONTENT
        yield site


@pytest.fixture
def waited():
    return []


def get(site, folder, waited, path="data.bin", **other):
    return fetch(Remote(url=site.url(path), name="data.bin", **other), folder, wait=waited.append)


def refused(site, folder, waited, **other):
    with pytest.raises(UsageError) as caught:
        get(site, folder, waited, **other)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_is_fetched_once(site, tmp_path, waited):
    path = get(site, tmp_path / "new", waited, sha256=DIGEST, size=len(CONTENT))
    assert path.read_bytes() == CONTENT
    assert get(site, tmp_path / "new", waited) == path
    [(_, headers)] = site.requests
    assert headers["User-Agent"].startswith("evenhand/")
    assert waited == []


def test_what_broke_off_is_resumed(site, tmp_path, waited):
    site.drop_after = [100_000, 50_000]
    assert get(site, tmp_path, waited).read_bytes() == CONTENT
    assert [headers.get("Range") for _, headers in site.requests] == [None, "bytes=100000-", "bytes=150000-"]


def test_a_later_call_resumes(site, tmp_path, waited):
    site.drop_after = [100_000, 0, 0, 0, 0]
    assert "broke off at 100000 of 300000 bytes" in refused(site, tmp_path, waited)
    site.drop_after, site.requests = [], []
    assert get(site, tmp_path, waited).read_bytes() == CONTENT
    assert site.requests[0][1]["Range"] == "bytes=100000-"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".data.bin.lock", "data.bin", "data.bin.pin.json"]


def test_another_file_on_the_server_is_not_appended(site, tmp_path, waited):
    site.drop_after = [100_000, 0, 0, 0, 0]
    refused(site, tmp_path, waited)
    site.files["data.bin"], site.etag, site.drop_after = CONTENT[::-1], '"two"', []
    assert get(site, tmp_path, waited).read_bytes() == CONTENT[::-1]


def test_a_wrong_digest_removes_the_file(site, tmp_path, waited):
    message = refused(site, tmp_path, waited, sha256="0" * 64)
    assert f"SHA-256 {DIGEST[:16]}… instead of 0000" in message
    assert [path.name for path in tmp_path.iterdir()] == [".data.bin.lock"]
    assert "300000 bytes instead of 7" in refused(site, tmp_path, waited, size=7)


def test_a_file_that_lies_there_is_checked_and_left(site, tmp_path, waited):
    (tmp_path / "data.bin").write_bytes(b"something else")
    assert "remove " in refused(site, tmp_path, waited, sha256=DIGEST)
    assert (tmp_path / "data.bin").exists()
    assert site.requests == []


def test_the_first_digest_holds(site, tmp_path, waited):
    get(site, tmp_path, waited).unlink()
    site.files["data.bin"] = CONTENT[::-1]
    assert "as at the first download" in refused(site, tmp_path, waited)
    assert not (tmp_path / "data.bin").exists()


def test_no_such_file(site, tmp_path, waited):
    assert "the server says 404" in refused(site, tmp_path, waited, path="other.bin")
    assert waited == []


def test_the_server_says_when_to_come_back(site, tmp_path, waited):
    site.answers["data.bin"], site.retry_after = [429], "7"
    assert get(site, tmp_path, waited).read_bytes() == CONTENT
    assert waited == [7.0]


def test_busy_servers_are_given_up_with_growing_pauses(site, tmp_path, waited):
    site.answers["data.bin"] = [503] * 9
    assert "the server says 503" in refused(site, tmp_path, waited)
    assert waited == [1.0, 2.0, 4.0]


def test_a_server_that_wants_to_be_left_alone_is(site, tmp_path, waited):
    site.answers["data.bin"], site.retry_after = [429], "3600"
    assert "left alone for 3600 s" in refused(site, tmp_path, waited)
    assert len(site.requests) == 1


def test_no_network_is_said_at_once_with_what_to_do(tmp_path, waited, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/data.bin"
        with pytest.raises(UsageError, match=r"no connection .*put it at .*data.bin"):
            fetch(Remote(url=url, name="data.bin"), tmp_path, wait=waited.append)
    assert waited == []


def test_proxies_are_respected(site, tmp_path, waited, monkeypatch):
    monkeypatch.setenv("http_proxy", site.url(""))
    monkeypatch.delenv("no_proxy")
    site.files["http://data.invalid/data.bin"] = CONTENT
    path = fetch(Remote(url="http://data.invalid/data.bin", name="data.bin"), tmp_path, wait=waited.append)
    assert path.read_bytes() == CONTENT


def test_only_the_web_is_fetched(tmp_path):
    with pytest.raises(UsageError, match="only http and https"):
        fetch(Remote(url="file:///etc/hostname", name="data.bin"), tmp_path)


def test_a_full_disk_is_one_line(site, tmp_path):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    code = (
        "import sys; from pathlib import Path; from suite.datasets.download import *; from suite.errors import *\n"
        "try: fetch(Remote(url=sys.argv[1], name='data.bin'), Path(sys.argv[2]))\n"
        "except UsageError as error: print(error)"
    )
    command = [sys.executable, "-c", code, site.url("data.bin"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, preexec_fn=limit)
    assert done.stdout.startswith("cannot keep data.bin in ")
    assert "set EVENHAND_CACHE" in done.stdout


PACKED = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("suffix", PACKED)
def test_packed_files(suffix, tmp_path):
    path = tmp_path / f"data.{suffix}"
    path.write_bytes(PACKED[suffix](CONTENT))
    with opened(path, len(CONTENT)) as stream:
        assert stream.read() == CONTENT
    with opened(path, len(CONTENT) - 1) as stream, pytest.raises(UsageError, match="unpacks to more than"):
        stream.read()
    path.write_bytes(PACKED[suffix](CONTENT)[:-2000])
    with opened(path, len(CONTENT)) as stream, pytest.raises(UsageError, match="truncated"):
        stream.read()
    path.write_bytes(b"not packed at all")
    with pytest.raises(UsageError, match="damaged"), opened(path, 1000) as stream:
        stream.read()


def test_archives_give_one_file_and_write_nothing(tmp_path):
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escaped.csv", "1,2")
        archive.writestr("bomb.csv", bytes(10_000_000))
    with opened(path, 100, "escaped.csv") as stream:
        assert stream.read() == b"1,2"
    with opened(path, 1_000_000, "bomb.csv") as stream, pytest.raises(UsageError, match="unpacks to more"):
        stream.read()
    with pytest.raises(UsageError, match="should hold a single file, but holds 2"), opened(path, 100):
        pass
    assert [found.name for found in tmp_path.iterdir()] == ["data.zip"]


def test_links_and_bombs_in_tars_are_refused(tmp_path):
    path = tmp_path / "data.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("data.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        good = tarfile.TarInfo("good.csv")
        good.size = 3
        archive.addfile(good, io.BytesIO(b"1,2"))
    with opened(path, 10_000, "good.csv") as stream:
        assert stream.read() == b"1,2"
    with pytest.raises(UsageError, match="one file named data"), opened(path, 10_000, "data.csv"):
        pass
    with pytest.raises(UsageError, match="unpacks to more"), opened(path, 100, "good.csv"):
        pass
