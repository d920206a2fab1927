"""What leaves a review: masks as NIfTI, as BIDS derivatives, and as the folders that train and evaluate take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path, PureWindowsPath

from .. import __version__
from ..base.errors import InputError
from ..base.json_files import json_bytes
from ..base.progress import Progress
from ..base.recorded_files import write_recorded
from ..base.settings import one_of
from ..result.looks import SEGMENTS
from ..study.case import Modality
from .bids import DERIVATIVES, BidsCase, Studies, dataset_description, derivative_files, digits_of, participants
from .folder import ReviewFolder
from .nifti_files import write_volume
from .numbers import classes_of
from .report import RECORD, TABLE, review_csv
from .selection import Chosen, Selection, require_some, select
from .versions import sitk_of

FORMATS = ("nifti", "bids", "train", "evaluate")
"""Masks in a folder; BIDS derivatives; images and masks as `strokeseg train` takes them; proposals and readers as
`strokeseg evaluate` does."""
Writers = dict[str, Callable[[Path], object]]


def export_review(
    folder: ReviewFolder,
    output: Path,
    form: str = "nifti",
    which: str = "final",
    progress: Progress | None = None,
    *,
    overwrite: bool = False,
    open_second_reads: bool = False,
) -> Selection:
    """Writes labels of a review's cases, all or none, with a record that holds the count and last hash of its events.

    nifti: CASE.nii.gz, and labels.json with the classes. bids: a folder of BIDS derivatives. train: a BIDS data set of
    the cases' images with the masks under derivatives/. evaluate: predictions/CASE.nii.gz, the model's, beside
    references/final/, and references/first/ and references/second/ of cases that two have read. Beside each review.csv:
    who decided what on the cases that leave, and all comments on them.

    Args:
        folder: of the review.
        output: made if missing.
        form: one of `FORMATS`.
        which: labels, one of `selection.CHOICES`; "evaluate" has its own.
        progress: of the work.
        overwrite: move files of the user's that are in the way aside.
        open_second_reads: as `selection.select` takes it.

    Returns:
        What left, and what did not and why.

    Raises:
        InputError: if no case can leave, or a file was changed since it was recorded.
        OutputError: if the output cannot be written, or files that are not ours are in the way.
    """
    one_of(form, FORMATS, "form of an export")
    selection = select(folder, "final" if form == "evaluate" else which, open_second_reads=open_second_reads)
    require_some(selection, folder)
    writers = {
        "nifti": _nifti,
        "bids": _bids,
        "train": _train,
        "evaluate": _evaluate,
    }[form](folder, selection)
    entries = [each.entry if open_second_reads else each.entry.as_seen_by("") for each in selection.chosen]
    writers |= {TABLE: _content(review_csv(entries, folder.settings.agreement).encode("utf-8", "backslashreplace"))}
    record = {
        "strokeseg": __version__,
        "research_use_only": True,
        "form": form,
        "review": {"id": folder.id, **selection.head.record()},
        "cases": [chosen.record() for chosen in selection.chosen],
        "left_out": selection.left_out,
    }
    write_recorded(output, writers, RECORD, record, progress, overwrite=overwrite)
    return selection


def file_name(chosen: Chosen) -> str:
    """What a case's file is called, without its ending: the case's name where files can have it.

    Raises:
        InputError: if no file can have it.
    """
    name = chosen.entry.name
    plain = PureWindowsPath(name).name == name and not name.startswith(".") and not set('<>:"|?*/\\') & set(name)
    if not plain or not name.isprintable():
        raise InputError("is no name for a file", where=repr(name), fix="Give the cases other names in the table")
    return name


def _unique(selection: Selection) -> dict[str, Chosen]:
    """Cases by the names of their files; of names that are one on some systems, the later ones get digits."""
    named: dict[str, Chosen] = {}
    taken: set[str] = set()
    for chosen in selection.chosen:
        name = file_name(chosen)
        if name.casefold() in taken:
            name = f"{name}-{digits_of(chosen.entry.name)}"
        taken.add(name.casefold())
        named[name] = chosen
    return named


def _mask(folder: ReviewFolder, chosen: Chosen, path: Path) -> None:
    write_volume(sitk_of(chosen.labels(folder)), path, result=True)


def modality_of(selection: Selection) -> Modality:
    """That of all cases.

    Raises:
        InputError: if MRI and CT perfusion are mixed: labels would mean two things.
    """
    found = {chosen.entry.proposal.modality for chosen in selection.chosen if chosen.entry.proposal is not None}
    if len(found) != 1:
        raise InputError(
            "MRI and CT perfusion are in one review, and label 1 is not the same in both",
            fix="Make a review for each",
        )
    return next(iter(found))


def _classes(selection: Selection) -> bytes:
    classes = classes_of(modality_of(selection))
    return json_bytes({"+".join(map(str, values)): name for name, values in classes.items()})


def _nifti(folder: ReviewFolder, selection: Selection) -> Writers:
    writers: Writers = {f"{name}.nii.gz": partial(_mask, folder, chosen) for name, chosen in _unique(selection).items()}
    return {**writers, "labels.json": _content(_classes(selection))}


def _evaluate(folder: ReviewFolder, selection: Selection) -> Writers:
    writers: Writers = {"predictions/labels.json": _content(_classes(selection))}
    for name, chosen in _unique(selection).items():
        model = Chosen(chosen.entry, "proposal", ())
        writers[f"predictions/{name}.nii.gz"] = partial(_mask, folder, model)
        writers[f"references/final/{name}.nii.gz"] = partial(_mask, folder, chosen)
        readings = [each for each in (chosen.entry.first, chosen.entry.second) if each is not None]
        if len(readings) == 2 and all(reading.decision != "rejected" for reading in readings):
            for reading in readings:
                own = Chosen(chosen.entry, reading.reading, (reading,))
                writers[f"references/{reading.reading}/{name}.nii.gz"] = partial(_mask, folder, own)
    return writers


def _bids_cases(selection: Selection) -> dict[BidsCase, Chosen]:
    """Cases by subject and session; of those that would be one, the later ones get digits."""
    cases: dict[BidsCase, Chosen] = {}
    taken: set[str] = set()
    for chosen in selection.chosen:
        case = BidsCase.of(chosen.entry.name, chosen.entry.patient)
        if case.prefix.casefold() in taken:
            digits = digits_of(chosen.entry.name)
            case = replace(case, session=case.session + digits) if case.session else BidsCase(case.subject + digits)
        taken.add(case.prefix.casefold())
        cases[case] = chosen
    return cases


def _bids(folder: ReviewFolder, selection: Selection, prefix: str = "") -> Writers:
    modality = modality_of(selection)
    writers: Writers = {f"{prefix}dataset_description.json": _content(dataset_description("derivative"))}
    for case, chosen in _bids_cases(selection).items():
        writers |= {
            f"{prefix}{name}": write
            for name, write in derivative_files(case, chosen, partial(_mask, folder, chosen), modality).items()
        }
    if modality == "ctp":
        names = {0: "background", **{value: style.name.lower() for value, style in SEGMENTS[modality].items()}}
        table = "".join(f"{index}\t{names[index]}\n" for index in sorted(names))
        writers[f"{prefix}desc-review_dseg.tsv"] = _content(f"index\tname\n{table}".encode())
    return writers


def _train(folder: ReviewFolder, selection: Selection) -> Writers:
    cases = _bids_cases(selection)
    writers: Writers = {"dataset_description.json": _content(dataset_description("raw"))}
    studies = Studies(folder)
    for case, chosen in cases.items():
        writers |= studies.files(case, chosen)
    writers["participants.tsv"] = _content(participants(cases))
    return {**writers, **_bids(folder, selection, f"{DERIVATIVES}/")}


def _content(content: bytes) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write
