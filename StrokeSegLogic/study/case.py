"""A case: the volumes of one patient, each as what it is, and what is known of the patient."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Literal, get_args

from ..base.errors import InputError, printable

if TYPE_CHECKING:
    import SimpleITK as sitk

    from .volumes.source_image import SourceImage


class Role(str, Enum):
    """What a volume is to the networks. The order is the networks' channel order: append, never reorder."""

    T1 = "T1"
    T2 = "T2"
    DWI = "DWI"
    FLAIR = "FLAIR"
    ADC = "ADC"
    CT = "CT"
    CBF = "CBF"
    CBV = "CBV"
    MTT = "MTT"
    TTP = "TTP"
    TMAX = "TMAX"
    MIP = "MIP"
    CTP = "CTP"

    @classmethod
    def parse(cls, text: str | Role) -> Role:
        """The role of that name in any case.

        Raises:
            InputError: if there is no such role.
        """
        try:
            return cls(str(getattr(text, "value", text)).strip().upper())
        except ValueError:
            names = ", ".join(role.value for role in cls)
            raise InputError(f"'{text}' is no sequence or map", fix=f"Use one of {names}") from None

    def __str__(self) -> str:
        return self.value

    @property
    def display_name(self) -> str:
        """As the field writes it."""
        return "Tmax" if self is Role.TMAX else self.value


def role_names(roles: Iterable[str], between: str = ", ") -> str:
    """Roles, or names of roles, as people see them: "CBF, Tmax"."""
    return between.join(Role(role).display_name for role in roles)


MRI_ROLES = (Role.T1, Role.T2, Role.DWI, Role.FLAIR, Role.ADC)
MAP_ROLES = (Role.CBF, Role.CBV, Role.MTT, Role.TTP, Role.TMAX)
"""Perfusion maps; beside them stand CT without contrast, MIP, and CTP, the 4-D series that they are computed from."""
CTP_ROLES = (Role.CT, *MAP_ROLES, Role.MIP, Role.CTP)

Modality = Literal["mri", "ctp"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)
_REFERENCES: dict[Modality, tuple[Role, ...]] = {
    "mri": (Role.DWI, Role.FLAIR, Role.ADC, Role.T2, Role.T1),
    "ctp": (Role.CBF, Role.TMAX, Role.TTP, Role.MTT, Role.CBV, Role.CTP, Role.MIP, Role.CT),
}


def indispensable(found: Collection[Role], lost: Collection[Role]) -> tuple[Role, ...]:
    """Those of the roles lost without which nobody would want the study done: they stop it, others are noted.

    Of MRI that on whose grid the result would lie: DWI, else FLAIR, ADC, T2, T1. Of CT perfusion CBF, Tmax and the 4-D
    series, unless both maps or the series are there; where there is none of these, any.
    """
    both = [role for role in (*found, *lost) if role in MRI_ROLES]
    if both:
        first = next(role for role in (Role.DWI, Role.FLAIR, Role.ADC, Role.T2, Role.T1) if role in both)
        return (first,) if first in lost else ()
    if Role.CTP in found or {Role.CBF, Role.TMAX} <= set(found):
        return ()
    needed = tuple(role for role in (Role.CTP, Role.CBF, Role.TMAX) if role in lost)
    return needed or (() if any(role in MAP_ROLES for role in found) else tuple(lost))


@dataclass(frozen=True)
class Series:
    """One volume in its role, with the reason that it has it.

    Attributes:
        role: what the volume is taken for.
        image: 3-D float32 volume; millimetres, LPS. CTP alone is 4-D (x, y, z, time), int16 or float32 HU.
        source: where it came from, for people (a file, a DICOM folder, a node's name).
        reason: why it has this role, in one sentence.
        confidence: 0 (a guess) to 1 (the user said so).
        sha256: of the file's bytes (of all files of a DICOM series in order; of the voxels of an image in memory).
        times_s: seconds of a 4-D image's frames, as recorded; None for one volume.
        unit: of a perfusion map, where the user named it (see `maps.units`); None is found out from values.
        images: the DICOM images that its slices were read from, in their order; of a 4-D image frame by frame, of what
            was computed from several volumes one after the other; () for what is no DICOM.
        computed: whether StrokeSeg made the volume out of others of the study, which no scanner stored.
    """

    role: Role
    image: sitk.Image
    source: str
    reason: str
    confidence: float
    sha256: str
    times_s: tuple[float, ...] | None = None
    unit: str | None = None
    images: tuple[SourceImage, ...] = ()
    computed: bool = False

    def __post_init__(self) -> None:
        # Names of files and texts of tags go into results of every format.
        object.__setattr__(self, "source", printable(self.source))
        object.__setattr__(self, "reason", printable(self.reason))

    @property
    def named_by_user(self) -> bool:
        """Whether the user gave the role, not a name or tag."""
        return self.confidence >= 1.0


@dataclass(frozen=True)
class ClinicalData:
    """What is known of the patient beside the images; None is unknown."""

    age: float | None = None
    nihss: int | None = None
    onset_hours: float | None = None


@dataclass(frozen=True)
class Case:
    """The volumes of one patient by role; they may lie on different grids.

    Attributes:
        name: for people and file names.
        series: at least one.
        clinical: age, NIHSS, time since onset.
        notes: what the reader of the result should know (files left aside and why, doubtful roles).
        refers: whether a result names the DICOM images by their UIDs.
        unread: roles that a study would usually rest on and whose volume is there and could not be read, with the file
            and why.
    """

    name: str
    series: Mapping[Role, Series]
    clinical: ClinicalData = field(default_factory=ClinicalData)
    notes: tuple[str, ...] = ()
    refers: bool = False
    unread: Mapping[Role, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.series:
            fix = "Give at least DWI or FLAIR, or CT perfusion maps, or a CTP series"
            raise InputError("the case has no volume", where=self.name, fix=fix)
        object.__setattr__(self, "name", printable(self.name))
        object.__setattr__(self, "notes", tuple(printable(note) for note in self.notes))
        object.__setattr__(self, "unread", {role: printable(why) for role, why in self.unread.items()})

    @classmethod
    def of(cls, name: str, series: Iterable[Series], notes: Iterable[str] = ()) -> Case:
        """A case of these series, in the roles' order.

        Raises:
            InputError: if two series claim one role.
        """
        by_role: dict[Role, Series] = {}
        for volume in series:
            if volume.role in by_role:
                raise InputError(
                    f"two series claim to be {volume.role}: {by_role[volume.role].source} and {volume.source}",
                    where=name,
                    fix=f"Name the right series as {volume.role}",
                    option="sequence",
                    roles=(volume.role.value,),
                )
            by_role[volume.role] = volume
        return cls(name, {role: by_role[role] for role in Role if role in by_role}, notes=tuple(notes))

    def referring(self) -> Case:
        """The same case, whose results name the DICOM images by their UIDs, so that others can refer to them.

        Raises:
            InputError: if no volume was read from DICOM.
        """
        if not any(series.images for series in self.series.values()):
            fix = "Leave the option out"
            what = "none of its volumes was read from DICOM: there are no images to refer to"
            raise InputError(what, where=self.name, fix=fix)
        return replace(self, refers=True)

    def anonymous(self) -> Case:
        """The same case without names: of the folder, of files, of series, of DICOM images, nor what was concluded from
        them.

        Voxels, times and what is known of the patient (age, NIHSS, onset) stay; so do the hashes of the files, by which
        somebody who has a file can tell that it was among these.
        """
        series = {
            role: replace(volume, source=str(role), reason="the reason is left out of an anonymous result", images=())
            for role, volume in self.series.items()
        }
        count = len(self.notes)
        left = f"{count} note{'' if count == 1 else 's'} on the reading of the study left out of an anonymous result"
        unread = dict.fromkeys(self.unread, "the reason is left out of an anonymous result")
        notes = (left,) if count else ()
        return replace(self, name="anonymous", series=series, notes=notes, refers=False, unread=unread)

    @property
    def modality(self) -> Modality:
        """What the case is: CT perfusion unless it holds an MR sequence."""
        return "mri" if any(role in MRI_ROLES for role in self.series) else "ctp"

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(self.series)

    def reference(self, role: Role | None = None) -> Series:
        """The series on whose grid the result lies: of the role asked for, else the first there is in this order.

        MRI: DWI, FLAIR, ADC, T2, T1. CT perfusion: CBF, Tmax, TTP, MTT, CBV, the 4-D series, MIP, CT.

        Raises:
            InputError: if the case has no series of the role asked for.
        """
        if role is not None:
            if role not in self.series:
                raise InputError(
                    f"the reference {role} is not in the case",
                    where=self.name,
                    fix=f"Choose one of {', '.join(map(str, self.roles))}",
                )
            return self.series[role]
        return self.series[next(r for r in _REFERENCES[self.modality] if r in self.series)]


NIHSS_RANGE = (0, 42)
_AGES = (0.0, 120.0)
_LONGEST_HOURS = 24.0 * 14


def require_plausible(clinical: ClinicalData) -> None:
    """Refuses clinical data that no patient has; what is missing is fine.

    Raises:
        InputError: for an NIHSS that is no whole number from 0 to 42, an age outside of 0 to 120 years, or an onset in
            the future or more than two weeks ago.
    """
    score = clinical.nihss
    if score is not None and not (NIHSS_RANGE[0] <= score <= NIHSS_RANGE[1] and float(score).is_integer()):
        raise InputError(
            f"the NIHSS is {score:g}; it is a whole number from 0 to 42",
            where="clinical data",
            fix="Correct it, or leave it out: what depends on it is then unknown",
        )
    age = clinical.age
    if age is not None and not _AGES[0] <= age <= _AGES[1]:
        raise InputError(
            f"the age is {age:g} years; it lies between 0 and 120",
            where="clinical data",
            fix="Correct it, or leave it out",
        )
    hours = clinical.onset_hours
    if hours is not None and not 0 <= hours <= _LONGEST_HOURS:
        what = "lies in the future" if hours < 0 else "is more than two weeks ago"
        raise InputError(
            f"the onset {what if hours == hours else 'is not a number'} ({hours:g} h before the scan)",
            where="clinical data",
            fix="Give the hours from when the patient was last known to be well to the scan",
        )
