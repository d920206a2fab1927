"""VGG16 inflated to 3-D: several images of one slice are the frames of a short film.

Carreira and Zisserman, Quo Vadis, Action Recognition? (I3D), CVPR 2017: square kernels become cubic, filled with
the 2-D weights repeated along time and divided by how often, so that a film of one repeated image gives the 2-D
network's activations. Where time shrinks is not stated in Tomasetti et al.; their later published code
(github.com/Biomedical-Data-Analysis-Laboratory/4D-mJ-Net) pools time by 2 after the fourth and the fifth block only,
rounding up, and lays what time is left side by side as channels. So it is here.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from ..base import Encoder
from ..spec import POOLED_IN_TIME, VGG_BLOCKS, scaled
from .vgg import STRIDES, VGG16, features_of, initialise

KERNEL = 3
"""Frames that a kernel spans: as many as rows and columns."""


def inflate(kernel: Tensor, length: int = KERNEL) -> Tensor:
    """A 2-D kernel (out, in, h, w) as a 3-D kernel (out, in, length, h, w) of the same sum."""
    return kernel.unsqueeze(2).expand(-1, -1, length, -1, -1) / length


class InflatedVGG16(Encoder):
    """Features (N, T * C, H, W) of T images (N, T * channels, H, W): at each scale every frame's, one after another.

    Four frames are 4, 4, 4, 4, 2 and 1 at the six scales; five are 5, 5, 5, 5, 3 and 2.
    """

    strides = STRIDES

    def __init__(self, frames: int, channels: int, width: float = 1.0, least: int = 1) -> None:
        super().__init__()
        self.frames, self.channels, self.width, self.least = frames, channels, width, least
        layers: list[nn.Module] = []
        widths: list[int] = []
        inputs = channels
        for number, (full, convolutions) in enumerate(VGG_BLOCKS):
            for _ in range(convolutions):
                outputs = scaled(full, width, least)
                layers += [nn.Conv3d(inputs, outputs, KERNEL, padding=1), nn.ReLU(inplace=True)]
                inputs = outputs
            widths.append(frames * inputs)
            time = 2 if number in POOLED_IN_TIME else 1
            # Rounding up concerns time alone: rows and columns are multiples of 32.
            layers.append(nn.MaxPool3d((time, 2, 2), ceil_mode=True))
            frames = -(-frames // time)
        self.features = nn.Sequential(*layers)
        self.widths = (*widths, frames * inputs)
        initialise(self.features)

    def forward(self, x: Tensor) -> list[Tensor]:
        film = x.reshape(len(x), self.frames, -1, *x.shape[2:]).transpose(1, 2)
        return [scale.transpose(1, 2).flatten(1, 2) for scale in features_of(self.features, film)]

    def units(self) -> list[nn.Module]:
        return [layer for layer in self.features if isinstance(layer, nn.Conv3d)]

    def flat(self) -> VGG16:
        """A `VGG16` of the same widths: what a checkpoint is read into before `load_2d` takes its parameters."""
        return VGG16(self.channels, self.width, self.least)

    def load_2d(self, state: Mapping[str, Tensor]) -> None:
        """Fills the network with a `VGG16`'s parameters.

        Raises:
            RuntimeError: if they are not those of a VGG16 of the same widths.
        """
        self.load_state_dict({name: inflate(value) if value.dim() == 4 else value for name, value in state.items()})
