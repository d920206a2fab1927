"""Lesions as masks in MNI space, moved, mirrored, cut to a territory or to the cortex, and looked up in a slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ..stream.sources.lesions import Shape
from .anatomy import Anatomy
from .atlas import GROUPS, POSTERIOR, Territories, mni_place
from .relaxation import Region
from .slab import Slab

SMALL_VOXELS = 3000
"""Shapes up to so many mm³ may be moved into another territory."""
_TINY_MM = (1.8, 6.0)


@dataclass(frozen=True)
class Spot:
    """A mask in MNI.

    Attributes:
        mask: uint8 (z, y, x), 1 mm, not empty.
        corner: MNI place (z, y, x) of its first voxel, see `atlas.mni_place`.
        cortical: whether grey matter's share alone is meant: a ribbon.
    """

    mask: np.ndarray
    corner: np.ndarray
    cortical: bool = False

    @classmethod
    def of(cls, shape: Shape) -> Spot:
        """A patient's lesion where it was."""
        return cls(shape.mask.view(np.uint8), mni_place(shape.corner_mm))

    def mirrored(self) -> Spot:
        """On the other side of the midline."""
        corner = self.corner.copy()
        corner[2] = -(corner[2] + self.mask.shape[2] - 1)
        return replace(self, mask=self.mask[..., ::-1], corner=corner)

    def moved(self, by_mm: np.ndarray) -> Spot:
        return replace(self, corner=self.corner + by_mm)

    def some_place(self, random: np.random.Generator) -> np.ndarray:
        """An MNI place (3,) inside."""
        inside = np.flatnonzero(self.mask)
        chosen = int(inside[random.integers(len(inside))])
        return np.array(np.unravel_index(chosen, self.mask.shape)) + self.corner

    def weight(self, slab: Slab) -> np.ndarray:
        """How much of each point of a slab is lesion, 0 to 1, float32 (layers, H, W); tissue alone can be."""
        weight = np.zeros(slab.regions.shape, np.float32)
        near = slab.regions < Region.FLUID
        for axis, (first, count) in enumerate(zip(self.corner, self.mask.shape, strict=True)):
            near &= (slab.place[axis] > first - 1) & (slab.place[axis] < first + count)
        if self.cortical:
            near &= np.isin(slab.regions, (Region.CORTEX, Region.CEREBELLAR_CORTEX))
        if near.any():
            at = slab.place[:, near] - self.corner.astype(np.float32)[:, None]
            weight[near] = ndimage.map_coordinates(self.mask, at, order=1, output=np.float32, mode="constant")
        return weight


def infarct(
    shapes: Sequence[Shape], head: Anatomy, territories: Territories, random: np.random.Generator
) -> list[Spot]:
    """An acute infarct: a patient's where it was, on either side; a small lesion in any territory; or tiny spots.

    Each group of territories is as often drawn as any other, so that insula, basal ganglia, brain stem and cerebellum
    are seen as often as convexities.
    """
    kind = random.random()
    if kind < 0.15:
        return scattered(head, territories, random)
    spot = Spot.of(shapes[int(random.integers(len(shapes)))])
    if kind > 0.75:
        # Large infarcts are rarer than small infarcts, but most of what is to be found.
        spot = max(spot, Spot.of(shapes[int(random.integers(len(shapes)))]), key=lambda each: int(each.mask.sum()))
    if random.random() < 0.5:
        spot = spot.mirrored()
    if kind < 0.5 and int(spot.mask.sum()) <= SMALL_VOXELS:
        return [_into_territory(spot, head, territories, random)]
    spot = replace(spot, cortical=bool(random.random() < 0.15 and int(spot.mask.sum()) > 1000))
    return [spot.moved(random.uniform(-4, 4, 3))]


def scattered(head: Anatomy, territories: Territories, random: np.random.Generator) -> list[Spot]:
    """A few emboli: ellipsoids of some mm in a group of territories."""
    group = _some_group(random)
    count = int(random.choice((1, 2, 3, 5), p=(0.5, 0.25, 0.15, 0.1)))
    return [blob(_place_in(group, head, territories, random), random) for _ in range(count)]


def blob(place: np.ndarray, random: np.random.Generator, radius_mm: tuple[float, float] = _TINY_MM) -> Spot:
    """An ellipsoid about an MNI place, its radii within a range, the smaller the likelier."""
    radii = radius_mm[0] * (radius_mm[1] / radius_mm[0]) ** (random.random() ** 1.5) * random.uniform(0.75, 1.3, 3)
    reach = np.ceil(radii).astype(int) + 1
    z, y, x = np.ogrid[tuple(slice(-r, r + 1) for r in reach)]
    inside = (z / radii[0]) ** 2 + (y / radii[1]) ** 2 + (x / radii[2]) ** 2 <= 1
    return Spot(inside.astype(np.uint8), np.asarray(place) - reach)


def mni_of(head: Anatomy, voxels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The MNI place (3,) of some of a head's voxels (N, 3)."""
    return head.mni @ voxels[int(random.integers(len(voxels)))] + head.mni_shift


def total_weight(spots: Sequence[Spot], slab: Slab) -> np.ndarray:
    """What any of some spots takes of each point, float32 (layers, H, W)."""
    total = np.zeros(slab.regions.shape, np.float32)
    for spot in spots:
        np.maximum(total, spot.weight(slab), out=total)
    return total


def _some_group(random: np.random.Generator) -> str:
    return list(GROUPS)[int(random.integers(len(GROUPS)))]


def _place_in(group: str, head: Anatomy, territories: Territories, random: np.random.Generator) -> np.ndarray:
    """An MNI place (3,) in a group of territories. The atlas ends in the middle of the cerebellum: there the head's."""
    return mni_of(head, head.posterior, random) if group in POSTERIOR else territories.random_place(group, random)


def _into_territory(spot: Spot, head: Anatomy, territories: Territories, random: np.random.Generator) -> Spot:
    """The spot with its middle somewhere in a group of territories, and cut to it, where the atlas has all of it."""
    group = _some_group(random)
    middle = np.array(spot.mask.shape) // 2
    moved = replace(spot, corner=np.round(_place_in(group, head, territories, random) - middle).astype(int))
    if group in POSTERIOR:
        return moved
    start = np.round(moved.corner - territories.corner).astype(int)
    allowed = np.zeros(spot.mask.shape, bool)
    low = np.maximum(start, 0)
    high = np.minimum(start + spot.mask.shape, territories.labels.shape)
    if (low < high).all():
        own = territories.labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        at = tuple(slice(a - s, b - s) for a, b, s in zip(low, high, start, strict=True))
        allowed[at] = np.isin(own, GROUPS[group])
    cut = moved.mask * allowed
    return replace(moved, mask=cut) if cut.any() else moved
