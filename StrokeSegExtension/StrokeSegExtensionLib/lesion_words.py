"""The table of lesions in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from StrokeSegLogic.result.lesions import COLUMNS, cells

from .words import tr as _

if TYPE_CHECKING:
    from StrokeSegLogic.mri.edited_lesions import EditedLesion, EditedTable

_NONE = "\u2013"


def heads() -> list[tuple[str, str]]:
    """The columns: what stands over each, and what it is in full."""
    short = {
        "slice": _("Slice"),
        "volume_ml": _("ml"),
        "probability": _("Prob."),
        "planes": _("Planes"),
        "adc": _("ADC"),
        "dwi_ratio": _("DWI"),
        "flair_ratio": _("FLAIR"),
        "next_mm": _("Next"),
    }
    first = [
        (_("No."), _("Number, in descending volume")),
        (_("State"), _("Kept by you, changed or drawn by you; empty as long as nobody has judged it")),
        (_("Side"), _("Side of the patient")),
    ]
    return [*first, *((short.get(name, head), head) for name, head, _digits in COLUMNS)]


def row_words(row: EditedLesion) -> tuple[str, ...]:
    """The cells of a row."""
    sides = {"left": _("left"), "right": _("right"), "both": _("both")}
    lesion = row.lesion
    return str(lesion.number), state_words(row), sides.get(lesion.side, _NONE), *cells(lesion, _NONE)


def state_words(row: EditedLesion) -> str:
    """What the reader has done with a lesion."""
    if row.kept:
        return _("kept")
    return {"edited": _("edited"), "drawn": _("drawn")}.get(row.origin, "")


def sum_words(table: EditedTable) -> str:
    """How many lesions are left to judge."""
    count, waiting = len(table.rows), sum(row.open for row in table.rows)
    total = sum(row.lesion.volume_ml for row in table.rows)
    if not count:
        return _("No lesion.")
    single = _("1 lesion, {total:.1f} ml; {waiting} not judged yet")
    several = _("{count} lesions, {total:.1f} ml; {waiting} not judged yet")
    return (single if count == 1 else several).format(count=count, total=total, waiting=waiting)


def hidden_words(hidden_ml: Sequence[float], below_ml: float) -> str:
    """What the slider hides; "" where that is nothing."""
    if not hidden_ml:
        return ""
    end = _("({total:.2f} ml): not counted, not exported, and not deleted")
    single, several = _("1 lesion below {below:.2f} ml is hidden"), _("{count} lesions below {below:.2f} ml are hidden")
    words = f"{single if len(hidden_ml) == 1 else several} {end}"
    return words.format(count=len(hidden_ml), below=below_ml, total=sum(hidden_ml))


def hidden_name(below_ml: float) -> str:
    """Of the segment of what is hidden."""
    return _("Hidden, below {below:.2f} ml").format(below=below_ml)


def growing_words(probability: float | None, threshold: float, volume_ml: float | None) -> str:
    """What grows under the mouse."""
    if probability is None:
        return _("Point at the lesion in a slice view. Esc leaves it.")
    if volume_ml is None:
        words = _("Probability {probability:.2f}: below the threshold of {threshold:.2f}, nothing grows here.")
    else:
        words = _(
            "{volume:.2f} ml from {threshold:.2f} on (here {probability:.2f}). "
            "Wheel: larger or smaller. Enter takes it, Esc leaves it."
        )
    return words.format(probability=probability, threshold=threshold, volume=volume_ml)
