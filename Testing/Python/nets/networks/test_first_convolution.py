from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from StrokeSegLogic.nets.networks.pretrained.load import adapt_first_convolution


@pytest.fixture
def kernel() -> torch.Tensor:
    return torch.randn(4, 3, 7, 7, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_equal_sequences_excite_the_adapted_kernel_like_a_grey_rgb_image(kernel: torch.Tensor, channels: int) -> None:
    grey = torch.randn(1, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    rgb = functional.conv2d(grey.expand(-1, 3, -1, -1), kernel)
    ours = functional.conv2d(grey.expand(-1, channels, -1, -1), adapt_first_convolution(kernel, channels))
    torch.testing.assert_close(ours, rgb, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_every_sequence_gets_the_same_kernel(kernel: torch.Tensor, channels: int) -> None:
    adapted = adapt_first_convolution(kernel, channels)
    assert adapted.shape == (4, channels, 7, 7)
    assert torch.equal(adapted, adapted[:, :1].expand_as(adapted))
    torch.testing.assert_close(adapted[:, 0] * channels, kernel.sum(dim=1))


def test_a_colour_image_keeps_the_kernels_as_they_are(kernel: torch.Tensor) -> None:
    assert torch.equal(adapt_first_convolution(kernel, 3, colour=True), kernel)


@pytest.mark.parametrize("channels", [1, 4])
def test_a_colour_image_of_other_than_three_channels_is_refused(kernel: torch.Tensor, channels: int) -> None:
    with pytest.raises(ValueError, match=f"3 channels, not {channels}"):
        adapt_first_convolution(kernel, channels, colour=True)
