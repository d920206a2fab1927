"""A point that a person gives: a place in the scanner's space, or a voxel."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..base.errors import InputError

if TYPE_CHECKING:
    from .grid import Grid

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)"
_POINT = re.compile(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*,\s*({_NUMBER})\s*(mm|voxel)\s*")
_FARTHEST = 1e5


@dataclass(frozen=True)
class GivenPoint:
    """A place in a volume.

    Attributes:
        xyz: mm towards the patient's right, front and head (R, A, S: as Slicer shows them under the
            mouse), or indices x, y, z of a voxel from 0, as NIfTI viewers count.
        space: which of the two.
    """

    xyz: tuple[float, float, float]
    space: Literal["mm", "voxel"]

    @classmethod
    def parse(cls, text: str, option: str) -> GivenPoint:
        """The point in "12.5,-30,40mm" (RAS) or "120,88,7voxel".

        Args:
            text: by a user.
            option: the setting is called.

        Raises:
            InputError: if it says no such point.
        """
        fix = "Write X,Y,Zmm (R, A, S as Slicer shows them) or X,Y,Zvoxel (counted from 0)"
        match = _POINT.fullmatch(text)
        if match is None:
            raise InputError(f"{text!r} is no point", option=option, fix=fix)
        x, y, z = (float(number) for number in match.groups()[:3])
        space: Literal["mm", "voxel"] = "mm" if match.group(4) == "mm" else "voxel"
        if max(abs(x), abs(y), abs(z)) > _FARTHEST:
            raise InputError(f"{text!r} lies in no head", option=option, fix=fix)
        if space == "voxel" and not all(value >= 0 and math.floor(value) == value for value in (x, y, z)):
            raise InputError(f"{text!r} counts no voxel: indices are whole, from 0", option=option, fix=fix)
        return cls((x, y, z), space)

    def index(self, grid: Grid, option: str) -> tuple[int, int, int]:
        """The nearest voxel, z, y, x.

        Raises:
            InputError: if it lies outside of the grid.
        """
        import numpy as np

        x, y, z = self.xyz
        at = np.array(self.xyz) if self.space == "voxel" else grid.to_index(np.array([[-x, -y, z]]))[0]
        nearest = np.floor(at + 0.5).astype(int)
        if (nearest < 0).any() or (nearest >= np.array(grid.size)).any():
            size = " x ".join(map(str, grid.size))
            raise InputError(
                f"lies outside of the series ({self}: voxel {', '.join(map(str, nearest))} of {size})",
                option=option,
                fix="Give a point inside; mm are R, A, S as Slicer shows them",
            )
        return int(nearest[2]), int(nearest[1]), int(nearest[0])

    def __str__(self) -> str:
        x, y, z = (f"{value:g}" for value in self.xyz)
        return f"{x},{y},{z}{self.space}"
