"""Widths and depths of the networks, as their papers and published checkpoints have them; without torch."""

from __future__ import annotations

COMPACT_WIDTHS = (16, 32, 64, 128, 192)
COMPACT_DEPTHS = (1, 1, 2, 2, 2)
"""Blocks of each scale: the deeper ones, cheap in pixels, get two."""

RESNET_WIDTHS = (64, 128, 256, 512)
RESNET_DEPTHS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3)}
EXPANSION = 4
"""How much wider a bottleneck is at its end than inside; a basic block is not."""

PREACTIVATION_DEPTHS = (3, 4, 6)

VGG_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Width and number of convolutions of each block."""
POOLED_IN_TIME = (3, 4)
"""Blocks of the inflated VGG16, counted from 0, whose pooling halves time too."""

DENSENET_DEPTHS = (6, 12, 24, 16)
GROWTH = 32
DENSE_BOTTLENECK = 4

MOBILENET = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, output channels, repetitions and the first repetition's stride."""
MOBILENET_TAPS = (16, 24, 32, 96, 1280)
"""Widths of the scales that a decoder is given."""

NECK = 128
"""Width of the two convolutions behind each encoder of a fusion network."""
FIRST_UP = 256
"""Width of a fusion network's first transposed convolution, however many inputs there are."""
SCALES = (128, 64, 32, 16)
"""Width of a fusion decoder's scales, deepest first, for each input."""
LAST = 16
"""Width of a fusion decoder's two convolutions at full size."""
REDUCED = 3
"""Channels that early fusion reduces the images to: those of a colour image, which VGG16 was trained on."""
NIHSS_HIDDEN = 100
"""Width of the NIHSS branch's first dense layer."""
FUSION_STRIDE = 32
"""Pixels that one value of the bottleneck spans along a side."""


def scaled(width: int, factor: float, least: int = 1) -> int:
    """A layer's width in a network that is made narrower or wider by a factor, but not narrower than `least`."""
    return max(round(width * factor), least)
