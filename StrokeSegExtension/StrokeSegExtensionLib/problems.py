"""What the panel itself finds wrong."""

from __future__ import annotations

from StrokeSegLogic.errors import StrokeSegError

from .study import Handle, Problem, StudyInputs


def problem_of(error: StrokeSegError) -> Problem:
    """An error for the panel."""
    return Problem(error.what, error.where or "", error.fix or "")


def nothing_chosen(inputs: StudyInputs) -> Problem | None:
    """That there is no volume, if so."""
    if inputs.volumes:
        return None
    rows = "DWI or FLAIR" if inputs.modality == "mri" else "CBF and TMAX, or the 4-D series as CTP"
    return Problem("no volume is chosen", "Study", f"Load a study and press Assign, or choose at least {rows}")


def used_twice(inputs: StudyInputs) -> Problem | None:
    """That one volume stands in two rows, if so."""
    seen: dict[Handle, str] = {}
    for role, handle in inputs.volumes.items():
        if handle in seen:
            rows = f"{seen[handle]} and {role}"
            return Problem(f"one volume is chosen as {rows}", "Study", "Choose one role for it")
        seen[handle] = role.value
    return None


def unanswered() -> Problem:
    """That the worker did not heed a cancel."""
    return Problem("the worker did not answer and was ended", "", "Run it again; the next start takes a little longer")
