"""Processes that train one network together: what fails in one of them ends all, with one message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from lightning_fabric import Fabric

from ..base.errors import StrokeSegError


@contextmanager
def fail_together(fabric: Fabric) -> Iterator[None]:
    """What is done inside succeeds in all processes, or ends them all.

    A process that fails alone would leave the others waiting for it, and each would tell of its own trouble. So all
    of them meet at the end of the block. The first process raises its own error or the first that another had; the
    others leave without a word. Faults that nobody expected are not shared: they end the process, and the others with
    it.

    Raises:
        StrokeSegError: in the first process.
        SystemExit: in the others, with code 0: theirs is not the run's outcome.
    """
    error: StrokeSegError | None = None
    try:
        yield
    except StrokeSegError as fault:
        if fabric.world_size == 1:
            raise
        error = fault
    if fabric.world_size == 1:
        return
    failed = fabric.all_reduce(torch.tensor(float(error is not None), device=fabric.device), reduce_op="sum")
    if not float(failed):  # type: ignore[arg-type]  # a tensor in, a tensor out
        return
    errors = _gathered(None if error is None else (error.what, error.where, error.fix))
    if not fabric.is_global_zero:
        raise SystemExit(0)
    if error is not None:
        raise error
    what, where, fix = next(words for words in errors if words is not None)
    raise StrokeSegError(what, where=where, fix=fix)


def _gathered(value: Any) -> list[Any]:
    found: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(found, value)
    return found
