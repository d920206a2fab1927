"""How each label is named, coloured and coded, in Slicer and in DICOM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..study.case import Modality

TYPE_CONTEXT = "Segmentation category and type - StrokeSeg"
"""Name of the terminology in Resources/Terminology/StrokeSeg.term.json: Slicer's own lists know no infarct."""
REGION_CONTEXT = "Anatomic codes - DICOM master list"
"""Name of the list of body regions that Slicer ships."""


@dataclass(frozen=True)
class Code:
    """A coded concept as DICOM writes it: coding scheme designator, code value, code meaning."""

    scheme: str = ""
    value: str = ""
    meaning: str = ""

    def __str__(self) -> str:
        return f"{self.scheme}^{self.value}^{self.meaning}" if self.value else "^^"


NO_CODE = Code()

MORPHOLOGICALLY_ALTERED = Code("SCT", "49755003", "Morphologically Altered Structure")
INFARCT = Code("SCT", "55641003", "Infarct")
ISCHEMIA = Code("SCT", "52674009", "Ischemia")
BRAIN = Code("SCT", "12738006", "Brain")
# No concept of SNOMED CT or DICOM PS3.16 is known for what perfusion imaging calls core and penumbra. The nearest true
# concepts are Infarct (which the core is expected to become) and Ischemia (a disorder, where the category asks for a
# morphology); modifiers of a private scheme, as PS3.16 section 8.2 allows them ("99" in front), say the rest.
PERFUSION_CORE = Code("99STROKESEG", "CORE", "Ischemic core by perfusion imaging")
PENUMBRA = Code("99STROKESEG", "PENUMBRA", "Ischemic penumbra by perfusion imaging")


@dataclass(frozen=True)
class SegmentStyle:
    """How a label looks and what it means.

    Attributes:
        id: the segment's ID in a segmentation node: stable, so that scripts and reviews find it again.
        name: what people read.
        colour: red, green, blue, 0 to 1.
        category, type, type_modifier: what the segment is.
        region, region_modifier: where in the body it is.
    """

    id: str
    name: str
    colour: tuple[float, float, float]
    category: Code
    type: Code
    type_modifier: Code = NO_CODE
    region: Code = NO_CODE
    region_modifier: Code = NO_CODE

    def slicer_terminology_string(self) -> str:
        """The terminology entry as Slicer serialises it in a segment's `TerminologyEntry` tag.

        See vtkSlicerTerminologiesModuleLogic::SerializeTerminologyEntry: seven fields parted by "~", each code's
        three parts by "^".
        """
        what = (self.category, self.type, self.type_modifier)
        where = (self.region, self.region_modifier)
        return "~".join([TYPE_CONTEXT, *map(str, what), REGION_CONTEXT, *map(str, where)])


LESION_STYLE = SegmentStyle(
    id="IschemicLesion",
    name="Ischemic lesion",
    colour=(230 / 255, 51 / 255, 51 / 255),
    category=MORPHOLOGICALLY_ALTERED,
    type=INFARCT,
    region=BRAIN,
)
"""The one label of MRI."""

# Vermilion and sky blue of Okabe and Ito's palette: told apart by the colour-blind, and in grey.
CORE_STYLE = SegmentStyle(
    id="IschemicCore",
    name="Core",
    colour=(213 / 255, 94 / 255, 0.0),
    category=MORPHOLOGICALLY_ALTERED,
    type=INFARCT,
    type_modifier=PERFUSION_CORE,
    region=BRAIN,
)
PENUMBRA_STYLE = SegmentStyle(
    id="IschemicPenumbra",
    name="Penumbra",
    colour=(86 / 255, 180 / 255, 233 / 255),
    category=MORPHOLOGICALLY_ALTERED,
    type=ISCHEMIA,
    type_modifier=PENUMBRA,
    region=BRAIN,
)
"""The labels of CT perfusion."""

STYLES = (LESION_STYLE, CORE_STYLE, PENUMBRA_STYLE)
"""All that a segmentation can hold."""
SEGMENTS: Mapping[Modality, Mapping[int, SegmentStyle]] = {
    "mri": {1: LESION_STYLE},
    "ctp": {2: CORE_STYLE, 1: PENUMBRA_STYLE},
}
"""By label value, in the order of a list of segments: the core, drawn last by its number, is named first."""
