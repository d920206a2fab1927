"""A digital 4-D CT perfusion scan of a synthetic patient, with everything that made it known.

Unlike `ctp_maps`, a bolus passes through the tissue here and a scanner takes frames of it, so that the whole way from
the series to the maps can be measured. Tissue is even within its kind but for a slow texture of 2.5 %; there are no
small vessels; beam hardening, table toggling and reconstruction artefacts are not simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..space.grid import Grid
from ..space.smoothing import discrete_gaussian
from ..study.volumes.nifti_series import write_nifti_series
from .anatomy import Tissue
from .contrast import BRAIN_TISSUES
from .ctp_maps import CtpPatient, ctp_patient
from .ctp_protocol import CtpProtocol
from .ctp_tissue import ARTERIES, CBF_OF, CBV_OF, HU_OF, VEINS, tissue_row
from .sampling import indices, parts
from .shapes import cover, tube
from .tracer import Perfusion, venous

# What becomes of flow and volume: healthy, penumbra, core. As in `ctp_maps`.
_FLOW, _VOLUME = (1.0, 0.45, 0.14), (1.0, 1.1, 0.4)
_HEALTHY_S, _PENUMBRA_S = 1.0, 8.0
"""When blood arrives; in the core as the protocol says."""
_STATES = len(_FLOW)
_KINDS = len(BRAIN_TISSUES) * _STATES
_ARTERY, _LATE_ARTERY, _VEIN = _KINDS, _KINDS + 1, _KINDS + 2
_BLOOD_HU = 45.0
_CORE_HU = -4.0
_PURE = 0.9
_SLICE_SAMPLES_MM = 1.7
"""A slice thicker than this is sampled several times through its thickness."""
_GRAIN_MM = 0.45
"""Sigma of the noise's grain: a soft kernel's."""


class Part(IntEnum):
    """What nearly all of a voxel (90 % and more) is; MIXED where nothing is."""

    MIXED = 0
    WHITE = 1
    GREY = 2
    PENUMBRA = 3
    CORE = 4
    CSF = 5
    ARTERY = 6
    VEIN = 7


@dataclass(frozen=True)
class CtpSeries:
    """One simulated 4-D series and its truth.

    Attributes:
        hu: int16 (T, z, y, x).
        times_s: (T,).
        grid: of each frame.
        truth: float32 (z, y, x) by name: CBF (ml/100 g/min), CBV (ml/100 g), MTT, TMAX (s). Of tissue alone, large
            vessels not counted; the mean over the voxel, times weighted by flow; 0 without flow.
        labels: uint8 (z, y, x); 0 healthy or outside, 1 penumbra, 2 core.
        parts: uint8 (z, y, x), `Part`.
        brain: bool (z, y, x), inside of the brain's outline.
        aif, vof: (T,) enhancement of arteries and great veins, HU.
        poses: (T, 6), degrees and mm, about the grid's centre.
    """

    hu: np.ndarray
    times_s: np.ndarray
    grid: Grid
    truth: dict[str, np.ndarray]
    labels: np.ndarray
    parts: np.ndarray
    brain: np.ndarray
    aif: np.ndarray
    vof: np.ndarray
    poses: np.ndarray


def ctp_series(patient: CtpPatient | int, grid: Grid, protocol: CtpProtocol | None = None) -> CtpSeries:
    """Scans a patient; the same patient, grid and protocol give the same bits.

    Args:
        patient: or the seed of a patient with a large vessel occlusion.
        grid: where; axial slices with the skull in view, `ctp_maps.ctp_grid` for instance.
        protocol: the acquisition; the usual protocol if None.
    """
    patient = ctp_patient(patient) if isinstance(patient, int) else patient
    protocol = protocol or CtpProtocol()
    rng = np.random.default_rng(np.random.SeedSequence([patient.seed, 4]))
    poses = protocol.poses(rng)
    scanned, first = _with_margin(grid, protocol)
    plain, where, amounts, brain = _sampled(patient, scanned)
    curves, kinds = _curves(protocol)
    inner = slice(first, first + grid.size[2])
    hu = np.empty((len(poses), *grid.shape), np.int16)
    for t, pose in enumerate(poses):
        frame = plain.copy()
        frame.reshape(-1)[where] += curves[:, t].astype(np.float32) @ amounts
        moved = _moved(scanned.image(frame), pose, grid)[inner] if pose.any() else frame[inner]
        hu[t] = np.clip(np.rint(moved + _noise(grid, protocol.noise_hu, rng)), -1024, 3071)
    maps, part = _truth(kinds, protocol.residue, scanned, where, amounts, np.where(brain, plain, -1024))
    labels = sitk.GetArrayFromImage(patient.truth(grid))
    times = np.array(protocol.times_s)
    return CtpSeries(
        hu,
        times,
        grid,
        {name: values[inner] for name, values in maps.items()},
        labels,
        part[inner],
        brain[inner],
        protocol.bolus.at(times),
        venous(protocol.bolus, times),
        poses,
    )


def _with_margin(grid: Grid, protocol: CtpProtocol) -> tuple[Grid, int]:
    """The grid with slices added at both ends, so that motion brings in anatomy and not emptiness; and how many."""
    reach = protocol.motion_mm + np.radians(protocol.motion_deg) * 100
    extra = int(np.ceil(reach / grid.spacing[2]))
    origin = grid.to_world(np.array([[0.0, 0.0, -extra]]))[0]
    size = (grid.size[0], grid.size[1], grid.size[2] + 2 * extra)
    return Grid(size, grid.spacing, (float(origin[0]), float(origin[1]), float(origin[2])), grid.direction), extra


def _sampled(patient: CtpPatient, grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """HU without contrast (z, y, x), where blood flows (N,), how much of each kind is there (kinds, N), the brain."""
    samples = max(int(np.ceil(grid.spacing[2] / _SLICE_SAMPLES_MM)), 1)
    offsets = [np.array([0, 0, (i + 0.5) / samples - 0.5]) for i in range(samples)]
    plain = np.full(grid.shape, HU_OF[Tissue.AIR], np.float32)
    brain = np.zeros(grid.shape, bool)
    fed: list[np.ndarray] = []
    blood: list[np.ndarray] = []
    for part in parts(grid):
        index = indices(grid, part)
        points = patient.head.to_head(grid.to_world(index))
        brain.reshape(-1)[part] = patient.head.brain(points) > 0
        near = np.flatnonzero(patient.head.skin(points) > -2 - max(grid.spacing))
        if not len(near):
            continue
        hu, amounts = np.zeros(len(near), np.float32), np.zeros((_KINDS + 3, len(near)), np.float32)
        for offset in offsets:
            points = patient.head.to_head(grid.to_world(index[near] + offset))
            density, amount = _signals(patient, points, max(grid.spacing[0], 1.0))
            hu += density / samples
            amounts += amount / np.float32(samples)
        plain.reshape(-1)[part.start + near] = hu
        some = np.flatnonzero(amounts.any(axis=0))
        fed.append(part.start + near[some])
        blood.append(amounts[:, some])
    # Slices wholly off the head hold air alone.
    fed = [np.zeros(0, int), *fed]
    return plain, np.concatenate(fed), np.concatenate([np.zeros((_KINDS + 3, 0), np.float32), *blood], axis=1), brain


def _signals(patient: CtpPatient, points: np.ndarray, edge_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """HU without contrast (N,) and amounts of each kind (kinds, N) at head positions (N, 3)."""
    mixture = patient.head.tissues(points, edge_mm, skull=True)
    in_penumbra, in_core = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
    if patient.deficit:
        in_penumbra, in_core = patient.deficit.shares(points, edge_mm)
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    artery, vein = (cover(np.max([tube(x, y, z, way) for way in ways], axis=0), edge_mm) for ways in (ARTERIES, VEINS))
    vein = vein * (1 - artery)
    # No vessel runs through bone or air.
    soft = 1 - mixture[[Tissue.BONE, Tissue.FAT, Tissue.MUSCLE, Tissue.AIR]].sum(axis=0)
    artery, vein = artery * soft, vein * soft
    mixture *= 1 - artery - vein
    hu = tissue_row(HU_OF) @ mixture + (artery + vein) * np.float32(_BLOOD_HU) + np.float32(_CORE_HU) * in_core * soft
    amounts = np.empty((_KINDS + 3, len(points)), np.float32)
    texture = patient.head.texture(points)
    for row, tissue in enumerate(BRAIN_TISSUES):
        for state, share in enumerate((1 - in_penumbra - in_core, in_penumbra, in_core)):
            amounts[row * _STATES + state] = mixture[tissue] * share * texture
    amounts[_ARTERY], amounts[_LATE_ARTERY] = artery * (1 - in_penumbra - in_core), artery * (in_penumbra + in_core)
    amounts[_VEIN] = vein
    return hu, amounts


def _curves(protocol: CtpProtocol) -> tuple[np.ndarray, list[Perfusion]]:
    """Enhancement (kinds, T) of a voxel full of each kind, HU, and the perfusion of the tissue kinds."""
    times = np.array(protocol.times_s)
    spread, delays = (1, 3, 3), (_HEALTHY_S, _PENUMBRA_S, protocol.core_delay_s)
    kinds = [
        Perfusion(CBF_OF[tissue] * flow, CBV_OF[tissue] * volume, delay, protocol.dispersion_s * wide)
        for tissue in BRAIN_TISSUES
        for flow, volume, delay, wide in zip(_FLOW, _VOLUME, delays, spread, strict=True)
    ]
    tissue = [kind.curve(protocol.bolus, times, protocol.residue) for kind in kinds]
    # Behind the occlusion the artery fills through collaterals.
    late = protocol.bolus.at(times - _PENUMBRA_S)
    return np.stack([*tissue, protocol.bolus.at(times), late, venous(protocol.bolus, times)]), kinds


def _truth(
    kinds: list[Perfusion], residue: str, grid: Grid, where: np.ndarray, amounts: np.ndarray, inside: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Maps of the voxels' own tissue, and what each voxel is; `inside` is HU without contrast within the brain."""
    tissue = amounts[:_KINDS]
    flow = np.array([kind.cbf for kind in kinds], np.float32) @ tissue
    volume = np.array([kind.cbv for kind in kinds], np.float32) @ tissue
    late = np.array([kind.cbf * kind.tmax_s(residue) for kind in kinds], np.float32) @ tissue
    some = np.maximum(flow, np.float32(1e-6))
    values = {"CBF": flow, "CBV": volume, "MTT": 60 * volume / some, "TMAX": late / some}
    maps = {name: np.zeros(grid.shape, np.float32) for name in values}
    for name, filled in maps.items():
        filled.reshape(-1)[where] = np.where(flow > 1e-3, values[name], 0)
    white, grey = (
        tissue[[BRAIN_TISSUES.index(name) * _STATES for name in tissues]].sum(axis=0)
        for tissues in ((Tissue.WHITE,), (Tissue.GREY, Tissue.DEEP_GREY))
    )
    shares = {Part.WHITE: white, Part.GREY: grey, Part.PENUMBRA: tissue[1::_STATES].sum(axis=0)}
    artery = amounts[_ARTERY] + amounts[_LATE_ARTERY]
    shares |= {Part.CORE: tissue[2::_STATES].sum(axis=0), Part.ARTERY: artery, Part.VEIN: amounts[_VEIN]}
    part = np.full(int(np.prod(grid.shape)), Part.MIXED, np.uint8)
    # Without blood and of water's density.
    csf = np.abs(inside.reshape(-1) - HU_OF[Tissue.CSF]) < 2
    csf[where[amounts.sum(axis=0) > 0.1]] = False
    part[csf] = Part.CSF
    for kind, share in shares.items():
        part[where[share >= _PURE]] = kind
    return maps, part.reshape(grid.shape)


def _moved(image: sitk.Image, pose: np.ndarray, grid: Grid) -> np.ndarray:
    """A frame of a head that has turned and shifted by `pose` about the grid's centre."""
    centre = grid.to_world((np.array([grid.size]) - 1) / 2)[0]
    motion = sitk.Euler3DTransform(centre, *np.radians(pose[:3]), pose[3:])
    # Resampling asks where each voxel comes from.
    return sitk.GetArrayFromImage(
        sitk.Resample(image, image, motion.GetInverse(), sitk.sitkLinear, -1024.0, sitk.sitkFloat32, True)
    )


def _noise(grid: Grid, sd: float, rng: np.random.Generator) -> np.ndarray:
    """Noise (z, y, x) of that standard deviation with the grain of a soft kernel within the slices."""
    if sd == 0:
        return np.zeros(grid.shape, np.float32)
    white = rng.standard_normal(grid.shape, np.float32)
    grain = discrete_gaussian(white, (*((_GRAIN_MM / step) ** 2 for step in grid.spacing[:2]), 0.0))
    if grain.std() == 0:
        # One voxel has no neighbours to share its grain with.
        return white * np.float32(sd)
    return grain * np.float32(sd / grain.std())


def write_study(series: CtpSeries, folder: Path) -> Path:
    """Writes the series as folder/CTP.nii.gz; the folder is made if missing.

    Returns:
        The file.

    Raises:
        ValueError: if the frames are not evenly spaced in time: a NIfTI file has one time step.
        OutputError: if the file cannot be written.
    """
    steps = np.diff(series.times_s)
    if not np.allclose(steps, steps[0]):
        raise ValueError("the frames are not evenly spaced in time")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "CTP.nii.gz"
    write_nifti_series(series.hu, series.grid, float(steps[0]), path)
    return path
