"""Which label value is which segment, by modality."""

from __future__ import annotations

from collections.abc import Mapping

from StrokeSegLogic.case import Modality
from StrokeSegLogic.terminology import CORE_STYLE, LESION_STYLE, PENUMBRA_STYLE, SegmentStyle


def styles_of(modality: Modality) -> Mapping[int, SegmentStyle]:
    """The style of every label value that a result of this modality can hold, in the order of the segments' list."""
    return {1: LESION_STYLE} if modality == "mri" else {2: CORE_STYLE, 1: PENUMBRA_STYLE}
