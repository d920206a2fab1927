"""Puts the panel together: .ui files, presenter, runner, clock."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import slicer

from .panel import Panel, PanelUi
from .protocols import Clock, PanelActions, View
from .qt_clock import QtClock
from .shortcuts import Shortcuts

SECTIONS = {
    "study": "Study",
    "model": "Model",
    "options": "Options",
    "run": "Run",
    "result": "Result",
    "correct": "Correct",
    "export": "Export",
}
"""Each section of the frame and its .ui file."""
_KEYS = {
    "previousSliceButton": "Ctrl+Shift+Up",
    "nextSliceButton": "Ctrl+Shift+Down",
    "previousLesionButton": "Ctrl+Shift+Left",
    "nextLesionButton": "Ctrl+Shift+Right",
}

MakePresenter = Callable[[View, Clock], PanelActions]


def make_panel(
    resource_path: Callable[[str], str], make_presenter: MakePresenter | None = None
) -> tuple[Panel, Shortcuts]:
    """The panel and its shortcuts.

    Args:
        resource_path: of a file under the module's Resources.
        make_presenter: for tests with a runner of their own; the worker's if None.
    """
    clock = QtClock()
    make = make_presenter or with_worker
    panel = Panel(load_widgets(resource_path), clock, lambda view: make(view, clock))
    actions = panel.review_actions()
    return panel, Shortcuts({keys: actions[name] for name, keys in _KEYS.items()})


def load_widgets(resource_path: Callable[[str], str]) -> PanelUi:
    """The widgets of every .ui file, each section laid into the frame."""
    root = slicer.util.loadUI(resource_path("UI/StrokeSegExtension.ui"))
    frame = _named(root)
    parts = {}
    for name, file in SECTIONS.items():
        section = slicer.util.loadUI(resource_path(f"UI/{file}.ui"))
        place = frame.runArea if name == "run" else getattr(frame, f"{name}Section")
        place.layout().addWidget(section)
        parts[name] = _named(section)
    root.setMRMLScene(slicer.mrmlScene)
    return PanelUi(frame=frame, **parts)


def _named(root: Any) -> SimpleNamespace:
    widgets = vars(slicer.util.childWidgetVariables(root))
    return SimpleNamespace(root=root, **{name: widget for name, widget in widgets.items() if name != "root"})


def with_worker(view: View, clock: Clock) -> PanelActions:
    """The presenter of a view with a worker process behind it."""
    from .packages import RequiredPackages
    from .presenter import Presenter
    from .runner import WorkerRunner
    from .slicer_installer import SlicerInstaller

    return Presenter(view, WorkerRunner(clock), clock, RequiredPackages(SlicerInstaller()))
