"""What a case under review is read from, on a thread that knows nothing of the scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from StrokeSegLogic.base.errors import InputError, StrokeSegError
from StrokeSegLogic.base.records import said_to_be_written
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.study.case import Role

from .stored_result import with_places
from .words import tr as _

if TYPE_CHECKING:
    import SimpleITK as sitk

    from StrokeSegLogic.evaluation.masks import Mask
    from StrokeSegLogic.review.drafts import Draft
    from StrokeSegLogic.review.entry import Reading, ReadingName
    from StrokeSegLogic.review.reading import Session

_RESULT, _SEGMENTATION, _IMAGE = "result.json", "segmentation.seg.nrrd", ".nii.gz"
_LEFT = ("labels", "report")


@dataclass(frozen=True)
class CaseMaterial:
    """A case as it is brought before a reader.

    Attributes:
        session: of the reader with the case.
        record: of the model's result, with the places to look at first.
        proposal: the model's labels.
        images: of the study, by role; none where it is not there.
        evidence: files of the result that belong to the proposal: probability, agreement, maps, brain.
        begin: labels to begin with where they are others than the proposal's: a draft's, or the reader's own.
        draft: that they are of; None where they are of no draft.
        other_drafts: of the same reader on the case.
        readings: of those who have read the case before, as far as this reader may see them, with their labels.
        notes: what could not be read, in words.
    """

    session: Session
    record: ResultRecord
    proposal: Mask
    images: Mapping[Role, sitk.Image] = field(default_factory=dict)
    evidence: Mapping[str, Path] = field(default_factory=dict)
    begin: Mask | None = None
    draft: Draft | None = None
    other_drafts: tuple[Draft, ...] = ()
    readings: Mapping[ReadingName, tuple[Reading, Mask]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_or_leave(session: Session) -> CaseMaterial:
    """As `read_case`; a case that cannot be read is given back at once."""
    try:
        return read_case(session)
    except BaseException:
        session.leave()
        raise


def read_case(session: Session) -> CaseMaterial:
    """Reads all that a case is looked at with.

    Raises:
        InputError: if the proposal was changed or cannot be read. What else cannot be read is told in the notes.
    """
    notes: list[str] = []
    proposal, record = session.proposal(), session.record
    evidence = _evidence(session, notes)
    images = _images(session, record, notes)
    draft = session.draft()
    begin: Mask | None = None
    readings: dict[ReadingName, tuple[Reading, Mask]] = {}
    try:
        seen = session.readings()
        own = seen.get(session.reading)
        if draft is not None:
            begin = session.draft_labels(draft)
        elif own is not None and own.decision == "edited":
            begin = session.labels_of(own)
        if session.reading == "arbitration":
            readings = {name: (each, session.labels_of(each)) for name, each in seen.items() if name != "arbitration"}
    except InputError as error:
        notes.append(str(error))
    record = with_places(record, evidence.get("probability"))
    others = tuple(other for other in session.drafts() if other != draft)
    return CaseMaterial(session, record, proposal, images, evidence, begin, draft, others, readings, tuple(notes))


def _evidence(session: Session, notes: list[str]) -> dict[str, Path]:
    """The result's other volumes, if it is still the result that the proposal was taken from."""
    from StrokeSegLogic.base.files import sha256_of
    from StrokeSegLogic.slicer_bridge.results import wanted

    folder = session.result
    if folder is None or not (folder / _RESULT).is_file():
        notes.append(_("The model's result is not there any more: no probability, and no doubtful slices."))
        return {}
    try:
        said = said_to_be_written(folder / _RESULT)
        if sha256_of(folder / _SEGMENTATION) != session.proposal_sha256:
            notes.append(_("The result in {folder} is another by now: it is not shown.").format(folder=folder))
            return {}
        found = {}
        for path in sorted(folder.glob(f"*{_IMAGE}")):
            name = path.name.removesuffix(_IMAGE)
            if name not in _LEFT and wanted(name) and sha256_of(path) == said.get(path.name):
                found[name] = path
        return found
    except StrokeSegError as error:
        notes.append(str(error))
        return {}


def _images(session: Session, record: ResultRecord, notes: list[str]) -> dict[Role, sitk.Image]:
    study = session.study
    if study is None:
        return {}
    from StrokeSegLogic.worker.protocol import as_error

    try:
        from StrokeSegLogic.study.series.load import load_case

        case = load_case(study, modality=record.modality)
    except (StrokeSegError, ImportError) as error:
        notes.append(_("The images cannot be shown: {why}").format(why=as_error(error)))
        return {}
    known = session.inputs
    others = [
        str(role) for role, series in case.series.items() if known.get(role.value, series.sha256) != series.sha256
    ]
    if others:
        words = _(
            "{roles}: not the images that the proposal was made of. They were changed since, or are of another patient."
        )
        notes.append(words.format(roles=", ".join(others)))
    # A series over time is shown by its maps.
    return {role: series.image for role, series in case.series.items() if series.image.GetDimension() == 3}
