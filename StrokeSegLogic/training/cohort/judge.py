"""Validation after each epoch, and what follows from it: the best weights, the next phase, the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from lightning_fabric import Fabric

from ...nets.networks.base import SegmentationNetwork
from ..distributed import fail_together
from ..loop import State, Verdict, on_cpu
from ..transfer import TransferSpec, TransferState, after_epoch, apply


class FineTuning:
    """The judge of a cohort run: early stopping and the freezing scheme, see `transfer`.

    Args:
        spec: scheme and patience.
        rate: learning rate that the scheme's factors are of.
        validate: the validation loss of a network in evaluation mode.
        fabric: the first process validates and tells the others.
    """

    def __init__(
        self, spec: TransferSpec, rate: float, validate: Callable[[SegmentationNetwork], float], fabric: Fabric
    ) -> None:
        self._spec = spec
        self._rate = rate
        self._validate = validate
        self._fabric = fabric
        self._state = TransferState()
        self._best: State = {}

    @property
    def rate(self) -> float:
        return self._rate * self._spec.factor(self._state)

    @property
    def phase(self) -> int:
        return self._state.step

    @property
    def best(self) -> State:
        return self._best

    def train_mode(self, network: SegmentationNetwork) -> None:
        apply(self._spec, self._state, network)

    def after_epoch(self, network: SegmentationNetwork) -> Verdict:
        network.eval()
        loss = 0.0
        with fail_together(self._fabric), torch.no_grad():
            if self._fabric.is_global_zero:
                loss = self._validate(network)
        loss = float(self._fabric.broadcast(loss))
        with fail_together(self._fabric):
            self._state = after_epoch(self._spec, self._state, loss)
        if self._state.improved:
            self._best = on_cpu(network.state_dict())
        return Verdict(loss, self._state.stepped, self._state.finished)

    def state_dict(self) -> dict[str, Any]:
        return {"transfer": self._state.to_dict(), "best": self._best}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._state = TransferState.from_dict(state["transfer"])
        self._best = state["best"]
