"""Where a loop stands: kept on disk between two steps, and taken up again to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import torch
from lightning_fabric import Fabric
from torch import Tensor

from ..base.errors import InputError
from ..networks.base import SegmentationNetwork
from . import checkpoint
from .distributed import together
from .loss_log import LossLog


class Stateful(Protocol):
    """What is kept beside the network; a judge."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class Standing:
    """All that the next step depends on.

    Args:
        network, optimiser, average: changed in place by `resume`, as the loop changes them.
        losses: of the epoch's steps so far.
        judge: if there is one.
        fabric: its precision's state belongs to it; the first process writes.
        log: is cut back to the step that the loop goes on from.
        path: of the checkpoint, which all processes see.
    """

    def __init__(
        self,
        network: SegmentationNetwork,
        optimiser: torch.optim.Optimizer,
        average: dict[str, Tensor],
        losses: list[float],
        judge: Stateful | None,
        fabric: Fabric,
        log: LossLog,
        path: Path,
    ) -> None:
        self._network = network
        self._optimiser = optimiser
        self._average = average
        self._losses = losses
        self._judge = judge
        self._fabric = fabric
        self._log = log
        self._path = path

    def save(self, step: int, finished: bool) -> None:
        """Keeps what is there after so many steps.

        Raises:
            OutputError: if it cannot be written; the last good checkpoint stays.
        """
        state = {
            "network": self._network.state_dict(),
            # Two thirds of the file, and of no use to anyone after the last step.
            "optimiser": {} if finished else self._optimiser.state_dict(),
            "average": self._average,
            "step": step,
            "finished": finished,
            "epoch_losses": self._losses,
            "judge": {} if self._judge is None else self._judge.state_dict(),
            "precision": self._fabric.strategy.precision.state_dict(),
            "processes": self._fabric.world_size,
        }
        with together(self._fabric):
            if self._fabric.is_global_zero:
                self._log.flush()
                checkpoint.save(self._path, state)

    def resume(self, epoch: int) -> tuple[int, bool]:
        """Goes back to what was kept last, or to the start.

        Args:
            epoch: steps in each.

        Returns:
            The steps that are done, and whether those are all.

        Raises:
            InputError: if the checkpoint is damaged, or of a run with another number of processes.
        """
        state = checkpoint.load(self._path)
        if state is not None and state["processes"] != self._fabric.world_size:
            raise InputError(
                f"the run began with {state['processes']} processes and cannot go on with {self._fabric.world_size}",
                where=self._path,
                fix="Give as many devices and nodes as before, or another output folder",
            )
        step = 0 if state is None else int(state["step"])
        finished = state is not None and bool(state["finished"])
        if self._fabric.is_global_zero and not (finished and self._log.complete):
            self._log.resume(step, step // epoch)
        if state is None:
            return step, finished
        self._network.load_state_dict(state["network"])
        if not finished:
            self._optimiser.load_state_dict(state["optimiser"])
        self._average.update(state["average"])
        self._losses[:] = state["epoch_losses"]
        self._fabric.strategy.precision.load_state_dict(state["precision"])
        if self._judge is not None:
            self._judge.load_state_dict(state["judge"])
        return step, finished
