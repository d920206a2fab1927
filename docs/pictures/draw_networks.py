"""Draws the networks of docs/networks.md, one SVG each, with the numbers read off the networks themselves.

    python docs/pictures/draw_networks.py [--png FOLDER]

Needs matplotlib. With --png the same drawings are also written as PNG, to look at.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from network_tables import SHOWN, Shown
from u_shape import CLINICAL, DECODER, IMAGE, OURS, PRETRAINED, Box, Drawing, paint

from StrokeSegLogic.nets.networks.spec import FusionSpec, UNet2DSpec, UNet3DSpec
from StrokeSegLogic.nets.networks.summary import layers, on_meta

FOLDER = Path(__file__).parent / "networks"


def size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--png", type=Path, help="folder for PNG copies")
    arguments = parser.parse_args()
    # Text stays text: small files, and a reader's own font. Fixed ids: the same file from every run.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "strokeseg", "font.family": "sans-serif"})
    FOLDER.mkdir(exist_ok=True)
    for name, shown in SHOWN.items():
        figure = paint(drawing(name, shown))
        figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
        if arguments.png is not None:
            arguments.png.mkdir(parents=True, exist_ok=True)
            figure.savefig(arguments.png / f"{name}.png", dpi=110)


def drawing(name: str, shown: Shown) -> Drawing:
    spec = shown.spec
    if isinstance(spec, UNet2DSpec):
        return unet2d(shown, spec, name)
    if isinstance(spec, UNet3DSpec):
        return unet3d(shown, spec)
    return fusion(shown, spec)


def unet2d(shown: Shown, spec: UNet2DSpec, name: str) -> Drawing:
    encoder = on_meta(spec).encoders()[0]
    side = shown.size[0]
    sides = [side, *(side // stride for stride in encoder.strides)]
    parts = {
        "res_unet": [
            "7x7 convolution, stride 2",
            "layer1: 3 bottlenecks",
            "layer2: 4 bottlenecks",
            "layer3: 6 bottlenecks",
            "layer4: 3 bottlenecks",
        ],
        "dense_unet": [
            "7x7 convolution, stride 2",
            "dense block 1: 6 layers",
            "dense block 2: 12 layers",
            "dense block 3: 24 layers",
            "dense block 4: 16 layers",
        ],
    }[name]
    features = [
        Box([words, size((width, rows, rows))], PRETRAINED)
        for words, width, rows in zip(parts, encoder.widths, sides[1:], strict=True)
    ]
    skips = [0, *encoder.widths[:-1]]
    right = [
        Box([f"joined: {width} + {skip}" if skip else "no skip", f"two 3x3 → {size((width, rows, rows))}"], DECODER)
        for width, skip, rows in zip(spec.decoder[::-1], skips, sides, strict=False)
    ]
    title = {"res_unet": "Res-UNet (ResNet50)", "dense_unet": "Dense-UNet (DenseNet121)"}[name]
    image = Box(["slice of all sequences", size((spec.channels, side, side))], IMAGE)
    return Drawing(
        title,
        left=[image, *features[:-1]],
        bottom=features[-1],
        right=right,
        skips=[None, *(str(width) for width in encoder.widths[:-1])],
        down="",
        up="transposed 2x2",
        head=Box(["1x1 → logits", size((spec.classes, side, side))], IMAGE),
        top=[],
        gates=True,
    )


def fusion(shown: Shown, spec: FusionSpec) -> Drawing:
    network = on_meta(spec)
    rows = {row.name: row for row in layers(network, (1, spec.channels, *shown.size))}
    encoder = network.encoders()[0]
    count = len(network.encoders())
    side = shown.size[0]
    sides = [side // stride for stride in encoder.strides]
    film = spec.kind == "inflated_fusion"
    kernel = "3x3x3" if film else "3x3"
    pooled = [row.taken for row in rows.values() if row.name.startswith("backbones.0") and "pooling" in row.operation]
    left = [
        Box([f"block {block}: {convolutions} convolutions {kernel}", size(shape)], PRETRAINED, count)
        for block, (convolutions, shape) in enumerate(zip((2, 2, 3, 3, 3), pooled, strict=False), start=1)
    ]
    # What crosses: every image's features, or every frame's.
    copies = [shape[1] if film else count for shape in pooled]
    skips = [f"{each} · {shape[0]}" if each > 1 else str(shape[0]) for each, shape in zip(copies, pooled, strict=True)]
    first = ["decoder.last.0.0", *(f"decoder.scales.{scale}.0.0" for scale in (3, 2, 1, 0))]
    right = []
    for name, across, wide, rows_here in zip(first, skips, encoder.widths, sides, strict=False):
        taken, given = rows[name].taken[0], rows[name].given[0]
        up = taken - count * wide
        right.append(
            Box([f"joined: {up} + {across} = {taken}", f"two 3x3 → {size((given, rows_here, rows_here))}"], DECODER)
        )
    neck = rows["necks.0.1.0"].given
    joined = rows["decoder.first.0"].taken
    many = f"{count} · " if count > 1 else ""
    bottom = Box(
        [
            f"{many}two 3x3, dropout {spec.dropout}",
            f"joined: {many}{neck[0]} + 1 → {size(joined)}",
        ],
        OURS,
    )
    each = size((spec.channels_per_input, side, side))
    top = [Box([f"{spec.inputs} maps (5 images with MIP)", each + " each"], IMAGE, spec.inputs)]
    if spec.kind == "early_fusion":
        top.append(Box(["joined, 3x3 convolution", f"{spec.channels} → {size((3, side, side))}"], OURS))
    if film:
        top.append(Box(["frames along time", size((spec.channels_per_input, spec.inputs, side, side))], IMAGE))
    titles = {
        "slow_fusion": "Slow fusion SF: a VGG16 for each image",
        "early_fusion": "Early fusion EF: one VGG16 for three channels made of all images",
        "inflated_fusion": "Early fusion with inflation EFI: one inflated VGG16, time halved behind blocks 4 and 5",
    }
    return Drawing(
        titles[spec.kind],
        left=left,
        bottom=bottom,
        right=right,
        skips=list(skips),
        down="max-pooling",
        up="transposed 2x2",
        head=Box(["1x1 → logits", size((spec.classes, side, side))], IMAGE),
        top=top,
        aside=Box(["NIHSS score", f"dense 100, dense {joined[1] * joined[2]} → {size((1, *joined[1:]))}"], CLINICAL),
    )


def unet3d(shown: Shown, spec: UNet3DSpec) -> Drawing:
    rows = {row.name: row for row in layers(on_meta(spec), (1, spec.channels, *shown.size), shown.names)}
    levels = spec.levels
    left = []
    for level in range(levels):
        second = rows[f"contracting.{level}.second"]
        dilated = ", second dilated" if "dilation" in second.operation else ""
        left.append(Box([f"two 3x3x3{dilated}", size(second.given)], OURS))
    right = []
    for step in reversed(range(levels - 1)):
        taken, given = rows[f"expanding.{step}.first"].taken[0], rows[f"expanding.{step}.second"].given
        right.append(Box([f"joined: {taken // 2} + {taken // 2}", f"two 3x3x3 → {size(given)}"], DECODER))
    bottom = left.pop()
    return Drawing(
        "3-D U-Net (modified; classic: no dilation, no dropout, ReLU and batch normalisation)",
        left=left,
        bottom=bottom,
        right=right,
        skips=[str(rows[f"contracting.{level}.second"].given[0]) for level in range(levels - 1)],
        down="max-pooling 2",
        up="upsampling 2, 2x2x2",
        head=Box(["1x1x1 → logits", size((spec.classes, *shown.size))], IMAGE),
        top=[Box(["CT, CBF, CBV, MTT, Tmax", size((spec.channels, *shown.size))], IMAGE)],
    )


if __name__ == "__main__":
    main()
