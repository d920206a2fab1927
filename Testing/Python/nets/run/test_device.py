from __future__ import annotations

import numpy as np
import pytest
import torch

from StrokeSegLogic.base.errors import DeviceError, InputError
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.nets.run.network import choose, deterministic, lesion_probability


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_where_there_is_none_is_refused() -> None:
    with pytest.raises(DeviceError, match="device: .*no CUDA device. Use auto or cpu"):
        choose("cuda")


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(InputError, match="'tpu' is no device"):
        choose("tpu")


def test_full_precision_is_float32_everywhere() -> None:
    assert choose("auto", full_precision=True).precision == "float32"


def test_deterministic_algorithms_are_set_back() -> None:
    before = torch.are_deterministic_algorithms_enabled()
    with deterministic():
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.are_deterministic_algorithms_enabled() == before


class SmallMemory(torch.nn.Module):
    """A network on a device that holds so many slices at a time."""

    def __init__(self, fits: int) -> None:
        super().__init__()
        self.fits = fits

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) > self.fits:
            raise torch.OutOfMemoryError("out of memory")
        return torch.stack([torch.zeros_like(x[:, 0]), x[:, 0]], dim=1)


def test_a_batch_that_does_not_fit_is_halved_until_it_does() -> None:
    slices = np.random.default_rng(0).normal(size=(40, 1, 150, 150)).astype(np.float32)
    found = lesion_probability(SmallMemory(3), slices, choose("cpu", True), Progress(), "axial")
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-slices[:, 0])), atol=1e-5)


def test_a_device_that_holds_no_slice_is_named() -> None:
    with pytest.raises(DeviceError, match="too little memory"):
        lesion_probability(SmallMemory(0), np.zeros((2, 1, 8, 8), np.float32), choose("cpu", True), Progress(), "axial")
