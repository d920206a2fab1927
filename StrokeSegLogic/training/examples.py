"""What one optimiser step learns from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Examples:
    """A batch as the network and the loss take it; S is (H, W) or (D, H, W).

    Attributes:
        images: float (N, C, *S), normalised.
        labels: int64 (N, *S).
        counted: bool (N, *S): where the loss counts.
        emphasised: bool (N,): samples whose errors weigh more, where the loss knows that (Non-LVO patients).
        nihss: float (N,), or None where no network asks for it.
        names: of the samples, for messages.
    """

    images: Tensor
    labels: Tensor
    counted: Tensor
    emphasised: Tensor
    nihss: Tensor | None
    names: tuple[str, ...]

    def to(self, device: torch.device) -> Examples:
        """The same on a device; 2-D and 3-D images with channels last, which convolutions prefer."""
        layout = torch.channels_last if self.images.ndim == 4 else torch.channels_last_3d
        return Examples(
            self.images.to(device, memory_format=layout),
            self.labels.to(device),
            self.counted.to(device),
            self.emphasised.to(device),
            None if self.nihss is None else self.nihss.to(device),
            self.names,
        )


MakeExamples = Callable[[int], Examples]
"""The batch of a number, and of nothing else: a resumed run repeats and leaves out nothing."""
