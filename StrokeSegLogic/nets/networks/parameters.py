"""Names and shapes of a network's parameters, told from its spec without torch and without memory.

What a weights file must hold is so known before anything is allocated, and in processes that never import torch. The
networks say the same by being built; a test holds the two against each other for every kind.
"""

from __future__ import annotations

from collections.abc import Iterator

from .encoder_parameters import ENCODERS, Shapes, batch_norm, convolution, inflated_widths, vgg16, vgg16_widths
from .spec import (
    FIRST_UP,
    FUSION_STRIDE,
    LAST,
    NECK,
    NIHSS_HIDDEN,
    REDUCED,
    SCALES,
    EarlyFusionSpec,
    FusionSpec,
    InflatedFusionSpec,
    NetworkSpec,
    SlowFusionSpec,
    SubvoxelUNet3DSpec,
    UNet2DSpec,
    UNet3DSpec,
    scaled,
)


def parameter_shapes(spec: NetworkSpec) -> dict[str, tuple[int, ...]]:
    """The shape of everything in the network's state, batch norms' statistics included, by name.

    Raises:
        ValueError: if the decoder's widths do not fit the encoder.
    """
    match spec:
        case UNet2DSpec():
            return dict(_unet2d(spec))
        case UNet3DSpec():
            return dict(_unet3d(spec))
        case SubvoxelUNet3DSpec():
            return dict(_subvoxel_unet3d(spec))
        case _:
            return dict(_fusion(spec))


def _within(name: str, shapes: Shapes) -> Shapes:
    return ((f"{name}.{own}", shape) for own, shape in shapes)


def _unet2d(spec: UNet2DSpec) -> Shapes:
    encoder, widths, finest = ENCODERS[spec.encoder]
    skips = [*widths[-2::-1], *([0] if finest > 1 else [])]
    if len(spec.decoder) != len(skips):
        raise ValueError(f"the decoder needs {len(skips)} widths for this encoder, not {len(spec.decoder)}")
    yield from _within("encoder", encoder(spec.channels))
    inputs = widths[-1]
    for step, (skip, width) in enumerate(zip(skips, spec.decoder, strict=True)):
        name = f"decoder.{step}"
        yield from _transposed(f"{name}.up", inputs, width)
        if spec.attention and skip:
            inside = max(skip // 2, 1)
            yield from convolution(f"{name}.gate.theta", skip, inside, 2, 2)
            yield from convolution(f"{name}.gate.phi", inputs, inside, 1, 1, bias=True)
            yield from convolution(f"{name}.gate.psi", inside, 1, 1, 1, bias=True)
        for place, before in ((0, width + skip), (3, width)):
            yield from convolution(f"{name}.convolutions.{place}", before, width, 3, 3)
            yield from batch_norm(f"{name}.convolutions.{place + 1}", width)
        inputs = width
    yield from convolution("head", inputs, spec.classes, 1, 1, bias=True)


def _transposed(name: str, inputs: int, outputs: int) -> Shapes:
    yield f"{name}.weight", (inputs, outputs, 2, 2)
    yield f"{name}.bias", (outputs,)


def _dense(name: str, inputs: int, outputs: int) -> Shapes:
    yield f"{name}.weight", (outputs, inputs)
    yield f"{name}.bias", (outputs,)


def _fusion(spec: FusionSpec) -> Shapes:
    width, least = spec.width, spec.least
    encoders, widths = 1, vgg16_widths(width, least)
    match spec:
        case SlowFusionSpec():
            encoders = spec.inputs
            for number in range(encoders):
                yield from _within(f"backbones.{number}", vgg16(spec.channels_per_input, width, least))
        case EarlyFusionSpec():
            yield from convolution("reduce.0", spec.channels, REDUCED, 3, 3, bias=True)
            yield from _within("backbones.0", vgg16(REDUCED, width, least))
        case InflatedFusionSpec():
            widths = inflated_widths(spec.inputs, width, least)
            yield from _within("backbones.0", vgg16(spec.channels_per_input, width, least, (3, 3, 3)))
    neck = scaled(NECK, width, least)
    for number in range(encoders):
        yield from convolution(f"necks.{number}.0.0", widths[-1], neck, 3, 3, bias=True)
        yield from convolution(f"necks.{number}.1.0", neck, neck, 3, 3, bias=True)
    last = encoders * neck
    if spec.nihss and spec.size is not None:
        rows, columns = (-(-side // FUSION_STRIDE) for side in spec.size)
        yield from _dense("nihss.dense.0", 1, NIHSS_HIDDEN)
        yield from _dense("nihss.dense.2", NIHSS_HIDDEN, rows * columns)
        last += 1
    yield from _fusion_decoder(last, [encoders * channels for channels in widths[:-1]], encoders, spec)


def _fusion_decoder(bottleneck: int, skips: list[int], inputs: int, spec: FusionSpec) -> Shapes:
    last = scaled(FIRST_UP, spec.width, spec.least)
    yield from _transposed("decoder.first.0", bottleneck, last)
    for number, (skip, full) in enumerate(zip(skips[:0:-1], SCALES, strict=True)):
        name, outputs = f"decoder.scales.{number}", inputs * scaled(full, spec.width, spec.least)
        yield from convolution(f"{name}.0.0", last + skip, outputs, 3, 3, bias=True)
        yield from convolution(f"{name}.1.0", outputs, outputs, 3, 3, bias=True)
        yield from _transposed(f"{name}.2.0", outputs, outputs)
        last = outputs
    full_size = scaled(LAST, spec.width, spec.least)
    yield from convolution("decoder.last.0.0", last + skips[0], full_size, 3, 3, bias=True)
    yield from convolution("decoder.last.1.0", full_size, full_size, 3, 3, bias=True)
    yield from convolution("decoder.head", full_size, spec.classes, 1, 1, bias=True)


def _unet3d(spec: UNet3DSpec) -> Shapes:
    widths = [spec.base_width * 2**level for level in range(spec.levels)]
    inputs = spec.channels
    for level, width in enumerate(widths):
        yield from _unit3d(f"contracting.{level}.first", inputs, width, spec.modified)
        yield from _unit3d(f"contracting.{level}.second", width, width, spec.modified)
        inputs = width
    for level, width in enumerate(widths[-2::-1]):
        yield from convolution(f"expanding.{level}.up", 2 * width, width, 2, 2, 2, bias=True)
        yield from _unit3d(f"expanding.{level}.first", 2 * width, width, spec.modified)
        yield from _unit3d(f"expanding.{level}.second", width, width, spec.modified)
    yield from convolution("head", spec.base_width, spec.classes, 1, 1, 1, bias=True)


def _subvoxel_unet3d(spec: SubvoxelUNet3DSpec) -> Shapes:
    block, widths = spec.factor**3, spec.widths
    for level, (inputs, width) in enumerate(zip((spec.channels * block, *widths), widths, strict=False)):
        yield from _unit3d(f"contracting.{level}.0", inputs, width, modified=True)
        yield from _unit3d(f"contracting.{level}.1", width, width, modified=True)
    for level, (deeper, width) in enumerate(zip(widths[:0:-1], widths[-2::-1], strict=True)):
        yield from _unit3d(f"expanding.{level}.0", deeper + width, width, modified=True)
        yield from _unit3d(f"expanding.{level}.1", width, width, modified=True)
    yield from convolution("head", widths[0], spec.classes * block, 1, 1, 1, bias=True)
    if spec.refine:
        yield from _unit3d("refinement.0.0", spec.channels + spec.classes, spec.refine, modified=True)
        yield from _unit3d("refinement.0.1", spec.refine, spec.refine, modified=True)
        yield from convolution("refinement.1", spec.refine, spec.classes, 1, 1, 1, bias=True)


def _unit3d(name: str, inputs: int, width: int, modified: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from convolution(f"{name}.0", inputs, width, 3, 3, 3)
    if modified:
        # An instance norm keeps no statistics.
        yield f"{name}.1.weight", (width,)
        yield f"{name}.1.bias", (width,)
    else:
        yield from batch_norm(f"{name}.1", width)
