"""The connected parts of what was found, and where a reviewer should look, as points in space."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import binary_erosion, map_coordinates
from scipy.spatial import cKDTree

from ..base.json_files import number
from ..space.grid import Grid
from ..space.masks import numbered_parts


@dataclass(frozen=True)
class Lesion:
    """One connected component (26 neighbours): a row of the table of lesions. What is not known is None.

    Attributes:
        volume_ml: its volume.
        centre_mm: its centre of mass, LPS.
        probability: mean probability of its voxels.
        number: in descending volume, from 1 on.
        side: "left" or "right" of the patient, "both" where either side has a tenth of it; "" where that is not known.
        slice: of the grid, from 0 on, with most of it.
        planes: how many planes call a voxel of it lesion, on average.
        adc: mean, 10^-3 mm^2/s (see `_adc_scale`).
        dwi_ratio, flair_ratio: mean over the mean of the same voxels mirrored to the other side (see `_ratios`).
        next_mm: to the nearest voxel of another lesion, centre to centre.
    """

    volume_ml: float
    centre_mm: tuple[float, float, float]
    probability: float
    number: int = 0
    side: str = ""
    slice: int | None = None
    planes: float | None = None
    adc: float | None = None
    dwi_ratio: float | None = None
    flair_ratio: float | None = None
    next_mm: float | None = None

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Lesion:
        """The lesion that a record holds; what an older record does not know is None.

        Raises:
            KeyError, TypeError, ValueError: if it is none.
        """
        x, y, z = (float(mm) for mm in values["centre_mm"])
        volume, probability, *measured = (number(values.get(name)) for name in _NUMBERS)
        if volume is None or probability is None:
            raise ValueError("a lesion has a volume and a probability")
        place = None if values.get("slice") is None else int(values["slice"])
        return cls(
            volume, (x, y, z), probability, int(values.get("number", 0)), str(values.get("side", "")), place, *measured
        )


_NUMBERS = ("volume_ml", "probability", "planes", "adc", "dwi_ratio", "flair_ratio", "next_mm")
COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("slice", "Slice", 0),
    ("volume_ml", "Volume, ml", 2),
    ("probability", "Mean probability", 2),
    ("planes", "Planes that agree", 1),
    ("adc", "ADC, 10\u207b\u00b3 mm\u00b2/s", 2),
    ("dwi_ratio", "DWI, to the other side", 2),
    ("flair_ratio", "FLAIR, to the other side", 2),
    ("next_mm", "To the next lesion, mm", 1),
)
"""The numbers of the table: field of `Lesion`, head, decimals. Number, side and centre stand before them."""


def cells(lesion: Lesion, unknown: str) -> tuple[str, ...]:
    """The numbers of a row, in words."""
    values = ((getattr(lesion, name), digits) for name, _, digits in COLUMNS)
    return tuple(unknown if value is None or value != value else f"{value:.{digits}f}" for value, digits in values)


def lesions_csv(found: Sequence[Lesion]) -> str:
    """The table as CSV, a line a lesion; cells of what is not known are empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("number", "side", "x_lps_mm", "y_lps_mm", "z_lps_mm", *(name for name, *_ in COLUMNS)))
    for lesion in found:
        values = (getattr(lesion, name) for name, *_ in COLUMNS)
        cells = ("" if value is None else f"{value:.6g}" for value in values)
        writer.writerow((lesion.number, lesion.side, *(f"{mm:.2f}" for mm in lesion.centre_mm), *cells))
    return out.getvalue()


class Sides(Protocol):
    """The plane between the hemispheres."""

    def left_of(self, world: np.ndarray) -> np.ndarray:
        """Whether positions (N, 3) lie on the patient's left; bool (N,)."""

    def reflected(self, world: np.ndarray) -> np.ndarray:
        """Positions (N, 3) on the other side."""


@dataclass(frozen=True)
class Surroundings:
    """What lesions are held against; all of it may be missing.

    Attributes:
        agreement: how many planes say lesion (z, y, x).
        brain: bool (z, y, x).
        sides: what is left and right.
        images: volumes on any grid, by role: those of ADC, DWI and FLAIR are asked.
    """

    agreement: np.ndarray | None = None
    brain: np.ndarray | None = None
    sides: Sides | None = None
    images: Mapping[str, sitk.Image] = field(default_factory=dict)


def lesions(
    lesion: np.ndarray, probability: np.ndarray, grid: Grid, around: Surroundings | None = None
) -> tuple[Lesion, ...]:
    """The connected components (26 neighbours) of a lesion mask, largest first: the table of lesions.

    Args:
        lesion: bool (z, y, x).
        probability: (z, y, x).
        grid: of both.
        around: what they are held against.
    """
    around = around or Surroundings()
    parts, count = numbered_parts(lesion)
    if not count:
        return ()
    index = np.argwhere(lesion)
    of = parts[lesion] - 1
    size = np.bincount(of, minlength=count)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(of, values, count) / size

    world = grid.to_world(index[:, ::-1])
    centres = np.stack([mean(axis) for axis in world.T], axis=1)
    held = np.bincount(of * len(lesion) + index[:, 0], minlength=count * len(lesion)).reshape(count, -1)
    columns: dict[str, Sequence[Any]] = {
        "volume_ml": (size * grid.voxel_ml).tolist(),
        "centre_mm": [tuple(centre) for centre in centres.tolist()],
        "probability": mean(probability[lesion]).tolist(),
        "side": [""] * count,
        "slice": held.argmax(axis=1).tolist(),  # the first of several
        "next_mm": _distances(parts, lesion, grid, count),
    }
    if around.agreement is not None:
        columns["planes"] = mean(around.agreement[lesion]).tolist()
    if around.sides is not None:
        left = mean(around.sides.left_of(world).astype(float))
        columns["side"] = ["both" if 0.1 <= share <= 0.9 else "left" if share > 0.5 else "right" for share in left]
        columns |= _ratios(lesion, world, of, size, grid, around)
    if (adc := around.images.get("ADC")) is not None and around.brain is not None:
        scale = _adc_scale(adc, around.brain, grid)
        values = _sampled(adc, world)
        columns["adc"] = [None if scale is None or not np.isfinite(v) else float(v * scale) for v in mean(values)]
    rows = ({name: values[k] for name, values in columns.items()} for k in range(count))
    return tuple(Lesion(number=number, **row) for number, row in enumerate(rows, 1))


def _distances(parts: np.ndarray, lesion: np.ndarray, grid: Grid, count: int) -> list[float | None]:
    """From each lesion to the nearest other, mm, between centres of voxels; None where there is no other."""
    if count < 2:
        return [None] * count
    surface = lesion & ~binary_erosion(lesion)
    world, of = grid.to_world(np.argwhere(surface)[:, ::-1]), parts[surface]
    order = np.argsort(of, kind="stable")
    clouds = np.split(world[order], np.searchsorted(of[order], np.arange(2, count + 1)))
    low, high = (np.array([edge(cloud, axis=0) for cloud in clouds]) for edge in (np.min, np.max))
    trees = [cKDTree(cloud) for cloud in clouds]
    found: list[float | None] = []
    for k in range(count):
        # No other lesion is nearer than the box around it.
        least = np.linalg.norm(np.maximum(np.maximum(low - high[k], low[k] - high), 0.0), axis=1)
        least[k] = np.inf
        nearest = np.inf
        for other in np.argsort(least):
            if least[other] >= nearest:
                break
            nearest = min(nearest, float(trees[other].query(clouds[k])[0].min()))
        found.append(nearest)
    return found


def _ratios(
    lesion: np.ndarray, world: np.ndarray, of: np.ndarray, size: np.ndarray, grid: Grid, around: Surroundings
) -> dict[str, Sequence[Any]]:
    """Mean of DWI and FLAIR in each lesion over that of its mirror image.

    Both over those voxels whose mirror image lies in the brain and in no lesion; None where these are less than half.
    """
    assert around.sides is not None
    mirror = around.sides.reflected(world)
    place = np.rint(grid.to_index(mirror)).astype(int)
    inside = np.all((place >= 0) & (place < np.array(grid.size)), axis=1)
    x, y, z = place[inside].T
    inside[inside] = ~lesion[z, y, x] & (True if around.brain is None else around.brain[z, y, x].astype(bool))
    found: dict[str, Sequence[Any]] = {}
    for role, name in (("DWI", "dwi_ratio"), ("FLAIR", "flair_ratio")):
        if (image := around.images.get(role)) is None:
            continue
        own, other = _sampled(image, world), _sampled(image, mirror)
        valid = inside & np.isfinite(own) & np.isfinite(other)
        count = np.bincount(of[valid], minlength=len(size))
        above, below = (np.bincount(of[valid], values[valid], len(size)) for values in (own, other))
        known = (2 * count >= size) & (below > 0)
        found[name] = [float(a / b) if k else None for a, b, k in zip(above, below, known, strict=True)]
    return found


def _adc_scale(adc: sitk.Image, brain: np.ndarray, grid: Grid) -> float | None:
    """What makes 10^-3 mm^2/s of an ADC map's values: the power of 1000 that brings the brain's median to 0.3 to 3.

    Maps come in mm^2/s, in 10^-3 and in 10^-6 of it, and do not say so; tissue is about 0.8. None where none fits.
    """
    inside = np.argwhere(brain)
    values = _sampled(adc, grid.to_world(inside[:: max(len(inside) // 20_000, 1), ::-1]))
    values = values[np.isfinite(values) & (values > 0)]
    middle = float(np.median(values)) if values.size else 0.0
    return next((scale for scale in (1.0, 1e-3, 1e3) if 0.3 <= middle * scale <= 3.0), None)


def _sampled(image: sitk.Image, world: np.ndarray) -> np.ndarray:
    """The image at positions (N, 3), between voxels linearly; NaN beyond it."""
    place = Grid.of(image).to_index(world)[:, ::-1].T
    array = sitk.GetArrayViewFromImage(image)
    # Half a voxel around the outermost centres is still the image.
    limits = np.array(array.shape)[:, None] - 1
    held = np.clip(place, 0, limits)
    values = map_coordinates(array, held, np.float64, order=1)
    return np.where(np.all(np.abs(place - held) <= 0.5, axis=0), values, np.nan)


DOUBT_SHARE = 0.02
"""A slice is worth a look if it holds at least this part of the doubt of the worst."""


@dataclass(frozen=True)
class DoubtfulSlice:
    """A slice along the reference's slowest axis, and the middle of its doubt, mm, LPS."""

    index: int
    point_mm: tuple[float, float, float]


@dataclass(frozen=True)
class Places:
    """What to look at first.

    Attributes:
        slices: in descending doubt.
        lesions: in descending volume.
    """

    slices: tuple[DoubtfulSlice, ...]
    lesions: tuple[Lesion, ...]

    @classmethod
    def of(cls, doubts: Mapping[int, np.ndarray], lesions: Sequence[Lesion], grid: Grid) -> Places:
        """The places of a result.

        Args:
            doubts: how doubtful the pixels (y, x) of doubtful slices are, by the slice's index, the most doubtful
                first.
            lesions: in descending volume.
            grid: of the result.
        """
        slices = (DoubtfulSlice(k, _middle(doubt, k, grid)) for k, doubt in doubts.items())
        return cls(tuple(slices), tuple(lesions))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: a point for each."""
        return {
            "slices": [{"index": place.index, "point_lps_mm": list(place.point_mm)} for place in self.slices],
            "lesions": [
                {"volume_ml": lesion.volume_ml, "point_lps_mm": list(lesion.centre_mm)} for lesion in self.lesions
            ],
        }


def _middle(doubt: np.ndarray, k: int, grid: Grid) -> tuple[float, float, float]:
    rows, columns = np.indices(doubt.shape)
    total = float(doubt.sum())
    index = np.array([[float((columns * doubt).sum()) / total, float((rows * doubt).sum()) / total, float(k)]])
    x, y, z = grid.to_world(index)[0].tolist()
    return x, y, z
