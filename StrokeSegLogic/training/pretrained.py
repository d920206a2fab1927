"""ImageNet weights at the start of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..base.progress import Progress
from ..nets.networks.base import SegmentationNetwork
from ..nets.networks.encoders.inflated_vgg import InflatedVGG16
from ..nets.networks.pretrained.checkpoint import checkpoint
from ..nets.networks.pretrained.load import load_encoder
from ..nets.networks.pretrained.statistics import restate_batch_norms
from ..nets.networks.unet import UNet2D
from .examples import MakeExamples

FEW = 32
"""Images that batch norms' statistics are restated from, where a checkpoint lost them."""


@dataclass(frozen=True)
class Pretrained:
    """Where ImageNet weights come from.

    Attributes:
        file: the user's own copy, or None for what is in torch's cache.
        download: whether missing weights may be downloaded.
    """

    file: Path | None = None
    download: bool = False


def require_pretrained(name: str, source: Pretrained, progress: Progress | None = None) -> None:
    """Makes sure, before long work, that a checkpoint is there; downloads it if that is allowed.

    Raises:
        InputError: if it is not there or damaged.
    """
    if name:
        checkpoint(name, file=source.file, download=source.download, progress=progress)


def load_pretrained(
    network: SegmentationNetwork,
    name: str,
    source: Pretrained,
    images: Callable[[], Tensor],
    progress: Progress | None = None,
) -> None:
    """Fills every encoder of a network.

    Args:
        network: changed in place.
        name: of the checkpoint.
        source: where it comes from.
        images: gives `few_images`, (N, C, H, W); asked where the checkpoint has lost its batch norms'
            statistics, which are then those of these images.
        progress: of a download.

    Raises:
        InputError: if the checkpoint is not there or damaged.
        ModelError: if it does not fit.
    """
    tensors = checkpoint(name, file=source.file, download=source.download, progress=progress)
    for encoder in network.encoders():
        if isinstance(encoder, InflatedVGG16):
            flat = encoder.flat()
            load_encoder(flat, tensors, colour=encoder.channels == 3)
            encoder.load_2d(flat.state_dict())
        else:
            # The fusion networks' three channels are a colour image's, or are made so; a U-Net's are sequences.
            three = next(iter(encoder.parameters())).shape[1] == 3
            load_encoder(encoder, tensors, colour=three and not isinstance(network, UNet2D))
    if _without_statistics(tensors):
        restate_batch_norms(network, images())


def few_images(examples: MakeExamples, batch: int, batches: int | None = None) -> Tensor:
    """The first few dozen training images (N, C, H, W).

    Args:
        examples: gives the batch of a number.
        batch: images in each.
        batches: how many there are; None for as many as are asked for.
    """
    wanted = -(-FEW // batch)
    return torch.cat([examples(number).images for number in range(min(wanted, batches or wanted))])


def _without_statistics(tensors: Mapping[str, Tensor]) -> bool:
    """Whether batch norms were folded into the convolutions: all their means are 0."""
    means = [value for name, value in tensors.items() if name.endswith("running_mean")]
    return bool(means) and not any(bool(mean.any()) for mean in means)
