"""What a network is made of, as plain data that a model's manifest or a recipe holds: one dataclass a network.

All of them have `channels` (of the images tensor, all inputs together), `classes` (background included), `kind`
(which network; it tells them apart in a file), `dimensions` (2 for slices, 3 for volumes) and `encoder` (name of the
encoder that pretrained weights fit, None where there is none).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_CHANNELS = 64
MOST_CLASSES = 256
WIDEST = 4096
"""Channels of a layer: twice the widest that any paper here has."""
MOST_LEVELS = 8
LONGEST_SIDE = 1024
"""Pixels or voxels along a side of what a network is shown."""

ENCODERS = (
    "compact",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet50_preactivation",
    "vgg16",
    "densenet121",
    "mobilenet_v2",
)
"""Encoders that a 2-D U-Net takes."""


@dataclass(frozen=True)
class UNet2DSpec:
    """A 2-D U-Net with a pluggable encoder: Res-UNet with a ResNet, Dense-UNet with DenseNet121.

    Attributes:
        encoder: one of `ENCODERS`.
        channels: number of input sequences.
        classes: number of output classes, background included.
        decoder: decoder widths from the deepest to the finest scale; as many as the encoder has scales above its
            deepest, plus one more if the encoder's finest scale is coarser than the input.
        attention: whether attention gates weigh the skip connections.
        kind: "unet2d".
    """

    encoder: str
    channels: int
    classes: int
    decoder: tuple[int, ...]
    attention: bool = False
    kind: str = "unet2d"

    def __post_init__(self) -> None:
        if self.encoder not in ENCODERS:
            raise ValueError(f"encoder '{self.encoder}' is not one of {', '.join(ENCODERS)}")
        if not 1 <= len(self.decoder) <= MOST_LEVELS or not 1 <= min(self.decoder) <= max(self.decoder) <= WIDEST:
            raise ValueError(f"decoder widths must be from 1 to {WIDEST}, one for each scale")
        _check(self, "unet2d")

    @property
    def dimensions(self) -> int:
        return 2


_WIDEST_FACTOR = 4


@dataclass(frozen=True)
class FusionSpec:
    """What slow, early and inflated fusion of several images of one slice have in common.

    Attributes:
        channels: of all images together: 3 each if colour-coded as in the paper, 1 each if grey; image after image.
        classes: number of output classes; 3 in the paper (healthy brain, penumbra, core).
        inputs: number of images: 4 parametric maps in the paper, 5 with the MIP.
        nihss: whether the NIHSS score is an input.
        size: (H, W) of the images, which the NIHSS branch's second dense layer is made for; 512 x 512 in the paper.
            Not needed without NIHSS, where any size goes through.
        dropout: share of the bottleneck's features that are dropped while training.
        width: factor on the width of every convolution, for small trials; the paper's networks have 1.
        least: width that no layer falls below by that factor; the paper's narrowest layers have 16.
        kind: of the subclass.
    """

    channels: int
    classes: int
    inputs: int
    nihss: bool = False
    size: tuple[int, int] | None = None
    dropout: float = 0.25
    width: float = 1.0
    least: int = 1
    kind: str = ""

    def __post_init__(self) -> None:
        if not 2 <= self.inputs <= MOST_CHANNELS:
            raise ValueError(f"a fusion needs at least two inputs and takes {MOST_CHANNELS}, not {self.inputs}")
        if self.channels not in (self.inputs, 3 * self.inputs):
            raise ValueError(
                f"{self.channels} channels for {self.inputs} inputs: give each 1 channel (grey) or 3 (colour-coded)"
            )
        if self.nihss and self.size is None:
            raise ValueError("the NIHSS branch needs the images' size, as size = [height, width]")
        if self.size is not None and (len(self.size) != 2 or not is_size(self.size)):
            raise ValueError(f"size {self.size} is not a height and a width of 1 to {LONGEST_SIDE}")
        if not 1 / 16 <= self.width <= _WIDEST_FACTOR:
            raise ValueError(f"width {self.width} is no factor from 1/16 to {_WIDEST_FACTOR}")
        if not 1 <= self.least <= 16:
            raise ValueError(f"least {self.least} is no width between 1 and 16")
        _check_dropout(self.dropout)
        _check(self, type(self).kind)

    @property
    def channels_per_input(self) -> int:
        return self.channels // self.inputs

    @property
    def dimensions(self) -> int:
        return 2

    @property
    def encoder(self) -> str:
        return "vgg16"


@dataclass(frozen=True)
class SlowFusionSpec(FusionSpec):
    """SF: an encoder for each image, joined at the bottleneck and at every skip connection."""

    kind: str = "slow_fusion"


@dataclass(frozen=True)
class EarlyFusionSpec(FusionSpec):
    """EF: the images joined before one encoder."""

    kind: str = "early_fusion"


@dataclass(frozen=True)
class InflatedFusionSpec(FusionSpec):
    """EFI: the images as the frames of a film before one encoder that is inflated to 3-D."""

    kind: str = "inflated_fusion"


@dataclass(frozen=True)
class UNet3DSpec:
    """A 3-D U-Net, classic or modified.

    Attributes:
        channels: number of input volumes.
        classes: number of output classes, background included.
        modified: leaky ReLU, instance normalisation, dilated convolutions and spatial dropout, instead of the classic
            ReLU and batch normalisation.
        dropout: of the modified network: share of whole feature maps that are dropped while training.
        base_width: channels at full resolution, doubled at each level below; 64 in the paper.
        levels: resolutions; 5 make the paper's 23 convolutions.
        kind: "unet3d".
    """

    channels: int
    classes: int
    modified: bool = True
    dropout: float = 0.5
    base_width: int = 64
    levels: int = 5
    kind: str = "unet3d"

    def __post_init__(self) -> None:
        if not 1 <= self.base_width <= WIDEST or not 2 <= self.levels <= MOST_LEVELS:
            raise ValueError(
                f"a 3-D U-Net needs a base_width from 1 to {WIDEST} and at least two levels, at most {MOST_LEVELS}"
            )
        _check_dropout(self.dropout)
        _check(self, "unet3d")

    @property
    def dimensions(self) -> int:
        return 3

    @property
    def encoder(self) -> None:
        return None


@dataclass(frozen=True)
class SubvoxelUNet3DSpec:
    """A small 3-D U-Net that works on blocks of voxels and outlines as finely as its input.

    Attributes:
        channels: number of input volumes.
        classes: number of output classes, background included.
        widths: channels of each level, finest first.
        factor: voxels along a side of a block.
        refine: channels of the convolutions at the scale of the voxels that sharpen the outline; 0 is none of them.
        kind: "subvoxel_unet3d".
    """

    channels: int
    classes: int
    widths: tuple[int, ...]
    factor: int = 2
    refine: int = 0
    kind: str = "subvoxel_unet3d"

    def __post_init__(self) -> None:
        if not 2 <= len(self.widths) <= MOST_LEVELS or not 1 <= min(self.widths) <= max(self.widths) <= WIDEST:
            raise ValueError(f"widths must be from 1 to {WIDEST}, of two to {MOST_LEVELS} levels")
        if not 2 <= self.factor <= 4:
            raise ValueError(f"factor {self.factor} is not 2, 3 or 4")
        if not 0 <= self.refine <= WIDEST:
            raise ValueError(f"refine {self.refine} is not from 0 to {WIDEST}")
        _check(self, "subvoxel_unet3d")

    @property
    def dimensions(self) -> int:
        return 3

    @property
    def encoder(self) -> None:
        return None


NetworkSpec = UNet2DSpec | SlowFusionSpec | EarlyFusionSpec | InflatedFusionSpec | UNet3DSpec | SubvoxelUNet3DSpec
"""Any network. A manifest or recipe without `kind` means the first."""


def is_size(sides: Sequence[int], least: int = 1) -> bool:
    """Whether what is shown to a network may have these sides."""
    return all(least <= side <= LONGEST_SIDE for side in sides)


def _check(spec: UNet2DSpec | FusionSpec | UNet3DSpec | SubvoxelUNet3DSpec, kind: str) -> None:
    if not 1 <= spec.channels <= MOST_CHANNELS or not 2 <= spec.classes <= MOST_CLASSES:
        raise ValueError(
            f"a network needs at least one channel and two classes, and takes {MOST_CHANNELS} and {MOST_CLASSES}"
        )
    if spec.kind != kind:
        raise ValueError(f"kind '{spec.kind}' where '{kind}' belongs")


def _check_dropout(dropout: float) -> None:
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout {dropout} is no share from 0 up to, but not including, 1")


COMPACT_WIDTHS = (16, 32, 64, 128, 192)
COMPACT_DEPTHS = (1, 1, 2, 2, 2)
"""Blocks of each scale: the deeper scales, cheap in pixels, get two."""

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
