"""Puts the panel together: widgets, presenter, runner, clock."""

from __future__ import annotations

from collections.abc import Callable

from .packages import RequiredPackages
from .panel import Panel
from .panel_ui import load_widgets
from .protocols import Clock, PanelActions, View
from .qt_clock import QtClock
from .result_folder import ResultOpener
from .review_section import ReviewSection
from .shortcuts import Shortcuts
from .slicer_installer import SlicerInstaller

KEYS = {
    "previousSliceButton": "Ctrl+PgUp",
    "nextSliceButton": "Ctrl+PgDown",
    "previousLesionButton": "Ctrl+Shift+PgUp",
    "nextLesionButton": "Ctrl+Shift+PgDown",
}
"""Keys of the main window while the module is shown. Ctrl+Shift with an arrow plays Slicer's sequences."""

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
    review = ReviewSection(panel, clock, RequiredPackages(SlicerInstaller()))
    panel.guests.append(review)
    actions = panel.review_actions()
    return panel, Shortcuts({keys: actions[name] for name, keys in KEYS.items()}, (review,))


def with_worker(view: View, clock: Clock) -> PanelActions:
    """The presenter of a view with a worker process behind it."""
    from .presenter import Presenter
    from .runner import WorkerRunner

    return Presenter(view, WorkerRunner(clock), clock, RequiredPackages(SlicerInstaller()))
