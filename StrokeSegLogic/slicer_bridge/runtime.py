"""Getting hold of slicer and vtk, and keeping VTK's own log lines off the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import OutputError

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


@contextmanager
def quiet_vtk() -> Iterator[None]:
    """Keeps VTK's log off the terminal for calls whose success is checked by other means.

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
    try:
        yield
    finally:
        logger.SetStderrVerbosity(verbosity)
        window.SetDisplayMode(mode)
