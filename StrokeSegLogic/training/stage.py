"""One stage of training: optimiser steps with a moving average of the weights, resumable to the bit."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from ..errors import OutputError, StrokeSegError
from ..progress import Progress
from .batches import BatchMaker
from .losses import cross_entropy_and_dice
from .recipe import Recipe, StageSpec

State = dict[str, Tensor]
Tensors = tuple[Tensor, Tensor, Tensor]


def learning_rate(step: int, spec: StageSpec) -> float:
    """Rises along a line over the first 5 % of the steps, then falls along a half cosine."""
    warm = max(spec.steps // 20, 1)
    if step < warm:
        return spec.rate * (step + 1) / warm
    done = (step - warm) / max(spec.steps - warm, 1)
    return spec.final_rate + (spec.rate - spec.final_rate) * 0.5 * (1 + math.cos(math.pi * done))


class Stage:
    """Trains one network.

    Args:
        name: of the stage's files.
        recipe: the run's.
        spec: the stage's own steps and rates.
        batches: gives the batch of a step.
        folder: for checkpoint and log.
        fabric: devices and precision.
    """

    def __init__(
        self, name: str, recipe: Recipe, spec: StageSpec, batches: BatchMaker, folder: Path, fabric: Fabric
    ) -> None:
        self.name = name
        self._recipe = recipe
        self._spec = spec
        self._batches = batches
        self._checkpoint = folder / f"{name}.ckpt"
        self._log = folder / f"{name}-losses.csv"
        self._fabric = fabric

    def run(self, network: nn.Module, progress: Progress) -> State:
        """Trains from the last checkpoint on, or from the start, and returns the averaged weights.

        Raises:
            StrokeSegError: if the loss is no number any more.
            Cancelled: between two steps; the last checkpoint stays.
        """
        network.to(self._fabric.device)
        average = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        optimiser = torch.optim.AdamW(network.parameters(), self._spec.rate, weight_decay=self._recipe.weight_decay)
        start = self._resume(network, optimiser, average)
        model, optimiser = self._fabric.setup(network.to(memory_format=torch.channels_last), optimiser)  # type: ignore[call-overload]
        model.train()
        rows: list[tuple[int, float, float]] = []
        for step, batch in self._ahead(start):
            rate = learning_rate(step, self._spec)
            for group in optimiser.param_groups:
                group["lr"] = rate
            loss = self._step(model, optimiser, step, batch)
            _follow(average, network, min(self._recipe.average, (step + 1) / (step + 10)))
            rows.append((step, rate, loss))
            progress((step + 1) / self._spec.steps, f"{self.name}: step {step + 1}, loss {loss:.3f}")
            if (step + 1) % self._recipe.checkpoint_every == 0 or step + 1 == self._spec.steps:
                # The log first: rows that a kill leaves beyond the checkpoint are cut off on resuming.
                append(self._log, rows)
                rows.clear()
                self._save(network, optimiser, average, step + 1)
        return average

    def _ahead(self, start: int) -> Iterator[tuple[int, Tensors]]:
        """Steps with their batches, the next batch being made in a thread while the network learns from this one."""
        if start >= self._spec.steps:
            return
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(self._batches, start)
            for step in range(start, self._spec.steps):
                batch = coming.result()
                if step + 1 < self._spec.steps:
                    coming = thread.submit(self._batches, step + 1)
                yield step, batch

    def _step(self, model: nn.Module, optimiser: torch.optim.Optimizer, step: int, batch: Tensors) -> float:
        images, labels, counted = (self._fabric.to_device(x) for x in batch)
        logits = model(images.to(memory_format=torch.channels_last))
        loss = cross_entropy_and_dice(logits, labels, counted, self._recipe.loss)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise StrokeSegError(
                f"the loss is {value} at step {step} of stage {self.name}",
                where=self._checkpoint,
                fix="Lower the learning rate and resume from the last checkpoint",
            )
        optimiser.zero_grad(set_to_none=True)
        self._fabric.backward(loss)
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        return value

    def _save(self, network: nn.Module, optimiser: torch.optim.Optimizer, average: State, step: int) -> None:
        # Written aside and renamed: a full disk or a kill leaves the last good checkpoint.
        aside = self._checkpoint.with_suffix(".partial")
        state = {
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "average": average,
            "step": step,
        }
        try:
            with aside.open("wb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self._checkpoint)
        except (OSError, RuntimeError) as error:
            # torch wraps the system's error into one of its own.
            aside.unlink(missing_ok=True)
            raise OutputError(
                f"the checkpoint cannot be written ({error})",
                where=self._checkpoint,
                fix="Free some space and run the same command again: it goes on from the last good checkpoint",
            ) from error

    def _resume(self, network: nn.Module, optimiser: torch.optim.Optimizer, average: State) -> int:
        if not self._checkpoint.is_file():
            trim(self._log, 0)
            return 0
        # weights_only: tensors and plain numbers, no code, even though the file is our own.
        state = torch.load(self._checkpoint, map_location="cpu", weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        average.update(state["average"])
        trim(self._log, int(state["step"]))
        return int(state["step"])


def _follow(average: State, network: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                average[name].lerp_(value.detach().cpu(), 1 - decay)
            else:
                average[name].copy_(value)


def append(path: Path, rows: list[tuple[int, float, float]]) -> None:
    """Adds rows of step, rate and loss to a CSV file, with a header if the file is new."""
    new = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(("step", "rate", "loss"))
        writer.writerows(rows)


def trim(path: Path, steps: int) -> None:
    """Cuts a CSV file of losses back to the first steps."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(int(r["step"]), float(r["rate"]), float(r["loss"])) for r in csv.DictReader(file)]
    path.unlink()
    kept = [row for row in rows if row[0] < steps]
    if kept:
        append(path, kept)
