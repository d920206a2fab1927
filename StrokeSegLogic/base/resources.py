"""Files that come with the package: models, terminology, report template."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(*parts: str) -> Path:
    """The path of a file or folder under Resources, in a source checkout, a Slicer extension or a wheel."""
    # A wheel carries Resources inside the package; a checkout and an installed extension beside it.
    inside = _PACKAGE / "Resources"
    return (inside if inside.is_dir() else _PACKAGE.parent / "Resources").joinpath(*parts)
