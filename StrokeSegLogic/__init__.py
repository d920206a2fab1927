"""StrokeSeg: ischemic stroke segmentation on MRI. Research use only; not a medical device.

    >>> import StrokeSegLogic
    >>> case = StrokeSegLogic.load_case("study_folder")
    >>> result = StrokeSegLogic.segment(case)

Importing the package is cheap: torch, SimpleITK and slicer come in with the first function that needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .mri.engine import segment as segment
    from .study.case import Case as Case
    from .study.case import Role as Role
    from .study.series.load import load_case as load_case

__version__ = "0.1.0"

_LAZY = {
    "Case": "study.case",
    "Role": "study.case",
    "load_case": "study.series.load",
    "segment": "mri.engine",
}
_SUBMODULES = frozenset({"batch", "ctp", "inference", "mri", "nets", "perfusion", "phantom", "space", "study"})

__all__ = ["Case", "Role", "__version__", "load_case", "segment"]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    if name in _SUBMODULES:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_SUBMODULES})
