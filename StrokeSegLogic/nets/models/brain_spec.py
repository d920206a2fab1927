"""The model that finds the brain in a head: one small network, one channel, any contrast."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from ..networks.spec import NetworkSpec, is_size
from .spec import FORMAT, Weights

_MOST_VOXELS = 1 << 23
_FINEST_MM, _COARSEST_MM = 1.0, 6.0


@dataclass(frozen=True)
class BrainModelSpec:
    """A brain network.

    Attributes:
        format, name, version, title, trained_on, weights, card: see `spec.PlanesModelSpec`.
        network: 3-D, one channel in; background and brain out.
        spacing_mm: side of the cubic voxels that it is shown.
        field: voxels (z, y, x) that it is shown, the brain near their middle.
        threshold: brain is where its probability is at least this.
    """

    format: int
    name: str
    version: str
    title: str
    trained_on: str
    network: NetworkSpec
    spacing_mm: float
    field: tuple[int, ...]
    threshold: float
    weights: Weights
    card: dict[str, Any]
    kind: str = "brain"

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"manifest format {self.format} is not {FORMAT}; a newer StrokeSeg may read it")
        if self.network.dimensions != 3 or self.network.channels != 1 or self.network.classes != 2:
            raise ValueError("a brain network is 3-D, of one channel and two classes")
        if len(self.field) != 3 or not is_size(self.field, least=16) or prod(self.field) > _MOST_VOXELS:
            raise ValueError(f"field must be slices, rows and columns, each at least 16, {_MOST_VOXELS} voxels at most")
        if not _FINEST_MM <= self.spacing_mm <= _COARSEST_MM:
            raise ValueError(f"spacing_mm must lie between {_FINEST_MM} and {_COARSEST_MM}")
        if not 0 < self.threshold < 1:
            raise ValueError("threshold must lie between 0 and 1")

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the networks in the weights file."""
        return ("network",)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
