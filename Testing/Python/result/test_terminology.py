from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from StrokeSegLogic.result.looks import (
    BRAIN_STYLE,
    CORE_STYLE,
    LESION_STYLE,
    NO_CODE,
    PENUMBRA_STYLE,
    REGION_CONTEXT,
    STYLES,
    TYPE_CONTEXT,
    Code,
)

TERMINOLOGY = Path(__file__).parents[3] / "Resources" / "Terminology" / "StrokeSeg.term.json"


@pytest.fixture
def slicer() -> Any:
    return pytest.importorskip("slicer")


def _code(entry: dict[str, Any]) -> Code:
    return Code(entry["CodingSchemeDesignator"], entry["CodeValue"], entry["CodeMeaning"])


def _listed() -> dict[tuple[Code, Code, Code], dict[str, Any]]:
    """What a segment can be in the file, with its name and colour, by category, type and modifier."""
    codes = json.loads(TERMINOLOGY.read_text(encoding="utf-8"))["SegmentationCodes"]
    found = {}
    for category in codes["Category"]:
        for kind in category["Type"]:
            found[_code(category), _code(kind), NO_CODE] = kind
            for modifier in kind.get("Modifier", ()):
                found[_code(category), _code(kind), _code(modifier)] = modifier
    return found


def test_the_lesion_is_an_infarct_of_the_brain():
    assert LESION_STYLE.slicer_terminology_string() == (
        "Segmentation category and type - StrokeSeg"
        "~SCT^49755003^Morphologically Altered Structure~SCT^55641003^Infarct~^^"
        "~Anatomic codes - DICOM master list~SCT^12738006^Brain~^^"
    )


def test_core_and_penumbra_are_true_concepts_with_private_modifiers():
    assert "~SCT^55641003^Infarct~99STROKESEG^CORE^" in CORE_STYLE.slicer_terminology_string()
    assert "~SCT^52674009^Ischemia~99STROKESEG^PENUMBRA^" in PENUMBRA_STYLE.slicer_terminology_string()
    for style in (CORE_STYLE, PENUMBRA_STYLE):
        # DICOM: a short string of at most 16 characters, a long string of at most 64.
        assert len(style.type_modifier.value) <= 16 and len(style.type_modifier.meaning) <= 64


def test_every_style_stands_in_the_terminology_file_with_its_name_and_colour():
    listed = _listed()
    for style in (*STYLES, BRAIN_STYLE):
        entry = listed[style.category, style.type, style.type_modifier]
        assert entry["3dSlicerLabel"] == style.name
        assert entry["recommendedDisplayRGBValue"] == [round(255 * value) for value in style.colour]


def test_core_and_penumbra_are_told_apart_by_the_colour_blind():
    # Brightness alone parts them, and the blue that no common colour blindness takes away.
    bright = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (CORE_STYLE.colour, PENUMBRA_STYLE.colour)]
    assert abs(bright[0] - bright[1]) > 0.1
    assert abs(CORE_STYLE.colour[2] - PENUMBRA_STYLE.colour[2]) > 0.8


def test_the_brain_is_anatomy_and_no_finding():
    assert "~SCT^123037004^Anatomical Structure~SCT^12738006^Brain~^^~" in BRAIN_STYLE.slicer_terminology_string()
    assert BRAIN_STYLE not in STYLES
    red, green, blue = BRAIN_STYLE.colour
    assert max(red, green, blue) - min(red, green, blue) < 0.25, "a finding's colours are strong"


def test_segment_ids_are_unique():
    assert len({style.id for style in (*STYLES, BRAIN_STYLE)}) == len(STYLES) + 1


def test_slicer_reads_the_terminology_string_back(slicer: Any):
    logic = slicer.vtkSlicerTerminologiesModuleLogic
    for style in (*STYLES, BRAIN_STYLE):
        entry = slicer.vtkSlicerTerminologyEntry()
        assert logic.DeserializeTerminologyEntry(style.slicer_terminology_string(), entry)
        assert entry.GetTerminologyContextName() == TYPE_CONTEXT
        assert entry.GetRegionContextName() == REGION_CONTEXT
        for code, read in (
            (style.category, entry.GetCategoryObject()),
            (style.type, entry.GetTypeObject()),
            (style.type_modifier, entry.GetTypeModifierObject()),
            (style.region, entry.GetRegionObject()),
        ):
            assert code.scheme == (read.GetCodingSchemeDesignator() or "")
            assert code.value == (read.GetCodeValue() or "")
            assert code.meaning == (read.GetCodeMeaning() or "")
        assert logic.SerializeTerminologyEntry(entry) == style.slicer_terminology_string()


def test_slicer_loads_the_terminology_file(slicer: Any):
    logic = slicer.vtkSlicerTerminologiesModuleLogic()
    assert logic.LoadTerminologyFromFile(str(TERMINOLOGY)) == TYPE_CONTEXT
    for style in (*STYLES, BRAIN_STYLE):
        entry = slicer.vtkSlicerTerminologyEntry()
        assert logic.FindTypeInTerminologyBy3dSlicerLabel(TYPE_CONTEXT, style.name, entry)
        assert entry.GetTypeObject().GetCodeValue() == style.type.value
        assert entry.GetCategoryObject().GetCodeValue() == style.category.value
        assert (entry.GetTypeModifierObject().GetCodeValue() or "") == style.type_modifier.value
        shown = entry.GetTypeModifierObject() if style.type_modifier.value else entry.GetTypeObject()
        assert [value / 255 for value in shown.GetRecommendedDisplayRGBValue()] == pytest.approx(style.colour)
