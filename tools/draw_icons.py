"""Draws the module's icon and the thumbnails of its sample data: python tools/draw_icons.py"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from matplotlib.image import imsave

from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.phantom.mri import mri_phantom
from StrokeSegLogic.result.looks import colours
from StrokeSegLogic.study.case import Role

FOLDER = Path(__file__).resolve().parent.parent / "StrokeSegExtension" / "Resources" / "Icons"
SIZE = 128
_FINE = 8
"""Samples along each side of a pixel, for smooth edges."""
_SKULL, _BRAIN, _FURROW = (58, 70, 92), (232, 236, 242), (150, 160, 178)
_PENUMBRA, _CORE = (86, 180, 233), (213, 94, 0)


def icon() -> np.ndarray:
    """An axial brain with a core in its penumbra: RGBA (128, 128, 4), uint8."""
    side = SIZE * _FINE
    y, x = (np.mgrid[:side, :side] + 0.5) / side * 2 - 1
    angle = np.arctan2(y, x)
    radius = np.hypot(x / 0.78, y / 0.95)
    picture = np.zeros((side, side, 4))
    _paint(picture, radius < 1.0, _SKULL)
    _paint(picture, radius < 0.88, _BRAIN)
    wave = 0.80 + 0.035 * np.sin(15 * angle)
    _paint(picture, (np.abs(radius - wave) < 0.022) & (np.abs(x) > 0.05), _FURROW)
    _paint(picture, (np.abs(x) < 0.02) & (radius < 0.84), _FURROW)
    for sign in (-1, 1):  # the ventricles
        _paint(picture, np.hypot((x - sign * 0.13 - 0.10 * sign * y**2) / 0.05, y / 0.26) < 1, _FURROW)
    _paint(picture, np.hypot((x + 0.38) / 0.27, (y - 0.05) / 0.40) < 1, _PENUMBRA)
    _paint(picture, np.hypot((x + 0.34) / 0.15, (y - 0.08) / 0.22) < 1, _CORE)
    alpha = picture.reshape(SIZE, _FINE, SIZE, _FINE, 4).mean(axis=(1, 3))
    alpha[..., :3] /= np.maximum(alpha[..., 3:], 1e-6) / 255
    return np.clip(np.round(alpha), 0, 255).astype(np.uint8)


def thumbnail(values: np.ndarray, high: float, palette: str = "") -> np.ndarray:
    """An axial slice (y, x) as a picture: RGB (128, 128, 3), uint8."""
    level = np.clip(values / high, 0, 1)
    rows, columns = (np.linspace(0, n - 1, SIZE).round().astype(int) for n in level.shape)
    level = level[np.ix_(rows, columns)]
    shown = colours(palette, level) if palette else np.repeat(255 * level[..., None], 3, axis=-1)  # type: ignore[arg-type]
    shown[level <= 0] = 0
    return np.round(shown).astype(np.uint8)


def several(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures as a pile, the last on top: RGB (128, 128, 3), uint8."""
    side, step = SIZE * 3 // 4, SIZE // 8
    pile = np.zeros((SIZE, SIZE, 3), np.uint8)
    at = np.linspace(0, SIZE - 1, side).round().astype(int)
    for number, picture in enumerate(pictures):
        place = slice(number * step, number * step + side)
        pile[place, place] = 200
        pile[place, place][1:-1, 1:-1] = picture[np.ix_(at, at)][1:-1, 1:-1]
    return pile


def _paint(picture: np.ndarray, where: np.ndarray, colour: tuple[int, int, int]) -> None:
    picture[where] = (*colour, 255)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    phantom = mri_phantom(0)
    dwi, truth = (sitk.GetArrayFromImage(image) for image in (phantom.images[Role.DWI], phantom.truth))
    slice_ = int(truth.sum(axis=(1, 2)).argmax())
    tmax = sitk.GetArrayFromImage(ctp_patient(0).maps(ctp_grid()).images["TMAX"])
    pictures = {
        "StrokeSegExtension": icon(),
        "StrokeSegMRI": thumbnail(dwi[slice_], float(np.percentile(dwi, 99.8))),
        "StrokeSegReview": several(
            [thumbnail(dwi[slice_ + step], float(np.percentile(dwi, 99.8))) for step in (-6, 0, 6)]
        ),
        "StrokeSegCTPMaps": thumbnail(tmax[len(tmax) // 2], 12.0, "time"),
    }
    for name, picture in pictures.items():
        imsave(FOLDER / f"{name}.png", picture)


if __name__ == "__main__":
    main()
