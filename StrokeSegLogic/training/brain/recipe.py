"""A recipe of a network that finds the brain in a head."""

from __future__ import annotations

from dataclasses import dataclass

from ...nets.networks.spec import SubvoxelUNet3DSpec
from ..losses.choose import LossSpec


@dataclass(frozen=True)
class BrainRecipe:
    """How a brain network is trained, on heads synthesised from label maps.

    Attributes:
        name, version, title, trained_on: of the model.
        seed: of everything random.
        network: one channel in, background and brain out.
        spacing_mm: side of the voxels that the network sees.
        field: voxels (z, y, x) of a head.
        heads: folder of the label maps, under the data folder.
        lesions: folder of the lesion shapes (SOOP's), under the data folder.
        shapes: how many lesion shapes to read.
        steps: optimiser steps.
        batch: heads a step.
        rate, final_rate: learning rate, highest and last; it rises over the first 5 % and falls along a cosine.
        cycles: how often it does so, each time over as many of the steps (warm restarts: Loshchilov and Hutter, SGDR,
            ICLR 2017, arXiv 1608.03983).
        weight_decay: AdamW's.
        threshold: of the exported model: brain is where its probability is at least this.
        average: decay of the moving average of the weights, which is what is kept.
        precision: lightning-fabric's.
        loss: weights of the loss.
        checkpoint_every: steps between checkpoints.
        kind: "brain".
    """

    name: str
    version: str
    title: str
    trained_on: str
    seed: int
    network: SubvoxelUNet3DSpec
    spacing_mm: float
    field: tuple[int, ...]
    heads: str
    lesions: str
    shapes: int
    steps: int
    batch: int
    rate: float
    loss: LossSpec
    threshold: float = 0.5
    final_rate: float = 1e-5
    cycles: int = 1
    weight_decay: float = 1e-4
    average: float = 0.998
    precision: str = "32-true"
    checkpoint_every: int = 100
    kind: str = "brain"

    def __post_init__(self) -> None:
        if self.network.channels != 1 or self.network.classes != 2:
            raise ValueError("a brain network has one channel and two classes")
        if len(self.field) != 3 or min(self.field) < 16:
            raise ValueError("field must be slices, rows and columns, each at least 16")
        if (
            min(self.steps, self.batch, self.shapes, self.cycles, self.checkpoint_every) < 1
            or self.rate <= 0
            or self.spacing_mm <= 0
        ):
            raise ValueError("steps, batch, shapes, cycles, checkpoint_every, rate and spacing_mm must be positive")
        if self.steps % self.cycles:
            raise ValueError(f"{self.steps} steps are no {self.cycles} cycles of equal length")
        if self.kind != "brain":
            raise ValueError(f"kind '{self.kind}' where 'brain' belongs")

    @property
    def pretrained(self) -> str:
        """It begins from scratch."""
        return ""
