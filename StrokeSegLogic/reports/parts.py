"""What both reports say in the same way: the page around them, numbers, inputs, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from string import Template

from .. import __version__
from ..base.resources import resource
from ..case import Case, ClinicalData, Series
from ..grid import Grid
from ..html_parts import bullets, section, table, tree
from ..outcome import Outcome
from ..pictures import anatomical

_TIMES = " \u00d7 "


def page(result: Outcome, kind: str, made_by: str, body: Sequence[str]) -> str:
    """A report as HTML: nothing is loaded from elsewhere, nothing runs; warnings come first.

    Args:
        result: of what.
        kind: of report, above the case's name.
        made_by: a sentence on what made the result, below the title; "" for none.
        body: sections of HTML; empty ones are left out.
    """
    template = Template(resource("Report", "report.html").read_text(encoding="utf-8"))
    name = escape(result.case.name)
    return template.substitute(
        title=f"{name} | StrokeSeg report",
        kind=escape(kind),
        name=name,
        version=escape(__version__),
        made_by=f"<p>{escape(made_by)}</p>" if made_by else "",
        warnings=_warnings(result.warnings),
        body="\n".join(filter(None, body)),
    )


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    return f'<section class="warnings" role="note"><h2>Read this first</h2>{bullets(warnings)}</section>'


def patient(clinical: ClinicalData) -> list[tuple[str, str, str]]:
    """A box for `key_numbers` of what is known of the patient; none where nothing is."""
    known = [
        (clinical.age, "age {:g}"),
        (clinical.nihss, "NIHSS {:g}"),
        (clinical.onset_hours, "{:g} h since onset"),
    ]
    words = [words.format(value) for value, words in known if value is not None]
    return [("Patient", words[0], ", ".join(words[1:]))] if words else []


def inputs(result: Outcome, units: Mapping[str, str] | None = None) -> str:
    """Which file is what, on which grid, and why; with `units` by role also in which unit its values were read."""
    rows = []
    for role, one in result.case.series.items():
        use = f"{role} (reference)" if role is result.reference else str(role)
        unit = [] if units is None else [units.get(role.value, "HU" if role.value == "CTP" else "\u2013")]
        rows.append((use, one.source, _size(one), *unit, one.reason, f"{one.confidence:.0%}", one.sha256[:12]))
    heads = ("Role", "Source", "Grid", *([] if units is None else ["Unit"]), "Why this role", "Confidence", "SHA-256")
    return section("Inputs", table(heads, rows))


def _size(one: Series) -> str:
    grid = Grid.of(one.image)
    words = _TIMES.join(map(str, grid.size)) + " voxels of " + _TIMES.join(f"{s:.3g}" for s in grid.spacing) + " mm"
    if one.times_s is None:
        return words
    return f"{words}, {len(one.times_s)} frames over {max(one.times_s) - min(one.times_s):.3g} s"


def notes(case: Case) -> str:
    return section("Notes on the case", bullets(case.notes, "notes")) if case.notes else ""


def provenance(record: Mapping[str, object]) -> str:
    return section("Provenance", f'<div class="provenance scroll">{tree(record)}</div>')


def ml(volume: float) -> str:
    """Millilitres with two digits below ten, one above."""
    return f"{volume:.2f}" if volume < 9.995 else f"{volume:.1f}"


def place(lps_mm: Sequence[float]) -> str:
    """A position in words: "L 32, A 10, S 5"."""
    return ", ".join(anatomical(axis, mm) for axis, mm in enumerate(lps_mm))
