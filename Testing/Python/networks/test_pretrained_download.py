from __future__ import annotations

import hashlib
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from weight_server import serving

from StrokeSegLogic.base.errors import Cancelled, InputError, OutputError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.networks.pretrained.download import download

CONTENT = bytes(range(256)) * 8192  # 2 MiB
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def bring(base: str, folder: Path, sha256: str = HASH, progress: Progress | None = None) -> None:
    download(f"{base}/weights.pth", folder / "cache" / "weights.pth", sha256, progress or Progress())


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("fault", ["", "unsized"])
def test_a_file_comes_whole_and_the_progress_never_goes_back(tmp_path: Path, fault: str) -> None:
    told: list[float] = []
    with serving(CONTENT, fault) as base:
        bring(base, tmp_path, progress=Progress(lambda fraction, _: told.append(fraction)))
    assert (tmp_path / "cache" / "weights.pth").read_bytes() == CONTENT
    assert left(tmp_path) == ["weights.pth"]
    assert told == sorted(told)
    assert told[-1] == (0.0 if fault else 1.0)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("missing", r"/models/weights\.pth: the server answers 404 Not Found\. .*download the file elsewhere"),
        ("truncated", r"the connection ended after 1048576 of 2097152 bytes\. Try again"),
    ],
)
def test_a_server_that_fails_is_one_line_and_leaves_no_file(tmp_path: Path, fault: str, message: str) -> None:
    with serving(CONTENT, fault) as base, pytest.raises(InputError, match=message) as caught:
        bring(base, tmp_path)
    assert "\n" not in str(caught.value)
    assert not left(tmp_path)


def test_a_file_with_another_hash_is_thrown_away_and_the_one_before_is_kept(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "weights.pth").write_bytes(b"before")
    with serving(CONTENT) as base, pytest.raises(InputError, match=r"SHA-256 is .*, published is 0000.*do not use it"):
        bring(base, tmp_path, sha256="0" * 64)
    assert left(tmp_path) == ["weights.pth"]
    assert (tmp_path / "cache" / "weights.pth").read_bytes() == b"before"


def test_a_cancelled_download_leaves_no_file(tmp_path: Path) -> None:
    token = CancelToken()
    with serving(CONTENT) as base, pytest.raises(Cancelled):
        bring(base, tmp_path, progress=Progress(lambda *_: token.cancel(), token))
    assert not left(tmp_path)


def test_nobody_at_the_address_is_said_with_what_to_do(tmp_path: Path) -> None:
    with serving(CONTENT) as base:
        pass
    with pytest.raises(InputError, match=r"cannot be downloaded \(.*refused.*\)\. Check the connection and the proxy"):
        bring(base, tmp_path)
    assert not left(tmp_path)


def test_a_proxy_that_does_not_answer_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(CONTENT) as dead:
        pass
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, dead.removesuffix("/models"))
    # urllib asks for proxies once in a process, and tests before this one had none.
    monkeypatch.setattr("urllib.request._opener", None)
    with pytest.raises(InputError, match="Check the connection and the proxy"):
        bring("http://weights.invalid/models", tmp_path)


def test_a_connection_that_is_not_secure_where_it_should_be_is_refused(tmp_path: Path) -> None:
    with serving(CONTENT) as base, pytest.raises(InputError, match=r"no secure connection .*SSL_CERT_FILE"):
        bring(base.replace("http://", "https://"), tmp_path)
    assert not left(tmp_path)


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be downloaded"):
        bring("models", tmp_path)


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """The real fault of a full disk, but for where it hits."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_one_line_and_leaves_no_file(tmp_path: Path) -> None:
    with (
        serving(CONTENT) as base,
        pytest.raises(OutputError, match=r"weights\.pth: .*disk is not full") as caught,
        no_file_larger_than(1 << 20),
    ):
        bring(base, tmp_path)
    assert "\n" not in str(caught.value)
    assert not left(tmp_path)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    with serving(CONTENT) as base, pytest.raises(OutputError, match="cache: the folder cannot be made"):
        bring(base, tmp_path)
