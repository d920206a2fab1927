"""Attention gates on skip connections.

Oktay et al., Attention U-Net: Learning Where to Look for the Pancreas, MIDL 2018 (arXiv 1804.03999): additive
attention whose gating signal is the decoder's coarser features.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class AttentionGate(nn.Module):
    """A skip connection weighed, pixel by pixel, by how relevant the decoder's coarser features find it.

    sigmoid(psi(ReLU(theta(skip) + phi(gate)))) is computed at the gate's resolution, brought to the skip's by linear
    interpolation and multiplied with the skip. Half as many channels inside as the skip has: not fixed by the paper.
    """

    def __init__(self, skip: int, gate: int) -> None:
        super().__init__()
        inside = max(skip // 2, 1)
        self.theta = nn.Conv2d(skip, inside, 2, 2, bias=False)
        self.phi = nn.Conv2d(gate, inside, 1)
        self.psi = nn.Conv2d(inside, 1, 1)
        # An untrained gate is nearly open (0.95), so that it does not halve what the decoder learns from at first.
        nn.init.constant_(self.psi.bias, 3.0)  # type: ignore[arg-type]

    def coefficients(self, skip: Tensor, gate: Tensor) -> Tensor:
        """Weights (N, 1, H, W) from 0 to 1 of a skip (N, C, H, W), by a gate (N, G, H / 2, W / 2)."""
        relevance = self.psi(functional.relu(self.theta(skip) + self.phi(gate))).sigmoid()
        return functional.interpolate(relevance, size=skip.shape[-2:], mode="bilinear", align_corners=False)

    def forward(self, skip: Tensor, gate: Tensor) -> Tensor:
        return skip * self.coefficients(skip, gate)
