"""The one optimiser loop: steps, averages, validation, checkpoints; resumable to the bit."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from ..base.errors import StrokeSegError
from ..base.progress import Progress
from ..nets.networks.base import SegmentationNetwork, channels_last
from .devices import require_sound
from .distributed import fail_together
from .examples import Examples, MakeExamples
from .loss_log import LossLog
from .plan import Plan
from .prefetch import prefetch
from .training_state import TrainingState

State = dict[str, Tensor]


class Judge(Protocol):
    """Decides after each epoch: validates, keeps the best weights, unfreezes, stops. Its state is checkpointed."""

    def train_mode(self, network: SegmentationNetwork) -> None:
        """Training mode for all that learns in the present phase; the rest frozen. Called before every step."""
        ...

    @property
    def rate(self) -> float:
        """The present phase's learning rate."""
        ...

    @property
    def phase(self) -> int: ...

    def after_epoch(self, network: SegmentationNetwork) -> Verdict: ...

    @property
    def best(self) -> State: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


@dataclass(frozen=True)
class Verdict:
    """What a judge found: the validation loss, whether a new phase begins, whether training is over."""

    validation: float
    new_phase: bool
    finished: bool


Loss = Callable[[SegmentationNetwork, Tensor, Examples], Tensor]
"""A scalar of the network (for penalties on its weights), its logits and the examples."""


class Loop:
    """Trains one network.

    Args:
        plan: how.
        examples: gives the batch of a number; processes of a distributed run take turns.
        loss: of the logits.
        folder: for checkpoint and log; a folder that all processes see.
        fabric: devices, processes and precision, launched.
        judge: validates; without a judge all steps are done and the average is kept.
    """

    def __init__(
        self, plan: Plan, examples: MakeExamples, loss: Loss, folder: Path, fabric: Fabric, judge: Judge | None = None
    ) -> None:
        self._plan = plan
        self._examples = examples
        self._loss = loss
        self._fabric = fabric
        self._judge = judge
        self._checkpoint = folder / f"{plan.name}.ckpt"
        self._log = LossLog(folder, plan.name)

    def run(self, network: SegmentationNetwork, progress: Progress) -> State:
        """Trains from the last checkpoint on, or from the start.

        Args:
            network: changed in place.
            progress: of this process.

        Returns:
            The judge's best weights, or the averaged weights, or the last, on the CPU.

        Raises:
            StrokeSegError: if the loss or its gradient is no number any more; names the batch.
            InputError: if the checkpoint is damaged, or of a run with another number of processes.
            DeviceError: if this device gives wrong gradients in this precision.
            OutputError: if a checkpoint or the log cannot be written; the last good checkpoint stays.
            Cancelled: between two steps; the last checkpoint stays.
        """
        plan, judge, fabric = self._plan, self._judge, self._fabric
        require_sound(fabric, network)
        network.to(fabric.device)
        average = on_cpu(network.state_dict()) if plan.average else {}
        state = TrainingState(network, self._optimiser(network), average, judge)
        start, finished = 0, False
        with fail_together(fabric):
            start, finished = state.resume(self._checkpoint, plan.epoch, fabric, self._log)
        if not finished:
            self._train(state, start, progress)
        with fail_together(fabric):
            if fabric.is_global_zero:
                self._log.close()
            progress(1.0, f"{plan.name}: done")
        if judge is not None:
            return judge.best
        return average if plan.average else on_cpu(network.state_dict())

    def _train(self, state: TrainingState, start: int, progress: Progress) -> None:
        plan, judge, fabric = self._plan, self._judge, self._fabric
        model, stepper = self._set_up(state)
        # Processes take turns: each batch is that of one process.
        numbers = range(
            start * fabric.world_size + fabric.global_rank, plan.steps * fabric.world_size, fabric.world_size
        )
        with closing(prefetch(self._examples, numbers, plan.workers)) as batches:
            lost = ""
            for step in range(start, plan.steps):
                with fail_together(fabric):
                    progress(step / plan.steps, f"{plan.name}: step {step + 1} of {plan.steps}{lost}")
                    batch = next(batches)
                rate = plan.rate(step) if judge is None else judge.rate
                for group in state.optimiser.param_groups:
                    group["lr"] = rate
                loss = self._step(model, stepper, step, batch)
                lost = f", loss {loss:.3f}"
                if plan.average:
                    update_average(state.average, state.network, step, plan.average)
                state.epoch_losses.append(loss)
                if fabric.is_global_zero:
                    self._log.step(step, rate, loss)
                finished = step + 1 == plan.steps
                if judge is not None and ((step + 1) % plan.epoch == 0 or finished):
                    verdict = self._ask(judge, state, step)
                    if verdict.new_phase and not finished:
                        # From the best weights of the phase before; the optimiser's moments go on.
                        state.network.load_state_dict(judge.best)
                        model, stepper = self._set_up(state)
                    finished = finished or verdict.finished
                if finished or (step + 1) % plan.checkpoint_every == 0:
                    state.save(self._checkpoint, step + 1, finished, fabric, self._log)
                if finished:
                    break

    def _optimiser(self, network: SegmentationNetwork) -> torch.optim.Optimizer:
        if self._plan.optimiser == "adam":
            return torch.optim.Adam(network.parameters())
        return torch.optim.AdamW(network.parameters(), weight_decay=self._plan.weight_decay)

    def _set_up(self, state: TrainingState) -> tuple[Any, Any]:
        """The network and optimiser as lightning-fabric drives them: anew whenever other parameters learn."""
        if self._judge is not None:
            self._judge.train_mode(state.network)
        channels_last(state.network)
        return self._fabric.setup(state.network, state.optimiser)

    def _step(self, model: Any, stepper: Any, step: int, batch: Examples) -> float:
        # Dropout, too, is a function of seed and step, so that a resumed run draws what the other would have.
        sequence = np.random.SeedSequence([self._plan.seed, step, self._fabric.global_rank])
        torch.manual_seed(int(sequence.generate_state(1)[0]))
        if self._judge is None:
            model.train()
        else:
            self._judge.train_mode(model.module)
        batch = batch.to(self._fabric.device)
        logits = model(batch.images) if batch.nihss is None else model(batch.images, batch.nihss)
        loss = self._loss(model.module, logits, batch)
        value = self._number("loss", loss, step, batch)
        stepper.zero_grad(set_to_none=True)
        self._fabric.backward(loss)
        norm = self._fabric.clip_gradients(model, stepper, max_norm=self._plan.clip, error_if_nonfinite=False)
        # A scaler of half precision leaves out such a step by itself, and makes its scale smaller.
        if norm is not None and not self._fabric.strategy.precision.state_dict():
            self._number("gradient", norm, step, batch)
        stepper.step()
        return value

    def _number(self, what: str, own: Tensor, step: int, batch: Examples) -> float:
        """The mean over all processes; all of them stop if one process has no number, before it reaches the weights."""
        # A copy, because it is reduced in place.
        value = float(self._fabric.all_reduce(own.detach().clone(), reduce_op="mean"))  # type: ignore[arg-type]
        if math.isfinite(value):
            return value
        with fail_together(self._fabric):
            # Gradients are shared before they are looked at, so that every process has the same.
            if what == "gradient" or not math.isfinite(float(own.detach())):
                raise StrokeSegError(
                    f"the {what} is {value} at step {step + 1} of stage {self._plan.name}, "
                    f"in the batch of {named(batch)}",
                    where=self._checkpoint,
                    fix="Look at these cases; else lower the learning rate, and resume from the last checkpoint",
                )
        raise AssertionError("a mean that is no number, of numbers")

    def _ask(self, judge: Judge, state: TrainingState, step: int) -> Verdict:
        phase = judge.phase
        verdict = judge.after_epoch(state.network)
        if self._fabric.is_global_zero:
            training = sum(state.epoch_losses) / len(state.epoch_losses)
            self._log.epoch(step // self._plan.epoch, step, training, verdict.validation, phase)
        state.epoch_losses.clear()
        return verdict


def named(batch: Examples) -> str:
    """The samples' names, the first few of many."""
    more = f" and {len(batch.names) - 6} more" if len(batch.names) > 6 else ""
    return ", ".join(batch.names[:6]) + more


def on_cpu(state: State) -> State:
    """A copy of a network's state on the CPU."""
    return {name: value.detach().cpu().clone() for name, value in state.items()}


def update_average(average: State, network: nn.Module, step: int, decay: float) -> None:
    """Moves an average of the weights, in place, on to those after a step.

    Args:
        average: on the CPU; numbers that are no floats are those of the last step.
        network: as it is after the step.
        step: counted from 0; over the first steps the average follows faster.
        decay: of the average, 0 to 1.
    """
    kept = min(decay, (step + 1) / (step + 10))
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                average[name].lerp_(value.detach().cpu(), 1 - kept)
            else:
                average[name].copy_(value)
