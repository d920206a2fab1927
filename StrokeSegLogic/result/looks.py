"""How labels and values are shown, in the report, in Slicer and in DICOM: names, codes, colours, windows' palettes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

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
ANATOMICAL_STRUCTURE = Code("SCT", "123037004", "Anatomical Structure")
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

BRAIN_STYLE = SegmentStyle(
    id="Brain",
    name="Brain",
    colour=(150 / 255, 200 / 255, 150 / 255),
    category=ANATOMICAL_STRUCTURE,
    type=BRAIN,
)
"""The brain mask: no finding, and so in no segmentation of findings. It has a segmentation of its own in a scene, and
is a thin line in reports."""
SEGMENTS: Mapping[Modality, Mapping[int, SegmentStyle]] = {
    "mri": {1: LESION_STYLE},
    "ctp": {2: CORE_STYLE, 1: PENUMBRA_STYLE},
}
"""By label value, in the order of a list of segments: the core, drawn last by its number, is named first."""


PaletteName = Literal["flow", "time", "heat"]
Stop = tuple[int, int, int]

PALETTES: dict[PaletteName, tuple[Stop, ...]] = {
    # matplotlib's viridis and inferno (both CC0), at nine even steps: even in brightness, so that they can be read
    # in grey and by the colour-blind.
    "flow": (
        (68, 1, 84),
        (71, 44, 122),
        (59, 81, 139),
        (44, 113, 142),
        (33, 144, 141),
        (39, 173, 129),
        (92, 200, 99),
        (170, 220, 50),
        (253, 231, 37),
    ),
    "time": (
        (0, 0, 4),
        (31, 12, 72),
        (85, 15, 109),
        (136, 34, 106),
        (186, 54, 85),
        (227, 89, 51),
        (249, 140, 10),
        (249, 201, 50),
        (252, 255, 164),
    ),
    "heat": ((255, 237, 100), (253, 141, 60), (189, 0, 38)),  # ColorBrewer YlOrRd
}
"""Colours at even steps from the lowest to the highest value."""


def colours(palette: PaletteName, level: np.ndarray) -> np.ndarray:
    """Colours (..., 3) from 0 to 255, float, of levels (...) between 0 and 1; beyond them those at the ends."""
    stops = PALETTES[palette]
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(level, places, [stop[c] for stop in stops]) for c in range(3)], axis=-1)


def css_gradient(palette: PaletteName, angle: str = "90deg") -> str:
    """The palette as a CSS background, lowest value first."""
    return f"linear-gradient({angle},{','.join('#%02x%02x%02x' % stop for stop in PALETTES[palette])})"  # noqa: UP031


@dataclass(frozen=True)
class Window:
    """The intensities shown as black and as white."""

    low: float
    high: float

    @classmethod
    def of(cls, values: np.ndarray) -> Window:
        """From the 1st to the 99th percentile of the finite values, of any shape; (0, 1) if there are none.

        White is no more than 2.5 medians, or fluid would leave the tissue of ADC and T2 in the dark.
        """
        # Two million values tell the percentiles of any volume.
        flat = values.reshape(-1)[:: max(values.size // 2_000_000, 1)]
        flat = flat[np.isfinite(flat)]
        if not flat.size:
            return cls(0.0, 1.0)
        low, middle, high = (float(v) for v in np.percentile(flat, (1, 50, 99)))
        if low >= 0 and middle > 0:
            high = min(high, 2.5 * middle)
        return cls(low, high if high > low else low + 1.0)

    def grey(self, values: np.ndarray) -> np.ndarray:
        """Values (H, W) as a grey picture (H, W, 3), uint8."""
        part = np.clip((np.nan_to_num(values.astype(np.float32)) - self.low) / (self.high - self.low), 0, 1)
        # 128 shades: no eye tells them from 256, and a contour's colours still fit into one palette.
        shade = (np.round(part * 127) * (255 / 127)).astype(np.uint8)
        return np.repeat(shade[..., None], 3, axis=2)

    def coloured(self, values: np.ndarray, palette: PaletteName) -> np.ndarray:
        """Values (H, W) in a palette's colours (H, W, 3), uint8; what is 0 or less, as outside the brain, is black."""
        part = np.clip((np.nan_to_num(values.astype(np.float32)) - self.low) / (self.high - self.low), 0, 1)
        # As many shades as fit, with black and the letters, into one palette of a PNG.
        picture = np.round(colours(palette, np.round(part * 127) / 127)).astype(np.uint8)
        picture[~(values > 0)] = 0
        return picture
