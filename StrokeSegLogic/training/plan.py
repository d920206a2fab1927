"""How a network learns: steps, learning rates, optimiser."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Plan:
    """How a network learns.

    Attributes:
        name: of the stage, for its files and messages.
        steps: optimiser steps at most.
        rate: learning rate of a step, where no judge says otherwise.
        optimiser: "adam" or "adamw".
        weight_decay: AdamW's.
        average: decay of the moving average of the weights that is returned; 0 keeps none.
        epoch: steps after which the judge is asked; unused without a judge.
        checkpoint_every: steps between checkpoints.
        seed: of dropout.
        workers: threads that make batches ahead.
        clip: largest norm of all gradients together.
    """

    name: str
    steps: int
    rate: Callable[[int], float]
    optimiser: str = "adamw"
    weight_decay: float = 0.0
    average: float = 0.0
    epoch: int = 1
    checkpoint_every: int = 250
    seed: int = 0
    workers: int = 1
    clip: float = 5.0


class Rates(Protocol):
    """What a learning rate is made of: a recipe, or a stage of one."""

    @property
    def steps(self) -> int: ...

    @property
    def rate(self) -> float: ...

    @property
    def final_rate(self) -> float: ...


def learning_rate(step: int, rates: Rates) -> float:
    """Rises along a line over the first 5 % of the steps, then falls along a half cosine."""
    warm = max(rates.steps // 20, 1)
    if step < warm:
        return rates.rate * (step + 1) / warm
    done = (step - warm) / max(rates.steps - warm, 1)
    return rates.final_rate + (rates.rate - rates.final_rate) * 0.5 * (1 + math.cos(math.pi * done))
