"""The pictures of a report: which slices are shown, and what is drawn on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk

from .case import Role
from .grid import Grid, bounding_box, resample
from .pictures import Colour, View, Window, anatomical, blended, contour, heat, lettered, painted
from .segmentation import LESION, Segmentation

CONTOUR: Colour = (255, 90, 54)
AGREEMENT: tuple[Colour, ...] = ((86, 180, 233), (240, 228, 66), (213, 94, 0))
"""One, two, three planes: sky blue, yellow, vermilion (Okabe and Ito: told apart by the colour-blind)."""

_MONTAGE = (12, 18)
"""Fewest and most slices of the montage: two and three rows of six."""
_DOUBTFUL = 6
_SMALL_PX, _LARGE_PX = 280, 420
"""Pixels along the longest side of the brain in the rows of six and of three."""
_MARGIN_MM = 8.0


@dataclass(frozen=True)
class Figure:
    """A picture with its words.

    Attributes:
        picture: RGB, uint8 (H, W, 3).
        caption: below it.
        alt: what a reader who cannot see it is told.
    """

    picture: np.ndarray
    caption: str
    alt: str


@dataclass(frozen=True)
class Figures:
    """All pictures of a report.

    Attributes:
        plane: of the reference's slices: axial, coronal or sagittal.
        montage: reference slices with the lesion's contour.
        sequences: all inputs at the slice with most lesion.
        orthogonal: three planes through the largest lesion.
        doubt: pairs of probability and agreement, the most doubtful slice first.
    """

    plane: str
    montage: tuple[Figure, ...]
    sequences: tuple[Figure, ...]
    orthogonal: tuple[Figure, ...]
    doubt: tuple[tuple[Figure, Figure], ...] = field(default=())


def figures(segmentation: Segmentation) -> Figures:
    """All pictures of a segmentation's report."""
    return _Painter(segmentation).all()


class _Painter:
    def __init__(self, segmentation: Segmentation) -> None:
        self._result = segmentation
        self._grid = segmentation.grid
        self._lesion = segmentation.array() == LESION
        self._brain = sitk.GetArrayViewFromImage(segmentation.brain) > 0
        self._box = _visible_box(self._brain, self._grid)
        _, size = self._box or ((0, 0, 0), self._grid.size)
        self._extent_mm = float((np.array(size) * self._grid.spacing).max())
        self._windows: dict[Role, Window] = {}

    def all(self) -> Figures:
        largest = self._largest_slice()
        return Figures(
            plane=self._view(2, largest, _SMALL_PX).plane,
            montage=tuple(self._marked(self._result.reference, 2, k, _SMALL_PX) for k in self._montage_slices()),
            sequences=self._sequences(largest),
            orthogonal=self._orthogonal(),
            doubt=tuple(self._doubt(k) for k in self._result.statistics.doubtful_slices[:_DOUBTFUL]),
        )

    def _montage_slices(self) -> list[int]:
        fewest, most = _MONTAGE
        held = np.flatnonzero(self._lesion.any(axis=(1, 2)))
        if not held.size:
            area = self._brain.sum(axis=(1, 2))
            brain = np.flatnonzero(area > area.max() / 10)  # its poles tell nothing
            return _spread(brain if brain.size else np.arange(self._grid.size[2]), fewest)
        if held.size >= fewest:
            return _spread(held, most)
        # A small lesion is shown with slices around it that hold none.
        first, last = int(held[0]), int(held[-1])
        spare = max(fewest - (last - first + 1), 0)
        first = max(min(first - spare // 2, self._grid.size[2] - fewest), 0)
        around = np.arange(first, min(max(first + fewest, last + 1), self._grid.size[2]))
        return _spread(around, most) if around.size > most else [int(k) for k in around]

    def _largest_slice(self) -> int:
        tissue = self._lesion if self._lesion.any() else self._brain
        return int(tissue.sum(axis=(1, 2)).argmax()) if tissue.any() else self._grid.size[2] // 2

    def _centre(self) -> tuple[int, int, int]:
        """Index x, y, z of the largest lesion's centre; of the brain's, or the volume's, without lesion."""
        if self._result.statistics.lesions:
            index = self._grid.to_index(np.array([self._result.statistics.lesions[0].centre_mm]))[0]
        elif self._brain.any():
            start, size = bounding_box(self._brain)
            index = np.array(start) + (np.array(size) - 1) / 2
        else:
            index = (np.array(self._grid.size) - 1) / 2
        x, y, z = (int(i) for i in np.clip(np.round(index), 0, np.array(self._grid.size) - 1))
        return x, y, z

    def _sequences(self, k: int) -> tuple[Figure, ...]:
        reference = self._result.reference
        others = [role for role in self._result.case.roles if role is not reference]
        marked = [self._marked(role, 2, k, _SMALL_PX, caption=str(role)) for role in (reference, *others)]
        if not self._lesion.any():
            return tuple(marked)
        plain = self._plain(reference, self._view(2, k, _SMALL_PX))
        bare = Figure(plain, f"{reference}, unmarked", f"{reference}, slice {k}, without markings")
        return (bare, *marked)

    def _orthogonal(self) -> tuple[Figure, ...]:
        order = ("axial", "coronal", "sagittal")
        centre = self._centre()
        planes = {self._view(axis, centre[axis], _LARGE_PX).plane: axis for axis in range(3)}
        return tuple(
            self._marked(self._result.reference, planes[plane], centre[planes[plane]], _LARGE_PX)
            for plane in order
            if plane in planes
        )

    def _doubt(self, k: int) -> tuple[Figure, Figure]:
        view = self._view(2, k, _SMALL_PX)
        plain = self._plain(self._result.reference, view)
        words = f"{view.plane} slice {k}, {_position(view)}"
        colours, opacity = heat(view(self._result.probability, "nearest"))
        line = contour(view(self._result.labels, "nearest") == LESION)
        warm = painted(blended(plain, colours, opacity), line, (255, 255, 255))
        counts = view(self._result.agreement, "nearest")
        agreed = plain
        for count, colour in enumerate(AGREEMENT, start=1):
            flat = np.broadcast_to(np.array(colour, np.uint8), plain.shape)
            agreed = blended(agreed, flat, (counts == count) * 0.6)
        return (
            Figure(lettered(warm, view.edges), f"Slice {k} · {_position(view)}", f"Probability of lesion on {words}"),
            Figure(lettered(agreed, view.edges), "Agreement", f"How many planes say lesion on {words}"),
        )

    def _view(self, axis: int, index: int, longest_px: int) -> View:
        return View.of(self._grid, axis, index, self._extent_mm / longest_px, self._box)

    def _plain(self, role: Role, view: View) -> np.ndarray:
        return lettered(self._window(role).grey(view(self._result.case.series[role].image)), view.edges)

    def _marked(self, role: Role, axis: int, index: int, longest_px: int, caption: str | None = None) -> Figure:
        view = self._view(axis, index, longest_px)
        mask = view(self._result.labels, "nearest") == LESION
        picture = painted(self._plain(role, view), contour(mask), CONTOUR)
        # Slices of the reference as it is stored have numbers; those across its other axes have a place alone.
        name = f"slice {index}" if axis == 2 else f"{view.plane} plane"
        what = "with the lesion outlined" if mask.any() else "without lesion"
        return Figure(
            picture,
            caption or f"{name[0].upper()}{name[1:]} · {_position(view)}",
            f"{role}, {view.plane}, {name}, {_position(view)}, {what}",
        )

    def _window(self, role: Role) -> Window:
        if role not in self._windows:
            image = self._result.case.series[role].image
            brain = sitk.GetArrayFromImage(resample(self._result.brain, Grid.of(image), "nearest")) > 0
            values = sitk.GetArrayViewFromImage(image)
            self._windows[role] = Window.of(values[brain] if brain.any() else values)
        return self._windows[role]


def _visible_box(brain: np.ndarray, grid: Grid) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
    """The box around the brain with a margin; None, for all, without brain."""
    if not brain.any():
        return None
    start, size = bounding_box(brain)
    margin = np.ceil(_MARGIN_MM / np.asarray(grid.spacing)).astype(int)
    low = np.maximum(np.array(start) - margin, 0)
    high = np.minimum(np.array(start) + np.array(size) + margin, grid.size)
    x, y, z = (int(n) for n in low)
    width, depth, height = (int(n) for n in high - low)
    return (x, y, z), (width, depth, height)


def _spread(slices: np.ndarray | Sequence[int], most: int) -> list[int]:
    """At most `most` of the slices, evenly spread, first and last among them."""
    if len(slices) <= most:
        return [int(k) for k in slices]
    return [int(slices[i]) for i in np.round(np.linspace(0, len(slices) - 1, most)).astype(int)]


def _position(view: View) -> str:
    """Where the slice's centre lies, as 3D Slicer says it: "S 12 mm" is 12 mm to the head from the origin."""
    centre = view.slab.to_world((np.asarray(view.slab.size)[None] - 1) / 2)[0]
    axis = {"sagittal": 0, "coronal": 1, "axial": 2}[view.plane]
    return f"{anatomical(axis, float(centre[axis]))} mm"
