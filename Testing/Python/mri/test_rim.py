"""What lies around the brain changes nothing in it, and only what is found in the brain is carried on into the rim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy.ndimage import maximum_filter

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.base.settings import PLANES, Plane
from StrokeSegLogic.mri.prepare import seen_slices, shown_within
from StrokeSegLogic.mri.vote import run_planes
from StrokeSegLogic.nets.run.inputs import LOWEST
from StrokeSegLogic.nets.run.network import choose
from StrokeSegLogic.space.grid import Grid, box_slices

SHAPE = (20, 22, 24)


@dataclass(frozen=True)
class Head:
    """A box of brain in a rim of another brightness; the second sequence is missing."""

    rim: float
    width: int = 3

    @property
    def grid(self) -> Grid:
        return Grid(SHAPE[::-1], (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))

    @property
    def brain(self) -> np.ndarray:
        brain = np.zeros(SHAPE, bool)
        brain[box_slices((6, 6, 6), (12, 10, 8))] = True
        return brain

    @property
    def searched(self) -> np.ndarray:
        return maximum_filter(self.brain, 2 * self.width + 1)

    @property
    def channels(self) -> np.ndarray:
        values = np.where(self.searched, np.float32(self.rim), np.float32(LOWEST))
        values[self.brain] = np.random.default_rng(4).normal(0, 0.3, int(self.brain.sum()))
        return np.stack([values, np.zeros(SHAPE, np.float32)])

    def seen(self, plane: Plane) -> np.ndarray:
        return seen_slices(self.searched, plane)


class MovedByAll(torch.nn.Module):
    """Two logits of a slice (N, C, H, W): lesion is what is bright, and all the more so the brighter the slice is."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logit = 3 * images[:, :1] + 4 * images[:, :1].mean((2, 3), keepdim=True)
        return torch.cat([torch.zeros_like(logit), logit], 1)


def found(head: Head, flips: bool = False) -> dict[Plane, np.ndarray]:
    networks = dict.fromkeys(PLANES, MovedByAll())
    return run_planes(networks, head, choose("cpu", full_precision=True), Progress(), flips)


@pytest.mark.parametrize("flips", [False, True], ids=["straight", "both ways round"])
@pytest.mark.parametrize("rim", [LOWEST, 0.0, 4.0], ids=["dark", "like brain", "bright"])
def test_in_the_brain_a_rim_around_it_changes_nothing(rim: float, flips: bool) -> None:
    head, without = Head(rim), found(Head(rim, width=0), flips)
    for plane, values in found(head, flips).items():
        np.testing.assert_allclose(values[head.brain], without[plane][head.brain], atol=1e-6)


def test_in_the_rim_nothing_is_more_probable_than_in_the_brain_beside_it() -> None:
    head = Head(4.0)
    for values in found(head).values():
        rim = head.searched & ~head.brain
        beside = maximum_filter(np.where(head.brain, values, 0), 7)
        assert (values[rim] <= beside[rim] + 1e-6).all() and (values[rim] > 0).any()
        assert (values[~head.searched] == 0).all()


def test_a_dark_rim_is_no_lesion_beside_a_bright_one_in_the_brain() -> None:
    head = Head(LOWEST)
    for values in found(head).values():
        assert values[head.searched & ~head.brain].max() < values[head.brain].max() / 2


def test_a_missing_sequence_stays_missing_outside_of_the_brain() -> None:
    head = Head(4.0)
    shown = shown_within(head.channels, head.brain)
    assert (shown[0][~head.brain] == LOWEST).all() and (shown[1] == 0).all()
    np.testing.assert_array_equal(shown[0][head.brain], head.channels[0][head.brain])
