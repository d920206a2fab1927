"""A scene that the panel of an earlier version saved."""

from __future__ import annotations

import json
import typing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base import settings as choices
from StrokeSegLogic.slicer_bridge.runtime import quiet_vtk
from StrokeSegLogic.slicer_bridge.segmentations import labels_of

from .opened import OpenedModule, target
from .studies import GRID, lesion_result

STORED = Path(__file__).parents[2] / "Data" / "Stored"
KEPT: dict[str, dict[str, str]] = json.loads((STORED / "parameters.json").read_text(encoding="ascii"))
ENUMS = {
    "vote": ("majority", "weighted", "mean"),
    "device": ("auto", "cpu", "cuda", "mps"),
    "route": ("thresholds", "slow-fusion", "unet3d"),
    "extra": ("probability", "agreement", "maps", "report"),
}
"""What that version could store."""


def test_every_name_has_the_type_that_it_was_kept_as(opened: OpenedModule) -> None:
    hints: dict[str, Any] = typing.get_type_hints(type(opened.parameters))
    assert KEPT["names"] == {name: hints[name].__name__ for name in KEPT["names"]}
    assert set(hints) - set(KEPT["names"]) == {
        *("anonymous", "arteryPoint", "brainMask", "hematocrit", "hiddenBelow", "register", "sideBySide", "unmeasured"),
    }


def test_every_choice_that_it_kept_is_known() -> None:
    today = {"vote": choices.VOTES, "device": choices.DEVICES, "route": choices.ROUTES, "extra": choices.EXTRAS}
    for name, values in ENUMS.items():
        assert [choices.one_of(value, today[name], name) for value in values] == list(values)


def test_its_scene_brings_the_panel_back(opened: OpenedModule) -> None:
    ui, scene = opened.ui, opened.slicer.scene
    with quiet_vtk():
        assert scene.ReadFromMRB(str(STORED / "panel.mrb"), True)
    opened.rest()
    assert opened.slice_views() and opened.panel.views.shown, "its layout's number is not ours any more"
    assert opened.rows() == {"T1": "t1_mprage", "FLAIR": "t2_tirm_flair", "DWI": "ep2d_diff_b1000"}
    assert (ui.study.ageBox.value, ui.study.onsetBox.value, ui.options.voteBox.currentIndex) == (64, 7.5, 1)
    assert ui.options.thresholdBox.value == pytest.approx(0.4)
    node = opened.parameters.parameterNode
    assert KEPT["stored"].items() <= {name: node.GetParameter(name) for name in node.GetParameterNames()}.items()
    # The record in its text node fills the tables.
    assert not target(ui.result.resultBody).isHidden()
    assert target(ui.result.resultTable).item(0, 1).text().startswith("124")
    blank = GRID.image(np.zeros(GRID.shape, np.uint8))
    found = sitk.GetArrayFromImage(labels_of(opened.parameters.segmentation, blank))
    assert np.array_equal(found, lesion_result().array())
    opened.press(ui.result.nextLesionButton)
    assert ui.result.placeLabel.text.startswith("lesion 1 of 2")
