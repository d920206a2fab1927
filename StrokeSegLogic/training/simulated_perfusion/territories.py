"""Arterial territories in MNI space, from the atlas that lies beside the lesions.

Liu et al., Digital 3D Brain MRI Arterial Territories Atlas, Sci Data 2023, 10:74.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.csv_files import read_lines
from ...base.errors import InputError
from .lattice import Lattice, depth, nearest

ATLAS = "ArterialAtlas136"
_VENTRICLES = (9, 10)
_LEAST_SHARE = 0.12
"""Smallest part of a lesion that makes a territory of its own."""


@dataclass(frozen=True)
class Territories:
    """Fine labels on a lattice, and the coarse label (anterior, middle, posterior, vertebrobasilar by side) of each."""

    labels: Lattice
    coarse: dict[int, int]

    @classmethod
    def read(cls, folder: Path) -> Territories:
        """The atlas in a folder.

        Raises:
            InputError: if it is not there.
        """
        image, table = folder / f"{ATLAS}.nii.gz", folder / f"{ATLAS}.txt"
        if not image.is_file() or not table.is_file():
            raise InputError(f"there is no {ATLAS}.nii.gz and .txt", where=folder, fix="Give the SOOP folder")
        rows = [line.split("|") for line in read_lines(table) if line.count("|") == 3]
        try:
            coarse = {int(row[0]): int(row[3]) for row in rows if int(row[3]) not in _VENTRICLES}
        except ValueError as error:
            raise InputError(
                f"is no table of territories ({error})", where=table, fix="Copy the atlas again"
            ) from error
        return cls(nearest(sitk.ReadImage(str(image))), coarse)

    def of(self, lesion: np.ndarray, fine: bool) -> Lattice:
        """Depth in mm below the edge of the territories that hold a lesion: of branches (`fine`) or of trunks.

        Beyond the atlas, a place belongs to the territory that is nearest.

        Args:
            lesion: bool, on the labels' lattice.
            fine: whether branches are told apart.
        """
        area = self._fine if fine else self._coarse
        held = np.bincount(area[lesion & (area > 0)], minlength=int(area.max()) + 1)
        if not held.any():
            # Within CSF of the atlas: the territory that is nearest.
            near = [
                (float(depth(area == number)[lesion].max(initial=-1e3)), number) for number in np.unique(area[area > 0])
            ]
            held[max(near)[1]] = 1
        own = np.flatnonzero(held >= _LEAST_SHARE * held.sum())
        inside, others = np.isin(area, own), (area > 0) & ~np.isin(area, own)
        return Lattice((depth(inside) - depth(others)) / 2, self.labels.origin)

    @cached_property
    def _fine(self) -> np.ndarray:
        labels = self.labels.values.astype(np.int64)
        return np.where(np.isin(labels, list(self.coarse)), labels, 0)

    @cached_property
    def _coarse(self) -> np.ndarray:
        table = np.zeros(int(self._fine.max()) + 1, np.int64)
        for label, group in self.coarse.items():
            if label < len(table):
                table[label] = group
        return table[self._fine]
