"""A file comes whole and with the right hash, or not at all, whatever the server does; what has come is kept."""

from __future__ import annotations

import hashlib
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from file_server import serving

from StrokeSegLogic.base.download import Patience, download
from StrokeSegLogic.base.errors import Cancelled, InputError, OutputError
from StrokeSegLogic.base.locks import exclusive
from StrokeSegLogic.base.progress import CancelToken, Progress

CONTENT = bytes(range(256)) * 8192  # 2 MiB
HALF = len(CONTENT) // 2
HASH = hashlib.sha256(CONTENT).hexdigest()
PART = ".weights.pth.part"


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def bring(
    base: str,
    folder: Path,
    sha256: str = HASH,
    progress: Progress | None = None,
    size: int | None = None,
    patience: Patience | None = None,
) -> None:
    target = folder / "cache" / "weights.pth"
    told = progress or Progress()
    download(f"{base}/weights.pth", target, sha256, told, size=size, patience=patience, plain_loopback=True)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def whole(folder: Path) -> bool:
    return left(folder) == ["weights.pth"] and (folder / "cache" / "weights.pth").read_bytes() == CONTENT


def begun(folder: Path, content: bytes, edition: str = "") -> None:
    """What an attempt that was cut off left."""
    (folder / "cache").mkdir()
    (folder / "cache" / PART).write_bytes(content)
    if edition:
        (folder / "cache" / f"{PART}.etag").write_text(edition, encoding="latin-1")


@pytest.mark.parametrize("fault", ["", "unsized"])
def test_a_file_comes_whole_and_the_progress_never_goes_back(tmp_path: Path, fault: str) -> None:
    told: list[float] = []
    with serving(CONTENT, fault) as base:
        bring(base, tmp_path, progress=Progress(lambda fraction, _: told.append(fraction)))
    assert whole(tmp_path)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_server_that_has_no_such_file_is_one_line_and_leaves_none(tmp_path: Path) -> None:
    words = r"/models/weights\.pth: the server answers 404 Not Found\. .*download the file elsewhere"
    with serving(CONTENT, "missing") as base, pytest.raises(InputError, match=words) as caught:
        bring(base, tmp_path)
    assert "\n" not in str(caught.value)
    assert not left(tmp_path)


@pytest.mark.parametrize("fault", ["truncated", "reset"])
def test_of_a_connection_that_breaks_off_what_came_is_kept_and_only_the_rest_is_asked_for(
    tmp_path: Path, fault: str
) -> None:
    with serving(CONTENT, fault, etag='"1"') as base, pytest.raises(InputError, match="ended after|cannot be"):
        bring(base, tmp_path)
    assert left(tmp_path) == [PART, f"{PART}.etag"]
    come = (tmp_path / "cache" / PART).stat().st_size
    assert 0 < come <= HALF
    asked: list[dict[str, str]] = []
    with serving(CONTENT, etag='"1"', asked=asked) as base:
        bring(base, tmp_path)
    assert [(request["range"], request["if-range"]) for request in asked] == [(f"bytes={come}-", '"1"')]
    assert whole(tmp_path)


def test_another_edition_of_the_file_is_begun_anew(tmp_path: Path) -> None:
    begun(tmp_path, b"of another edition" * 1000, '"1"')
    with serving(CONTENT, etag='"2"') as base:
        bring(base, tmp_path)
    assert whole(tmp_path)


def test_another_edition_that_nobody_could_tell_is_begun_anew_once_its_hash_is_wrong(tmp_path: Path) -> None:
    begun(tmp_path, b"of another edition" * 1000)
    with serving(CONTENT) as base:
        bring(base, tmp_path)
    assert whole(tmp_path)


@pytest.mark.parametrize("before", [CONTENT[:HALF], CONTENT, CONTENT + b"more"], ids=["half", "whole", "more"])
def test_whatever_is_there_already_the_file_comes(tmp_path: Path, before: bytes) -> None:
    begun(tmp_path, before)
    with serving(CONTENT) as base:
        bring(base, tmp_path)
    assert whole(tmp_path)


def test_a_server_that_knows_no_parts_sends_the_whole_file(tmp_path: Path) -> None:
    begun(tmp_path, CONTENT[:HALF])
    with serving(CONTENT, "rangeless") as base:
        bring(base, tmp_path)
    assert whole(tmp_path)


def test_a_server_that_sends_another_part_is_refused(tmp_path: Path) -> None:
    begun(tmp_path, CONTENT[:HALF])
    with serving(CONTENT, "displaced") as base, pytest.raises(InputError, match="another part than was asked for"):
        bring(base, tmp_path)


@pytest.mark.parametrize("fault", ["silent", "stalled", "dribbling"])
def test_a_cancellation_is_heard_while_nothing_comes(tmp_path: Path, fault: str) -> None:
    token = CancelToken()
    with serving(CONTENT, fault) as base:
        timer = threading.Timer(0.3, token.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            bring(base, tmp_path, progress=Progress(cancel=token))
        timer.join()
    assert "weights.pth" not in left(tmp_path)


@pytest.mark.parametrize(
    ("fault", "patience", "words"),
    [
        ("silent", Patience(silent_s=0.3), "says nothing"),
        ("stalled", Patience(silent_s=0.3), r"says nothing \(1048576 bytes have come and are kept\)"),
        ("dribbling", Patience(whole_s=0.3), "takes too long"),
        ("endless", Patience(whole_s=0.3), "takes too long"),
    ],
)
def test_a_server_may_take_so_long_and_no_longer(tmp_path: Path, fault: str, patience: Patience, words: str) -> None:
    content = b"x" if fault == "endless" else CONTENT
    with serving(content, fault) as base, pytest.raises(InputError, match=f"{words}|cannot be downloaded"):
        bring(base, tmp_path, patience=patience)
    assert "weights.pth" not in left(tmp_path)


@pytest.mark.parametrize("fault", ["", "unsized", "endless"])
def test_a_server_that_sends_more_than_was_published_is_cut_off(tmp_path: Path, fault: str) -> None:
    with serving(CONTENT, fault) as base, pytest.raises(InputError, match=r"sends \d+ bytes.*published are 1000"):
        bring(base, tmp_path, size=1000)
    assert not left(tmp_path)


def test_a_server_that_promises_less_than_was_published_is_refused(tmp_path: Path) -> None:
    with serving(CONTENT) as base, pytest.raises(InputError, match=r"sends 2097152 bytes, published are 3000000"):
        bring(base, tmp_path, size=3_000_000)
    assert not left(tmp_path)


def test_an_empty_file_is_none(tmp_path: Path) -> None:
    with serving(b"") as base, pytest.raises(InputError, match="ended after 0"):
        bring(base, tmp_path)
    assert "weights.pth" not in left(tmp_path)


def test_a_file_with_another_hash_is_thrown_away_and_the_file_before_is_kept(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "weights.pth").write_bytes(b"before")
    with serving(CONTENT) as base, pytest.raises(InputError, match=r"SHA-256 is .*, published is 0000.*do not use it"):
        bring(base, tmp_path, sha256="0" * 64)
    assert left(tmp_path) == ["weights.pth"]
    assert (tmp_path / "cache" / "weights.pth").read_bytes() == b"before"


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://example.org/x", "data:,x", "//example.org/x", "gopher://x/y"],
)
def test_nobody_is_led_anywhere_but_to_https(tmp_path: Path, location: str) -> None:
    with serving(b"", location=location) as base, pytest.raises(InputError, match="no https address|leads elsewhere"):
        bring(base, tmp_path)
    assert not left(tmp_path)


def test_a_server_that_leads_round_in_a_circle_is_left(tmp_path: Path) -> None:
    with serving(b"", location="/models/again") as base, pytest.raises(InputError, match="leads elsewhere"):
        bring(base, tmp_path)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/x", "file:///etc/passwd", "ftp://h/x", "models", "", "https://", "https://[", "//h/x", "\0"],
)
def test_what_is_no_https_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="no https address"):
        download(url, tmp_path / "cache" / "x", HASH, Progress())
    assert not (tmp_path / "cache").exists()


def test_plain_http_goes_to_this_machine_alone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no https address"):
        download("http://example.org/x", tmp_path / "x", HASH, Progress(), plain_loopback=True)


def test_two_do_not_write_one_file(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    with (
        serving(CONTENT) as base,
        exclusive(tmp_path / "cache" / ".weights.pth.lock"),
        pytest.raises(InputError, match="another StrokeSeg is downloading it"),
    ):
        bring(base, tmp_path)


def test_nobody_at_the_address_is_said_with_what_to_do(tmp_path: Path) -> None:
    with serving(CONTENT) as base:
        pass
    with pytest.raises(InputError, match=r"cannot be downloaded \(.*refused.*\)\. Check the connection and the proxy"):
        bring(base, tmp_path)
    assert not left(tmp_path)


def test_a_proxy_that_does_not_answer_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(CONTENT) as dead:
        pass
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, dead.removesuffix("/models"))
    with pytest.raises(InputError, match="Check the connection and the proxy"):
        bring("https://weights.invalid/models", tmp_path)


def test_a_connection_that_is_not_secure_where_it_should_be_is_refused(tmp_path: Path) -> None:
    with serving(CONTENT) as base, pytest.raises(InputError, match=r"no secure connection .*SSL_CERT_FILE"):
        bring(base.replace("http://", "https://"), tmp_path)
    assert not left(tmp_path)


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
