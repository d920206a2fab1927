"""Finding a model by name: those that come with StrokeSeg, or any folder with a manifest."""

from __future__ import annotations

from pathlib import Path

from ..errors import ModelError
from ..resources import resource
from .bundle import MANIFEST, Bundle

DEFAULT = "mri-compact"


def bundled() -> dict[str, Bundle]:
    """The models that come with StrokeSeg, by name."""
    folders = sorted(path.parent for path in resource("Models").glob(f"*/{MANIFEST}"))
    return {bundle.spec.name: bundle for bundle in map(Bundle.open, folders)}


def find(name: str | Path | None = None) -> Bundle:
    """The model of that name, in that folder, or the default one.

    Raises:
        ModelError: if there is none.
    """
    known = bundled()
    wanted = DEFAULT if name is None else name
    if str(wanted) in known:
        return known[str(wanted)]
    if (Path(wanted) / MANIFEST).is_file():
        return Bundle.open(Path(wanted))
    raise ModelError(
        f"no model is called '{wanted}'",
        fix=f"Use one of {', '.join(known) or '(none is installed)'}, or the folder of a {MANIFEST}",
    )
