"""Finding a model by name: those that come with StrokeSeg, or any folder with a manifest."""

from __future__ import annotations

from pathlib import Path

from ..errors import ModelError
from ..resources import resource
from .bundle import MANIFEST, Bundle

DEFAULT = "mri-compact"


def names() -> tuple[str, ...]:
    """Names of the models that come with StrokeSeg: those of their folders."""
    return tuple(sorted(path.parent.name for path in resource("Models").glob(f"*/{MANIFEST}")))


def find(name: str | Path | None = None) -> Bundle:
    """The model of that name, in that folder, or the default one; no other model's files are touched.

    Raises:
        ModelError: if there is none, or its manifest is damaged.
    """
    wanted = str(DEFAULT if name is None else name)
    if wanted in names():
        return Bundle.open(resource("Models", wanted))
    if (Path(wanted) / MANIFEST).is_file():
        return Bundle.open(Path(wanted))
    raise ModelError(
        f"no model is called '{wanted}'",
        fix=f"Use one of {', '.join(names()) or '(none is installed)'}, or the folder of a {MANIFEST}",
    )
