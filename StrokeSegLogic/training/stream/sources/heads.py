"""Slices of synthesised heads: whole heads out of label maps, with disease, scanned, and seen through a brain mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage

from ....base.errors import InputError
from ....base.settings import PLANES, Plane
from ....study.case import Role
from ...heads.anatomy import read_anatomies
from ...heads.atlas import read_territories
from ...heads.label_maps import LEFT_OUT
from ...heads.slices import HeadSlice, Library, draw_slice
from ..recipe import SourceSpec
from ..samples import Sample
from .lesions import Shape, read_other_shapes, read_shapes

_FEWEST_PIXELS = 200
"""A slice whose mask shows less brain is drawn again."""
_TRIES = 20
_LABELLED, _DOUBTFUL = 0.5, 0.25
"""Parts of a pixel from which it is infarct, and from which it is not counted as healthy in a slice without label."""
_OTHERS = 40
"""Masks of old infarcts, and of patients with multiple sclerosis."""


class HeadSlices:
    """Slices out of a library of heads and lesions.

    Args:
        library: see `heads.slices.Library`.
        only: sequences that may be shown; all if empty.
    """

    def __init__(self, library: Library, only: frozenset[Role] = frozenset()) -> None:
        self._library, self._only = library, only

    def planes(self) -> tuple[Plane, ...]:
        return PLANES

    def draw(self, plane: Plane, random: np.random.Generator) -> Sample:
        for _ in range(_TRIES):
            drawn = draw_slice(self._library, plane, random, only=self._only)
            if drawn.brain.sum() >= _FEWEST_PIXELS:
                break
        return as_sample(drawn, plane)


def as_sample(drawn: HeadSlice, plane: Plane) -> Sample:
    """The slice, its label where at least half of a pixel is infarct and the mask lets it be seen.

    Chinks of a mm or two, sulci mostly, belong to the label: nobody outlines them.
    """
    lesion = ndimage.binary_closing(drawn.infarct >= _LABELLED) & drawn.brain
    # What a slice only grazes shows a little, and nobody would outline it or swear that it is not there.
    counted = np.ones_like(lesion) if lesion.any() else drawn.infarct < _DOUBTFUL
    return Sample(drawn.images, lesion, drawn.brain, counted, plane, drawn.subject, complete=True)


def read_library(folder: Path, data: Path, spec: SourceSpec, seed: int) -> Library:
    """What a recipe's heads are made of.

    Raises:
        InputError: if files are missing, or a subject is named that nothing is trained on.
    """
    left_out = sorted(set(spec.patients) & set(LEFT_OUT))
    if left_out:
        raise InputError(f"{', '.join(left_out)} are left out of training", where=folder, fix="Name other subjects")

    def others(name: str) -> list[Shape]:
        return read_other_shapes(data / name, _OTHERS, seed) if name else []

    lesions = data / spec.lesions
    return Library(
        read_anatomies(folder, lesions, spec.patients),
        read_territories(lesions),
        read_shapes(lesions, spec.shapes, seed),
        others(spec.old),
        others(spec.sclerosis),
    )
