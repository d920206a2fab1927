"""Slices as pictures: anatomical views of any volume, with contours and colours, as RGB arrays.

Pictures follow the radiological convention: the patient's left is on the right, front or head above; in sagittal
views the front is on the left.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import SimpleITK as sitk
from PIL import Image, ImageDraw, ImageFont

from ..base.progress import check_cancelled
from ..result.looks import colours
from ..space.grid import Grid, bounding_box
from ..space.resampling import resample

Colour = tuple[int, int, int]

_DISPLAY = "LPI"
"""With x to the left, y to the back and z to the feet, every plane's array is a picture as it is."""
_PLANE_OF_AXIS = {"L": "sagittal", "R": "sagittal", "A": "coronal", "P": "coronal", "S": "axial", "I": "axial"}
_THIN = {"sagittal": 0, "coronal": 1, "axial": 2}
_EDGES = {"axial": ("R", "L"), "coronal": ("R", "L"), "sagittal": ("A", "P")}
_LETTER_PX = 11
"""Height of a letter's line in a picture of about 110 pixels."""


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
class View:
    """One slice of a grid as a picture.

    Attributes:
        plane: "axial", "coronal" or "sagittal": what the slice is nearest to.
        grid: that it is a slice of.
        slab: the slice's voxels.
        pixels: the picture's pixels: the slice turned to display orientation, square pixels.
    """

    plane: str
    grid: Grid
    slab: Grid
    pixels: Grid

    @classmethod
    def of(
        cls,
        grid: Grid,
        axis: int,
        index: int,
        pixel_mm: float,
        box: tuple[tuple[int, int, int], tuple[int, int, int]] | None = None,
    ) -> View:
        """The slice `index` across one axis of a grid.

        Args:
            grid: any orientation.
            axis: 0, 1, 2 for x, y, z: the axis that the slice stands across.
            index: along this axis.
            pixel_mm: side of a pixel.
            box: start and size (x, y, z) of the part to show; the grid's whole width if None.
        """
        start, size = (list(part) for part in box or ((0, 0, 0), grid.size))
        start[axis], size[axis] = index, 1
        slab = grid.crop((start[0], start[1], start[2]), (size[0], size[1], size[2]))
        code = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(grid.direction)
        turned = Grid.of(sitk.DICOMOrient(slab.image(np.zeros(slab.shape, np.uint8)), _DISPLAY))
        plane = _PLANE_OF_AXIS[code[axis]]
        return cls(plane, grid, slab, _square_pixels(turned, plane, pixel_mm))

    @property
    def edges(self) -> tuple[str, str]:
        """What lies at the left and the right edge: the patient's right and left, or front and back."""
        return _EDGES[self.plane]

    def __call__(self, image: sitk.Image, interpolation: Literal["linear", "nearest"] = "linear") -> np.ndarray:
        """The image's values at the picture's pixels (rows, columns), resampled in space; 0 outside of it."""
        check_cancelled()
        if Grid.of(image).same(self.grid):
            # Cut out first, so that smoothing against aliasing touches one slice and not the volume.
            image = resample(image, self.slab, interpolation)
        pixels = resample(image, self.pixels, interpolation)
        return sitk.GetArrayFromImage(pixels).squeeze(2 - _THIN[self.plane])


def _square_pixels(turned: Grid, plane: str, pixel_mm: float) -> Grid:
    thin = _THIN[plane]
    extent = np.asarray(turned.size) * np.asarray(turned.spacing)
    size = np.maximum(np.round(extent / pixel_mm), 1).astype(int)
    spacing = np.full(3, pixel_mm)
    size[thin], spacing[thin] = 1, turned.spacing[thin]
    return turned.about_centre(tuple(size), tuple(spacing))


def contour(mask: np.ndarray) -> np.ndarray:
    """The edge of a mask (H, W): a line of two pixels, one on either side; bool."""
    padded = np.pad(mask.astype(bool), 1, mode="edge")
    edge = np.zeros(mask.shape, bool)
    centre = padded[1:-1, 1:-1]
    for rows, columns in (((0, -2), (1, -1)), ((2, None), (1, -1)), ((1, -1), (0, -2)), ((1, -1), (2, None))):
        edge |= padded[slice(*rows), slice(*columns)] != centre
    return edge


def rim(mask: np.ndarray) -> np.ndarray:
    """The thinnest edge of a mask (H, W), its outermost pixels; bool."""
    inside: np.ndarray = mask.astype(bool)
    return inside & contour(inside)


def painted(picture: np.ndarray, mask: np.ndarray, colour: Colour) -> np.ndarray:
    """The picture (H, W, 3) with the pixels of a mask (H, W) in one colour."""
    out = picture.copy()
    out[mask] = colour
    return out


def blended(picture: np.ndarray, colours: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    """The picture (H, W, 3) under colours (H, W, 3) of an opacity (H, W), 0 to 1."""
    part = opacity[..., None].astype(np.float32)
    return np.round(picture * (1 - part) + colours * part).astype(np.uint8)


def heat(probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Colours (H, W, 3) from yellow to dark red and opacity (H, W) of a probability (H, W); nothing below 5 %."""
    # Steps of 1/24 keep the file small and are finer than a reader can tell.
    level = np.round(np.clip(probability.astype(np.float32), 0, 1) * 24) / 24
    return colours("heat", level), np.where(level >= 0.05, 0.35 + 0.35 * level, 0.0)


def lettered(picture: np.ndarray, edges: tuple[str, str]) -> np.ndarray:
    """The picture (H, W, 3) with the letters of its left and right edge in the upper corners, if there is room."""
    height, width = picture.shape[:2]
    scale = max(round(min(height, width) / 110), 1)
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # two colours, which fit into a palette beside the shades
    font = ImageFont.load_default(size=_LETTER_PX * scale)
    near = 1 + scale  # room for the letters' dark edge
    for letter, x, anchor in ((edges[0], near, "lt"), (edges[1], width - near, "rt")):
        left, top, right, bottom = draw.textbbox((x, near), letter, font, anchor, stroke_width=scale)
        if bottom - top + 2 <= height and 2 * (right - left) + 4 <= width:
            draw.text((x, near), letter, "white", font, anchor, stroke_width=scale, stroke_fill="black")
    return np.array(image)


def anatomical(axis: int, lps_mm: float) -> str:
    """A coordinate as 3D Slicer shows it: 12 mm along axis 2 is "S 12", -12 is "I 12" (0: R or L, 1: A or P)."""
    letters = (("R", "L"), ("A", "P"), ("I", "S"))[axis]
    rounded = round(lps_mm)
    return f"{letters[rounded >= 0]} {abs(rounded)}"


_PALETTE = 256
"""Colours that a palette holds."""


def encode_png(picture: np.ndarray) -> bytes:
    """A PNG file of a picture (H, W, 3), uint8: with a palette where up to 256 colours do, a third of the size.

    Raises:
        ValueError: if the array is no such picture.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
        raise ValueError(f"not an RGB picture: {picture.dtype} of shape {picture.shape}")
    colours, index = np.unique(picture.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32), return_inverse=True)
    image = Image.fromarray(picture)
    if len(colours) <= _PALETTE:
        # Pillow's own reduction to a palette may merge colours that are near one another.
        image = Image.fromarray(index.reshape(picture.shape[:2]).astype(np.uint8)).convert("P")
        image.putpalette(
            np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8).tobytes()
        )
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def data_uri(png: bytes) -> str:
    """The bytes of a PNG file as an address that a page carries in itself."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


SMALL_PX, LARGE_PX = 280, 420
"""Pixels along the longest side of the brain in the rows of six and of three."""
_MARGIN_MM = 8.0


def montage(found: np.ndarray, brain: np.ndarray, fewest: int, most: int) -> list[int]:
    """The slices that show what was found, with empty slices around a small find; the brain without any.

    Args:
        found, brain: bool (z, y, x).
        fewest, most: slices to show.
    """
    depth = len(found)
    held = np.flatnonzero(found.any(axis=(1, 2)))
    if not held.size:
        area = brain.sum(axis=(1, 2))
        inside = np.flatnonzero(area > area.max() / 10)  # its poles tell nothing
        return spread(inside if inside.size else np.arange(depth), fewest)
    if held.size >= fewest:
        return spread(held, most)
    first, last = int(held[0]), int(held[-1])
    spare = max(fewest - (last - first + 1), 0)
    first = max(min(first - spare // 2, depth - fewest), 0)
    around = np.arange(first, min(max(first + fewest, last + 1), depth))
    return spread(around, most) if around.size > most else [int(k) for k in around]


def fullest(found: np.ndarray, brain: np.ndarray) -> int:
    """The slice with most of what was found; of the brain without any; the middle slice without brain."""
    tissue = found if found.any() else brain
    return int(tissue.sum(axis=(1, 2)).argmax()) if tissue.any() else len(found) // 2


def visible_box(brain: np.ndarray, grid: Grid) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
    """The box around the brain with a margin; None, for all, without brain."""
    if not brain.any():
        return None
    return bounding_box(brain, [int(np.ceil(_MARGIN_MM / step)) for step in grid.spacing])


def spread(slices: np.ndarray | Sequence[int], most: int) -> list[int]:
    """At most `most` of the slices, evenly spread, first and last among them."""
    if len(slices) <= most:
        return [int(k) for k in slices]
    return [int(slices[i]) for i in np.round(np.linspace(0, len(slices) - 1, most)).astype(int)]


def position(view: View) -> str:
    """Where the slice's centre lies, as 3D Slicer says it: "S 12 mm" is 12 mm to the head from the origin."""
    centre = view.slab.to_world((np.asarray(view.slab.size)[None] - 1) / 2)[0]
    axis = {"sagittal": 0, "coronal": 1, "axial": 2}[view.plane]
    return f"{anatomical(axis, float(centre[axis]))} mm"
