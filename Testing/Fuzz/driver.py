"""Makes inputs, hands them to a target, and judges what came of each."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from .inputs import Generator, Input
from .outcomes import GOOD, Answer, Outcome
from .snapshot import difference, files_below

_ROOT = Path(__file__).parents[2]
_START_S = 300.0


@dataclass(frozen=True)
class Result:
    """One input and what came of it."""

    number: int
    parser: str
    input: Input
    answer: Answer


def environment() -> dict[str, str]:
    """Of the processes of the attack: this checkout, few threads, so that memory can be limited."""
    paths = [str(_ROOT), str(_ROOT / "Testing"), str(_ROOT / "Testing" / "Python"), os.environ.get("PYTHONPATH", "")]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "MALLOC_ARENA_MAX"), "1")
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONWARNINGS": "ignore"}


class Target:
    """A target process, started when first asked and again after it was killed.

    Args:
        log: file for its standard error.
        patience_s: after which an input without answer is a hang.
    """

    def __init__(self, log: Path, patience_s: float) -> None:
        self._log = log
        self._patience_s = patience_s
        self._process: subprocess.Popen[bytes] | None = None
        self._child = 0
        self._pending = b""
        self._said = 0

    def __enter__(self) -> Target:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def ask(self, home: Path, fuzz_input: Input) -> Answer:
        """What comes of an input."""
        if not self._child:
            self._begin()
        self._said = self._log.stat().st_size
        order = {"home": str(home), "command": list(fuzz_input.command), "voxels": fuzz_input.voxels}
        stream = self._stream()
        stream.write(json.dumps(order).encode("ascii") + b"\n")
        stream.flush()
        patience_s = self._patience_s * fuzz_input.patience
        values = self._read(patience_s)
        if values is not None and "ready" in values:
            # A child lives for so many inputs; the next child takes the order.
            self._child = int(values["ready"])
            values = self._read(patience_s)
        if values is None:
            os.kill(self._child, signal.SIGKILL)
            self._read(_START_S)
            values = {"outcome": Outcome.HANG.value, "words": f"no answer in {patience_s:g} s"}
            self._child = 0
        elif values["outcome"] == Outcome.CRASH.value:
            self._child = 0
            values["words"] += f": {self._last_words()}"
        return Answer(Outcome(values["outcome"]), str(values.get("words", "")))

    def close(self) -> None:
        if self._process is not None:
            self._stream().close()
            self._process.kill()
            self._process.wait()
            if self._child:
                try:
                    os.kill(self._child, signal.SIGKILL)
                except ProcessLookupError:
                    self._child = 0
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _begin(self) -> None:
        if self._process is None:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "Fuzz.target"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=environment(),
                    bufsize=0,
                )
        values = self._read(_START_S)
        if values is None or "ready" not in values:
            raise RuntimeError(f"the target does not start ({values}): {self._last_words()}")
        self._child = int(values["ready"])

    def _stream(self) -> IO[bytes]:
        assert self._process is not None and self._process.stdin is not None
        return self._process.stdin

    def _read(self, seconds: float) -> dict[str, Any] | None:
        """The next line of the target; None where none came in time or it ended."""
        assert self._process is not None and self._process.stdout is not None
        until = time.monotonic() + seconds
        while b"\n" not in self._pending:
            ready, _, _ = select.select([self._process.stdout], [], [], max(until - time.monotonic(), 0))
            piece = os.read(self._process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                return None
            self._pending += piece
        line, _, self._pending = self._pending.partition(b"\n")
        values: dict[str, Any] = json.loads(line)
        return values

    def _last_words(self) -> str:
        """Where it died, by what it wrote since the last input was handed over."""
        with self._log.open("rb") as log:
            log.seek(self._said)
            lines = log.read()[:20_000].decode("utf-8", "replace").splitlines()
        places = [line.strip().replace(str(_ROOT), "") for line in lines if "File " in line and "/Fuzz/" not in line]
        return " < ".join(places[:4]) or " ".join(lines[-3:])


def generator_of(seed: int, number: int, parser: str) -> np.random.Generator:
    """The random numbers of an input: whatever came before it, and whichever process makes it."""
    return np.random.default_rng([seed, number, zlib.crc32(parser.encode())])


def made(generator: Generator, parser: str, seed: int, number: int, place: Path) -> tuple[Path, Input]:
    """The home of an input, with its files."""
    if place.exists():
        _remove(place)
    home = place / "home"
    home.mkdir(parents=True)
    return home, generator(generator_of(seed, number, parser), home)


def attacked(target: Target, home: Path, fuzz_input: Input) -> Answer:
    """What came of an input, with what it did to files."""
    before = files_below(home)
    answer = target.ask(home, fuzz_input)
    if fuzz_input.must_work and answer.outcome is Outcome.ERROR:
        answer = Answer(Outcome.WRONG, f"refused: {answer.words}")
    after, written = files_below(home), answer.outcome is Outcome.OK
    found = difference(
        before, after, written=written, output=fuzz_input.output, replaceable=set(fuzz_input.replaceable)
    )
    if found.lost:
        return Answer(Outcome.LOSS, f"{', '.join(found.lost)[:300]} (answer: {answer.outcome}, {answer.words[:200]})")
    if answer.outcome not in GOOD:
        return answer
    if found.foreign:
        return Answer(Outcome.FOREIGN, f"{', '.join(found.foreign)[:300]} (answer: {answer.outcome})")
    if found.left:
        return Answer(
            Outcome.LEFTOVER, f"{', '.join(found.left)[:300]} (answer: {answer.outcome}, {answer.words[:200]})"
        )
    return answer


def keep(result: Result, home: Path, findings: Path) -> None:
    """Keeps the input of a finding, if it is small, and says how it is made again."""
    folder = findings / result.parser / str(result.answer.outcome) / str(result.number)
    _remove(folder)
    folder.mkdir(parents=True)
    told = {
        "number": result.number,
        "parser": result.parser,
        **result.input.to_json(),
        "outcome": result.answer.outcome.value,
        "words": result.answer.words,
    }
    (folder / "finding.json").write_text(json.dumps(told, indent=1), encoding="ascii")
    total = sum(path.lstat().st_size for path in home.rglob("*"))
    if total < 2 << 20:
        shutil.copytree(home, folder / "home", symlinks=True, ignore=_special)


def _special(folder: str, names: Sequence[str]) -> set[str]:
    """Pipes and sockets cannot be copied; the input's number makes them again."""
    paths = {name: Path(folder, name) for name in names}
    return {name for name, path in paths.items() if not (path.is_symlink() or path.is_file() or path.is_dir())}


def _remove(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
