"""What a network is made of, as plain data that a model's manifest or a recipe holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..settings import from_mapping

ENCODERS = ("compact", "resnet18", "resnet34", "resnet50")


@dataclass(frozen=True)
class NetworkSpec:
    """A U-Net with a pluggable encoder.

    Attributes:
        encoder: one of `ENCODERS`.
        channels: number of input sequences.
        classes: number of output classes, background included.
        decoder: decoder widths from the deepest to the finest scale; as many as the encoder has scales above its
            deepest one, plus one more if the encoder's finest scale is coarser than the input.
    """

    encoder: str
    channels: int
    classes: int
    decoder: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.encoder not in ENCODERS:
            raise ValueError(f"encoder '{self.encoder}' is not one of {', '.join(ENCODERS)}")
        if self.channels < 1 or self.classes < 2:
            raise ValueError("a network needs at least one channel and two classes")

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str) -> NetworkSpec:
        """The spec that a manifest or recipe holds.

        Raises:
            InputError: naming the wrong or missing key.
        """
        return from_mapping(cls, values, where)
