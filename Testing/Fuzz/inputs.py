"""One input of the attack: the files that were made, what is done with them, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

EXPECTED = "expected.npz"
"""Beside the input's home, where the product does not look: the right answer."""
OUTPUT = "out"
"""Folder of the home that results may be written into."""


@dataclass(frozen=True)
class Input:
    """An input, whose files lie in a folder called its home.

    Attributes:
        kind: what was done to a valid file, in words without numbers, so that findings can be counted by it.
        command: name and arguments for `commands`; paths are relative to the home, which is the current folder.
        expected: where the right answer is known (see `expect`): an answer that is another is a finding.
        must_work: a refusal is a finding, too.
        voxels: that the intact parts of the input decode to: memory is allowed for.
        patience: times the usual patience after which it hangs.
        output: folder of the home, or of its first part, that the command may write into.
        replaceable: files that an earlier run of the product left in the home, which it may replace.
    """

    kind: str
    command: tuple[str, ...]
    expected: bool = False
    must_work: bool = False
    voxels: int = 0
    patience: float = 1.0
    output: str = OUTPUT
    replaceable: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


Generator = Callable[[np.random.Generator, Path], Input]
"""Makes one input in an empty home; the same state of the random generator makes the same files."""


def expect(home: Path, role: str, voxels: np.ndarray, affine: np.ndarray, times_s: np.ndarray | None = None) -> None:
    """Keeps the right answer for a role.

    Args:
        home: of the input.
        role: of the series in the case.
        voxels: (z, y, x) or (t, z, y, x).
        affine: (4, 4), from (x, y, z, 1) to mm, LPS.
        times_s: of the frames.
    """
    path = home.parent / EXPECTED
    known: Mapping[str, Any] = dict(np.load(path)) if path.exists() else {}
    times: Mapping[str, Any] = {} if times_s is None else {f"{role} times": np.asarray(times_s, float)}
    answer: dict[str, Any] = {**known, f"{role} voxels": voxels, f"{role} affine": affine, **times}
    np.savez(path, **answer)


def pick(rng: np.random.Generator, choices: list[Any] | tuple[Any, ...]) -> Any:
    """One of them, whatever their types: numpy's own `choice` would make an array of them."""
    return choices[int(rng.integers(len(choices)))]


def chance(rng: np.random.Generator, part: float) -> bool:
    return bool(rng.random() < part)
