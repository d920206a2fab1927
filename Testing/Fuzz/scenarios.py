"""What is killed: a run, what lay there before, and what must be there afterwards."""

from __future__ import annotations

import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from StrokeSegLogic.base.records import WRITTEN

from . import forked
from .forked import TEMPORARY, Ended, Kill
from .snapshot import files_below
from .target import TORCH_CACHE

Files = dict[str, str]
_OUT = "out"
_RECORD = "result.json"
_FOREIGN = {"notes.txt": b"mine", "expert.nii.gz": b"an expert's work"}


class Scenario(ABC):
    """A command that is killed and run again."""

    name: str
    words: Sequence[str]

    def __init__(self) -> None:
        self.whole: Files = {}

    @abstractmethod
    def prepare(self, place: Path) -> Ended:
        """Runs the command as nobody kills it, and keeps what it leaves."""

    @abstractmethod
    def begin(self, place: Path, number: int) -> Path:
        """The home of a run, as it lies there before."""

    @abstractmethod
    def after_kill(self, home: Path, number: int) -> list[str]:
        """What is wrong right after a kill."""

    def refused(self) -> Sequence[str]:
        """The command in a form that is refused before it computes, and still looks after what a dead run left."""
        return ()

    def after_refused(self, home: Path, number: int) -> list[str]:
        """What is wrong after such a command."""
        return []

    def after_next(self, home: Path, number: int) -> list[str]:
        """What is wrong once the command was run again."""
        found = files_below(home)
        faults = _compared(found, self._expected(number))
        left = [path.name for path in (home.parent / TEMPORARY).iterdir() if not path.name.startswith(TORCH_CACHE)]
        return [*faults, *(["a temporary file is left"] if left else [])]

    def _expected(self, number: int) -> Files:
        return self.whole


class SegmentScenario(Scenario):
    """A study into a folder that holds an earlier result and files of others; every fourth time into a new folder.

    Results of two runs differ in their times: of the files that differ without a kill, only that they are there.
    """

    name = "segment"
    words = ("segment", "study", "--output", _OUT, "--model", "model", "--device", "cpu")

    def __init__(self) -> None:
        super().__init__()
        self._template: Path | None = None
        self._volatile: set[str] = set()
        self._before: Files = {}

    def prepare(self, place: Path) -> Ended:
        from .generators import models, studies

        home = place / "home"
        home.mkdir(parents=True)
        models.write_model(home / "model")
        studies.write_study(home / "study", 7)
        _required(forked.run(self.words, home, Kill()))
        (home / _OUT).rename(home / "previous")
        shutil.rmtree(home / "study")
        studies.write_study(home / "study", 0)
        runs = []
        for _ in range(2):
            shutil.copytree(home / "previous", home / _OUT, dirs_exist_ok=True)
            for name, content in _FOREIGN.items():
                (home / _OUT / name).write_bytes(content)
            self._before = files_below(home / _OUT)
            ended = _required(forked.run(self.words, home, Kill()))
            runs.append(files_below(home / _OUT))
            shutil.rmtree(home / _OUT)
        first, second = runs
        self._volatile = {name for name, value in first.items() if second.get(name) != value}
        self.whole = first
        self._template = home
        return ended

    def begin(self, place: Path, number: int) -> Path:
        assert self._template is not None
        home = place / "home"
        for name in ("study", "model"):
            shutil.copytree(self._template / name, home / name)
        if not self._new(number):
            shutil.copytree(self._template / "previous", home / _OUT)
            for name, content in _FOREIGN.items():
                (home / _OUT / name).write_bytes(content)
        return home

    def after_kill(self, home: Path, number: int) -> list[str]:
        found = files_below(home / _OUT) if (home / _OUT).exists() else {}
        if self._new(number) and not found:
            return []
        faults = [
            f"{name} of somebody else is changed or gone"
            for name in ([] if self._new(number) else _FOREIGN)
            if found.get(name) != self._before[name]
        ]
        if _RECORD not in found:
            # Between the renames; what the next run makes of it counts.
            return faults
        record = json.loads((home / _OUT / _RECORD).read_text(encoding="utf-8"))
        faults += [f"{name}, which the record names, is missing" for name in record["files"] if name not in found]
        faults += _hashes_wrong(record[WRITTEN], found)
        if all(self._same(found, self._before, name) for name in record["files"]):
            return faults
        if not all(self._same(found, self.whole, name) for name in record["files"]):
            faults.append("the result is neither the previous nor the new result")
        return faults

    def refused(self) -> Sequence[str]:
        return ("segment", "study", "--output", _OUT, "--model", "none such", "--device", "cpu")

    def after_refused(self, home: Path, number: int) -> list[str]:
        faults = self.after_kill(home, number)
        if not self._new(number) and not (home / _OUT / _RECORD).exists():
            faults.append("the previous result does not come back")
        return faults

    def _new(self, number: int) -> bool:
        return number % 4 == 3

    def _same(self, found: Files, known: Files, name: str) -> bool:
        return name in self._volatile or found.get(name) == known.get(name)

    def _expected(self, number: int) -> Files:
        assert self._template is not None
        inputs = {path: value for name in ("study", "model") for path, value in _under(self._template, name).items()}
        written = {name: value for name, value in self.whole.items() if not (self._new(number) and name in _FOREIGN)}
        return {**inputs, **{f"{_OUT}/{name}": value for name, value in written.items()}}

    def after_next(self, home: Path, number: int) -> list[str]:
        faults = super().after_next(home, number)
        return [fault for fault in faults if fault not in {f"{_OUT}/{name} differs" for name in self._volatile}]


class TrainScenario(Scenario):
    """A recipe of three planes on a few simulated patients, in steps of a moment.

    TensorBoard's files are named after process and time, and a run that goes on begins another file: not compared.
    """

    name = "train"

    def __init__(self) -> None:
        super().__init__()
        self._template: Path | None = None
        self.words: Sequence[str] = ()

    def prepare(self, place: Path) -> Ended:
        from small import PLANES, PLANES_CHANGES, write_small

        home = place / "home"
        home.mkdir(parents=True)
        write_small("isles2015", home / "data")
        sets = [word for change in (*PLANES_CHANGES, "checkpoint_every=2") for word in ("--set", change)]
        self.words = ("train", PLANES, "--data", "data", "--output", _OUT, "--accelerator", "cpu", *sets)
        self._template = home
        ended = _required(forked.run(self.words, home, Kill()))
        self.whole = files_below(home)
        shutil.rmtree(home / _OUT)
        return ended

    def begin(self, place: Path, number: int) -> Path:
        assert self._template is not None
        shutil.copytree(self._template, place / "home")
        return place / "home"

    def after_next(self, home: Path, number: int) -> list[str]:
        return [fault for fault in super().after_next(home, number) if f"{_OUT}/tensorboard/" not in fault]

    def after_kill(self, home: Path, number: int) -> list[str]:
        data = [path for path in self.whole if not path.startswith(f"{_OUT}/")]
        found = files_below(home)
        return [f"{path} of the data is changed or gone" for path in data if found.get(path) != self.whole[path]]


def _required(ended: Ended) -> Ended:
    if ended.code:
        raise RuntimeError(f"a run that nobody killed ends with {ended.code}: {ended.said}")
    return ended


def _under(home: Path, name: str) -> Files:
    return {f"{name}/{path}": value for path, value in files_below(home / name).items()}


def _compared(found: Files, expected: Files) -> list[str]:
    faults = [
        f"{path} differs" if path in found else f"{path} is missing"
        for path in expected
        if found.get(path) != expected[path]
    ]
    # Names by chance would make each finding differ.
    more = [path for path in found if path not in expected]
    hidden = any(part.startswith(".") for path in more for part in Path(path).parts)
    return [
        *faults,
        *(["a draft is left"] if hidden else []),
        *(f"{path} is left" for path in more if "/." not in path),
    ]


def _hashes_wrong(written: Mapping[str, str], found: Files) -> list[str]:
    """Files whose hash is not what the record says."""
    return [f"{name} has not the record's hash" for name, digest in written.items() if found.get(name) != digest]
