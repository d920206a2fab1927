"""Which loaded volume is offered for which role, with the reason; from names and DICOM tags, never from voxels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.slicer_bridge.input_volumes import InputVolume
from StrokeSegLogic.study.case import CTP_ROLES, MRI_ROLES, Modality, Role

from .study import Offer
from .words import tr as _

if TYPE_CHECKING:
    from StrokeSegLogic.study.series.reading import Reading
    from StrokeSegLogic.study.volumes.dicom_headers import DicomTags

SURE = 0.6
"""Offers below are marked as doubtful."""
_SAMPLE = re.compile(r"StrokeSeg[A-Za-z]*_?")
"""Begins the names of the simulated studies; it would read as that of a mask, "seg", and of a CTP series."""
_SERIES_FRAMES = 10
"""A volume with so many frames is a series over time, whatever it is called."""


@dataclass(frozen=True)
class Recognised:
    """A volume and what its name or tags say it is."""

    volume: InputVolume
    reading: Reading


def recognise(volume: InputVolume, modality: Modality) -> Recognised:
    """What a volume is: from the tags of its DICOM series, else from its node's name, else from its file's."""
    from StrokeSegLogic.study.series.reading import Reading
    from StrokeSegLogic.study.series.tags import read_tags
    from StrokeSegLogic.study.series.words import read_name

    tags = _tags(volume)
    if tags is not None:
        return Recognised(volume, _of_frames(read_tags(tags), volume))
    for what, stem in (("name", volume.name), ("file name", _stem(volume.file))):
        plain = _SAMPLE.sub("", stem)
        found = read_name(plain, "mri" if modality == "mri" else None) if plain else None
        if found is not None:
            reading = replace(found, reason=f"{what} '{stem}' {found.reason}")
            return Recognised(volume, _of_frames(reading, volume))
    nothing = Reading.nothing(f"name '{volume.name}' names no sequence")
    return Recognised(volume, _of_frames(nothing, volume))


def offers_of(recognised: Sequence[Recognised], modality: Modality) -> Mapping[Role, Offer]:
    """At most one offer a role; of two rivals the better, in doubt if it is not clearly so.

    Args:
        recognised: all volumes of the scene.
        modality: whose roles are offered.
    """
    from StrokeSegLogic.study.series.preference import better

    offers = {}
    for role in MRI_ROLES if modality == "mri" else CTP_ROLES:
        rivals = [candidate for candidate in recognised if candidate.reading.role is role]
        if not rivals:
            continue
        best = max(rivals, key=lambda rival: _strength(rival, rivals))
        equal = [rival for rival in rivals if rival is not best and not better(best.reading, rival.reading)]
        reason = best.reading.reason
        if equal:
            reason += f"; so could {', '.join(rival.volume.name for rival in equal)}"
        doubtful = best.reading.confidence < SURE or bool(equal)
        offers[role] = Offer(role, best.volume.handle, reason, best.reading.confidence, doubtful)
    return offers


def notes_on(recognised: Sequence[Recognised]) -> tuple[str, ...]:
    """What a reader can do with volumes that no network takes, a sentence each."""
    advised = (known for known in recognised if known.reading.advice)
    return tuple(f"{known.volume.name}: {known.reading.advice}" for known in advised)


def note_on_modality(offers: Mapping[Role, Offer], modality: Modality) -> tuple[str, ...]:
    """A sentence that the scene holds a study of a modality that is not chosen; none if it does not.

    Args:
        offers: for the roles of that modality.
        modality: that is not chosen.
    """
    if not offers:
        return ()
    found = ", ".join(role.display_name for role in offers)
    if modality == "ctp":
        return (_("{found} can be read as CT perfusion: choose CT perfusion above").format(found=found),)
    return (_("{found} can be read as MRI: choose MRI above").format(found=found),)


def _strength(rival: Recognised, rivals: Sequence[Recognised]) -> tuple[int, float]:
    """How many of the others it is better than (see `preference`), and how sure its role is."""
    from StrokeSegLogic.study.series.preference import better

    beaten = sum(better(rival.reading, other.reading) is not None for other in rivals if other is not rival)
    return beaten, rival.reading.confidence


def _of_frames(reading: Reading, volume: InputVolume) -> Reading:
    """The reading where the volume has frames over time, or must have them and has not."""
    from StrokeSegLogic.study.series.reading import Reading

    if reading.role is Role.CTP and volume.frames == 1:
        return Reading.nothing(f"it is one volume, not a series over time, though its {reading.reason}")
    if volume.frames == 1 or reading.role is Role.CTP:
        return reading
    if reading.role in (Role.CT, None) and volume.frames >= _SERIES_FRAMES:
        return Reading(Role.CTP, 0.5, f"it has {volume.frames} frames over time")
    return Reading.nothing(f"it has {volume.frames} frames over time")


def _stem(file: str) -> str:
    name = Path(file).name
    for suffix in (".seq.nrrd", ".nii.gz", ".seg.nrrd"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return Path(name).stem


def _tags(volume: InputVolume) -> DicomTags | None:
    """Tags of the DICOM series that the volume came from; None if it did not, or the file cannot be read any more."""
    if not volume.dicom_file:
        return None
    from StrokeSegLogic.study.volumes.dicom_file import read_slices

    try:
        slices = read_slices(Path(volume.dicom_file))
    except (StrokeSegError, OSError):
        # The database may name a file that was moved away: the node's name is still there to be read.
        return None
    return replace(slices[0].tags, frames=volume.frames) if slices else None
