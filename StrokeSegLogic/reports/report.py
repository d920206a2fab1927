"""One self-contained HTML page that says what was found, on what, by what, and shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from pkgutil import resolve_name

from ..base.files import write_whole
from ..result.outcome import Outcome
from ..study.case import Modality

Text = Callable[[], str]
# By name, so that the pages of the one modality do not bring in the other's.
_REPORTS: Mapping[Modality, str] = {"mri": "mri:mri_report", "ctp": "ctp:ctp_report"}
_FIGURES: Mapping[Modality, str] = {"ctp": "ctp_figures:figure_files"}


def html_report(result: Outcome) -> str:
    """The report as HTML: pictures inside, no script, nothing loaded from elsewhere."""
    report: Callable[[Outcome], str] = resolve_name(f"{__package__}.{_REPORTS[result.case.modality]}")
    return report(result)


def extra_files(result: Outcome) -> dict[str, Text]:
    """Figures that are files of their own beside the report: what draws each, by its name."""
    name = _FIGURES.get(result.case.modality)
    if name is None:
        return {}
    draw: Callable[[Outcome], dict[str, Text]] = resolve_name(f"{__package__}.{name}")
    return draw(result)


def write_report(result: Outcome, path: Path) -> None:
    """Writes the report of a result; the file is whole or not there.

    Raises:
        OutputError: if the file cannot be written.
    """
    write_whole(Path(path), html_report(result).encode("utf-8", "backslashreplace"))
