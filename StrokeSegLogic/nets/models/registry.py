"""Finding a model by name: those that come with StrokeSeg, those that were installed, or any folder with a manifest."""

from __future__ import annotations

from pathlib import Path

from ...base.errors import ModelError
from ...base.files import is_file, resource
from .bundle import MANIFEST, Bundle
from .store import installed, store_folder

DEFAULT = "mri-compact"
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
    """The model of that name, in that folder, or the default one; no other model's files are touched.

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
