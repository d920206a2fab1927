"""The pictures of the CT perfusion report: core and penumbra on their slices, and the maps of the same slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import SimpleITK as sitk

from ..ctp.result import PerfusionSegmentation
from ..ctp.tissue.thresholds import CORE, PENUMBRA
from ..result.looks import CORE_STYLE, PENUMBRA_STYLE, Window
from ..result.outcome import Display, Layer
from .page import BRAIN_COLOUR, colour_of
from .pictures import SMALL_PX, Figure, View, contour, lettered, montage, painted, position, rim, visible_box
from .vessel_figure import vessel_svg

_MONTAGE = (12, 18)
"""Fewest and most slices of the montage: two and three rows of six."""
_MAP_SLICES = 6


@dataclass(frozen=True)
class MapRow:
    """One map on the slices that all maps are shown on.

    Attributes:
        layer: the map with its unit and the values at the ends of its colours.
        slices: pictures, unmarked.
    """

    layer: Layer
    slices: tuple[Figure, ...]

    @property
    def seen(self) -> str:
        """What the map is called where people see it; its origin stands beside it."""
        return Display().title(self.layer.name)


@dataclass(frozen=True)
class CtpFigures:
    """All pictures of a report.

    Attributes:
        plane: of the slices: axial, coronal or sagittal.
        on: what the montage is drawn on, by its name among the layers.
        montage: slices with the contours of core and penumbra.
        maps: a row for each map.
    """

    plane: str
    on: str
    montage: tuple[Figure, ...]
    maps: tuple[MapRow, ...]


def ctp_figures(result: PerfusionSegmentation) -> CtpFigures:
    """All pictures of a result's report."""
    return _Painter(result).all()


def figure_files(result: PerfusionSegmentation) -> dict[str, Callable[[], str]]:
    """What draws artery and vein as an SVG file, where the maps were computed here."""
    return {} if result.measured is None else {"aif.svg": partial(vessel_svg, result.measured)}


class _Painter:
    def __init__(self, result: PerfusionSegmentation) -> None:
        self._result = result
        self._labels = result.array()
        self._brain = sitk.GetArrayViewFromImage(result.brain) > 0
        self._box = visible_box(self._brain, result.grid)
        _, size = self._box or ((0, 0, 0), result.grid.size)
        self._pixel_mm = float((np.array(size) * result.grid.spacing).max()) / SMALL_PX
        self._layers = {layer.name: layer for layer in result.layers}

    def all(self) -> CtpFigures:
        found = self._labels > 0
        on = self._layers[self._result.background]
        few = montage(found, self._brain, _MAP_SLICES, _MAP_SLICES)
        # CT comes without colours, and stands in the montage already where it is given.
        rows = [self._layers[name] for name in self._result.maps if name != "CT"]
        return CtpFigures(
            plane=self._view(few[0]).plane,
            on=on.name,
            montage=tuple(self._marked(on, k) for k in montage(found, self._brain, *_MONTAGE)),
            maps=tuple(MapRow(layer, tuple(self._plain(layer, k) for k in few)) for layer in rows),
        )

    def _view(self, k: int) -> View:
        return View.of(self._result.grid, 2, k, self._pixel_mm, self._box)

    def _marked(self, layer: Layer, k: int) -> Figure:
        view = self._view(k)
        labels = view(self._result.labels, "nearest")
        picture = Window(*(layer.window or (0.0, 1.0))).grey(view(layer.image))
        picture = lettered(picture, view.edges)
        picture = painted(picture, rim(view(self._result.brain, "nearest")), BRAIN_COLOUR)
        # The whole first: where both edges meet, the core's is seen.
        picture = painted(picture, contour(labels > 0), colour_of(PENUMBRA_STYLE))
        picture = painted(picture, contour(labels == CORE), colour_of(CORE_STYLE))
        held = [name for name, value in (("core", CORE), ("penumbra", PENUMBRA)) if (labels == value).any()]
        what = f"with {' and '.join(held)} outlined" if held else "with neither core nor penumbra"
        return Figure(
            picture, f"Slice {k} · {position(view)}", f"{layer.title}, {view.plane} slice {k}, {position(view)}, {what}"
        )

    def _plain(self, layer: Layer, k: int) -> Figure:
        view = self._view(k)
        window = Window(*(layer.window or (0.0, 1.0)))
        values = view(layer.image)
        look = layer.look
        picture = window.grey(values) if look == "grey" or look == "counts" else window.coloured(values, look)
        return Figure(
            lettered(picture, view.edges),
            f"Slice {k} · {position(view)}",
            f"{layer.title} in {layer.unit}, {view.plane} slice {k}, {position(view)}",
        )
