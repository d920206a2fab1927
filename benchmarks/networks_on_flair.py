"""Which network, from which weights, on the same real slices and in the same time: FLAIR slices of SOOP, three planes.

    python benchmarks/networks_on_flair.py --data DATA --output FOLDER --network mobilenet_v2 \
        --pretrained DATA/imagenet/mobilenet_v2.npz --minutes 15

One network for all planes learns from the training split for so many minutes of one core's time, in pixels of 1.5 mm,
with the bundled recipe's augmentation and its first loss, AdamW and an average of the weights. Those of MONAI are its
own code with the widths named in `NETWORKS`. The threshold is chosen on the validation split as in training
(`validation.best_threshold`); what the test split says follows, and chooses nothing. Each run adds a line to
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

import torch
from monai.networks.nets.dynunet import DynUNet
from monai.networks.nets.flexible_unet import FlexibleUNet
from monai.networks.nets.segresnet import SegResNet
from torch import Tensor, nn
from torch.nn import functional

from StrokeSegLogic.networks.build import build
from StrokeSegLogic.networks.spec import UNet2DSpec
from StrokeSegLogic.planes import PLANES
from StrokeSegLogic.training.losses import loss_of
from StrokeSegLogic.training.pretrained import Pretrained, few_images, load_pretrained
from StrokeSegLogic.training.recipes import find_recipe, read_recipe
from StrokeSegLogic.training.stream.batches import BatchMaker, normalised
from StrokeSegLogic.training.stream.recipe import Recipe, StageSpec
from StrokeSegLogic.training.stream.samples import CHANNELS
from StrokeSegLogic.training.stream.sources.soop import Soop
from StrokeSegLogic.training.stream.stages import learning_rate
from StrokeSegLogic.training.stream.tensors import CANVAS, Batch, collate
from StrokeSegLogic.training.stream.validation import Pairs, best_threshold, score

PIXEL_MM = 1.5
STAGE = StageSpec(steps=10_000, rate=1e-3, pixel_mm=PIXEL_MM)
"""Its steps are parts of the time."""
SIDE = 128
"""Pixels of the square that is validated on: 192 mm."""
AREA_MM2 = PIXEL_MM**2
COLUMNS = (
    "network",
    "weights",
    "parameters",
    "minutes",
    "steps",
    "seed",
    "threshold",
    "split",
    "plane",
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
    assert isinstance(recipe, Recipe)
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
    limit = best_threshold(list(seen["val"].values()), AREA_MM2)
    given.output.mkdir(parents=True, exist_ok=True)
    parameters = sum(one.numel() for one in network.parameters())
    weights = "ImageNet" if given.pretrained else "random"
    fixed = (given.network, weights, parameters, given.minutes, steps, given.seed, limit)
    lines = [(*fixed, split, *one) for split, planes in seen.items() for one in figures(planes, limit)]
    path = given.output / "networks.tsv"
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerows([COLUMNS, *lines] if fresh else lines)


def learn(network: nn.Module, batches: BatchMaker, recipe: Recipe, minutes: float) -> int:
    """Trains in place for so much processor time, the learning rate by what has passed of it; the weights are then the
    averaged ones. Returns the steps done."""
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
        step += 1
        kept = min(recipe.average, step / (step + 9))
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                average[name].lerp_(value, 1 - kept)
            else:
                average[name].copy_(value)
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
    start = (CANVAS - round(SIDE * PIXEL_MM)) // 2
    middle = slice(start, start + round(SIDE * PIXEL_MM))

    def smaller(tensor: Tensor) -> Tensor:
        part = tensor[..., middle, middle].float()
        return functional.interpolate(part, (SIDE, SIDE), mode="bilinear", antialias=True)

    batch.images = smaller(batch.images)
    batch.lesion, batch.brain = smaller(batch.lesion) > 0.5, smaller(batch.brain) > 0.5
    return batch


def figures(planes: Planes, limit: float) -> list[tuple[str, float, float]]:
    """Of each plane the mean Dice of slices with lesion, and the mean area marked on slices without, mm²."""
    scores = {plane: score(pairs, limit, AREA_MM2) for plane, pairs in planes.items()}
    return [(plane, one.dice, one.false_pixels) for plane, one in scores.items()]


def table(path: Path) -> None:
    """Prints the runs, a line each; Dice and false mm² of axial, coronal, sagittal."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    titles = ("network", "weights", "parameters", "minutes", "steps", "threshold", "validation Dice", "test Dice")
    print(f"| {' | '.join(titles)} | test false mm² |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for first in range(0, len(rows), 2 * len(PLANES)):
        run = rows[first : first + 2 * len(PLANES)]
        one, val, test = run[0], run[: len(PLANES)], run[len(PLANES) :]
        print(
            f"| {one['network']} | {one['weights']} | {int(one['parameters']):,} | {float(one['minutes']):g} "
            f"| {one['steps']} | {float(one['threshold']):g} | {_three(val, 'dice', '.3f')} "
            f"| {_three(test, 'dice', '.3f')} | {_three(test, 'false', '.0f')} |"
        )


def _three(rows: list[dict[str, str]], column: str, form: str) -> str:
    return ", ".join(format(float(row[column]), form) for row in rows)


if __name__ == "__main__":
    main()
