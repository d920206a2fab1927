"""What the panel itself finds wrong, and how it words what the engine does."""

from __future__ import annotations

from StrokeSegLogic.base.errors import InputError, StrokeSegError

from .study import Handle, StudyInputs
from .words import tr as _


def words_of(error: StrokeSegError) -> str:
    """An error in one line, a setting called as it stands in the panel."""
    return error.said(_setting)


def nothing_chosen(inputs: StudyInputs) -> InputError | None:
    """That there is no volume, if so."""
    if inputs.volumes:
        return None
    rows = _("DWI or FLAIR") if inputs.modality == "mri" else _("CBF and Tmax, or the 4-D series as CTP")
    fix = _("Load a study and press Assign, or choose at least {rows}").format(rows=rows)
    return InputError(_("no volume is chosen"), where=_("Study"), fix=fix)


def used_twice(inputs: StudyInputs) -> InputError | None:
    """That one volume stands in two rows, if so."""
    seen: dict[Handle, str] = {}
    for role, handle in inputs.volumes.items():
        if handle in seen:
            what = _("one volume is chosen as {first} and {other}").format(first=seen[handle], other=role)
            return InputError(what, where=_("Study"), fix=_("Choose one of the two"), roles=(seen[handle], role.value))
        seen[handle] = role.value
    return None


def unanswered() -> StrokeSegError:
    """That the worker did not heed a cancel."""
    fix = _("Run it again; the next start takes a little longer")
    return StrokeSegError(_("the worker did not answer and was ended"), fix=fix)


def _setting(option: str) -> str:
    return {
        "device": _("Device"),
        "vote": _("Vote"),
        "register": _("Registration"),
        "threshold": _("Threshold"),
        "minimum_lesion_ml": _("Smallest lesion"),
        "flips": _("Mirrored views"),
        "reproducible": _("Reproducible"),
        "unmeasured": _("Inputs that were not measured"),
        "model": _("Model"),
        "route": _("Model"),
        "reference": _("Result on the grid of"),
        "brain_mask": _("Brain mask"),
        "aif": _("Artery"),
        "hematocrit": _("Hematocrit"),
        "modality": _("Study"),
        "age": _("Age"),
        "nihss": _("NIHSS"),
        "onset_hours": _("Onset"),
        "sequence": _("Study"),
        "reader": _("Reader"),
        "reason": _("Reason"),
        "unit": _("unit of the map"),
        "colour_range": _("ends of the colour bar"),
    }.get(option, option)
