"""The way from a head to a mask, with a network whose answer is known: bright is brain."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.brain.network import comparable, one_brain, probability_of_head
from StrokeSegLogic.nets.run.network import choose

FIELD = (24, 24, 24)


class BrightIsBrain(nn.Module):
    """Logits of a threshold of a half; remembers the sizes that it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Identity()
        self.shown: list[tuple[int, ...]] = []

    def forward(self, images: Tensor) -> Tensor:
        self.shown.append(tuple(images.shape[2:]))
        logit = self.scale(20 * (images - 0.5))
        return torch.cat([-logit, logit], dim=1)


def head(shape: tuple[int, int, int], centre: tuple[int, int, int], radius: float = 8.0) -> np.ndarray:
    z, y, x = np.indices(shape)
    distance = np.sqrt((z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2)
    return np.where(distance < radius, 100.0, 5.0).astype(np.float32)


@pytest.mark.parametrize("centre", [(20, 20, 20), (9, 30, 12), (36, 7, 33)])
def test_the_second_look_is_at_a_field_of_fixed_size_wherever_the_brain_lies(centre: tuple[int, int, int]) -> None:
    network, volume = BrightIsBrain(), head((40, 40, 40), centre)
    found = probability_of_head(network, choose("cpu"), volume, FIELD, Progress())
    assert network.shown == [(40, 40, 40), FIELD]
    assert np.array_equal(found > 0.5, volume > 50)


def test_a_neck_changes_nothing() -> None:
    volume = head((60, 40, 40), (14, 20, 20))
    volume[30:, 8:30, 8:30] = 40.0
    found = [
        probability_of_head(BrightIsBrain(), choose("cpu"), part, FIELD, Progress()) for part in (volume, volume[:32])
    ]
    assert np.array_equal(found[0][:32], found[1])


def test_a_volume_smaller_than_the_field_is_shown_with_air_around() -> None:
    volume = head((10, 30, 20), (5, 15, 10), 5.0) - 60
    found = probability_of_head(BrightIsBrain(), choose("cpu"), volume, FIELD, Progress())
    assert np.array_equal(found > 0.5, volume > 0)


@pytest.mark.parametrize("offset", [-60.0, 0.0, 1000.0])
def test_a_constant_added_to_all_values_changes_nothing(offset: float) -> None:
    """Beyond the volume lies what is darkest in it, and no 0: against that, air at 1000 would be bright."""
    volume = head((10, 30, 20), (5, 15, 10), 5.0)
    plain, shifted = (
        probability_of_head(BrightIsBrain(), choose("cpu"), values, FIELD, Progress())
        for values in (volume, volume + np.float32(offset))
    )
    np.testing.assert_allclose(shifted, plain, atol=1e-5)


def test_air_darker_than_all_in_a_volume_is_taken_as_it_is_told() -> None:
    """Resampling leaves of dark voxels something brighter: where the volume had 0, there is still 0 beyond it."""
    black: list[float] = []

    class Watched(BrightIsBrain):
        def forward(self, images: Tensor) -> Tensor:
            black.append(float((images == 0).float().mean()))
            return super().forward(images)

    volume = head((20, 30, 20), (10, 15, 10))
    for air in (None, 0.0, 50.0):
        probability_of_head(Watched(), choose("cpu"), volume, (40, 40, 40), Progress(), air=air)
    untold, darker, brighter = black[::2]
    assert darker == 1 - volume.size / 40**3
    assert untold == brighter > darker


@pytest.mark.parametrize("unknown", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_voxels_without_a_number_are_air(unknown: float, offset: float) -> None:
    volume = head((24, 24, 24), (12, 12, 12), 6.0) + np.float32(offset)
    broken = volume.copy()
    broken[:2] = unknown
    found = probability_of_head(BrightIsBrain(), choose("cpu"), broken, FIELD, Progress())
    assert np.array_equal(found > 0.5, volume > 50 + offset)


@pytest.mark.parametrize("value", [0.0, -3.0, np.nan])
def test_in_a_flat_volume_there_is_no_brain(value: float) -> None:
    volume = np.full((12, 12, 12), value, np.float32)
    assert not (probability_of_head(BrightIsBrain(), choose("cpu"), volume, FIELD, Progress()) > 0.5).any()


def test_a_cancel_is_heard_within_the_network() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        probability_of_head(
            BrightIsBrain(), choose("cpu"), head((20, 20, 20), (10, 10, 10)), FIELD, Progress(None, token)
        )


def test_eyes_go_and_holes_are_filled() -> None:
    probability = np.where(head((30, 30, 30), (12, 15, 15)) > 50, 0.9, 0.1).astype(np.float32)
    probability[12, 15, 15] = 0.2
    probability[27, 3:6, 3:6] = 0.95
    brain = one_brain(probability, 0.5) >= 0.5
    assert brain[12, 15, 15]
    assert not brain[27].any()
    assert brain.sum() == (head((30, 30, 30), (12, 15, 15)) > 50).sum()


def test_what_a_network_is_shown_does_not_depend_on_gain_or_a_few_bright_voxels() -> None:
    volume = np.random.default_rng(0).uniform(0, 100, (20, 20, 20)).astype(np.float32)
    shown = comparable(volume)
    assert shown.min() == 0 and shown.max() == 1
    np.testing.assert_allclose(comparable(volume * 37), shown, atol=1e-5)
    hot = volume.copy()
    hot[0, 0, :3] = 1e6
    np.testing.assert_allclose(comparable(hot)[1:], shown[1:], atol=0.01)


def test_on_ct_tissue_is_told_from_fluid() -> None:
    hounsfield = np.full((20, 20, 20), -1000.0, np.float32)
    hounsfield[5:15, 5:15, 5:15] = 1200.0
    hounsfield[6:14, 6:14, 6:14] = 35.0
    hounsfield[9:11, 9:11, 9:11] = 8.0
    plain, windowed = comparable(hounsfield), comparable(hounsfield, is_ct=True)
    assert plain[7, 7, 7] - plain[10, 10, 10] < 0.02
    assert windowed[7, 7, 7] - windowed[10, 10, 10] > 0.08
