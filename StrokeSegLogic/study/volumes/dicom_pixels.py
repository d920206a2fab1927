"""Pixels of DICOM files, decoded in a process of their own: a damaged file can make GDCM crash."""

from __future__ import annotations

import atexit
import json
import math
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ...base.errors import InputError, is_out_of_memory
from ...base.files import require_file
from ...base.progress import check_cancelled
from . import dicom_decoder
from .checks import MOST_SLICE_PIXELS
from .dicom_container import plain_file

_PATIENCE_S = dicom_decoder.SECONDS + 10.0
_LAUNCHER = "PythonSlicer"


class _Undecodable(RuntimeError):
    """The process says that it cannot decode a file, and waits for the next."""


class _NeverReady(EOFError):
    """The process ended before it had loaded its libraries: no file is to blame."""


class _Decoder:
    """The process; it is started when it is first needed, and again after a crash."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._ready = False
        self._usable = True
        self._lock = threading.Lock()

    def start(self) -> None:
        """Lets it begin to load its libraries."""
        with self._lock:
            self._running()

    def pixels(self, path: Path, colour: bool, frame: int) -> np.ndarray:
        """As `dicom_decoder.decode`, or, for a frame that is not 0, as `decode_frame`.

        Raises:
            RuntimeError: if the file cannot be decoded.
            EOFError: if the process ended over it.
        """
        with self._lock:
            process = self._running()
            if process is not None:
                try:
                    return self._answer(process, path, colour, frame)
                except _NeverReady:
                    self._usable = False
        if frame:
            return dicom_decoder.decode_frame(str(path), colour, frame)
        return dicom_decoder.decode(str(path), colour)

    def _answer(self, process: subprocess.Popen[bytes], path: Path, colour: bool, frame: int) -> np.ndarray:
        # Whatever happens to it, nobody waits for ever.
        watch = threading.Timer(_PATIENCE_S, process.kill)
        watch.start()
        try:
            if not self._ready:
                _require_ready(process)
                self._ready = True
            return _asked(process, path, colour, frame)
        except _Undecodable:
            raise
        except BaseException as error:
            # Half an answer may be in the pipe, if the user stopped the run for instance.
            self._end()
            if isinstance(error, BrokenPipeError):
                raise EOFError from error
            raise
        finally:
            watch.cancel()

    def _running(self) -> subprocess.Popen[bytes] | None:
        """The process; None where none can be started: then the caller's decodes."""
        if self._process is not None and self._owner != os.getpid():
            # A fork's copy: the pipes belong to the process that started it.
            self._process = None
        if self._process is not None and self._process.poll() is not None:
            self._end()
        interpreter = _interpreter()
        if self._process is None and self._usable and interpreter is not None:
            try:
                self._process = _started(interpreter)
            except OSError:  # where no process may be started, the caller's has to do
                self._usable = False
            self._owner, self._ready = os.getpid(), False
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
        process.wait()

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._end()


@cache
def _decoder() -> _Decoder:
    """The decoder of this process, which goes with it."""
    decoder = _Decoder()
    atexit.register(decoder.close)
    return decoder


def start_decoder() -> None:
    """Starts the process that decodes, so that it is ready when headers have been read; it does not wait for it."""
    _decoder().start()


def slice_pixels(path: Path, size: tuple[int, int], colour: bool = False) -> np.ndarray:
    """The pixels of a file of one slice: (rows, columns) float32 with its rescale slope and intercept, in colour with a
    third axis of three uint8.

    Args:
        path: of the file.
        size: rows and columns by its header.
        colour: whether colours are wanted.

    Raises:
        InputError: if it cannot be decoded, or not to that size.
    """
    require_file(path)
    with plain_file(path) as plain:
        return _pixels(path, plain, size, colour, 0)


def frame_pixels(
    path: Path, size: tuple[int, int], frames: Iterable[int], colour: bool = False, unpacked: int = 0
) -> Iterator[np.ndarray]:
    """The stored values of some frames of a file, as `slice_pixels` but without rescale slope and intercept.

    Args:
        path: of the file.
        size: rows and columns by its header.
        frames: their numbers, from 1.
        colour: whether colours are wanted.
        unpacked: bytes that the pixels of all frames need, by the header.

    Raises:
        InputError: as `slice_pixels`.
    """
    require_file(path)
    with plain_file(path, unpacked) as plain:
        for frame in frames:
            check_cancelled()
            yield _pixels(path, plain, size, colour, frame)


def _pixels(path: Path, plain: Path, size: tuple[int, int], colour: bool, frame: int) -> np.ndarray:
    """The pixels of a file that lies unpacked at `plain`."""
    fix = "Export the series again, uncompressed"
    try:
        pixels = _decoder().pixels(plain, colour, frame)
    except RuntimeError as error:
        # A slice for which the decoder's own limit is too low is damaged, whatever memory the computer has.
        of_file = is_out_of_memory(error) and not dicom_decoder.is_limited_from_outside()
        raise InputError(
            "a slice's pixels cannot be read (cut short, damaged, or in an unknown compression)", where=path, fix=fix
        ) from (None if of_file else error)
    except EOFError as error:
        raise InputError("a slice's pixels cannot be read: it makes the decoder crash", where=path, fix=fix) from error
    if pixels.shape != (*size, *([3] if colour else [])):
        found = " x ".join(map(str, pixels.shape))
        raise InputError(
            f"a slice's pixels cannot be read: they are {found} where the header says {size[0]} x {size[1]}",
            where=path,
            fix=fix,
        )
    return pixels


def _started(interpreter: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [interpreter, str(Path(dicom_decoder.__file__).resolve())],
        # It finds its libraries where this process does.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Windows would open a console.
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _require_ready(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    try:
        _line(process.stdout)
    except EOFError as error:
        raise _NeverReady from error


def _asked(process: subprocess.Popen[bytes], path: Path, colour: bool, frame: int) -> np.ndarray:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps([os.fspath(path.resolve()), colour, frame]).encode("ascii") + b"\n")
    process.stdin.flush()
    head = _line(process.stdout)
    if "error" in head:
        raise _Undecodable(head["error"])
    shape, kind = tuple(head["shape"]), np.dtype(head["kind"])
    if math.prod(shape) > 3 * MOST_SLICE_PIXELS:
        raise RuntimeError("too many pixels")
    content = process.stdout.read(math.prod(shape) * kind.itemsize)
    if len(content) < math.prod(shape) * kind.itemsize:
        raise EOFError
    return np.frombuffer(content, kind).reshape(shape)


def _line(pipe: Any) -> dict[str, Any]:
    line = pipe.readline()
    if not line:
        raise EOFError
    answer: dict[str, Any] = json.loads(line)
    return answer


def _interpreter() -> str | None:
    """A Python that can run a script: in Slicer, `sys.executable` may be the application."""
    if "python" in Path(sys.executable or "").name.lower():
        return sys.executable
    return shutil.which(_LAUNCHER)
