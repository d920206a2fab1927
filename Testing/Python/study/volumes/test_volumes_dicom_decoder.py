"""The process that decodes DICOM pixels: it may die over a file, and dies with the process that asks it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from io_fixtures import dicom_slices, refusal, stored

from StrokeSegLogic.base.errors import OutOfMemory
from StrokeSegLogic.study.volumes import dicom_decoder, dicom_pixels
from StrokeSegLogic.study.volumes.dicom import read_dicom_series
from StrokeSegLogic.study.volumes.dicom_pixels import slice_pixels

pytest.importorskip("pydicom")
posix = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signals")

DATA = stored((2, 12, 10))


def children() -> list[int]:
    """Children of this process that run the decoder; Linux alone tells."""
    pids = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if not pids.exists():
        pytest.skip("children are told by Linux")
    found = []
    for pid in pids.read_text().split():
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"dicom_decoder" in arguments:
            found.append(int(pid))
    return found


def alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def slices(tmp_path: Path) -> list[Path]:
    paths = dicom_slices(tmp_path, DATA, slopes=[0.5, 3.0])
    assert np.array_equal(slice_pixels(paths[0], (12, 10)), DATA[0] * 0.5)
    return paths


def test_one_process_decodes_all_files_with_each_files_own_slope(slices):
    before = children()
    assert len(before) == 1
    assert np.array_equal(slice_pixels(slices[1], (12, 10)), DATA[1] * 3.0)
    assert children() == before


def test_it_loads_neither_torch_nor_the_package(slices):
    (pid,) = children()
    maps = Path(f"/proc/{pid}/maps").read_text()
    assert "_SimpleITK" in maps and "torch" not in maps


def kill_once_asked(pid: int) -> None:
    """Kills a stopped process as soon as something lies in its standard input."""
    import fcntl
    import termios

    unread = bytearray(4)
    with Path(f"/proc/{pid}/fd/0").open("rb", buffering=0) as asked:
        while not int.from_bytes(unread, sys.byteorder):
            time.sleep(0.01)
            fcntl.ioctl(asked, termios.FIONREAD, unread)
    os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
@posix
def test_a_crash_over_a_file_names_it_and_the_next_is_read(slices):
    (pid,) = children()
    os.kill(pid, signal.SIGSTOP)
    crash = threading.Thread(target=kill_once_asked, args=(pid,))
    crash.start()
    message = refusal(slice_pixels, slices[1], (12, 10))
    assert slices[1].name in message and "makes the decoder crash" in message
    crash.join()
    assert not Path(f"/proc/{pid}").exists()
    assert np.array_equal(slice_pixels(slices[1], (12, 10)), DATA[1] * 3.0)
    assert len(children()) == 1


@posix
def test_a_decoder_that_died_between_two_files_is_started_again(slices):
    (pid,) = children()
    os.kill(pid, signal.SIGKILL)
    while alive(pid):
        time.sleep(0.01)
    assert np.array_equal(slice_pixels(slices[1], (12, 10)), DATA[1] * 3.0)
    assert pid not in children()


_PARENT = """
import os, sys
from pathlib import Path
from StrokeSegLogic.study.volumes.dicom_pixels import slice_pixels
slice_pixels(Path(sys.argv[1]), (12, 10))
print(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(), flush=True)
os.kill(os.getpid(), 9)
"""


def test_it_dies_with_the_process_that_asks(slices):
    children()
    run = subprocess.run(
        [sys.executable, "-c", _PARENT, str(slices[0])], capture_output=True, text=True, timeout=300, check=False
    )
    (pid,) = map(int, run.stdout.split())
    for _ in range(3000):
        if not alive(pid):
            return
        time.sleep(0.01)
    pytest.fail("it still runs")


def test_where_no_python_can_be_started_this_process_decodes(slices, monkeypatch):
    dicom_pixels._decoder().close()
    monkeypatch.setattr(sys, "executable", "/opt/Slicer/SlicerApp-real")
    monkeypatch.setenv("PATH", "")
    assert np.array_equal(slice_pixels(slices[1], (12, 10)), DATA[1] * 3.0)
    assert children() == []


def test_where_the_process_cannot_load_its_libraries_this_process_decodes(slices, monkeypatch):
    decoder = dicom_pixels._Decoder()
    monkeypatch.setattr(dicom_pixels, "_decoder", lambda: decoder)
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    assert np.array_equal(slice_pixels(slices[1], (12, 10)), DATA[1] * 3.0)
    decoder.close()


def test_a_file_that_cannot_be_decoded_leaves_the_process_alive(slices, tmp_path):
    before = children()
    (tmp_path / "text.dcm").write_text("hello" * 100)
    assert "pixels cannot be read" in refusal(slice_pixels, tmp_path / "text.dcm", (12, 10))
    assert np.array_equal(slice_pixels(slices[1], (12, 10)), DATA[1] * 3.0)
    assert children() == before


def test_a_size_that_the_header_does_not_say_is_refused(slices):
    assert "12 x 10 where the header says 10 x 12" in refusal(slice_pixels, slices[0], (10, 12))


def test_it_has_a_limit_of_memory_and_time(slices):
    (pid,) = children()
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert str(4 << 30) in limits
    assert 0 < dicom_decoder.SECONDS <= 60


@pytest.mark.parametrize("words", ["Failed to allocate memory for image.", "std::bad_alloc", "MemoryError"])
def test_a_lack_of_memory_is_the_files_fault_only_beyond_the_processs_own_limit(slices, monkeypatch, words):
    def lacking(*_: object) -> np.ndarray:
        raise dicom_pixels._Undecodable(words)

    monkeypatch.setattr(dicom_pixels._decoder(), "pixels", lacking)
    monkeypatch.setattr(dicom_decoder, "is_limited_from_outside", lambda: False)
    assert "cut short, damaged" in refusal(read_dicom_series, slices)
    monkeypatch.setattr(dicom_decoder, "is_limited_from_outside", lambda: True)
    with pytest.raises(OutOfMemory, match="needs more memory than there is"):
        read_dicom_series(slices)


_LIMITED = """
import resource, sys
from StrokeSegLogic.study.volumes.dicom_decoder import is_limited_from_outside
before = is_limited_from_outside()
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
print(before, is_limited_from_outside())
"""


@posix
def test_a_limit_from_outside_is_known(slices):
    run = subprocess.run([sys.executable, "-c", _LIMITED], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.split() == ["False", "True"]


def test_a_series_of_slices_of_their_own_slopes_is_one_volume(slices):
    volume = read_dicom_series(slices)
    assert volume.GetSize() == (10, 12, 2)
