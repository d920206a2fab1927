"""The state of an optimiser loop: kept on disk between two steps, and restored to the bit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from lightning_fabric import Fabric
from torch import Tensor

from ..base.errors import InputError
from ..nets.networks.base import SegmentationNetwork
from . import checkpoint
from .distributed import fail_together
from .loss_log import LossLog


class Stateful(Protocol):
    """What is kept beside the network; a judge."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


@dataclass
class TrainingState:
    """All that the next step depends on; the loop changes it in place.

    Attributes:
        network: what learns.
        optimiser: of its parameters.
        average: moving average of its weights; empty if none is kept.
        judge: if there is any.
        epoch_losses: of the epoch's steps so far.
    """

    network: SegmentationNetwork
    optimiser: torch.optim.Optimizer
    average: dict[str, Tensor]
    judge: Stateful | None
    epoch_losses: list[float] = field(default_factory=list)

    def save(self, path: Path, step: int, finished: bool, fabric: Fabric, log: LossLog) -> None:
        """Keeps what is there after so many steps; the first process writes.

        Raises:
            OutputError: if it cannot be written; the last good checkpoint stays.
        """
        state = {
            "network": self.network.state_dict(),
            # Two thirds of the file, and of no use to anyone after the last step.
            "optimiser": {} if finished else self.optimiser.state_dict(),
            "average": self.average,
            "step": step,
            "finished": finished,
            "epoch_losses": self.epoch_losses,
            "judge": {} if self.judge is None else self.judge.state_dict(),
            "precision": fabric.strategy.precision.state_dict(),
            "processes": fabric.world_size,
        }
        with fail_together(fabric):
            if fabric.is_global_zero:
                log.flush()
                checkpoint.save(path, state)

    def resume(self, path: Path, epoch: int, fabric: Fabric, log: LossLog) -> tuple[int, bool]:
        """Goes back to what was kept last, or to the start.

        Args:
            path: of the checkpoint, which all processes see.
            epoch: steps in each.
            fabric: its precision's state belongs to the checkpoint.
            log: is cut back to the step that the loop goes on from.

        Returns:
            The steps that are done, and whether those are all.

        Raises:
            InputError: if the checkpoint is damaged, or of a run with another number of processes.
        """
        state = checkpoint.load(path)
        if state is not None and state["processes"] != fabric.world_size:
            raise InputError(
                f"the run began with {state['processes']} processes and cannot go on with {fabric.world_size}",
                where=path,
                fix="Give as many devices and nodes as before, or another output folder",
            )
        step = 0 if state is None else int(state["step"])
        finished = state is not None and bool(state["finished"])
        if fabric.is_global_zero and not (finished and log.complete):
            log.resume(step, step // epoch)
        if state is None:
            return step, finished
        self.network.load_state_dict(state["network"])
        if not finished:
            self.optimiser.load_state_dict(state["optimiser"])
        self.average.update(state["average"])
        self.epoch_losses[:] = state["epoch_losses"]
        fabric.strategy.precision.load_state_dict(state["precision"])
        if self.judge is not None:
            self.judge.load_state_dict(state["judge"])
        return step, finished
