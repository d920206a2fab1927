"""What a run is given beside its recipe and its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from lightning_fabric import Fabric

from ..base.progress import Progress
from .devices import Hardware
from .pretrained import Pretrained


@dataclass(frozen=True)
class RunContext:
    """Where a run writes, what it runs on, and whom it tells; the same for all its stages and networks.

    Attributes:
        output: folder of checkpoints, losses and the model's bundle (output / "model"); on a disk that all processes
            see.
        pretrained: where ImageNet weights come from, if the recipe asks for them.
        hardware: devices and processes.
        workers: threads that make batches.
        progress: fraction and message.
        log: gets a line a stage.
        overwrite: move files that are in the way, and that no record shows to be ours and unchanged, aside.
    """

    output: Path
    pretrained: Pretrained = field(default_factory=Pretrained)
    hardware: Hardware = field(default_factory=Hardware)
    workers: int = 1
    progress: Progress = field(default_factory=Progress)
    log: Callable[[str], None] = print
    overwrite: bool = False

    def in_process(self, fabric: Fabric) -> RunContext:
        """The same in a process of a launched run: the first alone tells of it.

        A cancel that the first process hears of reaches the others through `distributed.fail_together`.
        """
        return self if fabric.is_global_zero else replace(self, progress=Progress(), log=lambda line: None)

    def span(self, start: float, end: float) -> RunContext:
        """The same for the part of the work between two fractions of it."""
        return replace(self, progress=self.progress.span(start, end))
