from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from StrokeSegLogic.segmentation import LESION
from StrokeSegLogic.terminology import LESION_STYLE, REGION_CONTEXT, STYLES, TYPE_CONTEXT

TERMINOLOGY = Path(__file__).parents[2] / "Resources" / "Terminology" / "StrokeSeg.term.json"


@pytest.fixture
def slicer() -> Any:
    return pytest.importorskip("slicer")


def _types() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    codes = json.loads(TERMINOLOGY.read_text(encoding="utf-8"))["SegmentationCodes"]
    return [(category, kind) for category in codes["Category"] for kind in category["Type"]]


def test_the_lesion_is_an_infarct_of_the_brain():
    assert STYLES[LESION] is LESION_STYLE
    assert LESION_STYLE.slicer_terminology_string() == (
        "Segmentation category and type - StrokeSeg"
        "~SCT^49755003^Morphologically Altered Structure~SCT^55641003^Infarct~^^"
        "~Anatomic codes - DICOM master list~SCT^12738006^Brain~^^"
    )


def test_every_style_stands_in_the_terminology_file_with_its_name_and_colour():
    listed = {kind["CodeValue"]: (category, kind) for category, kind in _types()}
    assert len(listed) == len(STYLES)
    for style in STYLES.values():
        category, kind = listed[style.type.value]
        for code, entry in ((style.category, category), (style.type, kind)):
            assert (code.scheme, code.value, code.meaning) == (
                entry["CodingSchemeDesignator"],
                entry["CodeValue"],
                entry["CodeMeaning"],
            )
        assert kind["3dSlicerLabel"] == style.name
        assert kind["recommendedDisplayRGBValue"] == [round(255 * value) for value in style.colour]


def test_segment_ids_are_unique():
    assert len({style.id for style in STYLES.values()}) == len(STYLES)


def test_slicer_reads_the_terminology_string_back(slicer: Any):
    logic = slicer.vtkSlicerTerminologiesModuleLogic
    for style in STYLES.values():
        entry = slicer.vtkSlicerTerminologyEntry()
        assert logic.DeserializeTerminologyEntry(style.slicer_terminology_string(), entry)
        assert entry.GetTerminologyContextName() == TYPE_CONTEXT
        assert entry.GetRegionContextName() == REGION_CONTEXT
        for code, read in (
            (style.category, entry.GetCategoryObject()),
            (style.type, entry.GetTypeObject()),
            (style.region, entry.GetRegionObject()),
        ):
            assert code.scheme == read.GetCodingSchemeDesignator()
            assert code.value == read.GetCodeValue()
            assert code.meaning == read.GetCodeMeaning()
        assert logic.SerializeTerminologyEntry(entry) == style.slicer_terminology_string()


def test_slicer_loads_the_terminology_file(slicer: Any):
    logic = slicer.vtkSlicerTerminologiesModuleLogic()
    assert logic.LoadTerminologyFromFile(str(TERMINOLOGY)) == TYPE_CONTEXT
    for style in STYLES.values():
        entry = slicer.vtkSlicerTerminologyEntry()
        assert logic.FindTypeInTerminologyBy3dSlicerLabel(TYPE_CONTEXT, style.name, entry)
        assert entry.GetTypeObject().GetCodeValue() == style.type.value
        assert entry.GetCategoryObject().GetCodeValue() == style.category.value
        colour = [value / 255 for value in entry.GetTypeObject().GetRecommendedDisplayRGBValue()]
        assert colour == pytest.approx(style.colour)
