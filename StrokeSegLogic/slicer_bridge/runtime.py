"""Getting hold of slicer and vtk, and keeping VTK's own log lines off the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..base.errors import OutputError

Scene = Any
VolumeNode = Any
SegmentationNode = Any


def load_slicer() -> Any:
    """The slicer module: 3D Slicer's own, or that of the slicer-core wheel.

    Raises:
        OutputError: if there is none.
    """
    try:
        import slicer
    except ModuleNotFoundError as error:
        if error.name != "slicer":
            raise
        raise OutputError(
            "Slicer files and nodes need the slicer package, which is not installed",
            fix='Run pip install "strokeseg[slicer]", or choose another output format',
        ) from None
    return slicer


def load_vtk() -> Any:
    """The vtk module that slicer works with.

    Raises:
        OutputError: if slicer is not installed.
    """
    load_slicer()
    import vtk

    return vtk


def in_application() -> bool:
    """Whether this process is the 3D Slicer application, with a scene of its user's."""
    slicer = load_slicer()
    return getattr(slicer, "app", None) is not None and getattr(slicer, "mrmlScene", None) is not None


def nodes_of_class(scene: Scene, kind: str) -> list[Any]:
    """All nodes of a scene that are of a class or made of it."""
    return [scene.GetNthNodeByClass(index, kind) for index in range(scene.GetNumberOfNodesByClass(kind))]


_STDERR = 2


@contextmanager
def quiet_vtk() -> Iterator[None]:
    """Keeps VTK's and ITK's words off the terminal for calls whose success is checked by other means.

    ITK writes its errors to the process's standard error itself, past Python and VTK: that is put aside, too.

    In the application nothing changes: its error log shows what VTK says.
    """
    if in_application():
        yield
        return
    vtk = load_vtk()
    logger, window = vtk.vtkLogger, vtk.vtkOutputWindow.GetInstance()
    verbosity, mode = logger.GetCurrentVerbosityCutoff(), window.GetDisplayMode()
    logger.SetStderrVerbosity(logger.VERBOSITY_OFF)
    window.SetDisplayModeToNever()
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        logger.SetStderrVerbosity(verbosity)
        window.SetDisplayMode(mode)
