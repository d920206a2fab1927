"""One self-contained HTML page that says what was found, on what, by what, and shows it."""

from __future__ import annotations

from pathlib import Path

from ..base.files import write_whole
from ..perfusion.result import PerfusionSegmentation
from ..segmentation import Segmentation
from .ctp import ctp_report
from .mri import mri_report


def html_report(result: Segmentation | PerfusionSegmentation) -> str:
    """The report as HTML: pictures inside, no script, nothing loaded from elsewhere."""
    return ctp_report(result) if isinstance(result, PerfusionSegmentation) else mri_report(result)


def write_report(result: Segmentation | PerfusionSegmentation, path: Path) -> None:
    """Writes the report of a result; the file is whole or not there.

    Raises:
        OutputError: if the file cannot be written.
    """
    write_whole(Path(path), html_report(result).encode("utf-8", "backslashreplace"))
