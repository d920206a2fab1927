"""The lesions of a segmentation as a reader leaves it: counted again, with what is hidden for being small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import SimpleITK as sitk

from ..brain.hemispheres import MidPlane
from ..result.lesions import Lesion, Surroundings, lesions
from ..space.grid import Grid
from ..space.masks import cut, numbered_parts
from ..space.resampling import resample
from ..space.volume import Volume

Point = tuple[float, float, float]
Origin = Literal["model", "edited", "drawn"]
"""Whether a lesion is as the model drew it, was changed since, or has no voxel of the model's."""
_ROUNDING_ML = 1e-6


@dataclass(frozen=True)
class Evidence:
    """What lesions are held against, made once for a result.

    Attributes:
        grid: of the result.
        probability: (z, y, x); not a number where none is known.
        around: see `result.lesions.lesions`.
        parts: the model's own lesions, numbered (z, y, x); None where its version is not known.
        told: the table in the result's record.
    """

    grid: Grid
    probability: np.ndarray
    around: Surroundings
    parts: np.ndarray | None
    told: tuple[Lesion, ...]

    @classmethod
    def of(
        cls,
        grid: Grid,
        *,
        probability: Volume | None = None,
        agreement: Volume | None = None,
        brain: Volume | None = None,
        model: Volume | None = None,
        images: Mapping[str, Volume] | None = None,
        moved: Mapping[str, Sequence[float]] | None = None,
        told: Sequence[Lesion] = (),
    ) -> Evidence:
        """From volumes, each on any grid.

        Args:
            grid: of the result.
            probability: of the vote.
            agreement: how many planes say lesion.
            brain: not 0 in the brain.
            model: not 0 where the model has drawn lesion.
            images: by role.
            moved: of the images that registration laid elsewhere, the 3 x 4 matrix, row by row, from the result's
                points to their own (mm, LPS).
            told: the table in the result's record.
        """
        head = None if brain is None else _on(brain, grid) > 0
        unknown = np.broadcast_to(np.float32(np.nan), grid.shape)
        return cls(
            grid,
            unknown if probability is None else _on(probability, grid, "linear"),
            Surroundings(
                agreement=None if agreement is None else _on(agreement, grid),
                brain=head,
                sides=None if head is None or not head.any() else MidPlane.of(head, grid),
                images={role: _laid(image, (moved or {}).get(role)) for role, image in (images or {}).items()},
            ),
            None if model is None else numbered_parts(_on(model, grid) > 0)[0],
            tuple(told),
        )


@dataclass(frozen=True)
class EditedLesion:
    """A row of the table.

    Attributes:
        lesion: what is measured.
        origin: who drew it.
        kept: whether the reader has marked it as kept.
        point_mm: LPS, a voxel of it in its `slice`, near its middle there.
    """

    lesion: Lesion
    origin: Origin
    kept: bool
    point_mm: Point

    @property
    def open(self) -> bool:
        """Whether nobody has judged it yet."""
        return self.origin == "model" and not self.kept


@dataclass(frozen=True)
class EditedTable:
    """The lesions that are shown, and those that are hidden.

    Attributes:
        rows: of what is shown, largest first.
        parts: the number of the lesion that each voxel belongs to (z, y, x), 0 outside.
        grid: of the parts.
        hidden: what is hidden, bool (z, y, x).
        hidden_ml: volume of each lesion that is hidden.
        hide, show: what the segmentation still shows and is to hide, and what it hides and is to show, each cut to its
            box; None where there is nothing to do.
    """

    rows: tuple[EditedLesion, ...]
    parts: np.ndarray
    grid: Grid
    hidden: np.ndarray
    hidden_ml: tuple[float, ...] = ()
    hide: Volume | None = None
    show: Volume | None = None

    def mask(self, number: int) -> Volume:
        """The voxels of a lesion that is shown, uint8, cut to the box around it."""
        return cut(self.parts == number, self.grid)

    def number_at(self, point_mm: Point) -> int:
        """Number of the lesion that a point, mm, LPS, lies in; 0 where it lies in none that is shown."""
        return next(iter(_at([point_mm], self.parts, self.grid)), 0)

    def next_open(self, after: int = 0) -> EditedLesion | None:
        """The most doubtful lesion that nobody has judged yet: that of the lowest mean probability, the smallest of
        several; `after` is passed over. None if there is no other."""
        waiting = [row for row in self.rows if row.open and row.lesion.number != after]
        return min(waiting, key=lambda row: (row.lesion.probability, row.lesion.volume_ml), default=None)


def counted(
    evidence: Evidence,
    lesion: Volume,
    hidden: Volume | None = None,
    kept: Sequence[Point] = (),
    hide_below_ml: float = 0.0,
) -> EditedTable:
    """The table of a segmentation as it stands.

    Lesions below a volume are hidden if they are just as the model drew them and not marked as kept: what a reader has
    drawn or changed stays in sight, however small.

    Args:
        evidence: of the result.
        lesion, hidden: what the segmentation shows and hides now, not 0 inside; on grids of their own.
        kept: points, mm, LPS: the lesions that hold one are kept.
        hide_below_ml: a lesion of exactly this volume is shown.
    """
    grid = evidence.grid
    before = _on(lesion, grid) > 0
    hidden_before = np.zeros(grid.shape, bool) if hidden is None else _on(hidden, grid) > 0
    parts, count = numbered_parts(before | hidden_before)
    size = np.bincount(parts.ravel(), minlength=count + 1)
    ml = size * grid.voxel_ml
    unchanged = _unchanged(parts, size, evidence.parts)
    small = unchanged & (ml < hide_below_ml - _ROUNDING_ML)
    small[[0, *_at(kept, parts, grid)]] = False
    to_hide = small[parts]
    shown = (parts > 0) & ~to_hide
    parts, count = numbered_parts(shown)
    found = lesions(shown, evidence.probability, grid, evidence.around)
    rows: tuple[EditedLesion, ...] = ()
    if count:
        size = np.bincount(parts.ravel(), minlength=count + 1)
        origins = _origins(parts, _unchanged(parts, size, evidence.parts), evidence.parts)
        is_kept = set(_at(kept, parts, grid))
        points = _points(parts, found, grid)
        rows = tuple(
            EditedLesion(each, origins[each.number], each.number in is_kept, points[each.number])
            for each in _as_told(found, origins, evidence)
        )
    hidden_ml = tuple(sorted(ml[small].tolist(), reverse=True))
    moves = (cut(mask, grid) if mask.any() else None for mask in (to_hide & before, shown & hidden_before))
    return EditedTable(rows, parts, grid, to_hide, hidden_ml, *moves)


def _unchanged(parts: np.ndarray, size: np.ndarray, model: np.ndarray | None) -> np.ndarray:
    """Which parts are just a part of the model's, bool by number; all where the model's version is not known."""
    if model is None:
        return np.ones(len(size), bool)
    inside = parts > 0
    of, own = parts[inside], model[inside]
    low, high = np.full(len(size), np.iinfo(own.dtype).max), np.zeros(len(size), own.dtype)
    np.minimum.at(low, of, own)
    np.maximum.at(high, of, own)
    same = (low == high) & (high > 0)
    sizes = np.bincount(model.ravel(), minlength=int(high.max(initial=0)) + 1)
    return same & (sizes[np.where(same, high, 0)] == size)


def _origins(parts: np.ndarray, unchanged: np.ndarray, model: np.ndarray | None) -> list[Origin]:
    inside = parts > 0
    touched = np.zeros(len(unchanged), bool)
    if model is not None:
        touched[parts[inside & (model > 0)]] = True
    return ["model" if same else "edited" if near else "drawn" for same, near in zip(unchanged, touched, strict=True)]


def _at(points: Sequence[Point], parts: np.ndarray, grid: Grid) -> list[int]:
    """Numbers of the parts that hold a point."""
    if not points:
        return []
    place = np.rint(grid.to_index(np.array(points, float))).astype(int)
    x, y, z = place[np.all((place >= 0) & (place < np.array(grid.size)), axis=1)].T
    return [int(number) for number in parts[z, y, x] if number]


def _points(parts: np.ndarray, found: Sequence[Lesion], grid: Grid) -> dict[int, Point]:
    """A voxel of each lesion in its slice, nearest to the middle of what that slice holds of it; mm, LPS."""
    points = {}
    for lesion in found:
        assert lesion.slice is not None
        voxels = np.argwhere(parts[lesion.slice] == lesion.number)
        middle = voxels[np.argmin(((voxels - voxels.mean(axis=0)) ** 2).sum(axis=1))]
        x, y, z = grid.to_world(np.array([[middle[1], middle[0], lesion.slice]]))[0].tolist()
        points[lesion.number] = (x, y, z)
    return points


def _as_told(found: Sequence[Lesion], origins: Sequence[Origin], evidence: Evidence) -> Sequence[Lesion]:
    """The rows of the result's record where nothing was changed: they are what report and CSV show, to the digit."""
    told = evidence.told
    untouched = len(told) == len(found) and all(origins[lesion.number] == "model" for lesion in found)
    same = untouched and all(abs(a.volume_ml - b.volume_ml) < 1e-3 for a, b in zip(told, found, strict=True))
    return told if same and all(lesion.number for lesion in told) else found


def _on(volume: Volume, grid: Grid, how: Literal["nearest", "linear"] = "nearest") -> np.ndarray:
    if volume.grid.same(grid):
        return np.asarray(volume.array)
    return sitk.GetArrayFromImage(resample(volume.image(), grid, how))


def _laid(volume: Volume, matrix: Sequence[float] | None) -> sitk.Image:
    """The image where registration laid it."""
    if matrix is None:
        return volume.image()
    rows = np.array(matrix, float).reshape(3, 4)
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(rows[:, :3].ravel().tolist())
    transform.SetTranslation(rows[:, 3].tolist())
    return sitk.TransformGeometry(volume.image(), transform)
