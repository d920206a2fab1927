"""ITK's filters, given up in the middle of a volume where the run is cancelled."""

from __future__ import annotations

from typing import Any

import SimpleITK as sitk

from ..base.errors import Cancelled
from ..base.progress import check_cancelled


def execute(work: Any, *images: sitk.Image) -> sitk.Image:
    """What a filter makes of images; it is asked between parts of the volume whether to go on.

    Args:
        work: a SimpleITK filter object, its parameters set.
        images: its inputs.

    Raises:
        Cancelled: if the run was cancelled.
        RuntimeError: what ITK raises.
    """
    given_up = False

    def ask() -> None:
        nonlocal given_up
        # An exception would not pass through ITK: the filter is told to stop, and the reason raised behind it.
        try:
            check_cancelled()
        except Cancelled:
            given_up = True
            work.Abort()

    work.AddCommand(sitk.sitkProgressEvent, ask)
    try:
        made: sitk.Image = work.Execute(*images)
    except RuntimeError:
        if given_up:
            raise Cancelled from None
        raise
    finally:
        work.RemoveAllCommands()
    if given_up:
        raise Cancelled
    return made
