"""A procedural head: which tissue lies at any point of space.

Positions inside the head frame are about those of the MNI152 atlas with y turned to LPS (x to the left, y to the
back, z up; mm; zero at the anterior commissure). Nothing is stored on a lattice, so that images on any grids agree.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

import numpy as np

from . import shapes
from .shapes import common, ellipsoid
from .structures import cerebellum, cerebral_hull, fissures, head_hull, nuclei, stem, ventricles
from .traits import Traits
from .waves import Waves


class Tissue(IntEnum):
    """Rows of a tissue mixture."""

    WHITE = 0
    GREY = 1
    DEEP_GREY = 2
    CSF = 3
    HYPERINTENSITY = 4
    BONE = 5
    FAT = 6
    MUSCLE = 7
    AIR = 8


_LayShape = Callable[[Tissue, np.ndarray], None]

_MASK_MARGIN_MM = 1.2
"""What a skull stripper leaves of the fluid around the brain."""


class Head:
    """One head, drawn from a random generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.traits = Traits.of(rng)
        self._bend = [Waves.of(rng, 140, 4, 0.3) for _ in range(3)]
        self._ripple = [Waves.of(rng, 34, 5, 0.3) for _ in range(3)]
        self._texture = Waves.of(rng, 11, 8, 0.5)
        self._sulci = Waves.of(rng, 20, 15)
        self._depth = Waves.of(rng, 45, 6)
        self._outline = Waves.of(rng, 60, 6, 0.3)
        self._patches = Waves.of(rng, 16, 10, 0.4)
        self._folia = Waves.of(rng, 22, 8, 0.3)

    def to_head(self, world: np.ndarray) -> np.ndarray:
        """Positions (N, 3) in the head frame of world positions (N, 3), mm, LPS; float32."""
        traits = self.traits
        straight = (world - np.asarray(traits.shift)) @ traits.tilt / np.asarray(traits.scale)
        straight = straight.astype(np.float32)
        # Slow bends make the two hemispheres unequal, as they are in people.
        bend = np.stack([waves.at(straight) for waves in self._bend], axis=1) * np.float32(1.3)
        # Faster waves keep fissures and ventricles from looking drawn with a ruler.
        bend += np.stack([waves.at(straight) for waves in self._ripple], axis=1) * np.float32(0.9)
        return straight + bend

    def to_world(self, head: np.ndarray) -> np.ndarray:
        """The world position (3,), mm, LPS, whose place in the head frame is `head`; the bends are slow, so few steps
        suffice."""
        world = np.asarray(head, float)
        for _ in range(8):
            world = world + (head - self.to_head(world[None])[0])
        return world

    def texture(self, head: np.ndarray) -> np.ndarray:
        """Factor (N,) on the signal at head positions (N, 3): tissue is never quite even."""
        return 1 + np.float32(0.025) * self._texture.at(head)

    def brain(self, head: np.ndarray) -> np.ndarray:
        """Depth (N,) in mm below the outline of a skull-stripped brain, at head positions (N, 3)."""
        x, y, z = np.abs(head[:, 0]), head[:, 1], head[:, 2]
        lower = shapes.united(cerebellum(x, y, z), stem(x, y, z), 8)
        return shapes.united(cerebral_hull(x, y, z), lower, 10) + np.float32(_MASK_MARGIN_MM)

    def skin(self, head: np.ndarray) -> np.ndarray:
        """Depth (N,) in mm below the skin at head positions (N, 3)."""
        return head_hull(np.abs(head[:, 0]), head[:, 1], head[:, 2])[0]

    def tissues(self, head: np.ndarray, edge_mm: float, skull: bool) -> np.ndarray:
        """Parts of each tissue.

        Args:
            head: positions (N, 3) in the head frame.
            edge_mm: width over which one tissue passes into the next; about a voxel.
            skull: whether bone, scalp and face lie around the brain (else: fluid).

        Returns:
            Mixture (tissue, N), float32; sums to 1.
        """
        x, y, z = np.abs(head[:, 0]), head[:, 1], head[:, 2]
        mixture = np.zeros((len(Tissue), len(head)), np.float32)
        mixture[Tissue.CSF] = 1

        def lay(tissue: Tissue, part: np.ndarray) -> None:
            np.multiply(mixture, 1 - part, out=mixture)
            mixture[tissue] += part

        def lay_shape(tissue: Tissue, depth: np.ndarray) -> None:
            lay(tissue, shapes.cover(depth, edge_mm))

        if skull:
            self._lay_skull(head, lay_shape)
        pial, cortical = self._cortex(head)
        lay_shape(Tissue.GREY, pial)
        lay_shape(Tissue.WHITE, np.minimum(cortical - np.float32(self.traits.cortex_mm), pial))
        self._lay_cerebellum(head, lay_shape)
        core = stem(x, y, z)
        lay_shape(Tissue.WHITE, core)
        lay(Tissue.DEEP_GREY, np.float32(0.4) * shapes.cover(core - 2, 4))
        for depth, share in nuclei(x, y, z):
            lay(Tissue.DEEP_GREY, np.float32(share) * shapes.cover(depth, edge_mm + 0.8))
        cavities = ventricles(x, y, z, self.traits.ventricles)
        for *centre, radius in self.traits.lacunes:
            cavities = np.maximum(cavities, shapes.ellipsoid(head[:, 0], y, z, centre, [radius] * 3))
        self._lay_hyperintensities(head, mixture, cavities)
        lay_shape(Tissue.CSF, cavities)
        return mixture

    def _cortex(self, head: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Depth below the pia, and below the pia as far as it carries cortex; both (N,), mm."""
        x, y, z = np.abs(head[:, 0]), head[:, 1], head[:, 2]
        hull = cerebral_hull(x, y, z) + self._outline.at(head)
        between, between_cortex, lateral = fissures(x, y, z)
        # The walls of the Sylvian fissure carry no sulci of their own.
        depth = np.minimum(hull, between)
        sulci = np.full_like(depth, 30)
        # Far from any surface there are no sulci, and the waves are the dearest part.
        near = np.flatnonzero((depth > -4) & (depth < 34))
        floor = np.float32(self.traits.sulcus_depth_mm) + 3.0 * self._depth.at(head[near])
        below = np.maximum(depth[near] - floor, 0)
        sheet = self._sulci.sheet_distance(_spread(head[near]))
        width = np.float32(self.traits.sulcus_mm) + np.clip(0.8 - 0.15 * depth[near], 0, 0.8)  # open at the top
        sulci[near] = np.sqrt(sheet * sheet + below * below) - width
        walls = np.minimum(lateral, sulci)
        return np.minimum(depth, walls), np.minimum(np.minimum(hull, between_cortex), walls)

    def _lay_cerebellum(self, head: np.ndarray, lay_shape: _LayShape) -> None:
        x, y, z = np.abs(head[:, 0]), head[:, 1], head[:, 2]
        hull = cerebellum(x, y, z)
        inside = np.flatnonzero(hull > -3)
        depth = np.full_like(hull, -30)
        white = np.full_like(hull, -30)
        if len(inside):
            # Folia are sheets that fan out from the fourth ventricle.
            radius = np.sqrt((0.6 * x[inside]) ** 2 + (y[inside] - 42) ** 2)
            angle = np.arctan2(z[inside] + 28, radius)
            turns = angle * np.float32(6.0) + 0.25 * self._folia.at(head[inside])
            leaf = np.abs(turns - np.round(turns)) * np.float32(2)
            reach = np.hypot(radius, z[inside] + 28)
            spacing = reach * np.float32(1 / 6.0 / 2)
            below = np.maximum(hull[inside] - 15, 0)
            fissure = np.sqrt((leaf * spacing) ** 2 + below * below)
            depth[inside] = np.minimum(hull[inside], fissure - np.float32(0.1 + 0.25 * self.traits.sulcus_mm))
            white[inside] = np.minimum(hull[inside] - 2.6, fissure - 1.9)
        lay_shape(Tissue.GREY, depth)
        lay_shape(Tissue.WHITE, white)

    def _lay_hyperintensities(self, head: np.ndarray, mixture: np.ndarray, cavities: np.ndarray) -> None:
        """Caps and patches around the ventricles, and a rim around old cavities; in white matter alone."""
        near = np.flatnonzero((cavities > -14) & (mixture[Tissue.WHITE] > 0.3) & (head[:, 2] > -2))
        patches = self._patches.at(head[near])
        reach = np.float32(self.traits.hyperintensity_mm) + 2.2 * patches
        part = shapes.cover(cavities[near] + reach, 5.0) * mixture[Tissue.WHITE, near]
        mixture[Tissue.WHITE, near] -= part
        mixture[Tissue.HYPERINTENSITY, near] += part

    def _lay_skull(self, head: np.ndarray, lay_shape: _LayShape) -> None:
        x, y, z = np.abs(head[:, 0]), head[:, 1], head[:, 2]
        skin, below_fat, eyes, air = head_hull(x, y, z)
        inner_table = self.brain(head) + 2.5
        lay_shape(Tissue.AIR, np.full_like(skin, 30))
        lay_shape(Tissue.FAT, skin - 1)
        lay_shape(Tissue.MUSCLE, below_fat - 2 * np.clip((-20 - z) / 20, 0, 1))
        lay_shape(Tissue.BONE, common(inner_table + 7.5, below_fat, 2))
        # Marrow between the tables shines as fat does.
        lay_shape(Tissue.FAT, common(1.4 - np.abs(inner_table + 3.8), z + 5, 2) - 0.4)
        lay_shape(Tissue.FAT, ellipsoid(x, y, z, (29, -56, -31), (17, 20, 16)))
        lay_shape(Tissue.AIR, common(air, skin - 6, 1))
        lay_shape(Tissue.CSF, np.maximum(eyes, inner_table))


def _spread(head: np.ndarray) -> np.ndarray:
    """Points drawn out from the middle of their hemisphere towards its surface.

    Along such a ray the result hardly moves, so that sheets through it stand upright on the surface.
    """
    side = np.where(head[:, :1] < 0, np.float32(-1), np.float32(1))
    centre = np.concatenate([26 * side, np.full_like(side, 16), np.full_like(side, 12)], axis=1)
    ray = head - centre
    level = np.linalg.norm(ray / np.array([34, 78, 54], np.float32), axis=1, keepdims=True)
    return centre + ray / np.maximum(level, np.float32(0.3)) ** np.float32(0.55)
