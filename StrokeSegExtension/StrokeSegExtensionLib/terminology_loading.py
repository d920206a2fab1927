"""Slicer's own terminologies know no infarct, core or penumbra: ours is loaded beside them."""

from __future__ import annotations

import slicer

from StrokeSegLogic.base.files import resource
from StrokeSegLogic.result.looks import TYPE_CONTEXT


def load_terminology() -> bool:
    """Loads the terminology; returns whether it is there. Loading it again replaces it by itself."""
    logic = slicer.app.applicationLogic().GetModuleLogic("Terminologies")
    if logic is None:
        return False
    path = resource("Terminology", "StrokeSeg.term.json")
    return str(logic.LoadTerminologyFromFile(str(path))) == TYPE_CONTEXT
