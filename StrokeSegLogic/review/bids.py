"""Names and files of BIDS: derivatives that hold masks, and the images that they were drawn on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .. import __version__
from ..base.errors import InputError
from ..base.json_files import json_bytes
from ..base.records import RESULTS, is_unchanged, said_to_be_written
from ..study.case import Case, Modality, Role
from ..study.volumes.reader import read_volume
from .folder import ReviewFolder
from .nifti_files import write_volume
from .selection import Chosen
from .sources import Study, located, located_study

_HASH = 8
"""Digits by which names are told apart."""
VERSION = "1.9.0"
"""Of the specification."""
DERIVATIVES = "derivatives/strokeseg-review"
_NAME = re.compile(r"sub-(?P<subject>[0-9A-Za-z]+)(?:_ses-(?P<session>[0-9A-Za-z]+))?")
_FOLDERS = {"T1": ("anat", "T1w"), "T2": ("anat", "T2w"), "FLAIR": ("anat", "FLAIR"), "CT": ("ct", "ct")}
_FOLDERS |= {"DWI": ("dwi", "dwi"), "ADC": ("dwi", "adc")}
"""Folder and suffix of each role, as `strokeseg train` reads them; perfusion maps go by their names in perf/."""
Writers = dict[str, Callable[[Path], object]]


@dataclass(frozen=True)
class BidsCase:
    """Subject and session of a case, letters and figures only; no session is ""."""

    subject: str
    session: str = ""

    @classmethod
    def of(cls, name: str, patient: str = "") -> BidsCase:
        """That of a case: as its name says itself, else with all that BIDS does not take left out. A patient who is
        known by another name is the subject, and the case a session: what divides patients divides no patient.
        """
        found = _NAME.fullmatch(name)
        subject, session = (found["subject"], found["session"] or "") if found else (_letters(name), "")
        if patient and _letters(patient) not in (subject, f"sub{subject}"):
            return cls(_letters(patient), _letters(name.replace("sub-", "").replace("ses-", "")))
        return cls(subject, session)

    @property
    def prefix(self) -> str:
        """Begins every file's name: sub-01 or sub-01_ses-1."""
        return f"sub-{self.subject}{f'_ses-{self.session}' if self.session else ''}"

    @property
    def folder(self) -> str:
        return f"sub-{self.subject}{f'/ses-{self.session}' if self.session else ''}"


def _letters(name: str) -> str:
    """What BIDS takes of a name, or digits of its hash where that is nothing."""
    return re.sub(r"[^0-9A-Za-z]", "", name) or digits_of(name)


def digits_of(name: str) -> str:
    """Digits that tell a name from others that look like it."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:_HASH]


def dataset_description(kind: str) -> bytes:
    """dataset_description.json of a data set of that kind: "raw" or "derivative"."""
    described = {"Name": "StrokeSeg review", "BIDSVersion": VERSION, "DatasetType": kind}
    return json_bytes({**described, "GeneratedBy": [{"Name": "StrokeSeg", "Version": __version__}]})


def derivative_files(
    case: BidsCase, chosen: Chosen, write_mask: Callable[[Path], object], modality: Modality
) -> Writers:
    """The mask of a case, and its sidecar: a lesion mask of MRI, a label map of CT perfusion."""
    where = "anat" if modality == "mri" else "perf"
    kind = "label-lesion_desc-review_mask" if modality == "mri" else "label-lesion_desc-review_dseg"
    name = f"{case.folder}/{where}/{case.prefix}_{kind}"
    told = chosen.record()
    sidecar = {
        "Type": "Lesion",
        "Sources": [str(entry.get("source", "")) for entry in _inputs(chosen)],
        "Manual": any(reading["decision"] == "edited" for reading in told["readings"]),
        "Review": told,
    }
    return {f"{name}.nii.gz": write_mask, f"{name}.json": partial(_write, json_bytes(sidecar))}


def _inputs(chosen: Chosen) -> tuple[Mapping[str, object], ...]:
    return chosen.entry.proposal.inputs if chosen.entry.proposal is not None else ()


class Studies:
    """The images of a review's cases, read from their studies; the last study stays in memory, no more."""

    def __init__(self, folder: ReviewFolder) -> None:
        self._folder = folder
        self._last: tuple[Study, Case] | None = None

    def files(self, case: BidsCase, chosen: Chosen) -> Writers:
        """What writes each image that a proposal was made of.

        Raises:
            InputError: if the review does not know the study; what writes an image, if that is another by now.
        """
        study = located_study(chosen.entry.study, self._folder.path)
        if not study:
            raise InputError(
                "has no images in this review: only its result was named",
                where=chosen.entry.name,
                fix="Begin the review with the studies and --results, or export the masks alone",
            )
        result = located(chosen.entry.result, self._folder.path)
        hashes = {Role(str(entry["role"])): str(entry.get("sha256", "")) for entry in _inputs(chosen)}
        return {
            _image_name(case, role): partial(self._write, chosen.entry.name, study, result, role, sha256)
            for role, sha256 in hashes.items()
            if role is not Role.CTP
        }

    def _write(self, name: str, study: Study, result: Path | None, role: Role, sha256: str, path: Path) -> None:
        series = self._case(study).series.get(role)
        if series is not None:
            if sha256 and series.sha256 != sha256:
                raise _another(name, role, series.source)
            write_volume(series.image, path)
            return
        # A map that was computed lies beside the result.
        computed = None if result is None else result / f"{role}.nii.gz"
        if computed is None or not computed.is_file():
            raise InputError(
                f"holds no {role} any more",
                where=study if isinstance(study, str) else study[0],
                fix="Take the study back",
            )
        if not is_unchanged(computed, said_to_be_written(computed.parent / RESULTS[0]).get(computed.name)):
            raise _another(name, role, str(computed))
        write_volume(read_volume(computed), path)

    def _case(self, study: Study) -> Case:
        from ..study.series.load import load_case

        if self._last is None or self._last[0] != study:
            self._last = study, load_case(study)
        return self._last[1]


def _another(name: str, role: Role, source: str) -> InputError:
    return InputError(
        f"{role} ({source}) is not the image that the proposal was made of: it was changed, or is another patient's",
        where=name,
        fix="Take the image back, or export the masks alone",
    )


def _image_name(case: BidsCase, role: Role) -> str:
    folder, suffix = _FOLDERS.get(str(role), ("perf", str(role).lower()))
    return f"{case.folder}/{folder}/{case.prefix}_{suffix}.nii.gz"


def participants(cases: Mapping[BidsCase, Chosen]) -> bytes:
    """participants.tsv: who there is, and in which group."""
    groups: dict[str, str] = {}
    for case, chosen in cases.items():
        groups.setdefault(case.subject, chosen.entry.group or "n/a")
    grouped = any(group != "n/a" for group in groups.values())
    head = "participant_id\tgroup\n" if grouped else "participant_id\n"
    rows = (f"sub-{subject}\t{group}\n" if grouped else f"sub-{subject}\n" for subject, group in groups.items())
    return (head + "".join(rows)).encode()


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)
