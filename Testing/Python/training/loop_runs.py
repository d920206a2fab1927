"""A run of the optimiser loop that takes a second: slow fusion with dropout and a score, judged by its own batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.nets.networks.base import SegmentationNetwork
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import NetworkSpec, SlowFusionSpec
from StrokeSegLogic.training.cohort.judge import FineTuning
from StrokeSegLogic.training.devices import Hardware, launch
from StrokeSegLogic.training.examples import Examples
from StrokeSegLogic.training.loop import Loop, State
from StrokeSegLogic.training.losses.choose import loss_of
from StrokeSegLogic.training.losses.focal_tversky import FocalTversky
from StrokeSegLogic.training.plan import Plan
from StrokeSegLogic.training.transfer import TransferSpec

SIZE = (32, 32)
FUSION = SlowFusionSpec(channels=2, classes=3, inputs=2, nihss=True, size=SIZE, dropout=0.25, width=1 / 16)
PLAN = Plan("network", 12, lambda step: 1e-3, "adam", epoch=2, checkpoint_every=3, seed=5)
GRADUAL = TransferSpec("gradual", patience=1, factors=(1.0, 0.5, 0.25))


def examples(number: int, samples: int = 2) -> Examples:
    """Blobs of two classes on noise; a function of the number."""
    random = np.random.default_rng([11, number])
    labels = np.zeros((samples, *SIZE), np.int64)
    for label in labels:
        y, x = random.integers(4, 20, 2)
        label[y : y + 10, x : x + 10] = 1
        label[y + 3 : y + 7, x + 3 : x + 7] = 2
    images = np.stack([labels + 0.3 * random.normal(size=labels.shape) for _ in range(2)], 1)
    return Examples(
        images=torch.from_numpy(images.astype(np.float32)),
        labels=torch.from_numpy(labels),
        counted=torch.ones(labels.shape, dtype=torch.bool),
        emphasised=torch.arange(samples) % 2 == 0,
        nihss=torch.from_numpy(random.integers(0, 30, samples).astype(np.float32)),
        names=tuple(f"case {number}-{i}" for i in range(samples)),
    )


def compute(network: SegmentationNetwork, logits: Tensor, batch: Examples) -> Tensor:
    return loss_of(FocalTversky())(logits, batch.labels, batch.counted, batch.emphasised)


def falling(*losses: float) -> Callable[[SegmentationNetwork], float]:
    """A validation whose losses are given: one for each epoch, the last for all that follow."""
    left = list(losses)
    return lambda network: left.pop(0) if len(left) > 1 else left[0]


def held_out_loss(network: SegmentationNetwork) -> float:
    batch = examples(10_000)
    return float(compute(network, network(batch.images, batch.nihss), batch))


@dataclass
class Run:
    """A run that may be stopped and taken up again.

    Attributes:
        folder: of checkpoint and logs.
        plan, transfer, network, validate, make, loss: what the loop is made of; without transfer nobody judges.
    """

    folder: Path
    plan: Plan = PLAN
    transfer: TransferSpec | None = GRADUAL
    network: NetworkSpec = FUSION
    validate: Callable[[SegmentationNetwork], float] = held_out_loss
    make: Callable[[int], Examples] = examples
    loss: Callable[[SegmentationNetwork, Tensor, Examples], Tensor] = compute
    precision: str = "32-true"
    messages: list[str] | None = None

    def start(self) -> SegmentationNetwork:
        torch.manual_seed(self.plan.seed)
        return build(self.network)

    def __call__(self, stop_at: int | None = None) -> State:
        """Runs to the end, or is cancelled once it has announced that step (from 1)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        token = CancelToken()

        def report(fraction: float, message: str) -> None:
            if self.messages is not None:
                self.messages.append(message)
            if message.startswith(f"{self.plan.name}: step {stop_at} "):
                token.cancel()

        fabric = launch(Hardware("cpu"), self.precision)
        judge = None
        if self.transfer is not None:
            judge = FineTuning(self.transfer, self.plan.rate(0), self.validate, fabric)
        loop = Loop(self.plan, self.make, self.loss, self.folder, fabric, judge)
        return loop.run(self.start(), Progress(report, token))

    def changed(self, **values: object) -> Run:
        return replace(self, **values)  # type: ignore[arg-type]

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


def assert_same(first: State, other: State) -> None:
    assert first.keys() == other.keys()
    for name, value in first.items():
        assert torch.equal(value, other[name]), name
