"""The arterial input and the venous output as a picture: their curves, and where in the brain they were read off."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass

import numpy as np

from ..ctp.series.arteries import Vessel
from ..ctp.series.maps import PerfusionMaps
from ..result.looks import Window
from ..space.grid import bounding_box
from .pictures import View, anatomical, encode_png, lettered
from .svg_parts import COLOURS, rule, svg, text, tick_step, ticks

_WIDTH, _HEIGHT, _GAP = 400.0, 240.0, 30.0
_LEFT, _TOP, _BOTTOM = 52.0, 34.0, 46.0
_LONGEST_PX = 300
_MARGIN_MM = 12.0
"""The great sinuses lie outside of the brain."""
_WINDOW = Window(0.0, 160.0)
"""HU of a maximum over time: brain is dark grey, vessels are bright, bone is white."""
_RING = 5.0


@dataclass(frozen=True)
class _Drawn:
    """One vessel with its name and colour."""

    name: str
    long_name: str
    vessel: Vessel
    colour: str


def vessel_svg(maps: PerfusionMaps) -> str:
    """The curves of artery and vein over time, and the slices of the MIP with the voxels chosen, as an SVG element.

    Curves are as measured, before the artery is scaled. Frames before contrast are shaded; peaks are marked. Of each
    vessel the slice with most of its voxels is shown in radiological convention, a ring around each voxel.
    """
    both = [_Drawn("AIF", "artery", maps.aif, COLOURS[1])]
    if maps.vof is not None:
        both.append(_Drawn("VOF", "vein", maps.vof, COLOURS[0]))
    parts = [_curves(maps, both)]
    left = _LEFT + _WIDTH + _GAP
    height = _TOP + _HEIGHT + _BOTTOM
    for shown in both:
        if len(shown.vessel.voxels):
            drawn, width, below = _slice(maps, shown, left)
            parts.append(drawn)
            left, height = left + width + _GAP / 2, max(height, below)
    return svg(left, height, "Arterial input and venous output", "".join(parts))


def _curves(maps: PerfusionMaps, both: list[_Drawn]) -> str:
    times = maps.times_s
    top = max(float(shown.vessel.curve.max()) for shown in both)
    low = min(0.0, *(float(shown.vessel.curve.min()) for shown in both))
    step = tick_step(top)
    roof, ground = step * math.ceil(top / step - 1e-9), low

    def x(value: float) -> float:
        return _LEFT + _WIDTH * (value - float(times[0])) / max(float(times[-1] - times[0]), 1e-9)

    def y(value: float) -> float:
        return _TOP + _HEIGHT * (roof - value) / (roof - ground)

    floor = _TOP + _HEIGHT
    out = [text(_LEFT, 14, "Artery and vein", "start", 'font-weight="600" font-size="12"')]
    if maps.baseline > 1:
        end = x(float(times[maps.baseline - 1]))
        size = f'width="{end - _LEFT:.1f}" height="{_HEIGHT:.1f}"'
        out.append(f'<rect x="{_LEFT:.1f}" y="{_TOP:.1f}" {size} fill-opacity="0.08"/>')
        out.append(text(_LEFT + 4, _TOP + 12, "before contrast", "start", 'fill-opacity="0.7" font-size="10"'))
    for k in range(round(roof / step) + 1):
        height = y(k * step)
        out.append(rule(_LEFT, height, _LEFT + _WIDTH, height, 'stroke="currentColor" stroke-opacity="0.15"'))
        out.append(text(_LEFT - 6, height + 4, f"{k * step:g}", "end"))
    out += [text(x(value), floor + 16, f"{value:g}", "middle") for value in ticks(float(times[0]), float(times[-1]))]
    out.append(text(_LEFT + _WIDTH / 2, floor + 34, "s since the first frame", "middle"))
    out.append(text(_LEFT - 6, _TOP - 8, "HU", "end"))
    for row, shown in enumerate(both):
        curve = shown.vessel.curve
        points = " ".join(f"{x(float(t)):.1f},{y(float(v)):.1f}" for t, v in zip(times, curve, strict=True))
        out.append(f'<polyline points="{points}" fill="none" stroke="{shown.colour}" stroke-width="2"/>')
        out += [
            f'<circle cx="{x(float(t)):.1f}" cy="{y(float(v)):.1f}" r="1.8" fill="{shown.colour}"/>'
            for t, v in zip(times, curve, strict=True)
        ]
        peak = int(np.argmax(curve))
        at, high = float(times[peak]), float(curve[peak])
        dashes = f'stroke="{shown.colour}" stroke-dasharray="3 3"'
        out.append(rule(x(at), y(high), x(at), floor, dashes))
        words = f"{shown.name}: peak {high:.0f} HU at {at:.3g} s"
        if shown.name == "AIF" and maps.aif_scale != 1:
            words += f", used times {maps.aif_scale:.2f}"
        out.append(text(_LEFT + _WIDTH, _TOP + 12 + 15 * row, words, "end", f'fill="{shown.colour}"'))
    return "".join(out)


def _slice(maps: PerfusionMaps, shown: _Drawn, left: float) -> tuple[str, float, float]:
    """The MIP at the slice with most of the vessel's voxels; its SVG, its width, and where it ends below."""
    voxels = shown.vessel.voxels
    z = int(np.argmax(np.bincount(voxels[:, 0], minlength=maps.grid.shape[0])))
    here = voxels[voxels[:, 0] == z]
    view = _view(maps, z)
    picture = lettered(_WINDOW.grey(view(maps.grid.image(maps.mip))), view.edges)
    rows, columns = picture.shape[:2]
    data = base64.b64encode(encode_png(picture)).decode("ascii")
    # The picture's x and y are its grid's first two axes (`View` of an axial slice).
    places = view.pixels.to_index(maps.grid.to_world(here[:, ::-1].astype(float)))[:, :2]
    rings = "".join(
        f'<circle cx="{left + px + 0.5:.1f}" cy="{_TOP + py + 0.5:.1f}" r="{_RING:g}" fill="none" '
        f'stroke="{shown.colour}" stroke-width="1.5"/>'
        for px, py in places
    )
    height_mm = float(maps.grid.to_world(np.array([[*(np.array(maps.grid.size[:2]) - 1) / 2, z]]))[0, 2])
    title = f"{shown.name} ({shown.long_name})"
    caption = f"MIP, slice {z + 1} ({anatomical(2, height_mm)}): {len(here)} of {len(voxels)} voxels"
    drawn = (
        text(left, 14, title, "start", f'font-weight="600" font-size="12" fill="{shown.colour}"')
        + f'<image x="{left:.1f}" y="{_TOP:.1f}" width="{columns}" height="{rows}" '
        + f'href="data:image/png;base64,{data}"/>'
        + rings
        + text(left, _TOP + rows + 16, caption, "start")
    )
    return drawn, float(max(columns, 210)), _TOP + rows + 26


def _view(maps: PerfusionMaps, z: int) -> View:
    """One slice, as wide as the brain and the sinuses around it in any slice."""
    grid = maps.grid
    margin = np.ceil(_MARGIN_MM / np.array(grid.spacing)).astype(int)
    start, size = bounding_box(maps.brain)
    low = np.maximum(np.array(start) - margin, 0)
    high = np.minimum(np.array(start) + np.array(size) + margin, grid.size)
    box = (int(low[0]), int(low[1]), 0), (int(high[0] - low[0]), int(high[1] - low[1]), grid.size[2])
    longest_mm = float(((high - low) * np.array(grid.spacing))[:2].max())
    return View.of(grid, 2, z, longest_mm / _LONGEST_PX, box)
