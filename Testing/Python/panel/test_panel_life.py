"""The module's own life: reloaded, shown, hidden, gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .opened import OpenedModule, target
from .studies import ScriptedRunner, add_study


def test_a_module_that_is_reloaded_forgets_its_own_files_alone(opened: OpenedModule) -> None:
    import sys

    before = dict(sys.modules)
    try:
        opened.widget.onReload()
        names = {name.partition(".")[0] for name in sys.modules}
    finally:
        sys.modules.update(before)
    assert ("reload", "StrokeSegExtension") in opened.slicer.displayed
    assert not names & {"StrokeSegExtensionLib", "StrokeSegLogic"} and {"slicer", "numpy"} <= names


def test_a_module_that_is_reloaded_while_it_is_shown_is_shown_again(
    opened: OpenedModule, open_module: Callable[..., OpenedModule], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    import slicer

    before = dict(sys.modules)

    def reload(_name: str) -> None:
        """As Slicer does: the old widget is cleaned up, the new widget set up and not entered."""
        sys.modules.update(before)
        opened.close()
        open_module(runner=ScriptedRunner, enter=False)

    monkeypatch.setattr(slicer.util, "reloadScriptedModule", reload)
    old = opened.widget
    try:
        old.onReload()
    finally:
        sys.modules.update(before)
    new = opened.slicer.widget
    assert new is not old and new._entered
    assert new.panel.editor._entered


def test_a_reload_ends_the_consoles_worker(opened: OpenedModule, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from StrokeSegExtensionLib import console_api

    console, closed = console_api.console(), []
    monkeypatch.setattr(console, "close", lambda: closed.append(console))
    before = dict(sys.modules)
    try:
        opened.widget.onReload()
    finally:
        sys.modules.update(before)
    assert closed == [console] and console_api.console() is not console


def test_a_widget_whose_panel_is_gone_bears_what_the_application_still_tells(opened: OpenedModule) -> None:
    widget = opened.widget
    opened.close()
    for tell in (widget.enter, widget.exit, widget.cleanup):
        tell()
    for name in ("_on_scene_closing", "_on_scene_importing", "_on_scene_there", "_on_batch_over", "_on_nodes"):
        getattr(widget, name)(None, None)
    widget._open_if_quiet()
    assert widget.panel is None


def test_the_panel_that_follows_a_reload_shows_the_result_of_the_panel_before(
    finished: OpenedModule, open_module: Callable[..., OpenedModule]
) -> None:
    volume = target(finished.ui.result.resultTable).item(0, 1).text()
    finished.close()
    again = open_module(runner=ScriptedRunner)
    again.rest()
    assert target(again.ui.result.resultTable).item(0, 1).text() == volume
    assert target(again.ui.result.nextSliceButton).isEnabled()


def test_a_panel_that_is_gone_hears_nothing_and_leaves_no_observer(
    opened: OpenedModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, panel = opened.slicer.scene, opened.panel
    assert opened.widget.Observations
    parameters = opened.parameters
    opened.close()
    assert opened.runner.calls == ["stop"] and opened.widget.Observations == []
    heard: list[str] = []
    for name in ("volumes_changed", "inputs_changed", "settings_changed", "scene_closed"):
        monkeypatch.setattr(panel.presenter, name, lambda *_, name=name: heard.append(name))
    add_study(scene)
    parameters.age = 50.0
    scene.Clear(False)
    opened.rest(0.4)
    assert heard == []


def test_shortcuts_are_there_only_while_the_module_is_shown(
    opened: OpenedModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer
    from PySide6 import QtGui, QtWidgets

    from .standin.proxy import Proxy

    window = QtWidgets.QMainWindow()
    monkeypatch.setattr(slicer.util, "mainWindow", lambda: Proxy(window))

    def keys() -> set[str]:
        QtWidgets.QApplication.sendPostedEvents(None, 52)  # deleteLater
        return {shortcut.key().toString() for shortcut in window.findChildren(QtGui.QShortcut)}

    opened.widget.exit()
    assert keys() == set()
    opened.widget.enter()
    assert keys() == {"Ctrl+PgUp", "Ctrl+PgDown", "Ctrl+Shift+PgUp", "Ctrl+Shift+PgDown"}
    opened.widget.enter()
    assert len(window.findChildren(QtGui.QShortcut)) == 4
    opened.widget.exit()
    assert keys() == set()


# Of Slicer 5.12's main window, Segment Editor, tool bars of markups and of sequences (shown with a series over time).
SLICERS_KEYS = {
    *(f"Ctrl+{key}" for key in "0123456`BCFHLOPQRSVWXYZ"),
    *(f"Ctrl+{arrow}" for arrow in ("Left", "Right")),
    *(f"Ctrl+Shift+{key}" for key in ("A", "T", "Space", "Down", "Left", "Right", "Z")),
    *(f"{shift}{key}" for shift in ("", "Shift+") for key in "0123456789"),
    *("Esc", "Space", "Z", "Y", "I", "Q", "W", "`", "~"),
}


def test_no_key_of_the_whole_window_is_slicers_own(opened: OpenedModule) -> None:
    from StrokeSegExtensionLib.assembly import KEYS
    from StrokeSegExtensionLib.review_section import EVERYWHERE

    ours = [*KEYS.values(), *EVERYWHERE]
    assert len(set(ours)) == len(ours)
    assert not set(ours) & SLICERS_KEYS


def test_a_button_says_which_key_presses_it(opened: OpenedModule) -> None:
    from StrokeSegExtensionLib.assembly import KEYS

    for name, keys in KEYS.items():
        assert f"({keys})" in target(getattr(opened.ui.result, name)).toolTip()
