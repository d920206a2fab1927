"""One page of pictures of a case without masks: its maps, and what each route makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from StrokeSegLogic.ctp.tissue.thresholds import CORE, PENUMBRA

SLICES = 4
_MAPS = ("CBF", "CBV", "TTP")
_EDGES = {PENUMBRA: "#7dff6a", CORE: "#ff3b3b"}


def draw(patient: str, maps: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray], path: Path) -> None:
    """CBF, CBV and TTP with their colour bars, then each route's contours on TTP in grey.

    Args:
        patient: named in the title.
        maps: (slices, rows, columns) of 0 to 255 by name, and others that are not drawn.
        found: labels of the same shape by route.
        path: of the PNG file.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    chosen = _chosen(maps["CBF"] > 0, found)
    rows, columns = np.nonzero((maps["CBF"] > 0).any(axis=0))
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    width = len(_MAPS) + len(found)
    size = (1.75 * width, 1.95 * len(chosen) + 0.5)
    figure, axes = pyplot.subplots(len(chosen), width, figsize=size, dpi=84, facecolor="black", squeeze=False)
    for row, k in zip(axes, chosen, strict=True):
        for axis, name in zip(row, _MAPS, strict=False):
            shown = axis.imshow(maps[name][k][box], cmap="turbo", vmin=0, vmax=255)
            bar = figure.colorbar(shown, ax=axis, fraction=0.046, pad=0.02, ticks=(0, 85, 170, 255))
            bar.ax.tick_params(colors="white", labelsize=6)
        for axis, labels in zip(row[len(_MAPS) :], found.values(), strict=True):
            axis.imshow(maps["TTP"][k][box], cmap="gray", vmin=0, vmax=220)
            for label, colour in _EDGES.items():
                inside = labels[k][box] >= label
                if (labels[k] == label).any():
                    axis.contour(inside, [0.5], colors=colour, linewidths=1.3)
        for axis in row:
            axis.set_axis_off()
        row[0].text(0.02, 0.02, f"slice {k + 1}", color="white", fontsize=7, transform=row[0].transAxes)
    for axis, name in zip(axes[0], (*(f"{name}, unknown scale" for name in _MAPS), *found), strict=True):
        axis.set_title(name, color="white", fontsize=8)
    words = (
        f"{patient}: penumbra green, core red, on TTP. Networks trained on simulated perfusion; thresholds with TTP "
        "for Tmax. The patient's right is on the left."
    )
    figure.suptitle(words, color="white", fontsize=8, y=0.995)
    figure.subplots_adjust(0.01, 0.01, 0.985, 0.99 - 0.45 / size[1], wspace=0.12, hspace=0.04)
    stored = BytesIO()
    figure.savefig(stored, facecolor="black", format="png")
    pyplot.close(figure)
    picture = Image.open(stored).convert("RGB")
    picture.quantize(palette=_palette(), dither=Image.Dither.NONE).save(path, optimize=True)


def _chosen(brain: np.ndarray, found: Mapping[str, np.ndarray]) -> list[int]:
    """The slices where the routes mark most, of those that show half as much brain as the largest."""
    area = brain.sum(axis=(1, 2))
    wide = np.flatnonzero(area >= 0.5 * area.max())
    marked = np.sum([(labels > 0).sum(axis=(1, 2)) for labels in found.values()], axis=0)
    return sorted(int(k) for k in wide[np.argsort(-marked[wide], kind="stable")][:SLICES])


def _palette() -> Image.Image:
    """Greys, the maps' colours, the contours' and their blends with grey: a palette chosen from the picture itself
    would turn small white spots into contour-like yellow lines."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    greys = np.repeat(np.linspace(0, 1, 40)[:, None], 3, axis=1)
    turbo = colormaps["turbo"](np.linspace(0, 1, 56))[:, :3]
    edges = np.array([to_rgb(colour) for colour in _EDGES.values()])
    blends = [edges * part + grey * (1 - part) for part in (0.25, 0.5, 0.75, 1.0) for grey in (0.0, 0.35, 0.7, 1.0)]
    colours = np.concatenate([greys, turbo, *blends])
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.rint(255 * colours).astype(np.uint8).tobytes())
    return palette
