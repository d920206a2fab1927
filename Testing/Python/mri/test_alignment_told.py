"""What a result, its record and its report say of sequences that were moved."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

import StrokeSegLogic
from StrokeSegLogic.base.json_files import json_bytes
from StrokeSegLogic.mri.alignment import Position
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.reports.mri import mri_report
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.study.case import Case, Role


@pytest.fixture(scope="module")
def result(away: Case, untrained: Bundle) -> Segmentation:
    return StrokeSegLogic.segment(away, model=untrained.folder, device="cpu")


@pytest.mark.slow
def test_a_sequence_that_could_not_be_measured_is_told_in_the_headline(result: Segmentation) -> None:
    position = Position(Role.T2, Role.DWI, Role.T2, "not measured", None)
    assert position.words in replace(result, positions=(position,)).headline()
    assert not any("stays where it was given" in line for line in result.headline())


def test_what_was_moved_is_recorded_and_said(result: Segmentation) -> None:
    (position,) = result.positions
    assert position.found is not None
    content = json.loads(json_bytes(result.summary()))
    (told,) = content["provenance"]["registration"]
    assert (told["role"], told["decision"], told["measured_on"]) == ("FLAIR", "moved", "FLAIR")
    assert told["shift_mm"] == pytest.approx(position.found.shift_mm, abs=1e-3)
    assert told["angle_deg"] == pytest.approx(position.found.angle_deg, abs=1e-3)
    assert told["gain"] == pytest.approx(position.found.gain, abs=1e-4)
    matrix = np.reshape(told["transform"], (3, 4))
    point = (10.0, -20.0, 30.0)
    np.testing.assert_allclose(matrix @ (*point, 1.0), position.found.transform.TransformPoint(point))
    (kept,) = ResultRecord.parse(content).positions
    assert (kept.role, kept.decision, kept.shift_mm) == (Role.FLAIR, "moved", told["shift_mm"])
    assert position.words in result.headline()
    assert "FLAIR was moved onto DWI by" in position.words and "mutual information" in position.words
    assert content["provenance"]["settings"]["register"] == "auto"
    assert not any("may not lie" in warning for warning in result.warnings)


def test_the_report_has_a_line_for_each_sequence_that_was_registered(result: Segmentation) -> None:
    (position,) = result.positions
    assert position.found is not None
    page = mri_report(result)
    assert "Where the sequences lie on DWI" in page
    row = page.partition("Gain of mutual information")[2].partition("</table>")[0]
    for words in ("FLAIR", "moved", f"{position.found.shift_mm:.1f}", f"{position.found.gain:+.0%}"):
        assert words in row


@pytest.mark.slow
def test_registration_can_be_left_out(away: Case, untrained: Bundle, result: Segmentation) -> None:
    off = StrokeSegLogic.segment(away, model=untrained.folder, device="cpu", register="off")
    assert off.positions == () and off.provenance["registration"] == []
    assert off.case is away
    assert "Where the sequences lie" not in mri_report(off)
    assert (sitk.GetArrayViewFromImage(off.probability) != sitk.GetArrayViewFromImage(result.probability)).any()
