"""The page around both reports, out of the templates under Resources/Report, and what both say in the same way.

Nothing is loaded from elsewhere, and all text is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .. import __version__
from ..base.files import resource
from ..result.looks import BRAIN_STYLE, SegmentStyle, css_gradient
from ..result.outcome import Outcome, brain_record
from ..space.grid import Grid
from ..study.case import ClinicalData, Role, Series
from .pictures import Colour, anatomical, data_uri, encode_png

NONE = "\u2013"
"""A dash for what is not known or not there."""


def page(template: str, **values: object) -> str:
    """A template of Resources/Report with its values.

    Args:
        template: the name of its file.
        values: what the template names. It has two filters of its own: `png` makes a picture (H, W, 3), uint8, or the
            bytes of a PNG file the address of an image, `gradient` a palette's name a CSS background.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resource("Report")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"png": _png, "gradient": css_gradient}
    return environment


def _png(picture: np.ndarray | bytes) -> str:
    return data_uri(picture if isinstance(picture, bytes) else encode_png(picture))


def colour_of(style: SegmentStyle) -> Colour:
    """A segment's colour as pictures have it, 0 to 255."""
    red, green, blue = (round(255 * part) for part in style.colour)
    return red, green, blue


BRAIN_COLOUR = colour_of(BRAIN_STYLE)
"""Of the thin line around the brain mask."""

Cell = tuple[str, str, str]
"""A box of a title, a number and words below it."""
_TIMES = " \u00d7 "


def report(
    template: str,
    result: Outcome,
    provenance: Mapping[str, object],
    *,
    kind: str,
    made_by: str,
    units: Mapping[Role, str] | None = None,
    **values: object,
) -> str:
    """A report as HTML; what is unusual comes first, then warnings.

    Args:
        template: a file of Resources/Report that extends page.html.
        result: of what.
        provenance: JSON-ready, how it was made.
        kind: of report, above the case's name.
        made_by: a sentence on what made the result, below the title; "" for none.
        units: of the inputs, by role; None where they have none.
        values: what the template names beside these.
    """
    return page(
        template,
        name=result.case.name,
        kind=kind,
        version=__version__,
        made_by=made_by,
        unusual=[alarm.words for alarm in result.unusual],
        warnings=result.warnings,
        inputs=_inputs(result, units),
        notes=result.case.notes,
        provenance=provenance,
        brain_colour=BRAIN_COLOUR,
        brain_words=_brain(result),
        **values,
    )


def patient(clinical: ClinicalData) -> list[Cell]:
    """A box of what is known of the patient; none where nothing is."""
    known = [
        (clinical.age, "age {:g}"),
        (clinical.nihss, "NIHSS {:g}"),
        (clinical.onset_hours, "{:g} h since onset"),
    ]
    words = [words.format(value) for value, words in known if value is not None]
    return [("Patient", words[0], ", ".join(words[1:]))] if words else []


def _brain(result: Outcome) -> str:
    """How the brain mask came about, and its volume."""
    record = brain_record(result.brain_from, result.brain)
    how = f"{record['how']}, " if record["how"] else ""
    return f"edge of the brain mask: {how}{record['volume_ml']:,.0f} ml"


def _inputs(result: Outcome, units: Mapping[Role, str] | None) -> dict[str, Sequence[object]]:
    """Heads and rows: which file is what, on which grid, in which unit its values were read, and why."""
    rows = []
    for role, series in result.case.series.items():
        marks = [("reference", role is result.reference), ("computed", series.computed)]
        shown = ", ".join(words for words, holds in marks if holds)
        use = f"{role.display_name} ({shown})" if shown else role.display_name
        unit = [] if units is None else [units.get(role, "HU" if role is Role.CTP else NONE)]
        why = (series.reason, f"{series.confidence:.0%}", series.sha256[:12])
        rows.append((use, series.source, _size(series), *unit, *why))
    heads = ("Volume", "Source", "Grid", *([] if units is None else ["Unit"]), "Why", "Confidence", "SHA-256")
    return {"heads": heads, "rows": rows}


def _size(series: Series) -> str:
    grid = Grid.of(series.image)
    words = _TIMES.join(map(str, grid.size)) + " voxels of " + _TIMES.join(f"{s:.3g}" for s in grid.spacing) + " mm"
    if series.times_s is None:
        return words
    return f"{words}, {len(series.times_s)} frames over {max(series.times_s) - min(series.times_s):.3g} s"


def ml(volume: float) -> str:
    """Millilitres with two digits below ten, one above."""
    return f"{volume:.2f}" if volume < 9.995 else f"{volume:.1f}"


def place(lps_mm: Sequence[float]) -> str:
    """A position in words: "L 32, A 10, S 5"."""
    return ", ".join(anatomical(axis, mm) for axis, mm in enumerate(lps_mm))
