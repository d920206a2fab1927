"""The panel's widgets, out of the .ui files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import slicer

SECTIONS = {
    "study": "Study",
    "model": "Model",
    "options": "Options",
    "run": "Run",
    "result": "Result",
    "lesions": "Lesions",
    "correct": "Correct",
    "export": "Export",
}
"""Each section of the frame and its .ui file."""


@dataclass(frozen=True)
class PanelUi:
    """The widgets of the .ui files, each file's by name."""

    frame: Any
    study: Any
    model: Any
    options: Any
    run: Any
    result: Any
    lesions: Any
    correct: Any
    export: Any

    def unfold_result(self) -> None:
        """The numbers of a result come into sight: what led to it folds to a line each."""
        self.frame.resultSection.collapsed = False
        self.frame.studySection.collapsed = self.frame.modelSection.collapsed = True
        self.frame.sectionsArea.verticalScrollBar().setValue(0)

    def unfold_study(self) -> None:
        """Where to begin comes into sight: what is left of a panel that was scrolled down may be nothing."""
        self.frame.studySection.collapsed = self.frame.modelSection.collapsed = False
        self.frame.sectionsArea.verticalScrollBar().setValue(0)


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
