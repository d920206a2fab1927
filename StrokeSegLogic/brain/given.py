"""A brain mask that comes from outside: from a trained tool, or drawn by hand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError, printable
from ..base.files import require_name, sha256_of
from ..space.grid import Grid, require_overlap
from ..space.resampling import resample_mask
from ..study.volumes.checks import require_finite, require_real, require_scalar_3d
from ..study.volumes.geometry import require_right_angles
from ..study.volumes.reader import files_of, read_volume
from .head import LARGEST_BRAIN_ML

_OPTION = "brain_mask"
_FIX = "Give a mask of this patient's brain in the study's own space, or none: then the brain is found"
_INVERTED = "Give a mask that is 0 in the background and not 0 in the brain, or none: then the brain is found"
_ALL_OF_IT = 0.95
"""An ellipse in its box fills 0.79; a mask that sets more of its voxels marks its own field of view, no brain."""
_PROBABLE = 0.5
_OVERSHOOT = 0.1
"""A resampled or smoothed mask rings by less."""


@dataclass(frozen=True)
class GivenMask:
    """A brain mask that the user gave.

    Attributes:
        image: uint8, 0 or 1, 3-D; mm, LPS.
        source: for people: a file's or a node's name.
        sha256: of the file, or of the voxels (0 or 1) of what came from memory.
        named: whether results may tell the source.
    """

    image: sitk.Image
    source: str
    sha256: str
    named: bool = True

    @classmethod
    def of(cls, given: BrainMaskInput, reference: Grid) -> GivenMask:
        """The mask in what a caller gave.

        Args:
            given: see `BrainMaskInput`.
            reference: the grid that an array lies on.

        Raises:
            InputError: if it cannot be read, is no single 3-D volume of real numbers, or holds no brain.
        """
        if isinstance(given, GivenMask):
            return given
        if isinstance(given, (str, Path)):
            return cls.read(given)
        if isinstance(given, sitk.Image):
            return cls.of_image(given, "an image in memory")
        if not isinstance(given, np.ndarray):
            what = f"is a {type(given).__name__}, and no path, SimpleITK image or array"
            raise InputError(what, option=_OPTION, fix=_FIX)
        if given.shape != reference.shape:
            raise InputError(
                f"is an array of shape {given.shape}, and the reference's grid has {reference.shape} (z, y, x)",
                option=_OPTION,
                fix="Give an array on the reference's grid, or an image, which carries its own",
            )
        # Any real type becomes a type that ITK has.
        voxels = given.astype(np.float32) if given.dtype.kind == "f" else (given != 0).astype(np.uint8)
        return cls.of_image(reference.image(voxels), "an array in memory")

    @classmethod
    def read(cls, path: str | Path) -> GivenMask:
        """The mask in a file.

        Raises:
            InputError: as `of`.
            OutOfMemory: if there is too little memory for it.
        """
        if not str(path).strip():
            raise InputError("the path is empty", option=_OPTION, fix="Name a file")
        path = require_name(path)
        try:
            mask = cls.of_image(read_volume(path), path.name)
        except InputError as error:
            raise InputError(error.what, where=path, fix=error.fix, option=_OPTION) from error
        return replace(mask, sha256=sha256_of(files_of(path)))

    @classmethod
    def of_image(cls, image: sitk.Image, source: str) -> GivenMask:
        """The mask in an image.

        Args:
            image: 3-D, of real numbers; what is not 0 is brain, and of fractions of 1 what is 0.5 and more.
            source: what to call it.

        Raises:
            InputError: if it is another kind of image, holds no brain, or what no brain can be: nearly every voxel, or
                more than the largest brain.
        """
        try:
            require_scalar_3d(image.GetSize(), image.GetNumberOfComponentsPerPixel(), source)
            require_real(image.GetPixelID(), source)
            require_right_angles(Grid.of(image).matrix, source)
            require_finite(image, source)
        except InputError as error:
            raise InputError(error.what, where=source, fix=error.fix, option=_OPTION) from error
        values = sitk.GetArrayViewFromImage(image)
        mask = (values >= _PROBABLE if _is_fractional(values) else values != 0).astype(np.uint8)
        _require_possible(mask, Grid.of(image), source)
        return cls(Grid.of(image).image(mask), printable(source), hashlib.sha256(mask.tobytes()).hexdigest())

    def anonymous(self) -> GivenMask:
        """The same mask, whose source no result tells."""
        return replace(self, named=False)

    @property
    def words(self) -> str:
        """How the brain was found, for results."""
        return f"given by the user: {self.source}" if self.named else "given by the user"

    def require_overlap(self, reference: Grid, reference_name: str) -> None:
        """Refuses a mask that lies elsewhere than the reference.

        Raises:
            InputError: if their fields of view have little in common.
        """
        try:
            require_overlap(self.image, self.source, reference, reference_name)
        except InputError as error:
            raise InputError(f"the brain mask {error.what}", where=error.where, fix=_FIX, option=_OPTION) from error

    def require_signal(self, reference: sitk.Image, reference_name: str) -> None:
        """Refuses a mask that marks air.

        Args:
            reference: 3-D, real; what has the value of its darkest voxels shows nothing.
            reference_name: what to call it.

        Raises:
            InputError: if most of what is marked lies where the reference shows nothing, or nothing is left there.
        """
        values = sitk.GetArrayViewFromImage(reference)
        marked = values[self.on(Grid.of(reference))]
        empty = float((marked == values.min()).mean())
        if empty > _PROBABLE:
            what = f"{empty:.0%} of the brain mask lies where {reference_name} shows nothing but background"
            raise InputError(what, where=self.source, fix=_FIX, option=_OPTION)

    def on(self, grid: Grid) -> np.ndarray:
        """The mask at the voxels of a grid, bool (z, y, x), as masks are resampled (see `resample_mask`).

        Raises:
            InputError: if no brain is left there.
        """
        mask = resample_mask(self.image, grid)
        if mask.any():
            return mask
        own = Grid.of(self.image)
        index = np.argwhere(sitk.GetArrayViewFromImage(self.image))[:, ::-1]
        there = grid.to_index(own.to_world(index))
        inside = ((there > -0.5) & (there < np.array(grid.size) - 0.5)).all(axis=1)
        what = "no voxel of the brain mask lies within the reference's field of view"
        if inside.any():
            ml = len(index) * own.voxel_ml
            what = f"the brain mask is too small: its {ml:.2g} ml vanish between voxels of {_words_of(grid.spacing)} mm"
        raise InputError(what, where=self.source, fix=_FIX, option=_OPTION)


def _is_fractional(values: np.ndarray) -> bool:
    """Whether these are probabilities, or a mask that was smoothed; two values, whatever they are, are a mask."""
    if values.dtype.kind != "f":
        return False
    low, high = float(values.min()), float(values.max())
    if low < -_OVERSHOOT or high > 1 + _OVERSHOOT:
        return False
    return not ((values == 0) | (values == (high if high > 0 else low))).all()


def _require_possible(mask: np.ndarray, grid: Grid, source: str) -> None:
    """Refuses what is no mask of a brain, whoever's it is."""
    share, volume_ml = float(mask.mean()), float(np.count_nonzero(mask) * grid.voxel_ml)
    if not share:
        raise InputError("the brain mask is empty: no voxel of it is brain", where=source, fix=_FIX, option=_OPTION)
    if share > _ALL_OF_IT:
        what = f"the brain mask says that {share:.0%} of all voxels are brain"
        raise InputError(what, where=source, fix=_INVERTED, option=_OPTION)
    if volume_ml > LARGEST_BRAIN_ML:
        what = f"the brain mask holds {volume_ml:,.0f} ml, and no brain has more than {LARGEST_BRAIN_ML:,.0f} ml"
        raise InputError(what, where=source, fix=_INVERTED, option=_OPTION)


def _words_of(spacing: tuple[float, ...]) -> str:
    return " x ".join(f"{step:.3g}" for step in spacing)


BrainMaskInput: TypeAlias = GivenMask | str | Path | sitk.Image | np.ndarray
"""A mask as a caller has it: a file (NIfTI, NRRD, MetaImage), an image on any grid that overlaps the reference, or an
array (z, y, x) on the reference's own grid. What is not 0 is brain; of fractions of 1, what is 0.5 and more."""
