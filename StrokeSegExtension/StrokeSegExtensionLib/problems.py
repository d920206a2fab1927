"""What the panel itself finds wrong."""

from __future__ import annotations

from StrokeSegLogic.base.errors import StrokeSegError

from .study import Handle, Problem, StudyInputs
from .words import tr as _


def problem_of(error: StrokeSegError) -> Problem:
    """An error for the panel."""
    return Problem(error.what, error.where or "", error.fix or "")


def nothing_chosen(inputs: StudyInputs) -> Problem | None:
    """That there is no volume, if so."""
    if inputs.volumes:
        return None
    rows = _("DWI or FLAIR") if inputs.modality == "mri" else _("CBF and TMAX, or the 4-D series as CTP")
    fix = _("Load a study and press Assign, or choose at least {rows}").format(rows=rows)
    return Problem(_("no volume is chosen"), _("Study"), fix)


def used_twice(inputs: StudyInputs) -> Problem | None:
    """That one volume stands in two rows, if so."""
    seen: dict[Handle, str] = {}
    for role, handle in inputs.volumes.items():
        if handle in seen:
            what = _("one volume is chosen as {one} and {other}").format(one=seen[handle], other=role)
            return Problem(what, _("Study"), _("Choose one role for it"))
        seen[handle] = role.value
    return None


def unanswered() -> Problem:
    """That the worker did not heed a cancel."""
    fix = _("Run it again; the next start takes a little longer")
    return Problem(_("the worker did not answer and was ended"), "", fix)
