"""Models by name: those that come with StrokeSeg, were installed, or lie in any folder; and networks kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.errors import ModelError
from ...base.files import is_file, resource
from .bundle import MANIFEST, Bundle
from .store import installed, store_folder

if TYPE_CHECKING:
    from torch import nn

DEFAULT = "mri-compact"
BRAIN = "brain-compact"
"""The bundled model that finds the brain in a head."""
SLOW_FUSION = "ctp-sf-pms"
"""The bundled slow fusion of four maps; its siblings' names end in -m (MIP), -n (NIHSS) or both."""
UNET3D = "ctp-unet3d"
"""The bundled 3-D U-Net."""


def names() -> tuple[str, ...]:
    """Names of the models that come with StrokeSeg: those of their folders; then of those that were installed."""
    bundled = bundled_names()
    return (*bundled, *(name for name in installed() if name not in bundled))


def bundled_names() -> tuple[str, ...]:
    """Names of the models that come with StrokeSeg."""
    return tuple(sorted(path.parent.name for path in resource("Models").glob(f"*/{MANIFEST}")))


def find(name: str | Path | None = None) -> Bundle:
    """The model of that name, in that folder, or the default; no other model's files are touched.

    Raises:
        ModelError: if there is none, or its manifest is damaged.
    """
    return Bundle.open(folder_of(str(DEFAULT if name is None else name)))


def folder_of(name: str) -> Path:
    """The folder of the model of that name, or that folder itself.

    Raises:
        ModelError: if there is none.
    """
    if name in bundled_names():
        return resource("Models", name)
    if name in installed():
        return store_folder() / name
    if is_file(Path(name) / MANIFEST):
        return Path(name)
    raise ModelError(
        f"no model is called '{name}'",
        fix=f"Use one of {', '.join(names()) or '(none is installed)'}, or the folder of a {MANIFEST}",
    )


Networks = dict[str, "nn.Module"]


class KeptNetworks:
    """The networks that were used last, for a process that works on many cases.

    They are known by manifest, which names the weights' SHA-256, and device.

    Args:
        most: how many models are kept; the model that was not used for longest goes first.
    """

    def __init__(self, most: int = 4) -> None:
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
