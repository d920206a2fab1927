"""Batches drawn from sources: a function of seed, stage and number alone, so that a resumed run repeats nothing."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ...base.errors import InputError
from ...base.settings import Plane
from ...nets.run.inputs import normalise
from ..examples import Examples
from .augment import coarsen, drop, move, vary
from .recipe import StageSpec
from .samples import CHANNELS, Sample, Source
from .simulate import complete, paint
from .tensors import Batch, Dice, collate


class BatchRecipe(Protocol):
    """What batches ask of a recipe.

    Attributes:
        seed: of everything random.
        batch: slices a step.
        patch: rows and columns that the network sees, in the slices' own pixels.
        needs_one_of: sequences of which a slice keeps at least one.
        only: sequences that the network is shown; all if empty.
    """

    @property
    def seed(self) -> int: ...

    @property
    def batch(self) -> int: ...

    @property
    def patch(self) -> tuple[int, ...]: ...

    @property
    def needs_one_of(self) -> tuple[str, ...]: ...

    @property
    def only(self) -> tuple[str, ...]: ...


class BatchMaker:
    """Draws, paints, completes, augments and normalises.

    Args:
        recipe: of the run: the patch, the size of a batch, the sequences and the seed.
        spec: of the stage: the pixels, and how sequences are mixed.
        sources: each with its share of the draws.
        planes: of the stage.
        stage: its number, so that stages differ.

    Raises:
        InputError: if no source with a share has one of the planes.
    """

    def __init__(
        self,
        recipe: BatchRecipe,
        spec: StageSpec,
        sources: list[tuple[Source, float]],
        planes: tuple[Plane, ...],
        stage: int,
    ) -> None:
        self._recipe, self._spec = recipe, spec
        self._sources = [(source, share) for source, share in sources if share and set(source.planes()) & set(planes)]
        if not self._sources:
            raise InputError(
                f"no source has {' or '.join(planes)} slices in stage {stage}", fix="Give such a source a share"
            )
        self._planes = planes
        self._stage = stage
        self._needed = torch.tensor([role.value in recipe.needs_one_of for role in CHANNELS])
        self._shown = torch.tensor([role.value in recipe.only or not recipe.only for role in CHANNELS])

    def __call__(self, number: int) -> Examples:
        """The batch of that number.

        Raises:
            InputError: if a sample has nothing that the network is to be shown.
        """
        return self.drawn(number)[1]

    def drawn(self, number: int) -> tuple[list[Sample], Examples]:
        """The slices as they were drawn, and the batch of that number that was made of them.

        Raises:
            InputError: if a sample has nothing that the network is to be shown.
        """
        recipe, spec = self._recipe, self._spec
        random = np.random.default_rng([recipe.seed, self._stage, number])
        generator = torch.Generator().manual_seed(int(random.integers(2**62)))
        samples = [self._draw(random) for _ in range(recipe.batch)]
        batch = collate(samples)
        dice = Dice(recipe.batch, generator)
        real = batch.present.clone()
        move(batch, dice, (recipe.patch[0], recipe.patch[1]), spec.pixel_mm)
        paint(batch, dice)
        complete(batch, dice)
        self._show(batch, samples)
        real &= self._shown
        # Where all that is real was taken away, what is simulated stands for it.
        real = torch.where(real.any(dim=1, keepdim=True), real, batch.present)
        drop(batch, dice, self._needed & self._shown, real, spec.mixed, spec.some)
        coarsen(batch, dice)
        vary(batch, dice)
        return samples, Examples(
            images=normalised(batch),
            labels=batch.lesion[:, 0].long(),
            counted=batch.counted[:, 0],
            emphasised=torch.zeros(recipe.batch, dtype=torch.bool),
            nihss=None,
            names=tuple(sample.patient for sample in samples),
        )

    def _show(self, batch: Batch, samples: list[Sample]) -> None:
        """Takes away what the network is not to be shown."""
        batch.present = batch.present & self._shown
        for sample, present in zip(samples, batch.present.any(dim=1).tolist(), strict=True):
            if not present:
                raise InputError(
                    "has none of the sequences that 'only' names, and none can be simulated",
                    where=sample.patient,
                    fix="Give its source a share of 0",
                )

    def _draw(self, random: np.random.Generator) -> Sample:
        shares = np.array([share for _, share in self._sources])
        source = self._sources[int(random.choice(len(shares), p=shares / shares.sum()))][0]
        planes = [plane for plane in source.planes() if plane in self._planes]
        return source.draw(planes[int(random.integers(len(planes)))], random)


def normalised(batch: Batch) -> Tensor:
    """The networks' input: each sequence that is there normalised, 0 where there is none."""
    images = batch.images.numpy()
    brain = batch.brain[:, 0].numpy()
    out = np.zeros_like(images)
    for i, c in torch.nonzero(batch.present).tolist():
        inside = images[i, c][brain[i]]
        if inside.size and np.median(inside) > 0.05:
            out[i, c] = normalise(images[i, c], brain[i])
    return torch.from_numpy(out)
