"""The kinds of doubts about perfusion maps."""

from __future__ import annotations

from enum import Enum


class DoubtKind(str, Enum):
    """What a doubt is about. Decisions are made by it and by the roles, never by the words."""

    GRID = "grid"
    """The map lay on another grid than the result."""
    NO_VALUE = "no value"
    """Some voxels, or all, say nothing."""
    PICTURE = "picture"
    """Whole numbers of an 8-bit picture, whose scale is unknown."""
    INVERTED = "inverted"
    """Large values seem to stand for small values: no unit mends that."""
    MISNAMED = "misnamed"
    """The values fit another role than the name's."""
    SWAPPED = "swapped"
    """Two maps are each what the other is named."""
    UNRECOGNISED = "unrecognised"
    """Role or unit could not be told."""
    RELATIVE = "relative"
    """The map is relative to normal tissue and has no absolute unit."""
    RANGE = "range"
    """Values that the role does not have in its unit, or a scale that is cut off."""
    NO_LIMIT = "no limit"
    """The unit is unknown: no limit is applied to the map."""
    LEFT_OUT = "left out"
    """The map is not used."""
    COMPUTED = "computed"
    """The map was computed here from the 4-D series, beside others that were given."""
    NOT_COMPUTED = "not computed"
    """The map is missing, and could not be computed from the 4-D series."""
