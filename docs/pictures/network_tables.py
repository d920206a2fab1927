"""Writes the layer tables of docs/networks.md, read off the networks themselves.

    python docs/pictures/network_tables.py

Each table stands between two comments that name it. Testing/Python/nets/networks/test_network_tables.py keeps page and
networks together.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from StrokeSegLogic.nets.networks.spec import (
    EarlyFusionSpec,
    InflatedFusionSpec,
    NetworkSpec,
    SlowFusionSpec,
    UNet2DSpec,
    UNet3DSpec,
)
from StrokeSegLogic.nets.networks.summary import Layer, layers, on_meta, parameters

PAGE = Path(__file__).resolve().parents[1] / "networks.md"
WIDTHS = (256, 128, 64, 32, 16)
CTP = (512, 512)


@dataclass(frozen=True)
class Shown:
    """A network as the page shows it.

    Attributes:
        spec: of the paper's size.
        size: of one image or volume.
        names: regular expression of the modules that make the table's rows, see `summary.layers`.
    """

    spec: NetworkSpec
    size: tuple[int, ...]
    names: str | None = None


_DECODER = r"|decoder\.\d\.(up|convolutions)|head"
SHOWN = {
    "res_unet": Shown(
        UNet2DSpec("resnet50", 4, 2, WIDTHS), (256, 256), r"encoder\.(conv1|bn1|maxpool|layer\d)" + _DECODER
    ),
    "dense_unet": Shown(UNet2DSpec("densenet121", 4, 2, WIDTHS), (256, 256), r"encoder\.features\.\w+" + _DECODER),
    "slow_fusion": Shown(SlowFusionSpec(12, 3, 4, nihss=True, size=CTP), CTP),
    "early_fusion": Shown(EarlyFusionSpec(12, 3, 4, nihss=True, size=CTP), CTP),
    "inflated_fusion": Shown(InflatedFusionSpec(12, 3, 4, nihss=True, size=CTP), CTP),
    "unet3d": Shown(UNet3DSpec(5, 2), (32, 128, 128), r"(contracting|expanding)\.\d\.(first|second|up)|pool|head"),
}

COUNTED: dict[str, NetworkSpec] = {
    "Res-UNet, ResNet50": UNet2DSpec("resnet50", 4, 2, WIDTHS),
    "Res-UNet, ResNet50, attention gates": UNet2DSpec("resnet50", 4, 2, WIDTHS, attention=True),
    "Res-UNet, ResNet34": UNet2DSpec("resnet34", 4, 2, WIDTHS),
    "Res-UNet, ResNet18": UNet2DSpec("resnet18", 4, 2, WIDTHS),
    "Res-UNet, pre-activation ResNet50 to stage 3": UNet2DSpec("resnet50_preactivation", 4, 2, WIDTHS[:-1]),
    "Dense-UNet, DenseNet121": UNet2DSpec("densenet121", 4, 2, WIDTHS),
    "U-Net, VGG16": UNet2DSpec("vgg16", 4, 2, WIDTHS),
    "U-Net, MobileNetV2": UNet2DSpec("mobilenet_v2", 4, 2, WIDTHS),
    "U-Net, compact": UNet2DSpec("compact", 5, 2, (128, 64, 32, 16)),
    "SF(PMs)": SlowFusionSpec(12, 3, 4),
    "SF(PMs,M)": SlowFusionSpec(15, 3, 5),
    "SF(PMs,N)": SlowFusionSpec(12, 3, 4, nihss=True, size=CTP),
    "SF(PMs,M,N)": SlowFusionSpec(15, 3, 5, nihss=True, size=CTP),
    "EF(PMs,N)": EarlyFusionSpec(12, 3, 4, nihss=True, size=CTP),
    "EFI(PMs,N)": InflatedFusionSpec(12, 3, 4, nihss=True, size=CTP),
    "3-D U-Net, classic": UNet3DSpec(5, 2, modified=False),
    "3-D U-Net, modified": UNet3DSpec(5, 2),
}


def layer_table(name: str) -> str:
    """The table of one of `SHOWN`; equal layers of several encoders share a row."""
    shown = SHOWN[name]
    network = on_meta(shown.spec)
    rows = [
        "| layer | operation | channels in | channels out | size out | parameters |",
        "| --- | --- | ---: | ---: | --- | ---: |",
    ]
    found = layers(network, (1, shown.spec.channels, *shown.size), shown.names)
    counted = Counter(_alike(layer) for layer in found)
    for layer, times in counted.items():
        each = f"{times} x " if times > 1 else ""
        size = " x ".join(map(str, layer.given[1:])) or "-"
        count = f"{each}{layer.parameters:,}" if layer.parameters else "0"
        cells = (f"`{layer.name}`", each + layer.operation, layer.taken[0], layer.given[0], size, count)
        rows.append(f"| {' | '.join(map(str, cells))} |")
    rows.append(f"| all | | | | | {parameters(network):,} |")
    return "\n".join(rows)


def count_table() -> str:
    """Parameters of each of `COUNTED`, and of their pretrained encoders."""
    rows = [
        "| network | channels | classes | parameters | of them in encoders |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for title, spec in COUNTED.items():
        network = on_meta(spec)
        encoders = sum(parameters(encoder) for encoder in network.encoders())
        rows.append(f"| {title} | {spec.channels} | {spec.classes} | {parameters(network):,} | {encoders:,} |")
    return "\n".join(rows)


def tables() -> dict[str, str]:
    """All tables by the names that the page gives them."""
    return {"counts": count_table()} | {name: layer_table(name) for name in SHOWN}


def put(page: str, name: str, table: str) -> str:
    """The page with that table in its place.

    Raises:
        ValueError: if the page has no place of that name, or several.
    """
    begin, end = f"<!-- table: {name} -->", f"<!-- end: {name} -->"
    text, places = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n\n{table}\n\n{end}", page, flags=re.DOTALL
    )
    if places != 1:
        raise ValueError(f"the page has {places} places for the table '{name}'")
    return text


def _alike(layer: Layer) -> Layer:
    """The layer under a name that it shares with the same layer behind the other images."""
    name = re.sub(r"^(backbones|necks)\.\d+", r"\1.*", layer.name)
    return Layer(name, layer.operation, layer.taken, layer.given, layer.parameters)


if __name__ == "__main__":
    written = PAGE.read_text(encoding="utf-8")
    for title, content in tables().items():
        written = put(written, title, content)
    PAGE.write_text(written, encoding="utf-8")
