"""The numbers and the criteria of a result, in words, out of its record alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slicer.i18n import tr as _

Row = tuple[str, str]


@dataclass(frozen=True)
class CriterionRow:
    """One line of the criteria: name, value, what is asked for, verdict, and what it is made of."""

    name: str
    value: str
    limit: str
    verdict: str
    parts: tuple[CriterionRow, ...] = ()


def rows(record: Mapping[str, Any]) -> list[Row]:
    """The table of volumes; for CT perfusion with the mismatch."""
    return _perfusion_rows(record) if record.get("modality") == "ctp" else _mri_rows(record)


def corrected_rows(volumes: Mapping[str, float]) -> list[Row]:
    """Volumes of the segments as they are now."""
    return [(_("{name}, as it stands").format(name=name), _ml(value)) for name, value in volumes.items()]


def criteria(record: Mapping[str, Any]) -> list[CriterionRow]:
    """The trials' criteria, item by item."""
    return [
        CriterionRow(one["trial"], "", "", _verdict(one), tuple(_item(item) for item in one["items"]))
        for one in record.get("criteria", ())
    ]


def simulated_words(trained_on: str) -> str:
    """What has to stand beside a result of a network that learned from simulated perfusion."""
    if "simulated" not in trained_on.lower():
        return ""
    return _("Trained on simulated perfusion: {what}").format(what=trained_on.rstrip(".") + ".")


def _mri_rows(record: Mapping[str, Any]) -> list[Row]:
    statistics = record["statistics"]
    lesions = statistics["lesions"]
    found = [
        (_("Lesion volume"), _ml(statistics["volume_ml"])),
        (_("Lesions"), str(len(lesions))),
    ]
    if lesions:
        found.append((_("Largest lesion"), _ml(lesions[0]["volume_ml"])))
    if statistics.get("left_share") is not None:
        share = _("{left:.0%} left, {right:.0%} right")
        found.append((_("Side"), share.format(left=statistics["left_share"], right=statistics["right_share"])))
    found.append((_("Brain"), _ml(statistics["brain_ml"])))
    for plane in statistics.get("planes", ()):
        words = _("{volume}, Dice with the vote {dice:.2f}")
        name = {"axial": _("Axial network"), "coronal": _("Coronal network"), "sagittal": _("Sagittal network")}
        said = words.format(volume=_ml(plane["volume_ml"]), dice=plane["dice_with_vote"])
        found.append((name.get(plane["plane"], plane["plane"]), said))
    return found


def _perfusion_rows(record: Mapping[str, Any]) -> list[Row]:
    found = []
    for route in record["routes"]:
        mark = "\u25b6 " if route["name"] == record["chosen"] and len(record["routes"]) > 1 else ""
        penumbra = route["penumbra_ml"]
        title = _routes().get(route["name"], route["title"])
        found.append((_("{mark}Core, {route}").format(mark=mark, route=title), _ml(route["core_ml"])))
        if penumbra is not None:
            found.append((_("{mark}Penumbra, {route}").format(mark=mark, route=title), _ml(penumbra)))
    numbers = record.get("numbers")
    if numbers is None:
        found.append((_("Mismatch"), _("unknown: the maps' units are not known")))
        return found
    found += [
        (_("Hypoperfused"), _ml(numbers["hypoperfused_ml"])),
        (_("Mismatch volume"), _ml(numbers["mismatch_ml"])),
        (_("Mismatch ratio"), _ratio(numbers["mismatch_ratio"])),
        (_("Hypoperfusion intensity ratio"), _number(numbers["hypoperfusion_intensity_ratio"])),
        (_("CBV index"), _number(numbers["cbv_index"])),
    ]
    for delay in numbers["delays"]:
        found.append((_("Tmax > {seconds:g} s").format(seconds=delay["tmax_s"]), _late(delay["ml"])))
    if numbers.get("side"):
        found.append((_("Side"), numbers["side"]))
    return found


def _routes() -> dict[str, str]:
    return {"thresholds": _("thresholds"), "slow-fusion": _("slow fusion"), "unet3d": _("3-D U-Net")}


def _item(item: Mapping[str, Any]) -> CriterionRow:
    value = item["value"]
    words = "" if value is None else (value if isinstance(value, str) else f"{value:.3g}")
    name = item["name"][:1].upper() + item["name"][1:]
    return CriterionRow(
        name,
        f"{words} {item['unit']}".strip() if words else "",
        f"{item['limit']} {'' if words else item['unit']}".strip(),
        _verdict(item),
        tuple(_item(part) for part in item.get("parts", ())),
    )


def _verdict(item: Mapping[str, Any]) -> str:
    words = {"met": _("met"), "not met": _("not met"), "unknown": _("unknown")}
    said = words.get(item["verdict"], item["verdict"])
    return _("{verdict}, uncertain").format(verdict=said) if item.get("flips") else said


def _ml(value: float) -> str:
    return _("{value:.1f} ml").format(value=value)


def _late(value: float | None) -> str:
    return _("cannot be told: the map's scale is cut off") if value is None else _ml(value)


def _number(value: float | None) -> str:
    return _("undefined") if value is None else f"{value:.2f}"


def _ratio(value: float | str | None) -> str:
    if value is None:
        return _("undefined (no lesion)")
    return _("infinite (no core)") if isinstance(value, str) or value == float("inf") else f"{value:.1f}"
