"""The numbers and the criteria of a result, in words, out of its record alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from StrokeSegLogic.result.map_origins import parted
from StrokeSegLogic.result.record import Judged, LesionVolumes, ResultRecord
from StrokeSegLogic.study.case import role_names

from .words import tr as _

Row = tuple[str, str]


@dataclass(frozen=True)
class CriterionRow:
    """One line of the criteria: name, value, what is asked for, verdict, and what it is made of."""

    name: str
    value: str
    limit: str
    verdict: str
    parts: tuple[CriterionRow, ...] = ()

    @property
    def held_against(self) -> str:
        """Value and what is asked for: "8 h (6 to 16)"."""
        if not (self.value and self.limit):
            return self.value or self.limit
        return _("{value} ({limit})").format(value=self.value, limit=self.limit)


def rows(record: ResultRecord) -> list[Row]:
    """The table of volumes; for CT perfusion with the mismatch."""
    return _perfusion_rows(record) if record.lesion is None else [*_lesion_rows(record.lesion), *_moved_rows(record)]


def corrected_rows(volumes: Mapping[str, float]) -> list[Row]:
    """Volumes of the segments as they are now."""
    return [(_("{name}, as it stands").format(name=name), _ml(value)) for name, value in volumes.items()]


def criteria(record: ResultRecord) -> list[CriterionRow]:
    """The trials' criteria, item by item."""
    return [_criterion(trial) for trial in record.criteria]


def trained_words(record: ResultRecord) -> str:
    """What has to stand beside a result of CT perfusion that a network drew: what it has learned from."""
    trained = record.maker.trained_on if record.modality == "ctp" else ""
    return _("Trained on {what}.").format(what=trained.rstrip(".")) if trained else ""


def _lesion_rows(lesion: LesionVolumes) -> list[Row]:
    found = [
        (_("Lesion volume"), _ml(lesion.lesion_ml)),
        (_("Lesions"), str(len(lesion.lesions_ml))),
    ]
    if lesion.lesions_ml:
        found.append((_("Largest lesion"), _ml(lesion.lesions_ml[0])))
    if lesion.left_share is not None:
        share = _("{left:.0%} left, {right:.0%} right")
        found.append((_("Side"), share.format(left=lesion.left_share, right=lesion.right_share)))
    found.append((_("Brain"), _ml(lesion.brain_ml)))
    for plane in lesion.planes:
        words = _("{volume} (Dice with the vote {dice:.2f})")
        name = {"axial": _("Axial network"), "coronal": _("Coronal network"), "sagittal": _("Sagittal network")}
        said = words.format(volume=_ml(plane.volume_ml), dice=plane.dice_with_vote)
        found.append((name.get(plane.plane, plane.plane), said))
    return found


def _moved_rows(record: ResultRecord) -> list[Row]:
    """Sequences that were taken from another place than the scene shows them at."""
    words = _("moved by {mm:.1f} mm and {angle:.1f} degrees")
    return [
        (str(position.role.value), words.format(mm=position.shift_mm, angle=position.angle_deg))
        for position in record.positions
        if position.decision == "moved"
    ]


def _perfusion_rows(record: ResultRecord) -> list[Row]:
    found = []
    for route in record.routes:
        mark = "\u25b6 " if route.name == record.chosen and len(record.routes) > 1 else ""
        title = _routes().get(route.name, route.title)
        found.append((_("{mark}Core, {route}").format(mark=mark, route=title), _ml(route.core_ml)))
        if route.penumbra_ml is not None:
            found.append((_("{mark}Penumbra, {route}").format(mark=mark, route=title), _ml(route.penumbra_ml)))
    given, computed = parted(record.maps)
    if given:
        found.append((_("Maps given"), role_names(given)))
    if computed:
        found.append((_("Maps computed here"), role_names(computed)))
    numbers = record.mismatch
    if numbers is None:
        found.append((_("Mismatch"), _("unknown: the maps' units are not known")))
        return found
    found += [
        (_("Hypoperfused"), _ml(numbers.hypoperfused_ml)),
        (_("Mismatch volume"), _ml(numbers.mismatch_ml)),
        (_("Mismatch ratio"), _ratio(numbers.mismatch_ratio)),
        (_("Hypoperfusion intensity ratio"), _number(numbers.hypoperfusion_intensity_ratio)),
        (_("CBV index"), _number(numbers.cbv_index)),
    ]
    for seconds, ml in numbers.delays:
        found.append((_("Tmax > {seconds:g} s").format(seconds=seconds), _late(ml)))
    if numbers.side:
        found.append((_("Side"), numbers.side))
    return found


def _routes() -> dict[str, str]:
    return {"thresholds": _("thresholds"), "slow-fusion": _("slow fusion"), "unet3d": _("3-D U-Net")}


def _criterion(criterion: Judged) -> CriterionRow:
    value = (
        ""
        if criterion.value is None
        else (criterion.value if isinstance(criterion.value, str) else f"{criterion.value:.3g}")
    )
    name = criterion.name[:1].upper() + criterion.name[1:]
    return CriterionRow(
        name,
        f"{value} {criterion.unit}".strip() if value else "",
        f"{criterion.limit} {'' if value else criterion.unit}".strip(),
        _verdict(criterion),
        tuple(_criterion(part) for part in criterion.parts),
    )


def _verdict(criterion: Judged) -> str:
    words = {"met": _("met"), "not met": _("not met"), "unknown": _("unknown")}
    said = words.get(criterion.verdict, criterion.verdict)
    return _("{verdict}, uncertain").format(verdict=said) if criterion.flips else said


def _ml(value: float) -> str:
    return _("{value:.1f} ml").format(value=value)


def _late(value: float | None) -> str:
    return _("cannot be told: the map's scale is cut off") if value is None else _ml(value)


def _number(value: float | None) -> str:
    return _("undefined") if value is None else f"{value:.2f}"


def _ratio(value: float | None) -> str:
    if value is None:
        return _("undefined (no lesion)")
    return _("infinite (no core)") if math.isinf(value) else f"{value:.1f}"
