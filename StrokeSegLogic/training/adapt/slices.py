"""Slices of a site's cases as batches: drawn patient by patient, augmented as the bundled model's were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...base.errors import InputError
from ...base.settings import PLANES, Plane
from ...nets.models.spec import PlanesModelSpec
from ...space.grid import to_stack
from ..examples import Examples
from ..stream.batches import BatchMaker
from ..stream.recipe import StageSpec
from ..stream.samples import CHANNELS, Sample
from ..stream.tensors import CANVAS
from .cases import SiteCase
from .settings import AdaptSettings

_STEP = 32
"""Sides of a patch that no scale of a network divides unevenly."""


@dataclass(frozen=True)
class _Slices:
    """Numbers of a case's slices in a plane, with and without lesion, of those that a network is shown."""

    lesion: np.ndarray
    clear: np.ndarray


class SiteSlices:
    """Slices of prepared cases, each patient as often as any other.

    Args:
        cases: to draw from.
        lesion_share: part of the draws that take a slice with lesion, where the case has one.
    """

    def __init__(self, cases: Sequence[SiteCase], lesion_share: float) -> None:
        self._share = lesion_share
        self._slices: dict[Plane, list[tuple[SiteCase, _Slices]]] = {plane: [] for plane in PLANES}
        for case in cases:
            labels = np.array(case.labels)
            for plane in PLANES:
                seen = case.seen(plane)
                lesion = seen & (to_stack(labels, plane) > 0).any(axis=(1, 2))
                if seen.any():
                    found = _Slices(np.flatnonzero(lesion), np.flatnonzero(seen & ~lesion))
                    self._slices[plane].append((case, found))

    def planes(self) -> tuple[Plane, ...]:
        return tuple(plane for plane in PLANES if self._slices[plane])

    def draw(self, plane: Plane, random: np.random.Generator) -> Sample:
        patients = sorted({case.patient for case, _ in self._slices[plane]})
        patient = patients[int(random.integers(len(patients)))]
        own = [pair for pair in self._slices[plane] if pair[0].patient == patient]
        case, slices = own[int(random.integers(len(own)))]
        wanted = random.random() < self._share
        first, other = (slices.lesion, slices.clear) if wanted else (slices.clear, slices.lesion)
        return sample(case, plane, int(random.choice(first if len(first) else other)))

    def largest(self, plane: Plane) -> tuple[int, int]:
        """Rows and columns that hold every slice of a plane."""
        shapes = [to_stack(case.brain, plane).shape[1:] for case, _ in self._slices[plane]]
        return max(rows for rows, _ in shapes), max(columns for _, columns in shapes)


def sample(case: SiteCase, plane: Plane, number: int) -> Sample:
    """A slice of a prepared case; its sequences are over the brain's median again."""
    brain = np.array(to_stack(case.brain, plane)[number])
    values = [to_stack(channel, plane)[number].astype(np.float32) for channel in case.images]
    images = {role: image + 1 for role, image in zip(case.roles, values, strict=True) if image.any()}
    lesion = to_stack(case.labels, plane)[number] > 0
    return Sample(images, lesion, brain, np.ones_like(brain), plane, case.patient, complete=True)


@dataclass(frozen=True)
class _Recipe:
    """What batches are made by, see `stream.batches.BatchRecipe`."""

    seed: int
    batch: int
    patch: tuple[int, ...]
    needs_one_of: tuple[str, ...]
    only: tuple[str, ...]


class SiteBatches:
    """The batch of a number, for one plane's network.

    Args:
        spec: of the model.
        settings: how.
        cases: to draw from.
        plane: of the network.

    Raises:
        InputError: if no case has a slice of that plane.
    """

    def __init__(self, spec: PlanesModelSpec, settings: AdaptSettings, cases: Sequence[SiteCase], plane: Plane) -> None:
        source = SiteSlices(cases, settings.lesion_share)
        if plane not in source.planes():
            raise InputError(f"no case has {plane} slices", where="training cases", fix="Look at the images")
        self._channels = [CHANNELS.index(role) for role in spec.roles]
        patch = spec.canvas or tuple(min(-(-side // _STEP) * _STEP, CANVAS) for side in source.largest(plane))
        recipe = _Recipe(settings.seed, settings.batch, patch, spec.needs_one_of, spec.inputs)
        # A model that never learned without some sequences is not shown slices without them now.
        some = 0.0 if spec.needs_all_of else settings.fewer
        stage = StageSpec(settings.steps, settings.rate, settings.final_rate, mixed=0.0, some=some)
        self._batches = BatchMaker(recipe, stage, [(source, 1.0)], (plane,), PLANES.index(plane))

    def __call__(self, number: int) -> Examples:
        examples = self._batches(number)
        return replace(examples, images=examples.images[:, self._channels])
