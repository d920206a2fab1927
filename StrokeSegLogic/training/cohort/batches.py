"""Batches of a data set's slices or volumes, epoch after epoch, each a function of its number alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from ...base.errors import InputError
from ...base.settings import Plane
from ...ctp.routes.field import background
from ...mri.prepare import MIN_PIXELS, seen_slices
from ...nets.run.inputs import centred
from ...space.grid import to_stack
from ..augmentation import Augment, Augmented, augmenter
from ..examples import Examples
from .prepared import PreparedCase
from .recipe import CohortRecipe, Member, PlanesSpec


@dataclass(frozen=True)
class Item:
    """What one sample is: a case's slice in its member's plane; -1 is the whole volume."""

    case: int
    slice: int


class CohortBatches:
    """Draws every item once an epoch, in an order that seed, member and epoch decide.

    Args:
        recipe: sizes, batch, augmentation and seed.
        member: whose slices.
        cases: to draw from.
        training: shuffled and augmented; otherwise in order and as they are.

    Raises:
        InputError: if there is nothing to draw, or the augmentation does not fit.
    """

    def __init__(self, recipe: CohortRecipe, member: Member, cases: Sequence[PreparedCase], *, training: bool) -> None:
        self._recipe = recipe
        self._plane: Plane = "axial" if member == "network" else member
        self._stream = ("axial", "coronal", "sagittal", "network").index(member)
        self._cases = cases
        self._training = training
        self._whole = not isinstance(recipe.view, PlanesSpec) and len(recipe.view.size) == 3
        self._patch = recipe.view.patch if isinstance(recipe.view, PlanesSpec) else recipe.view.size
        self._background = tuple(value for entry in recipe.inputs for value in background(entry))
        self._augment = self._augmenter(recipe, member)
        self.items = self._listed()
        if not self.items:
            raise InputError(
                f"no {self._plane} slice of {', '.join(case.subject.case for case in cases) or 'no case'} "
                f"holds {MIN_PIXELS} pixels of brain",
                where=recipe.name,
                fix="Look at the images, or make the view finer",
            )

    def _augmenter(self, recipe: CohortRecipe, member: Member) -> Augment | None:
        spec = recipe.augmentation
        if spec is None or not self._training:
            return None
        if member == "sagittal":
            # Left and right may be mirrored; front and back may not.
            spec = replace(spec, flips=tuple(axis for axis in spec.flips if axis != -1))
        return augmenter(spec, 3 if self._whole else 2, self._background)

    def _listed(self) -> list[Item]:
        if self._whole:
            return [Item(number, -1) for number in range(len(self._cases))]
        return [
            Item(number, int(k))
            for number, case in enumerate(self._cases)
            for k in np.flatnonzero(seen_slices(case.brain, self._plane))
        ]

    @property
    def per_epoch(self) -> int:
        """Batches an epoch; the last may be smaller, but for training: batch norms need their samples."""
        full, rest = divmod(len(self.items), self._recipe.batch)
        return max(full, 1) if self._training else full + (rest > 0)

    def __call__(self, number: int) -> Examples:
        """The batch of that number; numbers run on over the epochs."""
        epoch, position = divmod(number, self.per_epoch)
        order = np.arange(len(self.items))
        if self._training:
            order = np.random.default_rng([self._recipe.seed, self._stream, epoch]).permutation(order)
        size = self._recipe.batch
        chosen = [int(i) for i in order[position * size : (position + 1) * size]]
        return self._collated([self.items[i] for i in chosen], [epoch * len(self.items) + i for i in chosen])

    def _collated(self, items: Sequence[Item], numbers: Sequence[int]) -> Examples:
        samples = [self._sample(item, number) for item, number in zip(items, numbers, strict=True)]
        images, labels, counted = (torch.stack(part) for part in zip(*samples, strict=True))
        subjects = [self._cases[item.case].subject for item in items]
        scores = [subject.nihss for subject in subjects]
        nihss = [score for score in scores if score is not None]
        return Examples(
            images=images,
            labels=labels,
            counted=counted,
            # In training alone, as in slow fusion's published code: validation losses stay comparable between groups.
            emphasised=torch.tensor([self._training and subject.group == "Non-LVO" for subject in subjects]),
            nihss=torch.tensor(nihss, dtype=torch.float32) if self._recipe.nihss else None,
            names=tuple(
                subject.case if item.slice < 0 else f"{subject.case} {self._plane} slice {item.slice}"
                for subject, item in zip(subjects, items, strict=True)
            ),
        )

    def _sample(self, item: Item, number: int) -> Augmented:
        case = self._cases[item.case]
        if self._whole:
            images, labels = case.images.astype(np.float32), np.array(case.labels)
        else:
            images = np.stack([to_stack(channel, self._plane)[item.slice] for channel in case.images])
            images = images.astype(np.float32)
            labels = np.array(to_stack(case.labels, self._plane)[item.slice])
        images, labels = self._fitted(images, labels)
        sample = (
            torch.from_numpy(images),
            torch.from_numpy(labels.astype(np.int64)),
            torch.ones(labels.shape, dtype=torch.bool),
        )
        if self._augment is None:
            return sample
        seed = int(np.random.default_rng([self._recipe.seed, self._stream, number]).integers(2**31))
        return self._augment(*sample, seed)

    def _fitted(self, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Centred on the patch and cut to it; what is added is background, and counts: air is no lesion either."""
        if labels.shape == tuple(self._patch):
            return images, labels
        target, origin = centred(labels.shape, self._patch)
        fill = np.reshape(np.array(self._background, np.float32), (-1, 1, 1))
        fitted = np.broadcast_to(fill, (len(images), *self._patch)).copy()
        (rows, columns), (from_rows, from_columns) = target, origin
        fitted[:, rows, columns] = images[:, from_rows, from_columns]
        fitted_labels = np.zeros(self._patch, labels.dtype)
        fitted_labels[rows, columns] = labels[from_rows, from_columns]
        return fitted, fitted_labels
