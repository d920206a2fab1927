"""A small residual encoder that keeps a full-resolution scale, for models that must run on a CPU.

Ours, not from a paper: ResNet's basic blocks without its strided 7x7 stem, since small infarcts are a few pixels
wide and a stride before the first feature loses them.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from ..base import Encoder
from ..spec import COMPACT_DEPTHS, COMPACT_WIDTHS
from .resnet import BasicBlock


class Compact(Encoder):
    """Five scales, strides 1 to 16; the deeper scales, cheap in pixels, get two blocks."""

    widths = COMPACT_WIDTHS
    strides = (1, 2, 4, 8, 16)

    def __init__(self, channels: int) -> None:
        super().__init__()
        inputs = channels
        scales: list[nn.Module] = []
        for number, (width, depth) in enumerate(zip(self.widths, COMPACT_DEPTHS, strict=True)):
            blocks: list[nn.Module] = []
            for position in range(depth):
                blocks.append(BasicBlock(inputs, width, 2 if position == 0 and number > 0 else 1))
                inputs = width
            scales.append(nn.Sequential(*blocks))
        self.scales = nn.ModuleList(scales)

    def forward(self, x: Tensor) -> list[Tensor]:
        found = []
        for scale in self.scales:
            x = scale(x)
            found.append(x)
        return found

    def units(self) -> list[nn.Module]:
        return [block for scale in self.scales for block in cast(nn.Sequential, scale)]
