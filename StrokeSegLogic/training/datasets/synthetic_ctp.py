"""Simulated CT perfusion in the layouts of ISLES 2018 and of the CTP study folder."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from ...phantom.ctp_maps import CtpMaps, CtpPatient, ctp_grid, ctp_patient
from ...phantom.waves import Waves
from ...space.grid import Grid
from ...study.case import Role
from ...study.volumes.nifti import write_nifti
from .ctp_folder import TABLE
from .subject import READERS
from .synthetic_mri import seeds, split_of

_SMALL = (4.0, 4.0, 5.0)
_FULL = (0.9, 0.9, 5.0)
_GROUPS = ("LVO", "Non-LVO", "LVO", "Non-LVO", "WIS")
"""About the shares of the Stavanger study: 77 LVO, 60 Non-LVO, 15 without stroke."""
_READER_MM = 1.5
"""How far a reader's edges stray from the truth, standard deviation."""
_SLAB = {"small": 6, "full": 8}
_FRAMES, _STEP_S = 20, 2.0
_STROKE_HU = 60.0
_KINDS = {"CT": Role.CT, "CT_CBF": Role.CBF, "CT_CBV": Role.CBV, "CT_MTT": Role.MTT, "CT_Tmax": Role.TMAX}


def write_ctp_folder(folder: Path, patients: int, seed: int, small: bool) -> None:
    """Maps, MIP and CT on one grid, two readers whose edges differ, and clinical.csv."""
    rows = ["case,patient,nihss,age,group,split"]
    for index, own in enumerate(seeds(seed, patients), 1):
        patient = ctp_patient(own, _GROUPS[(index - 1) % len(_GROUPS)])
        case = f"CTP_{index:03d}"
        grid = _grid(own, small)
        maps = patient.maps(grid)
        (folder / case).mkdir(parents=True, exist_ok=True)
        for name, image in maps.images.items():
            write_nifti(image, folder / case / f"{name}.nii.gz")
        rng = np.random.default_rng(own)
        for reader in READERS:
            hand = Waves.of(rng, 25, 9, 0.4)
            write_nifti(patient.truth(grid, hand, _READER_MM), folder / case / f"{reader}.nii.gz")
        split = split_of(index, patients).replace("n/a", "")
        rows.append(f"{case},P{index:03d},{patient.nihss},{patient.age},{patient.group},{split}")
    (folder / TABLE).write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_isles2018(folder: Path, patients: int, seed: int, small: bool) -> None:
    """CT, maps and perfusion series on one grid, the core as mask; every second patient in two slabs, and the table
    that says which cases they are."""
    rows = ["training name,case"]
    case, number = 0, 345000
    for index, own in enumerate(seeds(seed, patients), 1):
        patient = ctp_patient(own, "LVO")
        slabs = _slabs(patient, small, two=index % 2 == 0)
        for letter, grid in zip("AB", slabs, strict=False):
            case += 1
            home = folder / "TRAINING" / f"case_{case}"
            number = _write_case(patient.maps(grid), home, number)
            rows.append(f"Train_{index}{f'_{letter}' if len(slabs) > 1 else ''},{case}")
    (folder / "case_mapping.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _grid(seed: int, small: bool) -> Grid:
    """The head never lies at the very same place in two scanners."""
    x, y, z = np.random.default_rng(seed).normal((0, 15, 18), (4, 4, 2))
    return ctp_grid(_SMALL if small else _FULL, (float(x), float(y), float(z)))


def _slabs(patient: CtpPatient, small: bool, two: bool) -> list[Grid]:
    """One or two slabs that meet in the middle of the core, so that each of them shows some of it."""
    whole = _grid(patient.seed, small)
    assert patient.deficit is not None
    middle = round(float(whole.to_index(patient.deficit.centre[None])[0, 2]))
    count = _SLAB["small" if small else "full"]
    middle = min(max(middle, count), whole.size[2] - count)
    starts = [middle - count, middle] if two else [middle - count // 2]
    return [whole.crop((0, 0, start), (*whole.size[:2], count)) for start in starts]


def _write_case(maps: CtpMaps, home: Path, number: int) -> int:
    core = sitk.Cast(sitk.Equal(maps.truth, 2), sitk.sitkUInt8)
    volumes = {kind: maps.images[role] for kind, role in _KINDS.items()} | {"OT": core}
    for kind, image in volumes.items():
        number += 1
        name = f"SMIR.Brain.XX.O.{kind}.{number}"
        (home / name).mkdir(parents=True)
        write_nifti(image, home / name / f"{name}.nii")
    number += 1
    name = f"SMIR.Brain.XX.O.CT_4DPWI.{number}"
    (home / name).mkdir()
    _write_series(maps, home / name / f"{name}.nii", next(home.glob("*.CT.*/*.nii")))
    return number


def _write_series(maps: CtpMaps, path: Path, like: Path) -> None:
    """A perfusion series with a bolus that peaks at TTP as high as the MIP says; the shape is a gamma variate."""
    ct, mip, ttp = (sitk.GetArrayFromImage(maps.images[role]) for role in (Role.CT, Role.MIP, Role.TTP))
    rise = 6.0
    peak = np.where(ttp > 0, np.clip(mip - ct, 0, _STROKE_HU * 2), 0)
    times = np.arange(_FRAMES) * _STEP_S
    frames = []
    for time in times:
        since = np.clip(1 + (time - ttp) / rise, 0, None)
        frames.append(ct + peak * since**3 * np.exp(3 * (1 - since)))
    header = nib.load(like)
    out = nib.Nifti1Image(np.stack(frames).T.round().astype(np.int16), header.affine)
    out.header.set_xyzt_units("mm", "sec")
    out.header["pixdim"][4] = _STEP_S
    path.write_bytes(out.to_bytes())
