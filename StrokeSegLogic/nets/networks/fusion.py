"""What slow, early and inflated fusion share: VGG16 features in, one decoder out.

Tomasetti et al., Multi-input segmentation of damaged brain in acute ischemic stroke patients using slow fusion with
skip connection (NLDL 2022, arXiv 2203.10039), figures 1 and 2. Layers that the text leaves open follow figure 1 and
the authors' code (github.com/Biomedical-Data-Analysis-Laboratory/multi-input-ischemic-Stroke-segmentation): ReLU after
transposed convolutions too, and no batch normalisation. The initialisation outside VGG is ours.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from .base import Encoder, SegmentationNetwork, crop, pad_to_stride
from .encoders.inflated_vgg import InflatedVGG16
from .encoders.vgg import STRIDES, VGG16
from .spec import (
    FIRST_UP,
    LAST,
    NECK,
    NIHSS_HIDDEN,
    REDUCED,
    SCALES,
    EarlyFusionSpec,
    FusionSpec,
    InflatedFusionSpec,
    SlowFusionSpec,
    scaled,
)


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


def convolution(inputs: int, outputs: int) -> nn.Sequential:
    """A 3x3 convolution that keeps the size, and ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True))


def transposed(inputs: int, outputs: int) -> nn.Sequential:
    """A 2x2 transposed convolution that doubles the size, and ReLU."""
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 2, 2), nn.ReLU(inplace=True))


def initialise(*parts: nn.Module) -> None:
    """He's initialisation, without biases, of parts that are not pretrained.

    The authors' code has Glorot's, which the text does not mention. With it a signal loses nine tenths of its size at
    each decoder scale, since neither ReLU nor a transposed convolution's single tap is reckoned with: of the
    bottleneck, and so of NIHSS, an untrained network shows next to nothing in its logits.
    """
    for module in (module for part in parts for module in part.modules()):
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.ConvTranspose2d):
            # Each output pixel is reached by one tap of each input channel.
            nn.init.normal_(module.weight, std=(2 / module.in_channels) ** 0.5)
        else:
            continue
        nn.init.zeros_(module.bias)  # type: ignore[arg-type]


class FusionDecoder(nn.Module):
    """From the joined bottleneck back to the images' size, taking in the joined skip connections on its way."""

    def __init__(
        self, bottleneck: int, skips: tuple[int, ...], inputs: int, classes: int, width: float, least: int
    ) -> None:
        super().__init__()
        last = scaled(FIRST_UP, width, least)
        self.first = transposed(bottleneck, last)
        scales: list[nn.Module] = []
        for skip, full in zip(skips[:0:-1], SCALES, strict=True):
            outputs = inputs * scaled(full, width, least)
            scales.append(
                nn.Sequential(
                    convolution(last + skip, outputs), convolution(outputs, outputs), transposed(outputs, outputs)
                )
            )
            last = outputs
        self.scales = nn.ModuleList(scales)
        full_size = scaled(LAST, width, least)
        self.last = nn.Sequential(convolution(last + skips[0], full_size), convolution(full_size, full_size))
        self.head = nn.Conv2d(full_size, classes, 1)

    def forward(self, bottleneck: Tensor, skips: list[Tensor]) -> Tensor:
        """Logits of a bottleneck at stride 32 and skips at strides 1 to 16, finest first."""
        x = self.first(bottleneck)
        for scale, skip in zip(self.scales, skips[:0:-1], strict=True):
            x = scale(torch.cat([x, skip], dim=1))
        return self.head(self.last(torch.cat([x, skips[0]], dim=1)))


class FusionNetwork(SegmentationNetwork):
    """Encoders, a neck behind each, the NIHSS branch where asked for, and the decoder.

    Without NIHSS images of any size are taken: padded by repeating the edge to a multiple of 32, and cropped again.
    """

    def __init__(self, spec: FusionSpec, encoders: list[Encoder]) -> None:
        super().__init__()
        self.channels = spec.channels
        self.size = spec.size
        self.uses_nihss = spec.nihss
        self.backbones = nn.ModuleList(encoders)
        neck = scaled(NECK, spec.width, spec.least)
        self.necks = nn.ModuleList(
            nn.Sequential(convolution(encoder.widths[-1], neck), convolution(neck, neck), nn.Dropout(spec.dropout))
            for encoder in encoders
        )
        self.nihss = None
        bottleneck = neck * len(encoders)
        if spec.nihss and spec.size is not None:
            stride = STRIDES[-1]
            self.nihss = NihssBranch((-(-spec.size[0] // stride), -(-spec.size[1] // stride)))
            bottleneck += 1
        skips = tuple(sum(widths) for widths in zip(*(encoder.widths[:-1] for encoder in encoders), strict=True))
        self.decoder = FusionDecoder(bottleneck, skips, len(encoders), spec.classes, spec.width, spec.least)
        initialise(self.necks, self.decoder, *([] if self.nihss is None else [self.nihss]))

    @abstractmethod
    def encode(self, images: Tensor) -> list[list[Tensor]]:
        """Each encoder's features of images (N, channels, H, W) whose sides are multiples of 32."""

    def forward(self, images: Tensor, nihss: Tensor | None = None) -> Tensor:
        if images.shape[1] != self.channels:
            raise ValueError(f"{images.shape[1]} channels where the network takes {self.channels}")
        features = self.encode(pad_to_stride(images, STRIDES[-1]))
        bottleneck = [neck(scales[-1]) for neck, scales in zip(self.necks, features, strict=True)]
        if self.nihss is not None:
            bottleneck.append(self.nihss(self._score(images, nihss)))
        skips = [torch.cat(scale, dim=1) for scale in zip(*(scales[:-1] for scales in features), strict=True)]
        return crop(self.decoder(torch.cat(bottleneck, dim=1), skips), images)

    def encoders(self) -> list[Encoder]:
        return [module for module in self.backbones if isinstance(module, Encoder)]

    def _score(self, images: Tensor, nihss: Tensor | None) -> Tensor:
        if tuple(images.shape[-2:]) != self.size:
            raise ValueError(
                f"images of {' x '.join(map(str, images.shape[-2:]))}: the NIHSS branch was made for "
                f"{' x '.join(map(str, self.size or ()))} alone"
            )
        if nihss is None or nihss.shape not in ((len(images),), (len(images), 1)):
            raise ValueError("this network needs one NIHSS score for each image, as (N,) or (N, 1)")
        return nihss


class SlowFusion(FusionNetwork):
    """SF: a VGG16 for each image; their features meet at the bottleneck and at every skip connection."""

    def __init__(self, spec: SlowFusionSpec) -> None:
        super().__init__(spec, [VGG16(spec.channels_per_input, spec.width, spec.least) for _ in range(spec.inputs)])

    def encode(self, images: Tensor) -> list[list[Tensor]]:
        each = images.chunk(len(self.backbones), dim=1)
        return [backbone(image) for backbone, image in zip(self.backbones, each, strict=True)]


class EarlyFusion(FusionNetwork):
    """EF: all images through one convolution into three channels, and those through one VGG16.

    The text says "a 2D convolutional layer to reduce the channel dimension"; that it is 3x3 with ReLU is from the
    authors' later code (github.com/Biomedical-Data-Analysis-Laboratory/4D-mJ-Net).
    """

    def __init__(self, spec: EarlyFusionSpec) -> None:
        super().__init__(spec, [VGG16(REDUCED, spec.width, spec.least)])
        self.reduce = convolution(spec.channels, REDUCED)
        initialise(self.reduce)

    def encode(self, images: Tensor) -> list[list[Tensor]]:
        return [self.backbones[0](self.reduce(images))]


class InflatedFusion(FusionNetwork):
    """EFI, early fusion with inflation: the images as frames of a film through one VGG16, inflated along time."""

    def __init__(self, spec: InflatedFusionSpec) -> None:
        super().__init__(spec, [InflatedVGG16(spec.inputs, spec.channels_per_input, spec.width, spec.least)])

    def encode(self, images: Tensor) -> list[list[Tensor]]:
        return [self.backbones[0](images)]
