"""Names and shapes of the encoders' parameters, told from their names alone: see `parameters`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .spec import (
    COMPACT_DEPTHS,
    COMPACT_WIDTHS,
    DENSE_BOTTLENECK,
    DENSENET_DEPTHS,
    EXPANSION,
    GROWTH,
    MOBILENET,
    MOBILENET_TAPS,
    POOLED_IN_TIME,
    PREACTIVATION_DEPTHS,
    RESNET_DEPTHS,
    RESNET_WIDTHS,
    VGG_BLOCKS,
    scaled,
)

Shapes = Iterator[tuple[str, tuple[int, ...]]]
"""Pairs of a parameter's name and shape."""


def convolution(name: str, inputs: int, outputs: int, *kernel: int, bias: bool = False) -> Shapes:
    """Of a convolution, 2-D or 3-D as its kernel is."""
    yield f"{name}.weight", (outputs, inputs, *kernel)
    if bias:
        yield f"{name}.bias", (outputs,)


def batch_norm(name: str, width: int) -> Shapes:
    """Of a batch norm, its statistics and counter among them."""
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", (width,)
    yield f"{name}.num_batches_tracked", ()


def vgg16(channels: int, width: float = 1.0, least: int = 1, kernel: tuple[int, ...] = (3, 3)) -> Shapes:
    """Of VGG16; with a cubic kernel, of the inflated VGG16."""
    place = 0
    for full, count in VGG_BLOCKS:
        for _ in range(count):
            yield from convolution(f"features.{place}", channels, scaled(full, width, least), *kernel, bias=True)
            channels = scaled(full, width, least)
            place += 2
        place += 1


def vgg16_widths(width: float = 1.0, least: int = 1) -> tuple[int, ...]:
    """Widths of VGG16's six scales."""
    widths = [scaled(full, width, least) for full, _ in VGG_BLOCKS]
    return (*widths, widths[-1])


def inflated_widths(frames: int, width: float, least: int) -> tuple[int, ...]:
    """Widths of the inflated VGG16's six scales: every frame's features side by side."""
    widths = []
    for block, (full, _) in enumerate(VGG_BLOCKS):
        widths.append(frames * scaled(full, width, least))
        if block in POOLED_IN_TIME:
            frames = -(-frames // 2)
    return (*widths, frames * scaled(VGG_BLOCKS[-1][0], width, least))


def _basic_block(name: str, inputs: int, width: int, strided: bool) -> Shapes:
    yield from convolution(f"{name}.conv1", inputs, width, 3, 3)
    yield from batch_norm(f"{name}.bn1", width)
    yield from convolution(f"{name}.conv2", width, width, 3, 3)
    yield from batch_norm(f"{name}.bn2", width)
    yield from _shortcut(name, inputs, width, strided)


def _bottleneck(name: str, inputs: int, width: int, strided: bool) -> Shapes:
    for number, (before, after, side) in enumerate(
        ((inputs, width, 1), (width, width, 3), (width, width * EXPANSION, 1)), start=1
    ):
        yield from convolution(f"{name}.conv{number}", before, after, side, side)
        yield from batch_norm(f"{name}.bn{number}", after)
    yield from _shortcut(name, inputs, width * EXPANSION, strided)


def _shortcut(name: str, inputs: int, outputs: int, strided: bool) -> Shapes:
    if strided or inputs != outputs:
        yield from convolution(f"{name}.downsample.0", inputs, outputs, 1, 1)
        yield from batch_norm(f"{name}.downsample.1", outputs)


def _compact(channels: int) -> Shapes:
    for scale, (width, depth) in enumerate(zip(COMPACT_WIDTHS, COMPACT_DEPTHS, strict=True)):
        for block in range(depth):
            yield from _basic_block(f"scales.{scale}.{block}", channels, width, block == 0 and scale > 0)
            channels = width


def _resnet(name: str, channels: int) -> Shapes:
    deep = name == "resnet50"
    yield from convolution("conv1", channels, 64, 7, 7)
    yield from batch_norm("bn1", 64)
    inputs = 64
    for layer, (width, depth) in enumerate(zip(RESNET_WIDTHS, RESNET_DEPTHS[name], strict=True), start=1):
        for block in range(depth):
            strided = block == 0 and layer > 1
            make = _bottleneck if deep else _basic_block
            yield from make(f"layer{layer}.{block}", inputs, width, strided)
            inputs = width * EXPANSION if deep else width


def _preactivation(channels: int) -> Shapes:
    yield from convolution("conv0", channels, 64, 7, 7)
    yield from batch_norm("norm0", 64)
    inputs = 64
    for stage, depth in enumerate(PREACTIVATION_DEPTHS):
        width = 64 << stage
        for block in range(depth):
            name = f"stages.{stage}.{block}"
            for number, (before, after, side) in enumerate(
                ((inputs, width, 1), (width, width, 3), (width, width * EXPANSION, 1)), start=1
            ):
                yield from batch_norm(f"{name}.norm{number}", before)
                yield from convolution(f"{name}.conv{number}", before, after, side, side)
            if inputs != width * EXPANSION:
                yield from convolution(f"{name}.downsample", inputs, width * EXPANSION, 1, 1)
            inputs = width * EXPANSION
    yield from batch_norm("norm_last", inputs)


def _densenet(channels: int) -> Shapes:
    width, inside = 64, DENSE_BOTTLENECK * GROWTH
    yield from convolution("features.conv0", channels, width, 7, 7)
    yield from batch_norm("features.norm0", width)
    for block, depth in enumerate(DENSENET_DEPTHS, start=1):
        for layer in range(1, depth + 1):
            name = f"features.denseblock{block}.denselayer{layer}"
            yield from batch_norm(f"{name}.norm1", width)
            yield from convolution(f"{name}.conv1", width, inside, 1, 1)
            yield from batch_norm(f"{name}.norm2", inside)
            yield from convolution(f"{name}.conv2", inside, GROWTH, 3, 3)
            width += GROWTH
        if block < len(DENSENET_DEPTHS):
            yield from batch_norm(f"features.transition{block}.norm", width)
            yield from convolution(f"features.transition{block}.conv", width, width // 2, 1, 1)
            width //= 2
    yield from batch_norm("features.norm5", width)


def _mobilenet(channels: int) -> Shapes:
    def unit(name: str, inputs: int, outputs: int, side: int) -> Shapes:
        yield from convolution(f"{name}.0", inputs, outputs, side, side)
        yield from batch_norm(f"{name}.1", outputs)

    yield from unit("features.0", channels, 32, 3)
    inputs, place = 32, 1
    for expansion, outputs, repetitions, _stride in MOBILENET:
        for _ in range(repetitions):
            name, wide = f"features.{place}.conv", inputs * expansion
            if expansion > 1:
                yield from unit(f"{name}.0", inputs, wide, 1)
            first = int(expansion > 1)
            # Each channel by itself.
            yield from unit(f"{name}.{first}", 1, wide, 3)
            yield from convolution(f"{name}.{first + 1}", wide, outputs, 1, 1)
            yield from batch_norm(f"{name}.{first + 2}", outputs)
            inputs, place = outputs, place + 1
    yield from unit(f"features.{place}", inputs, MOBILENET_TAPS[-1], 1)


ENCODERS: dict[str, tuple[Callable[[int], Shapes], tuple[int, ...], int]] = {
    "compact": (_compact, COMPACT_WIDTHS, 1),
    "resnet18": (lambda channels: _resnet("resnet18", channels), (64, *RESNET_WIDTHS), 2),
    "resnet34": (lambda channels: _resnet("resnet34", channels), (64, *RESNET_WIDTHS), 2),
    "resnet50": (
        lambda channels: _resnet("resnet50", channels),
        (64, *(width * EXPANSION for width in RESNET_WIDTHS)),
        2,
    ),
    "resnet50_preactivation": (_preactivation, (64, 256, 512, 1024), 2),
    "vgg16": (vgg16, vgg16_widths(), 1),
    "densenet121": (_densenet, (64, 256, 512, 1024, 1024), 2),
    "mobilenet_v2": (_mobilenet, MOBILENET_TAPS, 2),
}
"""Of each encoder its parameters for a number of channels, the widths of its scales, and its finest scale's stride."""
