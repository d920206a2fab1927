"""Which network, from which weights, on the same real slices and in the same time: FLAIR slices of SOOP, three planes.

    python benchmarks/networks_on_flair.py --data DATA --output FOLDER --network mobilenet_v2 \
        --pretrained DATA/imagenet/mobilenet_v2.npz --minutes 15

One network for all planes learns from the training split for so many minutes of one core's time, in pixels of 1.5 mm,
with the bundled recipe's augmentation and its first loss, AdamW and an average of the weights. Those of MONAI are its
own code with the widths named in `NETWORKS`. Dice and false area depend on the threshold; networks are compared where
they mark the same area on slices without lesion: the threshold is the lowest at which that is 30, and 90, mm² on the
validation split, and the test split, which chooses nothing, follows at the same limit. Each run adds lines to
FOLDER/networks.tsv; --table prints them all as Markdown.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from monai.networks.nets.dynunet import DynUNet
from monai.networks.nets.flexible_unet import FlexibleUNet
from monai.networks.nets.segresnet import SegResNet
from torch import Tensor, nn
from torch.nn import functional

from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import UNet2DSpec
from StrokeSegLogic.nets.run.inputs import centred
from StrokeSegLogic.training.loop import update_average
from StrokeSegLogic.training.losses.choose import loss_of
from StrokeSegLogic.training.plan import learning_rate
from StrokeSegLogic.training.pretrained import Pretrained, few_images, load_pretrained
from StrokeSegLogic.training.recipes import find_recipe, read_recipe
from StrokeSegLogic.training.stream.batches import BatchMaker, normalised
from StrokeSegLogic.training.stream.recipe import StageSpec, StreamRecipe
from StrokeSegLogic.training.stream.samples import CHANNELS
from StrokeSegLogic.training.stream.sources.soop import Soop
from StrokeSegLogic.training.stream.tensors import CANVAS, Batch, collate
from StrokeSegLogic.training.stream.validation import Pairs, score

PIXEL_MM = 1.5
STAGE = StageSpec(steps=10_000, rate=1e-3, pixel_mm=PIXEL_MM)
"""Its steps are parts of the time."""
SIDE = 128
"""Pixels of the square that is validated on: 192 mm."""
AREA_MM2 = PIXEL_MM**2
AVERAGE = 0.99
"""Decay of the average of the weights, for runs of a few hundred steps."""
FALSE_MM2 = (30.0, 90.0)
THRESHOLDS = tuple(float(value) for value in 1 / (1 + np.exp(-np.arange(-6, 8, 0.25))))
COLUMNS = (
    "network",
    "weights",
    "parameters",
    "minutes",
    "steps",
    "seed",
    "allowed",
    "threshold",
    "split",
    "dice",
    "false",
)
_DEEP = (64, 64, 48, 32, 16)


def _dynunet() -> nn.Module:
    return DynUNet(
        2, len(CHANNELS), 2, [3] * 6, [1, 2, 2, 2, 2, 2], [2] * 5, filters=[16, 32, 64, 96, 128, 192], res_block=True
    )


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "mobilenet_v2": lambda: build(UNet2DSpec("mobilenet_v2", len(CHANNELS), 2, _DEEP)),
    "resnet18": lambda: build(UNet2DSpec("resnet18", len(CHANNELS), 2, _DEEP)),
    "resnet50_preactivation": lambda: build(UNet2DSpec("resnet50_preactivation", len(CHANNELS), 2, (96, 64, 32, 16))),
    "compact": lambda: build(UNet2DSpec("compact", len(CHANNELS), 2, (128, 64, 32, 16))),
    "MONAI DynUNet": _dynunet,
    "MONAI SegResNet": lambda: SegResNet(2, 16, len(CHANNELS), 2, blocks_down=(1, 2, 2, 4), blocks_up=(1, 1, 1)),
    "MONAI FlexibleUNet": lambda: FlexibleUNet(
        len(CHANNELS), 2, "efficientnet-b0", decoder_channels=_DEEP, spatial_dims=2
    ),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--output", type=Path, required=True)
    arguments.add_argument("--network", choices=tuple(NETWORKS))
    arguments.add_argument("--pretrained", type=Path)
    arguments.add_argument("--minutes", type=float, default=15.0)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--table", action="store_true")
    given = arguments.parse_args()
    if given.table:
        table(given.output / "networks.tsv")
        return
    if given.data is None or given.network is None:
        arguments.error("--data and --network are needed, or --table")
    torch.set_num_threads(1)
    recipe = read_recipe(find_recipe("mri-compact"))
    assert isinstance(recipe, StreamRecipe)
    torch.manual_seed(given.seed)
    network = NETWORKS[given.network]()
    soop = Soop(given.data / "soop", "train")
    flair = replace(recipe, needs_one_of=("FLAIR",), only=("FLAIR",), seed=given.seed)
    batches = BatchMaker(flair, STAGE, [(soop, 1.0)], PLANES, 0)
    if given.pretrained:
        few = partial(few_images, batches, recipe.batch)
        load_pretrained(network, given.network, Pretrained(given.pretrained), few)  # type: ignore[arg-type]
    steps = learn(network, batches, recipe, given.minutes)
    network.eval()
    seen = {split: said(network, Soop(given.data / "soop", split)) for split in ("val", "test")}
    given.output.mkdir(parents=True, exist_ok=True)
    parameters = sum(values.numel() for values in network.parameters())
    weights = "ImageNet" if given.pretrained else "random"
    fixed = (given.network, weights, parameters, given.minutes, steps, given.seed)
    lines = []
    for allowed in FALSE_MM2:
        limit = next(
            (threshold for threshold in THRESHOLDS if figures(seen["val"], threshold)[1] <= allowed), THRESHOLDS[-1]
        )
        lines += [(*fixed, allowed, limit, split, *figures(planes, limit)) for split, planes in seen.items()]
    path = given.output / "networks.tsv"
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerows([COLUMNS, *lines] if fresh else lines)


def learn(network: nn.Module, batches: BatchMaker, recipe: StreamRecipe, minutes: float) -> int:
    """Trains in place for so much processor time, the learning rate by what has passed of it; the weights are then the
    averaged weights. Returns the steps done."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    compute = loss_of(recipe.loss)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=recipe.weight_decay)
    average = {name: value.clone() for name, value in network.state_dict().items()}
    step, began = 0, time.process_time()
    while (done := (time.process_time() - began) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(int(done * STAGE.steps), STAGE)
        examples = batches(step)
        network.train()
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(examples.images.contiguous(memory_format=torch.channels_last))
        loss = compute(logits.float(), examples.labels, examples.counted, examples.emphasised)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        update_average(average, network, step, AVERAGE)
        step += 1
    network.load_state_dict(average)
    return step


Planes = dict[str, Pairs]
"""What was said of each plane's slices, (SIDE, SIDE)."""


@torch.inference_mode()
def said(network: nn.Module, soop: Soop) -> Planes:
    """What the network says of a split, as it is and mirrored from left to right where that is a head."""
    found: Planes = {}
    for plane in PLANES:
        found[plane] = []
        for number in range(len(soop.subjects)):
            batch = shrunk(collate([soop.sample(plane, number)]))
            images = normalised(batch)
            probability = network(images).softmax(1)[0, 1]
            if plane != "sagittal":
                probability = (probability + network(images.flip(-1)).softmax(1)[0, 1].flip(-1)) / 2
            found[plane].append(((probability * batch.brain[0, 0]).numpy(), batch.lesion[0, 0].numpy()))
    return found


def shrunk(batch: Batch) -> Batch:
    """The middle of the canvas in the pixels that the network learned from."""
    _, (rows, columns) = centred((CANVAS, CANVAS), [round(SIDE * PIXEL_MM)] * 2)

    def smaller(tensor: Tensor) -> Tensor:
        part = tensor[..., rows, columns].float()
        return functional.interpolate(part, (SIDE, SIDE), mode="bilinear", antialias=True)

    batch.images = smaller(batch.images)
    batch.lesion, batch.brain = smaller(batch.lesion) > 0.5, smaller(batch.brain) > 0.5
    return batch


def figures(planes: Planes, limit: float) -> tuple[float, float]:
    """Mean Dice of slices with lesion, and mean area marked on slices without, mm²: means over the planes."""
    scores = [score(pairs, limit, AREA_MM2) for pairs in planes.values()]
    return float(np.mean([score.dice for score in scores])), float(np.mean([score.false_pixels for score in scores]))


def table(path: Path) -> None:
    """Prints the runs, a line each: Dice, and in brackets the area on slices without lesion in mm²."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    titles = ["network", "weights", "parameters", "minutes", "steps"]
    titles += [f"{split}, {allowed:g} mm² allowed" for allowed in FALSE_MM2 for split in ("validation", "test")]
    print(f"| {' | '.join(titles)} |\n|{' --- |' * len(titles)}")
    for first in range(0, len(rows), 2 * len(FALSE_MM2)):
        run = rows[first : first + 2 * len(FALSE_MM2)]
        head = run[0]
        found = " | ".join(f"{float(row['dice']):.3f} ({float(row['false']):.0f})" for row in run)
        print(
            f"| {head['network']} | {head['weights']} | {int(head['parameters']):,} | {float(head['minutes']):g} "
            f"| {head['steps']} | {found} |"
        )


if __name__ == "__main__":
    main()
