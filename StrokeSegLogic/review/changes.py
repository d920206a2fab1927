"""What a decision's record says beside the decision: what was changed, against whom, and with what it was made."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..evaluation.masks import Mask
from ..metrics.voxel import overlap
from ..result.looks import SEGMENTS
from ..study.case import Modality
from .entry import Entry, Proposal, Reading, ReadingName
from .versions import read_version


@dataclass(frozen=True)
class Change:
    """From one label map to another on the same grid.

    Attributes:
        label: "lesion" of all labels together, or a label's name.
        added, removed: voxels.
        dice: of both; 1 where both are empty.
        volume_ml, delta_ml: of the new, and new less old.
    """

    label: str
    added: int
    removed: int
    dice: float
    volume_ml: float
    delta_ml: float


def change(new: np.ndarray, old: np.ndarray, voxel_ml: float, label: str) -> Change:
    """Between two masks (z, y, x); every value but 0 is set.

    Raises:
        ValueError: if the shapes differ.
    """
    counts = overlap(new, old)
    return Change(
        label=label,
        added=counts.false_positive,
        removed=counts.false_negative,
        dice=counts.dice,
        volume_ml=counts.predicted * voxel_ml,
        delta_ml=(counts.predicted - counts.true) * voxel_ml,
    )


def changes(new: Mask, old: Mask, modality: Modality) -> dict[str, Any]:
    """JSON-ready: what changed over all labels together, and `by_label` where there can be several.

    Args:
        new, old: on the same grid.
        modality: says which labels there are.
    """
    voxel_ml = new.grid.voxel_ml
    whole = asdict(change(new.labels, old.labels, voxel_ml, "all"))
    # A voxel whose label changed was neither added nor removed from the whole, and is told by its label.
    values = sorted({*SEGMENTS[modality], *new.values, *old.values})
    by_label = [
        asdict(change(new.labels == value, old.labels == value, voxel_ml, label_name(modality, value)))
        for value in values
    ]
    relabelled = int(np.count_nonzero((new.labels > 0) & (old.labels > 0) & (new.labels != old.labels)))
    return {**whole, "relabelled": relabelled, "by_label": by_label if len(values) > 1 else []}


def label_name(modality: Modality, value: int) -> str:
    """What a label is called: that of its segment, or its number."""
    style = SEGMENTS[modality].get(value)
    return style.name if style is not None else f"label {value}"


def compared(labels: Mask, proposal: Mask, modality: Modality, before: Mapping[str, Mask]) -> dict[str, Any]:
    """JSON-ready: what changed from the proposal, and against readers who came before.

    Args:
        labels: that a reader leaves.
        proposal: the model's.
        modality: of the case.
        before: labels of the "first" and "second" reader, where they left any.
    """
    found = {f"to_{turn}": changes(labels, other, modality) for turn, other in before.items()}
    return {"to_proposal": changes(labels, proposal, modality), **found}


def labels_left(home: Path, reading: Reading, proposal: Mask) -> Mask:
    """The labels that a reader left, none where they rejected the case.

    Args:
        home: folder of the review.
        reading: the decision.
        proposal: says the grid.

    Raises:
        InputError: if they were changed since or cannot be read.
    """
    if reading.decision == "rejected":
        return Mask(home, proposal.grid, np.zeros_like(proposal.labels))
    return read_version(home / reading.file, reading.sha256)


def left_before(home: Path, entry: Entry, turn: ReadingName, proposal: Mask) -> dict[str, Mask]:
    """The labels of those who read a case before a turn, "first" and "second", where they left any."""
    if turn == "first":
        return {}
    return {
        name: labels_left(home, reading, proposal)
        for name, reading in entry.readings.items()
        if name in ("first", "second") and name != turn and reading.decision != "rejected"
    }


def made_with(proposal: Proposal) -> dict[str, Any]:
    """JSON-ready: of what the proposal was made, and which versions a decision was recorded with."""
    return {
        "proposal": {"file": proposal.file, "sha256": proposal.sha256},
        "model": dict(proposal.maker),
        "inputs": [dict(entry) for entry in proposal.inputs],
        "versions": {"strokeseg": __version__, "python": platform.python_version(), "SimpleITK": version("SimpleITK")},
    }
