"""Bright things that are no acute infarct: old infarcts, white matter disease, multiple sclerosis, single spots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ..stream.sources.lesions import Shape
from . import disease
from .anatomy import Anatomy
from .disease import apply, draw_change, hollow
from .relaxation import Region, Relaxation
from .slab import Slab, rough
from .spots import Spot, blob, mni_of, total_weight


def paint_mimics(
    tissue: Relaxation,
    slab: Slab,
    pixels: np.ndarray,
    head: Anatomy,
    old: Sequence[Shape],
    sclerosis: Sequence[Shape],
    random: np.random.Generator,
) -> None:
    """Changes tissue (layers, N) of a slab's pixels, in place; each kind of disease now and then, several together."""
    white = slab.regions[:, pixels] == Region.WHITE_MATTER
    if random.random() < 0.85:
        diseased = white * white_matter_disease(slab, random)[pixels]
        apply(tissue, diseased, draw_change(disease.WHITE_MATTER_DISEASE, random))
    if sclerosis and random.random() < 0.1:
        spot = _of_some_patient(sclerosis, random)
        apply(tissue, spot.weight(slab)[:, pixels], draw_change(disease.MULTIPLE_SCLEROSIS, random))
    if old and random.random() < 0.15:
        _old_infarct(tissue, slab, pixels, _of_some_patient(old, random), random)
    if random.random() < 0.2:
        _lacunes(tissue, slab, pixels, head, random)
    if random.random() < 0.12:
        # Some weeks old, or anything else that is bright by T2 alone.
        spots = _nearby(head, slab, random, int(random.integers(1, 3)), (1.5, 8.0))
        apply(tissue, total_weight(spots, slab)[:, pixels], draw_change(disease.SHINE_THROUGH, random))
    if random.random() < 0.25:
        # Perivascular spaces.
        for spot in _nearby(head, slab, random, int(random.integers(1, 8)), (0.7, 1.6)):
            hollow(tissue, 0.9 * spot.weight(slab)[:, pixels])


def white_matter_disease(slab: Slab, random: np.random.Generator) -> np.ndarray:
    """How diseased white matter would be, 0 to 1, float32 (H, W): bands and caps at the ventricles, from thin to
    confluent, and points away from them (Fazekas et al., AJR 1987, 149:351)."""
    shape = slab.ventricle_mm.shape
    burden = random.random() ** 2
    reach = 1.5 + 14.0 * burden * random.random()
    uneven = 1 + 0.6 * rough(shape, 18.0, random) + 0.2 * rough(shape, 5.0, random)
    beside = 1 / (1 + np.exp(-(reach * uneven - slab.ventricle_mm).clip(-30, 30) / 1.2))
    limit = random.uniform(1.7, 3.2) - 0.8 * burden
    points = 1 / (1 + np.exp(-(rough(shape, random.uniform(4.0, 9.0), random) - limit).clip(-4, 4) * 8))
    away = slab.ventricle_mm > 3
    return np.maximum(beside, points * away).astype(np.float32)


def _old_infarct(tissue: Relaxation, slab: Slab, pixels: np.ndarray, spot: Spot, random: np.random.Generator) -> None:
    """A cavity where the lesion is deep enough, gliosis around it."""
    weight = spot.weight(slab)
    middle = weight[len(weight) // 2]
    if not middle.any():
        return
    deep = ndimage.gaussian_filter(middle, random.uniform(1.5, 4.0)) + 0.15 * rough(middle.shape, 10.0, random)
    hole = 1 / (1 + np.exp(-(deep - random.uniform(0.55, 1.1)) * 12))
    # Gliosis fades into what is left.
    around = np.maximum(weight, 0.8 * ndimage.gaussian_filter(middle, 2.0))[:, pixels]
    parenchyma = slab.regions[:, pixels] < Region.FLUID
    apply(tissue, around * parenchyma, draw_change(disease.GLIOSIS, random))
    hollow(tissue, weight[:, pixels] * hole[pixels])


def _lacunes(tissue: Relaxation, slab: Slab, pixels: np.ndarray, head: Anatomy, random: np.random.Generator) -> None:
    """Old lacunes: a hole of some mm in a gliotic rim, or the rim alone."""
    change = draw_change(disease.GLIOSIS, random)
    for spot in _nearby(head, slab, random, int(random.integers(1, 4)), (1.8, 5.0)):
        weight = spot.weight(slab)
        apply(tissue, weight[:, pixels], change)
        if random.random() < 0.7:
            core = Spot(ndimage.binary_erosion(spot.mask).astype(np.uint8), spot.corner)
            hollow(tissue, core.weight(slab)[:, pixels])


def _nearby(
    head: Anatomy, slab: Slab, random: np.random.Generator, count: int, radius_mm: tuple[float, float]
) -> list[Spot]:
    """Ellipsoids about points of tissue in the slice; anywhere in the brain if it has none."""
    layer = slab.regions[len(slab.regions) // 2] < Region.FLUID
    inside = np.flatnonzero(layer)
    places = slab.place[:, len(slab.regions) // 2].reshape(3, -1)
    spots = []
    for _ in range(count):
        place = places[:, inside[random.integers(len(inside))]] if len(inside) else mni_of(head, head.anywhere, random)
        spots.append(blob(np.round(place), random, radius_mm))
    return spots


def _of_some_patient(shapes: Sequence[Shape], random: np.random.Generator) -> Spot:
    spot = Spot.of(shapes[int(random.integers(len(shapes)))])
    return spot.mirrored() if random.random() < 0.5 else spot
