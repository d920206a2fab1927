"""A clinical score as one more channel of a bottleneck."""

from __future__ import annotations

from torch import Tensor, nn

from .plans import NIHSS_HIDDEN


class NihssBranch(nn.Module):
    """Dense layers from a patient's NIHSS score to one value for each pixel of the bottleneck.

    After Tomasetti et al.: dense(100), dense(height x width), reshaped; ReLU after each, and the score in points as it
    is (0 to 42), as in their published code. A fixed number of pixels: so the images' size is fixed too.
    """

    def __init__(self, grid: tuple[int, int]) -> None:
        super().__init__()
        self.grid = grid
        self.dense = nn.Sequential(
            nn.Linear(1, NIHSS_HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(NIHSS_HIDDEN, grid[0] * grid[1]),
            nn.ReLU(inplace=True),
        )

    def forward(self, nihss: Tensor) -> Tensor:
        """(N, 1, height, width) of scores (N,) or (N, 1)."""
        return self.dense(nihss.reshape(-1, 1).float()).reshape(-1, 1, *self.grid)
