"""The artery of a 4-D series by a point in the scene, and the patient's hematocrit."""

from __future__ import annotations

from typing import Any

import pytest

from .opened import OpenedModule, target
from .studies import add_study


def add_point(opened: OpenedModule, *ras: float) -> Any:
    node = opened.slicer.scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "artery")
    if ras:
        node.AddControlPoint(ras)
    return node


def perfused(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene, {"CBF": "CBF", "TMAX": "Tmax"})
    opened.press(opened.ui.study.ctpButton)
    opened.assigned("CBF", "TMAX")


def test_the_first_point_is_handed_over_in_ras_as_it_lies_when_it_is_run(opened: OpenedModule) -> None:
    perfused(opened)
    node = add_point(opened, 12.5, -30.0, 40.0)
    opened.ui.study.arterySelector.setCurrentNode(node)
    node.SetNthControlPointPosition(0, (13.0, -31.0, 41.25))
    opened.start()
    assert opened.runner.runs[0][1].aif == "13.00,-31.00,41.25mm"


def test_without_a_point_the_artery_is_found_and_the_hematocrit_is_the_usual(opened: OpenedModule) -> None:
    perfused(opened)
    opened.start()
    settings = opened.runner.runs[0][1]
    assert settings.aif == "" and settings.hematocrit is None


def test_an_empty_list_is_handed_over_as_what_no_worker_takes(opened: OpenedModule) -> None:
    perfused(opened)
    opened.ui.study.arterySelector.setCurrentNode(add_point(opened))
    opened.start()
    assert opened.runner.runs[0][1].aif == "an empty list of points"


def test_a_hematocrit_is_handed_over(opened: OpenedModule) -> None:
    perfused(opened)
    opened.ui.options.hematocritBox.setValue(0.38)
    opened.start()
    assert opened.runner.runs[0][1].hematocrit == pytest.approx(0.38)


def test_mri_has_no_rows_for_them(opened: OpenedModule) -> None:
    for widget in (opened.ui.study.arterySelector, opened.ui.study.arteryLabel, opened.ui.options.hematocritBox):
        assert target(widget).isHidden()
    opened.press(opened.ui.study.ctpButton)
    assert not target(opened.ui.study.arterySelector).isHidden()
