"""Slices of heads with acute infarcts and with what looks like them, in several sequences of the same head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ...base.settings import Plane
from ...study.case import Role
from ..stream.sources.lesions import Shape
from . import disease
from .anatomy import Anatomy
from .atlas import Territories
from .epi import Distortion
from .geometry import draw_pose
from .mimics import paint_mimics
from .relaxation import Region, draw_relaxation
from .scan import Painted, scan
from .sequences import draw_protocol, fluid_t1
from .slab import Slab, cut, rough
from .spots import Spot, infarct, total_weight

Protocols = Sequence[tuple[tuple[Role, ...], float]]
PROTOCOLS: Protocols = (
    ((Role.DWI,), 0.18),
    ((Role.DWI, Role.ADC), 0.25),
    ((Role.DWI, Role.FLAIR, Role.ADC), 0.2),
    ((Role.DWI, Role.FLAIR), 0.1),
    ((Role.ADC,), 0.02),
    ((Role.FLAIR,), 0.12),
    ((Role.T1, Role.FLAIR), 0.03),
    ((Role.T2, Role.FLAIR), 0.04),
    ((Role.T2,), 0.02),
    ((Role.T1, Role.T2, Role.DWI, Role.FLAIR, Role.ADC), 0.04),
)
"""Sequences of an examination, and how often."""
_PAINTED_MM = 16.0
"""So far beyond the brain a head is painted: what a mask that is too wide shows."""
_TURN_DEGREES = 14.0


@dataclass(frozen=True)
class Library:
    """What slices are made of.

    Attributes:
        heads: to cut from.
        territories: the arterial atlas.
        acute, old, sclerosis: lesions of patients with acute infarcts, with old infarcts, with multiple sclerosis.
    """

    heads: Sequence[Anatomy]
    territories: Territories
    acute: Sequence[Shape]
    old: Sequence[Shape] = ()
    sclerosis: Sequence[Shape] = ()


@dataclass(frozen=True)
class HeadSlice:
    """A slice, arrays (H, W), 1 mm, rows and columns as `grid.to_stack` gives them.

    Attributes:
        images: by role, float32, any gain.
        infarct: how much of each pixel is acute infarct, float32, where its images show it.
        brain: bool: a brain mask with a mask's errors.
        inside_skull: bool: the true mask.
        subject: whose head.
    """

    images: dict[Role, np.ndarray]
    infarct: np.ndarray
    brain: np.ndarray
    inside_skull: np.ndarray
    subject: str


def draw_slice(
    library: Library,
    plane: Plane,
    random: np.random.Generator,
    *,
    only: frozenset[Role] = frozenset(),
    lesion_share: float = 0.7,
    through_lesion: float = 0.9,
    protocols: Protocols = PROTOCOLS,
) -> HeadSlice:
    """A slice.

    Args:
        library: what it is made of.
        plane: of the slice.
        random: of everything drawn: the same state gives the same slice.
        only: sequences that may be shown; all if empty.
        lesion_share: how often the head has an acute infarct.
        through_lesion: how often the slice of such a head goes through it.
        protocols: sequences that are shown together, and how often.
    """
    head = library.heads[int(random.integers(len(library.heads)))]
    pose = draw_pose(random, turn_degrees=_TURN_DEGREES, shift_mm=0.0)
    roles = _roles(protocols, only, random)
    spots: list[Spot] = []
    if random.random() < lesion_share:
        spots = infarct(library.acute, head, library.territories, random)
    through = bool(spots) and random.random() < through_lesion
    target = _inside(spots[0], head, random) if through else _target(head, random)
    # Axial stacks have thick slices; what is reformatted from them is as thin as their pixels.
    thickness = random.uniform(1.0, 5.5) if plane == "axial" else random.uniform(1.0, 2.4)
    slab = cut(head, pose, plane, target, thickness)
    painted, weight = _painted(library, head, slab, spots, roles, random)
    distortion = Distortion(slab, random)
    images = scan(painted, roles, distortion, random)
    seen = painted.image(weight)
    if {Role.DWI, Role.ADC} & set(roles):
        seen = distortion(seen, signal=False)
    inside = slab.depth_mm < 0
    return HeadSlice(images, seen, mask_with_errors(slab, random), inside, head.subject)


def _painted(
    library: Library,
    head: Anatomy,
    slab: Slab,
    spots: Sequence[Spot],
    roles: tuple[Role, ...],
    random: np.random.Generator,
) -> tuple[Painted, np.ndarray]:
    """The tissue with its diseases, and how much of it is acute infarct, (layers, N)."""
    of_regions = draw_relaxation(random)
    pixels = slab.depth_mm < _PAINTED_MM
    tissue = of_regions.at(slab.regions[:, pixels])
    fine, wide, slow = (rough(pixels.shape, cell, random)[pixels] for cell in (5.0, 14.0, 40.0))
    tissue.t2[:] *= np.exp(0.02 * fine + 0.02 * wide)
    tissue.density[:] *= np.exp(0.02 * wide + 0.01 * fine)
    tissue.adc[:] *= np.exp(0.03 * fine + 0.03 * slow)
    paint_mimics(tissue, slab, pixels, head, library.old, library.sclerosis, random)
    weight = total_weight(spots, slab)[:, pixels]
    if spots:
        # Not all of an infarct is alike, and some of it is spared.
        uneven = np.clip(1 + random.uniform(0, 0.35) * fine + random.uniform(0, 0.25) * wide, 0.3, 1.5)
        ages = disease.AGES if Role.DWI in roles or Role.ADC in roles else disease.VISIBLE_ON_FLAIR
        change = disease.draw_change(disease.draw_age(ages, random), random)
        disease.apply(tissue, weight * uneven, change)
    return Painted(slab, pixels, tissue, fluid_t1(of_regions), draw_protocol(random)), weight


def mask_with_errors(slab: Slab, random: np.random.Generator) -> np.ndarray:
    """A brain mask as programs give it, bool (H, W).

    A mm or two too wide or too tight, unevenly; some with a piece of skull base, orbit or scalp in it or with a piece
    missing; a quarter tight around the tissue, as stripped volumes are published.
    """
    shape = slab.depth_mm.shape
    if random.random() < 0.25:
        tissue = slab.regions[len(slab.regions) // 2] < Region.FLUID
        near = ndimage.gaussian_filter(tissue.astype(np.float32), random.uniform(1.0, 2.5))
        return ndimage.binary_fill_holes(near > random.uniform(0.2, 0.45)) & (slab.depth_mm < 2)
    limit = random.normal(-0.8, 1.3) + abs(random.normal(0, 1.0)) * rough(shape, 30.0, random)
    kind = random.random()
    if kind < 0.3:
        patch = 1 / (1 + np.exp(-(rough(shape, 45.0, random) - random.uniform(0.0, 1.0)) * 6))
        limit = limit + patch * (random.uniform(3, 14) if kind < 0.2 else random.uniform(-10, -3))
    return slab.depth_mm < limit


def _roles(protocols: Protocols, only: frozenset[Role], random: np.random.Generator) -> tuple[Role, ...]:
    shares = np.array([share if not only or only & set(roles) else 0.0 for roles, share in protocols])
    return protocols[int(random.choice(len(shares), p=shares / shares.sum()))][0]


def _inside(spot: Spot, head: Anatomy, random: np.random.Generator) -> np.ndarray:
    """A voxel (3,) in a lesion, in the head's parenchyma if a few tries find it there."""
    for _ in range(8):
        voxel = head.from_mni(spot.some_place(random))
        nearest = np.clip(np.rint(voxel).astype(int), 0, np.array(head.regions.shape) - 1)
        if head.regions[tuple(nearest)] < Region.FLUID:
            break
    return voxel


def _target(head: Anatomy, random: np.random.Generator) -> np.ndarray:
    """A voxel (3,) that a slice goes through: near air and in the posterior fossa more often than by chance."""
    kind = random.random()
    places = head.posterior if kind < 0.25 else head.near_air if kind < 0.45 else head.anywhere
    return places[int(random.integers(len(places)))].astype(np.float64)
