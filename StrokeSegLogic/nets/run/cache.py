"""Networks that stay in memory from one case to the next, for a process that works on many."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

Networks = dict[str, "nn.Module"]


class KeptNetworks:
    """The networks that were used last, by manifest (which names the weights' SHA-256) and device.

    Args:
        most: how many models are kept; the one that was not used for longest goes first.
    """

    def __init__(self, most: int = 3) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, str], Networks] = OrderedDict()

    def get(self, manifest: str, device: str, load: Callable[[], Networks]) -> Networks:
        """The networks, loaded (and thereby verified) if they are not there yet."""
        key = (manifest, device)
        if key not in self._kept:
            # Room is made before, so that never more than `most` models are in memory.
            while len(self._kept) >= self._most:
                self._kept.popitem(last=False)
            self._kept[key] = load()
        self._kept.move_to_end(key)
        return self._kept[key]

    def __len__(self) -> int:
        return len(self._kept)


_CURRENT: ContextVar[KeptNetworks | None] = ContextVar("kept_networks", default=None)


@contextmanager
def keeping(kept: KeptNetworks) -> Iterator[None]:
    """Inside the block, models are looked up in `kept` and left there; outside, nothing stays in memory."""
    token = _CURRENT.set(kept)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def keep(manifest: str, device: str, load: Callable[[], Networks]) -> Networks:
    """The networks out of the block's `KeptNetworks`, or loaded anew where there is none."""
    kept = _CURRENT.get()
    return load() if kept is None else kept.get(manifest, device, load)
