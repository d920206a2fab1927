"""A small simulated case that is stored, and what each bundled CTP model said of it.

    python Testing/Python/ctp/routes/ctp_reference.py [MODEL ...]

writes the case if it is not there, and the answers of those models (or all) anew: after a model was trained again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.ctp.routes.field_engine import FieldAnswer, label
from StrokeSegLogic.nets.models.registry import find, names
from StrokeSegLogic.nets.run.network import Device
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.space.grid import Grid

FOLDER = Path(__file__).parent / "ctp_reference"
CASE = FOLDER / "case.npz"
NIHSS = 14
SPACING = (3.0, 3.0, 10.0)
CPU = Device(torch.device("cpu"), None, "cpu")
_TOP = {"CT": 80, "CBF": 120, "CBV": 12, "MTT": 25, "TTP": 50, "TMAX": 20, "MIP": 150}
_SEED = 33


def models() -> tuple[str, ...]:
    return tuple(name for name in names() if name.startswith("ctp-"))


def images() -> dict[str, sitk.Image]:
    """The case's maps in standard units."""
    with np.load(CASE) as stored:
        return {name: _image(stored[name].astype(np.float32) * (top / 255)) for name, top in _TOP.items()}


def truth() -> np.ndarray:
    with np.load(CASE) as stored:
        return stored["truth"]


def expected(model: str) -> np.ndarray:
    """Labels (z, y, x) that the model gave when it was bundled."""
    with np.load(FOLDER / f"{model}.npz") as stored:
        return stored["labels"]


def said(model: str) -> FieldAnswer:
    case = images()
    bundle = find(model)
    return label(bundle, case, Grid.of(case["CBF"]), NIHSS if bundle.field.nihss else None, CPU, Progress())


def _image(values: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(SPACING)
    return image


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    if not CASE.is_file():
        patient, whole = ctp_patient(_SEED), ctp_grid(SPACING)
        grid = whole.crop((0, 0, 5), (*whole.size[:2], 4))
        maps = patient.maps(grid, noise=0.5)
        arrays = {name: sitk.GetArrayFromImage(maps.images[name]) for name in _TOP}
        coded = {n: np.clip(np.rint(v / _TOP[n] * 255), 0, 255).astype(np.uint8) for n, v in arrays.items()}
        np.savez_compressed(CASE, truth=sitk.GetArrayFromImage(maps.truth), **coded)
    for name in sys.argv[1:] or models():
        np.savez_compressed(FOLDER / f"{name}.npz", labels=sitk.GetArrayFromImage(said(name).labels))


if __name__ == "__main__":
    main()
