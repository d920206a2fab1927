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

_OPTION = "brain_mask"
_FIX = "Give a mask of this patient's brain in the study's own space, or none: then the brain is found"


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
            image: 3-D, of real numbers; what is not 0 is brain.
            source: what to call it.

        Raises:
            InputError: if it is another kind of image, or holds no brain.
        """
        try:
            require_scalar_3d(image.GetSize(), image.GetNumberOfComponentsPerPixel(), source)
            require_real(image.GetPixelID(), source)
            require_right_angles(Grid.of(image).matrix, source)
            require_finite(image, source)
        except InputError as error:
            raise InputError(error.what, where=source, fix=error.fix, option=_OPTION) from error
        mask = (sitk.GetArrayViewFromImage(image) != 0).astype(np.uint8)
        if not mask.any():
            raise InputError("the brain mask is empty: every voxel is 0", where=source, fix=_FIX, option=_OPTION)
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

    def on(self, grid: Grid) -> np.ndarray:
        """The mask at the voxels of a grid, bool (z, y, x), as masks are resampled (see `resample_mask`).

        Raises:
            InputError: if no brain is left there.
        """
        mask = resample_mask(self.image, grid)
        if not mask.any():
            what = "no voxel of the brain mask lies within the reference's field of view"
            raise InputError(what, where=self.source, fix=_FIX, option=_OPTION)
        return mask


BrainMaskInput: TypeAlias = GivenMask | str | Path | sitk.Image | np.ndarray
"""A mask as a caller has it: a file (NIfTI, NRRD, MetaImage), an image on any grid that overlaps the reference, or an
array (z, y, x) on the reference's own grid. What is not 0 is brain."""
