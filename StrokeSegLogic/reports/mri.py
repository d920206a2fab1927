"""The report of an MRI lesion: which slices are shown and what is drawn on them, and the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import SimpleITK as sitk

from ..mri.alignment import LEAST_GAIN, Position
from ..mri.flair import BOTH
from ..mri.result import LESION, Segmentation
from ..result.lesions import COLUMNS, Lesion, cells, lesions_csv
from ..result.looks import Window
from ..space.grid import Grid, bounding_box
from ..space.resampling import resample
from ..study.case import Role
from .page import BRAIN_COLOUR, NONE, Cell, ml, patient, place, report
from .pictures import (
    LARGE_PX,
    SMALL_PX,
    Colour,
    Figure,
    View,
    blended,
    contour,
    fullest,
    heat,
    lettered,
    montage,
    painted,
    position,
    rim,
    visible_box,
)

CONTOUR: Colour = (255, 90, 54)
AGREEMENT: tuple[Colour, ...] = ((86, 180, 233), (240, 228, 66), (213, 94, 0))
"""One, two, three planes: sky blue, yellow, vermilion (Okabe and Ito: told apart by the colour-blind)."""

_MONTAGE = (12, 18)
"""Fewest and most slices of the montage: two and three rows of six."""
_DOUBTFUL = 6


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
        self._box = visible_box(self._brain, self._grid)
        _, size = self._box or ((0, 0, 0), self._grid.size)
        self._extent_mm = float((np.array(size) * self._grid.spacing).max())
        self._windows: dict[Role, Window] = {}

    def all(self) -> Figures:
        largest = fullest(self._lesion, self._brain)
        return Figures(
            plane=self._view(2, largest, SMALL_PX).plane,
            montage=tuple(
                self._marked(self._result.reference, 2, k, SMALL_PX)
                for k in montage(self._lesion, self._brain, *_MONTAGE)
            ),
            sequences=self._sequences(largest),
            orthogonal=self._orthogonal(),
            doubt=tuple(self._doubt(k) for k in self._result.statistics.doubtful_slices[:_DOUBTFUL]),
        )

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
        marked = [self._marked(role, 2, k, SMALL_PX, caption=str(role)) for role in (reference, *others)]
        if not self._lesion.any():
            return tuple(marked)
        plain = self._plain(reference, self._view(2, k, SMALL_PX))
        bare = Figure(plain, f"{reference}, unmarked", f"{reference}, slice {k}, without markings")
        return (bare, *marked)

    def _orthogonal(self) -> tuple[Figure, ...]:
        order = ("axial", "coronal", "sagittal")
        centre = self._centre()
        planes = {self._view(axis, centre[axis], LARGE_PX).plane: axis for axis in range(3)}
        return tuple(
            self._marked(self._result.reference, planes[plane], centre[planes[plane]], LARGE_PX)
            for plane in order
            if plane in planes
        )

    def _doubt(self, k: int) -> tuple[Figure, Figure]:
        view = self._view(2, k, SMALL_PX)
        plain = self._plain(self._result.reference, view)
        words = f"{view.plane} slice {k}, {position(view)}"
        colours, opacity = heat(view(self._result.probability, "nearest"))
        line = contour(view(self._result.labels, "nearest") == LESION)
        warm = painted(blended(plain, colours, opacity), line, (255, 255, 255))
        counts = view(self._result.agreement, "nearest")
        agreed = plain
        for count, colour in enumerate(AGREEMENT, start=1):
            flat = np.broadcast_to(np.array(colour, np.uint8), plain.shape)
            agreed = blended(agreed, flat, (counts == count) * 0.6)
        return (
            Figure(lettered(warm, view.edges), f"Slice {k} · {position(view)}", f"Probability of lesion on {words}"),
            Figure(lettered(agreed, view.edges), "Agreement", f"How many planes say lesion on {words}"),
        )

    def _view(self, axis: int, index: int, longest_px: int) -> View:
        return View.of(self._grid, axis, index, self._extent_mm / longest_px, self._box)

    def _plain(self, role: Role, view: View) -> np.ndarray:
        return lettered(self._window(role).grey(view(self._result.case.series[role].image)), view.edges)

    def _marked(self, role: Role, axis: int, index: int, longest_px: int, caption: str | None = None) -> Figure:
        view = self._view(axis, index, longest_px)
        mask = view(self._result.labels, "nearest") == LESION
        picture = painted(self._plain(role, view), rim(view(self._result.brain, "nearest")), BRAIN_COLOUR)
        picture = painted(picture, contour(mask), CONTOUR)
        # Slices of the reference as it is stored have numbers; those across its other axes have a place alone.
        name = f"slice {index}" if axis == 2 else f"{view.plane} plane"
        what = "with the lesion outlined" if mask.any() else "without lesion"
        return Figure(
            picture,
            caption or f"{name[0].upper()}{name[1:]} · {position(view)}",
            f"{role}, {view.plane}, {name}, {position(view)}, {what}",
        )

    def _window(self, role: Role) -> Window:
        if role not in self._windows:
            image = self._result.case.series[role].image
            brain = sitk.GetArrayFromImage(resample(self._result.brain, Grid.of(image), "nearest")) > 0
            values = sitk.GetArrayViewFromImage(image)
            self._windows[role] = Window.of(values[brain] if brain.any() else values)
        return self._windows[role]


_LESIONS_LISTED = 15


def mri_report(segmentation: Segmentation) -> str:
    """The report as HTML."""
    statistics = segmentation.statistics
    return report(
        "mri.html",
        segmentation,
        segmentation.provenance,
        kind="Ischemic stroke segmentation",
        made_by=_model(segmentation),
        key=_key_numbers(segmentation),
        interval=statistics.volume_interval.words,
        flair=statistics.flair,
        with_flair=set(BOTH) <= set(segmentation.case.roles),
        shown=figures(segmentation),
        reference=segmentation.reference,
        last_slice=segmentation.grid.size[2] - 1,
        contour=CONTOUR,
        agreement_colours=AGREEMENT,
        planes=[
            (vote.plane, ml(vote.volume_ml), f"{vote.dice_with_vote:.2f}", str(vote.slices), f"{vote.weight:.2f}")
            for vote in statistics.planes
        ],
        lesion_heads=("Number", "Side", "Centre, mm", *(head for _, head, _ in COLUMNS)),
        lesions=[_lesion(lesion) for lesion in statistics.lesions[:_LESIONS_LISTED]],
        positions=[_position(position) for position in segmentation.positions],
        least_gain=f"{LEAST_GAIN:.0%}",
        not_listed=max(len(statistics.lesions) - _LESIONS_LISTED, 0),
    )


def _lesion(lesion: Lesion) -> tuple[str, ...]:
    """A row of the table of lesions."""
    return str(lesion.number), lesion.side or NONE, place(lesion.centre_mm), *cells(lesion, NONE)


def table_files(segmentation: Segmentation) -> dict[str, Callable[[], str]]:
    """The table of lesions as a file of its own."""
    return {"lesions.csv": partial(lesions_csv, segmentation.statistics.lesions)}


def _position(position: Position) -> tuple[str, ...]:
    """A row: what was decided, and what registration found."""
    with_other = "" if position.measured_on is position.role else f", as {position.measured_on}"
    if position.found is None:
        return str(position.role), f"{position.decision}{with_other}", NONE, NONE, NONE
    found = position.found
    numbers = (f"{found.shift_mm:.1f}", f"{found.angle_deg:.1f}", f"{found.gain:+.0%}")
    return str(position.role), f"{position.decision}{with_other}", *numbers


def _model(segmentation: Segmentation) -> str:
    """A sentence under the title: what made this, and what that has learned from."""
    model = segmentation.provenance.get("model")
    if not isinstance(model, Mapping) or "trained_on" not in model:
        return ""
    return f"Model {model.get('name')} {model.get('version')}, trained on {model['trained_on']}."


def _key_numbers(segmentation: Segmentation) -> list[Cell]:
    numbers = segmentation.statistics
    count = len(numbers.lesions)
    cells = [("Lesion volume", f"{ml(numbers.volume_ml)} ml", f"of {numbers.brain_ml:.0f} ml in the brain mask")]
    interval, flair = numbers.volume_interval, numbers.flair
    if interval.low_ml is not None and interval.high_ml is not None:
        cells.append(("90 % interval", f"{ml(interval.low_ml)} to {ml(interval.high_ml)} ml", "of the lesion volume"))
    if flair.ratio is not None:
        cells.append(("Visible on FLAIR", flair.visible, f"{flair.ratio:.2f} times the other side; research use only"))
    largest = f"the largest {ml(numbers.lesions[0].volume_ml)} ml" if count else "nothing was called lesion"
    cells.append(("Lesions", str(count), largest))
    if numbers.left_share is None or numbers.right_share is None:
        cells.append(("Left | right", NONE, "no lesion"))
    else:
        cells.append(("Left | right", f"{numbers.left_share:.0%} | {numbers.right_share:.0%}", "of the lesion volume"))
    cells.append(("Agreement of planes", *_agreement(segmentation)))
    return [*cells, *patient(segmentation.case.clinical)]


def _agreement(segmentation: Segmentation) -> tuple[str, str]:
    """Part of what any plane calls lesion that all of them call lesion."""
    voters = len(segmentation.statistics.planes)
    if voters < 2:
        return NONE, "one plane alone has voted" if voters else "no plane has voted"
    counts = sitk.GetArrayViewFromImage(segmentation.agreement)
    any_plane = int(np.count_nonzero(counts))
    if not any_plane:
        return "full", "no plane calls anything lesion"
    return f"{np.count_nonzero(counts >= voters) / any_plane:.0%}", f"of what any plane marks, all {voters} mark"
