"""What result.json says, read once: panel and scripts ask it and not the JSON.

`schema` is the version of its layout (`base.records.SCHEMA_VERSION`). Records stored by older versions, which lack keys
or have no `schema`, are read too; a newer schema is refused in words; keys that are not known are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..base.errors import InputError
from ..base.json_files import number
from ..base.records import schema_of
from ..study.case import Modality, Role
from .lesions import Lesion
from .map_origins import MapOrigin
from .outcome import AS_GIVEN, BRAIN, Display, Maker

Point = tuple[float, float, float]


@dataclass(frozen=True)
class PlaneVolume:
    """What one plane's network found: ml, and Dice with the vote."""

    plane: str
    volume_ml: float
    dice_with_vote: float


@dataclass(frozen=True)
class LesionVolumes:
    """What was measured on the lesion of an MRI study: ml, and shares of the volume, None without lesion.

    `table` holds the lesions one by one; columns that an older record has not measured are None.
    """

    lesion_ml: float
    brain_ml: float
    lesions_ml: tuple[float, ...]
    left_share: float | None
    right_share: float | None
    planes: tuple[PlaneVolume, ...]
    table: tuple[Lesion, ...] = ()


@dataclass(frozen=True)
class RouteVolumes:
    """What one route of CT perfusion found, ml; no penumbra where a network knows the core alone."""

    name: str
    title: str
    core_ml: float
    penumbra_ml: float | None


@dataclass(frozen=True)
class Mismatch:
    """Numbers of CT perfusion by thresholds: ml and ratios, None where they are not defined, `inf` without core.

    Attributes:
        delays: ml with Tmax over each limit in s; None where the map's scale is cut off below it.
        side: in words, "" where there is none.
    """

    hypoperfused_ml: float
    mismatch_ml: float
    mismatch_ratio: float | None
    hypoperfusion_intensity_ratio: float | None
    cbv_index: float | None
    delays: tuple[tuple[float, float | None], ...]
    side: str


@dataclass(frozen=True)
class Judged:
    """A trial, an item of it, or a part of an item, with its verdict: "met", "not met" or "unknown"."""

    name: str
    verdict: str
    flips: bool
    value: float | str | None = None
    limit: str = ""
    unit: str = ""
    parts: tuple[Judged, ...] = ()


@dataclass(frozen=True)
class SequencePosition:
    """Where a sequence of MRI lies on the reference: "moved", "kept", "refused" or "not measured".

    Attributes:
        role: of the sequence.
        decision: what became of it.
        shift_mm, angle_deg: that registration found; None where it was not measured.
        transform: the 3 x 4 matrix, row by row, from the reference's points to its own, mm, LPS; None where it was not
            measured, and in older records.
    """

    role: Role
    decision: str
    shift_mm: float | None
    angle_deg: float | None
    transform: tuple[float, ...] | None = None


@dataclass(frozen=True)
class DoubtfulSlice:
    """A slice of the reference, its index from 0, and where to look in it, mm, LPS."""

    index: int
    point_lps_mm: Point


@dataclass(frozen=True)
class LesionPlace:
    """A lesion and its middle, mm, LPS."""

    volume_ml: float
    point_lps_mm: Point


@dataclass(frozen=True)
class ResultRecord:
    """The content of result.json.

    Attributes:
        schema: version of its layout; 0 for a record of the time before it was counted.
        modality: of the case.
        reference: role on whose grid the result lies.
        unusual: what hardly any patient has, in words; empty in older records.
        warnings: what a reader must know.
        maker: what drew the labels.
        lesion: of MRI, else None.
        positions: of the sequences of MRI that were registered; empty in older records.
        chosen: name of the route whose labels are the result; "" for MRI.
        routes: of CT perfusion.
        mismatch: of CT perfusion; None where the maps' units are not known.
        criteria: the trials.
        maps: of CT perfusion, which were given and which computed; empty in older records.
        brain_from: how the brain mask came about, in words; "" in older records.
        displays: how each volume is shown, by its name; empty in older records.
        slices: in descending doubt.
        lesions: in descending volume.
        content: all of it, as it was read.
    """

    schema: int
    modality: Modality
    reference: Role
    unusual: tuple[str, ...]
    warnings: tuple[str, ...]
    maker: Maker
    lesion: LesionVolumes | None
    positions: tuple[SequencePosition, ...]
    chosen: str
    routes: tuple[RouteVolumes, ...]
    mismatch: Mismatch | None
    criteria: tuple[Judged, ...]
    maps: tuple[MapOrigin, ...]
    brain_from: str
    displays: Mapping[str, Display]
    slices: tuple[DoubtfulSlice, ...]
    lesions: tuple[LesionPlace, ...]
    content: Mapping[str, Any]

    @classmethod
    def parse(cls, content: Mapping[str, Any], where: str = "result.json") -> ResultRecord:
        """The record in a result.json.

        Args:
            content: as JSON gives it.
            where: for the message.

        Raises:
            InputError: if something that every record has is missing or of another kind, or a newer version wrote it.
        """
        try:
            return _parsed(content, where)
        except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__
            raise InputError(
                f"the record of the result cannot be used ({reason})", where=where, fix="Segment the study again"
            ) from error


def _parsed(content: Mapping[str, Any], where: str) -> ResultRecord:
    schema = schema_of(content, where)
    perfusion = "routes" in content
    navigation = content.get("navigation", {})
    routes = content.get("routes", ())
    chosen = str(content["chosen"]) if perfusion else ""
    if perfusion:
        taken = next(route for route in routes if route["name"] == chosen)
        maker = Maker.of(taken.get("model", {}), taken.get("trained_on", ""), chosen)
    else:
        model = content.get("provenance", {}).get("model", {})
        maker = Maker.of(model, model.get("trained_on", ""))
    return ResultRecord(
        schema=schema,
        modality="ctp" if perfusion else "mri",
        reference=Role(content["reference"]),
        unusual=tuple(str(alarm["words"]) for alarm in content.get("unusual", ())),
        warnings=tuple(map(str, content.get("warnings", ()))),
        maker=maker,
        lesion=None if perfusion else _lesion(content["statistics"]),
        positions=tuple(_position(found) for found in content.get("provenance", {}).get("registration", ())),
        chosen=chosen,
        routes=tuple(
            RouteVolumes(route["name"], route["title"], float(route["core_ml"]), number(route["penumbra_ml"]))
            for route in routes
        ),
        mismatch=None if content.get("numbers") is None else _mismatch(content["numbers"]),
        criteria=tuple(_trial(trial) for trial in content.get("criteria", ())),
        maps=tuple(MapOrigin.parse(role, origin) for role, origin in content.get("maps", {}).items()),
        brain_from=str(content.get(BRAIN, {}).get("how", "")),
        displays={layer["name"]: _display(layer) for layer in content.get("layers", ())},
        slices=tuple(
            DoubtfulSlice(int(place["index"]), _point(place["point_lps_mm"])) for place in navigation.get("slices", ())
        ),
        lesions=tuple(
            LesionPlace(float(lesion["volume_ml"]), _point(lesion["point_lps_mm"]))
            for lesion in navigation.get("lesions", ())
        ),
        content=content,
    )


def _lesion(statistics: Mapping[str, Any]) -> LesionVolumes:
    return LesionVolumes(
        lesion_ml=float(statistics["volume_ml"]),
        brain_ml=float(statistics["brain_ml"]),
        lesions_ml=tuple(float(lesion["volume_ml"]) for lesion in statistics["lesions"]),
        left_share=number(statistics.get("left_share")),
        right_share=number(statistics.get("right_share")),
        planes=tuple(
            PlaneVolume(plane["plane"], float(plane["volume_ml"]), float(plane["dice_with_vote"]))
            for plane in statistics.get("planes", ())
        ),
        table=tuple(Lesion.parse(each) for each in statistics["lesions"] if "centre_mm" in each),
    )


def _position(found: Mapping[str, Any]) -> SequencePosition:
    far = (number(found.get("shift_mm")), number(found.get("angle_deg")))
    matrix = tuple(float(value) for value in found.get("transform", ()))
    return SequencePosition(Role(found["role"]), str(found["decision"]), *far, matrix if len(matrix) == 12 else None)


def _mismatch(numbers: Mapping[str, Any]) -> Mismatch:
    return Mismatch(
        hypoperfused_ml=float(numbers["hypoperfused_ml"]),
        mismatch_ml=float(numbers["mismatch_ml"]),
        mismatch_ratio=number(numbers["mismatch_ratio"]),
        hypoperfusion_intensity_ratio=number(numbers["hypoperfusion_intensity_ratio"]),
        cbv_index=number(numbers["cbv_index"]),
        delays=tuple((float(delay["tmax_s"]), number(delay["ml"])) for delay in numbers["delays"]),
        side=str(numbers.get("side") or ""),
    )


def _trial(trial: Mapping[str, Any]) -> Judged:
    items = tuple(_item(item) for item in trial["items"])
    return Judged(str(trial["trial"]), str(trial["verdict"]), bool(trial.get("flips")), parts=items)


def _item(item: Mapping[str, Any]) -> Judged:
    value = item["value"]
    return Judged(
        name=str(item["name"]),
        verdict=str(item["verdict"]),
        flips=bool(item.get("flips")),
        value=value if value is None or isinstance(value, str) else float(value),
        limit=str(item["limit"]),
        unit=str(item["unit"]),
        parts=tuple(_item(part) for part in item.get("parts", ())),
    )


def _display(layer: Mapping[str, Any]) -> Display:
    window = layer["window"]
    shown = None if window is None else (float(window[0]), float(window[1]))
    factor, offset = (float(part) for part in layer.get("scale", AS_GIVEN))
    return Display(layer["look"], shown, layer["unit"], bool(layer.get("computed", False)), (factor, offset))


def _point(values: Any) -> Point:
    x, y, z = (float(value) for value in values)
    return x, y, z
