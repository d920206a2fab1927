"""Models of one network over a fixed field: axial slices of perfusion maps, or a whole volume."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import prod
from typing import Any

from ..networks.spec import LONGEST_SIDE, FusionSpec, NetworkSpec, is_size
from .spec import FORMAT, MOST_VOXELS, Weights

IMAGES = ("T1", "T2", "DWI", "FLAIR", "ADC", "CT", "CBF", "CBV", "MTT", "TTP", "TMAX", "MIP")
"""Images that a field may be made of."""
SHOWN = ("grey", "grey-as-rgb", "rainbow")
SCALES = ("absolute", "relative", "delay")
STAND_INS = {("TTP", "delay"): ("TMAX",), ("TMAX", "delay"): ("TTP",), ("MTT", "relative"): ("CBV", "CBF")}
"""What a missing image can be made of, by its name and scale; see `ctp.routes.field_engine.completed`."""


@dataclass(frozen=True)
class InputSpec:
    """One image and how its values become the network's.

    Attributes:
        name: one of `IMAGES`.
        low: value that becomes 0; None is MR signal, taken relative to the brain's median.
        high: value that becomes 1.
        shown: one of `SHOWN`: as one grey channel; as three equal channels, for encoders that know colours; or
            colour-coded from blue to red, as perfusion maps are shown to readers.
        scale: one of `SCALES`, what low and high are of: the physical value; the value relative to the brain's median,
            for flow, volume and enhancement, whose factor differs between vendors; or the delay behind normal tissue
            in s, for times, whose zero differs (see `ctp.routes.map_scales`).
    """

    name: str
    low: float | None = None
    high: float | None = None
    shown: str = "grey"
    scale: str = "absolute"

    def __post_init__(self) -> None:
        if self.name not in IMAGES:
            raise ValueError(f"input '{self.name}' is not one of {', '.join(IMAGES)}")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"input '{self.name}' needs both low and high, or neither")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"input '{self.name}': low must be below high")
        if self.shown not in SHOWN:
            raise ValueError(f"input '{self.name}': shown '{self.shown}' is not one of {', '.join(SHOWN)}")
        if self.shown != "grey" and self.low is None:
            raise ValueError(f"input '{self.name}': shown as {self.shown} it needs low and high")
        if self.scale not in SCALES:
            raise ValueError(f"input '{self.name}': scale '{self.scale}' is not one of {', '.join(SCALES)}")
        if self.scale != "absolute" and self.low is None:
            raise ValueError(f"input '{self.name}': {self.scale} it needs low and high")

    @property
    def channels(self) -> int:
        return 1 if self.shown == "grey" else 3


@dataclass(frozen=True)
class FieldSpec:
    """The network's field.

    Attributes:
        size: (H, W): each axial slice of the reference by itself, its field of view on so many square pixels;
            (D, H, W): the whole volume on so many voxels.
        masked_by: image whose outline keeps the result inside the brain ("MIP"), or "" for the outline of all images.
    """

    size: tuple[int, ...]
    masked_by: str = ""

    def __post_init__(self) -> None:
        if len(self.size) not in (2, 3) or not is_size(self.size, least=8) or prod(self.size) > MOST_VOXELS:
            raise ValueError(
                "size must be (rows, columns) or (slices, rows, columns), each at least 8, "
                f"no side beyond {LONGEST_SIDE} and no more than {MOST_VOXELS} in all"
            )
        if self.masked_by not in ("", *IMAGES):
            raise ValueError(f"masked_by '{self.masked_by}' is not one of {', '.join(IMAGES)}")


@dataclass(frozen=True)
class FieldModelSpec:
    """A model of one network.

    Attributes:
        format, name, version, title, trained_on, weights, card: see `spec.PlanesModelSpec`.
        inputs: images in channel order.
        nihss: whether the network asks for the NIHSS score.
        field: what the network looks at.
        classes: names in label order, "background" or "healthy" first.
        network: its channels are those of the inputs.
    """

    format: int
    name: str
    version: str
    title: str
    trained_on: str
    inputs: tuple[InputSpec, ...]
    nihss: bool
    field: FieldSpec
    classes: tuple[str, ...]
    network: NetworkSpec
    weights: Weights
    card: dict[str, Any]
    kind: str = "field"

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"manifest format {self.format} is not {FORMAT}; a newer StrokeSeg may read it")
        channels = sum(image.channels for image in self.inputs)
        if self.network.channels != channels:
            raise ValueError(f"{self.network.channels} channels for inputs of {channels}")
        if len({image.name for image in self.inputs}) != len(self.inputs):
            raise ValueError("an input is named twice")
        if self.network.classes != len(self.classes) or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"{self.network.classes} classes for {len(set(self.classes))} names")
        if self.network.dimensions != len(self.field.size):
            raise ValueError(f"a network of {self.network.dimensions} dimensions for a field of {len(self.field.size)}")
        asks = isinstance(self.network, FusionSpec) and self.network.nihss
        if asks and not self.nihss:
            raise ValueError("the network asks for the NIHSS score, and the model does not")
        if isinstance(self.network, FusionSpec) and asks and self.network.size != self.field.size:
            raise ValueError("the NIHSS branch was made for another size than the field's")

    def missing(self, given: Collection[str]) -> tuple[str, ...]:
        """The inputs that are neither among these images nor can be made of them."""
        wanted = (image for image in self.inputs if image.name not in given)
        made = {key for key, sources in STAND_INS.items() if all(source in given for source in sources)}
        return tuple(image.name for image in wanted if (image.name, image.scale) not in made)

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the networks in the weights file."""
        return ("network",)
