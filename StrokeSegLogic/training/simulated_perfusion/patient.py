"""One simulated patient: a phantom's head, a real lesion's shape, and the study of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...ctp.series.maps import MapsSpec, maps
from ...phantom.anatomy import Head
from ...phantom.ctp import ctp_series
from ...phantom.ctp_maps import CtpPatient
from ...phantom.ctp_protocol import CtpProtocol
from ...phantom.sampling import indices, parts
from ...phantom.scan_grids import centred_grid
from ...phantom.tracer import Bolus
from ...space.grid import Grid
from ...study.case import Role
from .circulation import Circulation
from .deficit import LesionDeficit
from .lattice import Lattice, depth, smooth
from .scanner import MAPS, Scanner
from .territories import Territories

_LARGE_ML = 60.0
"""From this hypoperfused volume on, a large vessel is taken to be occluded. Ours."""
_OLD_SHARE = 0.12
_ENGINE_SHARE = 0.25
_SAMPLE_MM = 3.0


@dataclass(frozen=True)
class Study:
    """What a data set's case holds.

    Attributes:
        images: CBF, CBV, MTT, TTP, TMAX, MIP, CT on one grid, float32.
        truth: uint8; 0, 1 penumbra, 2 core.
        nihss, age, group: as in a clinical table.
        kind: of the deficit, or "no stroke".
        made_by: "drawn", maps with noise; or "engine", maps computed from a simulated series.
    """

    images: dict[str, sitk.Image]
    truth: sitk.Image
    nihss: int
    age: int
    group: str
    kind: str
    made_by: str


def simulate(
    seed: int, lesion: Lattice | None, other: Lattice, territories: Territories, pixels: int, hardened: bool
) -> Study:
    """A patient's study; the same arguments give the same bits.

    Args:
        seed: of everything random.
        lesion: the core's shape in MNI space (part of each cell); None for a patient without stroke.
        other: a shape for an old infarct, which some patients have.
        territories: of the arteries.
        pixels: rows and columns.
        hardened: whether vendors' scales are drawn; else the maps are in standard units.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 11]))
    head = Head(np.random.default_rng(np.random.SeedSequence([seed, 12])))
    deficit = None if lesion is None else LesionDeficit(rng, head, lesion, territories)
    old = Lattice(depth(smooth(other.values, 0.6) > 0.42), other.origin) if rng.uniform() < _OLD_SHARE else None
    circulation = Circulation.of(rng, old)
    scanner = Scanner.of(rng, hardened)
    by_engine = bool(rng.uniform() < _ENGINE_SHARE)
    grid = _grid(rng, deficit, pixels, by_engine)
    ill = 0.0 if deficit is None else deficit.hypoperfused_ml
    group = "WIS" if deficit is None else "LVO" if ill >= _LARGE_ML else "Non-LVO"
    score = 2 + 1.1 * ill**0.5 + rng.normal(0, 3.5)
    patient = CtpPatient(
        seed, group, int(np.clip(round(score), 0, 42)), int(np.clip(rng.normal(71, 11), 30, 97)), head, deficit
    )
    found = _by_engine(patient, grid, scanner, rng) if by_engine else None
    images = found or _drawn(patient, circulation, grid, scanner)
    kind = "no stroke" if deficit is None else deficit.kind
    made_by = "engine" if found else "drawn"
    return Study(images, patient.truth(grid), patient.nihss, patient.age, group, kind, made_by)


def _grid(rng: np.random.Generator, deficit: LesionDeficit | None, pixels: int, by_engine: bool) -> Grid:
    """A slab of 2 to 16 slices that shows some of the deficit, tilted and shifted as heads are in scanners."""
    field, thick = rng.uniform(205, 245), float(rng.choice([5.0, 5.0, 8.0, 10.0]))
    slices = int(rng.integers(2, 17))
    if rng.uniform() < 0.4 or by_engine:
        # The whole brain; and arteries and veins to be found, where a series is to be evaluated.
        slices = min(int(rng.integers(95, 135) / thick), 16)
    slices = min(slices, int(130 / thick))
    height = 18.0 + rng.normal(0, 4)
    if slices * thick < 90:
        middle = float(deficit.centre[2]) if deficit is not None else rng.uniform(-15, 45)
        height = middle + rng.uniform(-0.4, 0.4) * slices * thick
    if by_engine:
        height = float(np.clip(height, 8, 24))
    tilt = (rng.normal(-6, 5), rng.normal(0, 2.5), rng.normal(0, 3))
    spacing = (field / pixels, field / pixels, thick)
    centre = (rng.normal(0, 5), 15 + rng.normal(0, 5), height)
    return centred_grid(spacing, (field, field, slices * thick), tilt, centre)


def _drawn(patient: CtpPatient, circulation: Circulation, grid: Grid, scanner: Scanner) -> dict[str, sitk.Image]:
    clean, brain = _sampled(patient, circulation, grid)
    shown = scanner.shown(clean, brain, grid.spacing, patient.seed)
    return {name: grid.image(values) for name, values in shown.items()}


def _sampled(patient: CtpPatient, circulation: Circulation, grid: Grid) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Maps without noise, each voxel the mean over its thickness, and the brain."""
    samples = max(int(np.ceil(grid.spacing[2] / _SAMPLE_MM)), 1)
    clean: dict[str, np.ndarray] = {}
    brain = np.zeros(grid.shape, bool)
    edge = max(grid.spacing[0], 1.0)
    for part in parts(grid):
        index = indices(grid, part)
        points = patient.head.to_head(grid.to_world(index))
        brain.reshape(-1)[part] = patient.head.brain(points) > 0
        near = np.flatnonzero(patient.head.skin(points) > -2)
        for sample in range(samples):
            shift = np.array([0, 0, (sample + 0.5) / samples - 0.5])
            points = patient.head.to_head(grid.to_world(index[near] + shift))
            found = circulation.signals(patient.head, patient.deficit, points, edge)
            for name, values in found.items():
                whole = clean.setdefault(name, np.full(grid.shape, -1000 if name == "CT" else 0, np.float32))
                if sample == 0:
                    whole.reshape(-1)[part.start + near] = 0
                whole.reshape(-1)[part.start + near] += values / samples
    return clean, brain


def _by_engine(
    patient: CtpPatient, grid: Grid, scanner: Scanner, rng: np.random.Generator
) -> dict[str, sitk.Image] | None:
    """The maps that the perfusion engine computes from a simulated series; None where it finds no artery in it."""
    bolus = Bolus(peak_hu=rng.uniform(180, 350), arrival_s=rng.uniform(5, 10), to_peak_s=rng.uniform(3.5, 6))
    protocol = CtpProtocol(bolus=bolus, noise_hu=rng.uniform(3, 8), dispersion_s=rng.uniform(0, 1.5))
    if rng.uniform() < 0.5:
        protocol = replace(protocol, times_s=tuple(2.0 * i for i in range(34)))
    series = ctp_series(patient, grid, protocol)
    spec = MapsSpec(motion=False, smoothing_mm=rng.uniform(1.5, 3), device="cpu")
    try:
        found = maps(series.hu, series.times_s, grid=grid, spec=spec)
    except InputError:
        return None
    images = found.images()
    arrays = {name: sitk.GetArrayFromImage(images[Role(name)]) for name in MAPS}
    own = scanner.restored(arrays, found.brain)
    return {role.value: grid.image(own[role]) if role in own else image for role, image in images.items()}
