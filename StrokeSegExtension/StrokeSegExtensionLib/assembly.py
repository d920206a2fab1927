"""Puts the panel together: widgets, presenter, runner, clock."""

from __future__ import annotations

from collections.abc import Callable

from .panel import Panel
from .panel_ui import load_widgets
from .protocols import Clock, PanelActions, View
from .qt_clock import QtClock
from .result_folder import ResultOpener
from .shortcuts import Shortcuts

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
    ResultOpener(panel, clock)
    actions = panel.review_actions()
    return panel, Shortcuts({keys: actions[name] for name, keys in _KEYS.items()})


def with_worker(view: View, clock: Clock) -> PanelActions:
    """The presenter of a view with a worker process behind it."""
    from .packages import RequiredPackages
    from .presenter import Presenter
    from .runner import WorkerRunner
    from .slicer_installer import SlicerInstaller

    return Presenter(view, WorkerRunner(clock), clock, RequiredPackages(SlicerInstaller()))
