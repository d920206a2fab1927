"""A claim's files, or an image in memory, as a checked series; and whether volumes look like their roles."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid
from ..case import CTP_ROLES, Role, Series
from ..maps.colour_volume import decode_volume
from ..volumes.checks import require_real, require_scalar_3d, validate
from ..volumes.frame_times import IN_PYTHON, times_of_step
from ..volumes.geometry import require_plausible_extent, require_right_angles
from .assign import Claim
from .given_scale import ColourRange, no_range, range_of

if TYPE_CHECKING:
    from ..volumes.diffusion_maps import DiffusionMaps

_SHOWN_NOTE = 120
_COMPUTED_TRUST = 0.9
"""What is computed here was not named by the user, whatever it was computed from."""
_COLOUR_TRUST = 0.7
"""Values read off colours are never as sure as those of a map with grey values."""


class ReadClaim(NamedTuple):
    """What was read for a claim.

    Attributes:
        series: in its role.
        notes: what a reader must know of it.
        adc: computed from the same volumes, for a study that has no map of ADC; None where there is none.
        adc_note: how it was computed, or why it could not be; "" where that is no question.
    """

    series: Series
    notes: tuple[str, ...]
    adc: Series | None = None
    adc_note: str = ""


def read_claim(claim: Claim, given: ColourRange | None = None, unit: str | None = None) -> ReadClaim:
    """The series of a claim, and what a reader must know of it.

    Args:
        claim: a candidate in its role.
        given: what the ends of the colour bar stand for, for a colour-coded map.
        unit: that the user named.

    Raises:
        InputError: if the volume cannot be read or used.
    """
    candidate, role = claim.candidate, claim.role
    where = candidate.name if candidate.tags else str(candidate.files[0])
    if candidate.fault is not None:
        raise candidate.fault
    if role is Role.CTP:
        if candidate.colour:
            raise InputError("is in colour", where=where, fix="Give the 4-D series with HU")
        found = candidate.read_time_series()
        _validate_frames(found.image, where)
        series = Series(
            role,
            found.image,
            candidate.name,
            claim.reason,
            claim.confidence,
            candidate.sha256(),
            found.times_s,
            images=candidate.images,
        )
        return ReadClaim(series, (*found.notes, *candidate.notes()))
    if role in CTP_ROLES and candidate.colour:
        return _decoded(claim, given, where)
    if given is not None:
        raise InputError(
            f"has grey values, and a colour range of {given.low:g} to {given.high:g} was given",
            where=where,
            fix="Leave the range out",
            option="colour_range",
            roles=(role.value,),
        )
    if role is Role.DWI and (maps := candidate.read_diffusion()) is not None:
        return _of_diffusion(claim, maps, where)
    image, missing = candidate.read_map(), ""
    if role not in CTP_ROLES:
        image, missing = _numbers(image, where)
    _validate(image, role, where)
    series = Series(
        role,
        image,
        candidate.name,
        claim.reason,
        claim.confidence,
        candidate.sha256(),
        unit=unit,
        images=candidate.images,
    )
    return ReadClaim(series, (*([f"{candidate.name}: {missing}"] if missing else []), *candidate.notes()))


def _numbers(image: sitk.Image, where: str) -> tuple[sitk.Image, str]:
    """The volume of MR with 0 for NaN and infinity outside of the head, and what is to be said of it."""
    require_scalar_3d(image.GetSize(), image.GetNumberOfComponentsPerPixel(), where)
    if np.isfinite(sitk.GetArrayViewFromImage(image)).all():
        return image, ""
    from ..volumes.no_value import zero_for_no_value

    return zero_for_no_value(image, where)


def _of_diffusion(claim: Claim, maps: DiffusionMaps, where: str) -> ReadClaim:
    """Trace and ADC of several b-values or directions, named as what they are."""
    candidate, digest, images = claim.candidate, claim.candidate.sha256(), claim.candidate.images
    _validate(maps.trace, Role.DWI, where)
    name = f"{candidate.name} (computed trace)" if maps.computed else candidate.name
    reason = f"{claim.reason}; {maps.trace_words}"
    series = Series(Role.DWI, maps.trace, name, reason, claim.confidence, digest, images=images, computed=maps.computed)
    notes = (f"{candidate.name} was read as {maps.trace_words}", *candidate.notes())
    if maps.adc is None:
        return ReadClaim(series, notes, None, f"no ADC was computed from {candidate.name}: {maps.adc_words}")
    try:
        _validate(maps.adc, Role.ADC, where)
    except InputError as error:
        return ReadClaim(series, notes, None, f"no ADC was computed from {candidate.name}: {error.what}")
    trust = min(claim.confidence, _COMPUTED_TRUST)
    name, reason = f"{candidate.name} (computed ADC)", f"computed from the diffusion series: {maps.adc_words}"
    adc = Series(Role.ADC, maps.adc, name, reason, trust, digest, images=images, computed=True)
    return ReadClaim(series, notes, adc, f"ADC was computed from {candidate.name}: {maps.adc_words}")


def computed_adc(read: Iterable[ReadClaim], claimed: Collection[Role]) -> tuple[list[Series], list[str]]:
    """The ADC that was computed beside a diffusion series, and what is to be said; nothing where a map is claimed.

    Args:
        read: what was read of a study.
        claimed: roles that it has volumes for, though they may not be readable or not to be told apart.
    """
    found = [] if Role.ADC in claimed else [volume for volume in read if volume.adc_note]
    return [volume.adc for volume in found if volume.adc is not None], [volume.adc_note for volume in found]


@contextmanager
def with_notes(notes: Sequence[str]) -> Iterator[None]:
    """Adds to an error what was left aside: a slice that is missing may be the damaged file."""
    try:
        yield
    except InputError as error:
        if not notes:
            raise
        shown = f"{error.what} ({notes[0][:_SHOWN_NOTE]}{' and more' if len(notes) > 1 else ''})"
        raise InputError(shown, where=error.where, fix=error.fix, option=error.option, roles=error.roles) from error


def _decoded(claim: Claim, given: ColourRange | None, where: str) -> ReadClaim:
    candidate, role = claim.candidate, claim.role
    known = range_of(candidate, given)
    if role in (Role.CT, Role.MIP):
        raise InputError(
            f"is in colour and cannot be the {role.display_name}", where=where, fix="Give it with grey values"
        )
    if known is None:
        raise no_range(role, where)
    image, notes = decode_volume(candidate.read_colours(), known.low, known.high, where)
    _validate(image, role, where)
    words = f"its colours run from {known.low:g} to {known.high:g}, {known.source}"
    series = Series(
        role,
        image,
        candidate.name,
        f"{claim.reason}; {words}",
        min(claim.confidence, _COLOUR_TRUST),
        candidate.sha256(),
        images=candidate.images,
    )
    return ReadClaim(series, (*(f"{candidate.name}: {note}" for note in (words, *notes)), *candidate.notes()))


def series_in_memory(
    role: Role,
    image: sitk.Image,
    where: str,
    source: str,
    reason: str,
    times_s: Sequence[float] | None = None,
    unit: str | None = None,
) -> Series:
    """A series of an image that comes from no file, with the role that the user gave it.

    Args:
        role: named by the user.
        image: any scalar type; for CTP 4-D (x, y, z, time).
        where: what to call it in an error.
        source, reason: see `case.Series`; the hash is of the float32 voxels, of CTP of those that it has.
        times_s: of the frames of CTP; without them the fourth axis' step is taken for seconds, unless it is 1.
        unit: of a perfusion map, if the user named it.

    Raises:
        InputError: if the image cannot be used.
    """
    if role is Role.CTP:
        return _frames_in_memory(image, where, source, reason, times_s)
    if role not in CTP_ROLES:
        image, missing = _numbers(image, where)
        reason += f"; {missing}" if missing else ""
    _validate(image, role, where)
    volume = sitk.Cast(image, sitk.sitkFloat32)
    # A double beyond float32's range becomes infinite.
    _validate(volume, role, where)
    digest = hashlib.sha256(sitk.GetArrayFromImage(volume).tobytes()).hexdigest()
    return Series(role, volume, source, reason, 1.0, digest, unit=unit)


def _frames_in_memory(
    image: sitk.Image, where: str, source: str, reason: str, times_s: Sequence[float] | None
) -> Series:
    _validate_frames(image, where)
    frames = image.GetSize()[3]
    if times_s is None:
        times_s, _ = times_of_step(image.GetSpacing()[3], "", image.GetOrigin()[3], frames, where, IN_PYTHON)
    if len(times_s) != frames:
        raise InputError(f"has {frames} frames and {len(times_s)} times", where=where, fix=IN_PYTHON)
    if image.GetPixelID() not in (sitk.sitkInt16, sitk.sitkFloat32):
        image = sitk.Cast(image, sitk.sitkFloat32)
    digest = hashlib.sha256(np.ascontiguousarray(sitk.GetArrayViewFromImage(image)).data).hexdigest()
    return Series(Role.CTP, image, source, reason, 1.0, digest, tuple(float(t) for t in times_s))


def _validate(image: sitk.Image, role: Role, where: str) -> None:
    # Perfusion of a single slice was usual on older scanners; for MR a single slice is an accident.
    if role in CTP_ROLES:
        # What NaN stands for there the maps' own reader says.
        validate(image, where, fewest_slices=1, finite=False)
    else:
        validate(image, where)


def _validate_frames(image: sitk.Image, where: str) -> None:
    """Refuses what is no 4-D series of numbers; whether its frames and times suffice `ctp.series` judges."""
    if image.GetDimension() != 4 or image.GetNumberOfComponentsPerPixel() != 1:
        size = " x ".join(map(str, image.GetSize()))
        raise InputError(
            f"is no 4-D series of single values ({image.GetDimension()} dimensions: {size})",
            where=where,
            fix="Give the CT perfusion series with its frames over time as CTP",
        )
    require_real(image.GetPixelID(), where)
    grid = Grid.of(image)
    require_right_angles(grid.matrix, where)
    require_plausible_extent(grid.size, grid.spacing, where)


_NOTHING = 1e-4
"""Up to this part of the maximum a voxel counts as background of a skull-stripped volume."""
_STRIPPED = 0.2
_CLEARLY = 1.3


def swapped_note(dwi: sitk.Image, adc: sitk.Image) -> str | None:
    """A sentence if DWI and ADC look swapped, else None.

    In ADC the fluid is brightest: its histogram leans to the right of the brain's median (p95 · p5 / p50² was 1.7
    to 2.1 in four ISLES'22 cases). In DWI fluid is darkest and it leans to the left (0.4 to 0.6 in twelve cases).
    Both have to lean the wrong way; volumes with skull or noise around the brain are not judged.
    """
    lean_dwi, lean_adc = _lean(dwi), _lean(adc)
    if lean_dwi is None or lean_adc is None or lean_dwi < _CLEARLY or lean_adc > 1 / _CLEARLY:
        return None
    return "DWI and ADC look swapped (fluid is bright in DWI and dark in ADC): check which is which"


def _lean(image: sitk.Image) -> float | None:
    voxels = sitk.GetArrayViewFromImage(image)
    brain = voxels[voxels > _NOTHING * voxels.max()]
    if brain.size == 0 or brain.size > (1 - _STRIPPED) * voxels.size:
        return None
    low, middle, high = (float(value) for value in np.percentile(brain, (5, 50, 95)))
    # Division by division: the squares of very small numbers are 0.
    return high / middle * (low / middle) if middle else None
