"""A model over a data set's cases: label maps on each case's own grid, for evaluation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from torch import nn

from ...base.errors import InputError
from ...base.progress import Progress
from ...base.recorded_files import Writers, add_recorded
from ...base.records import is_unchanged, listed, written_by
from ...base.reservation import Reservation, reserved
from ...ctp.routes.field_engine import answer
from ...evaluation.classes import BACKGROUND, LABELS_FILE
from ...evaluation.origin import ORIGIN_FILE, Origin, read_origin
from ...mri.prepare import prepare
from ...mri.vote import run_planes, vote
from ...nets.models.bundle import Bundle
from ...nets.models.field_spec import FieldModelSpec
from ...nets.models.spec import PlanesModelSpec
from ...nets.run.network import Device, choose, load
from ...space.resampling import onto_reference
from ...study.case import Role
from ...study.volumes.nifti import write_nifti
from ..datasets.load import LoadedSubject, load_subject
from ..datasets.subject import DataSet, Subject
from .prepared import mri_case

VOTE, WEIGHTED = "vote", "weighted-vote"
Labels = dict[str, np.ndarray]
"""Label maps uint8 (z, y, x) by member: the votes and the planes, or "network"."""


@dataclass(frozen=True)
class Predictor:
    """A model with its networks loaded on a device."""

    bundle: Bundle
    networks: Mapping[str, nn.Module]
    device: Device

    @classmethod
    def of(cls, bundle: Bundle, device: str = "auto") -> Predictor:
        """The model, verified and loaded.

        Raises:
            ModelError: if the weights are damaged or do not fit.
            DeviceError: if the device is not there.
        """
        where = choose(device)
        return cls(bundle, load(bundle, where), where)

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the label maps of a case."""
        spec = self.bundle.spec
        return (*spec.members, VOTE, WEIGHTED) if isinstance(spec, PlanesModelSpec) else spec.members

    @property
    def images(self) -> tuple[str, ...]:
        """Names of the images that the model reads."""
        spec = self.bundle.spec
        if isinstance(spec, PlanesModelSpec):
            return spec.inputs
        return tuple(entry.name for entry in self.bundle.field.inputs)

    def __call__(self, subject: Subject, data: DataSet, progress: Progress) -> tuple[LoadedSubject, Labels]:
        """The case on its grid, and the labels on the same grid.

        Raises:
            InputError: if the case lacks what the model needs.
        """
        spec = self.bundle.spec
        names = [*self.images]
        if isinstance(spec, PlanesModelSpec):
            names = [name for name in names if name in subject.images]
            spec.require_inputs([Role(name) for name in names])
        elif self.bundle.field.field.masked_by:
            names.append(self.bundle.field.field.masked_by)
        loaded = load_subject(subject, data, names, with_masks=False)
        if isinstance(spec, PlanesModelSpec):
            return loaded, self._planes(spec, subject, loaded, progress)
        return loaded, self._field(self.bundle.field, subject, data, loaded, progress)

    def _planes(self, spec: PlanesModelSpec, subject: Subject, loaded: LoadedSubject, progress: Progress) -> Labels:
        message, told = f"predicting: {subject.case}", progress
        # One stage for the user, whatever the engine calls its own.
        progress = Progress(lambda fraction, _: told(fraction, message))
        case = mri_case(subject.case, loaded)
        prepared = prepare(case, case.reference().role, spec.roles, spec.spacing_mm, progress.span(0.0, 0.2))
        planes = run_planes(self.networks, prepared, self.device, progress.span(0.2, 1.0), canvas=spec.canvas)
        back = {plane: onto_reference(values, prepared.grid, loaded.grid) for plane, values in planes.items()}
        limit = spec.threshold_for(prepared.of_most)
        voted = vote(back, "majority", limit, spec.plane_weights)
        weighted = vote(back, "weighted", limit, spec.plane_weights)
        labels: Labels = {VOTE: voted.labels, WEIGHTED: weighted.labels}
        labels.update((plane, member.astype(np.uint8)) for plane, member in voted.members.items())
        return labels

    def _field(
        self, spec: FieldModelSpec, subject: Subject, data: DataSet, loaded: LoadedSubject, progress: Progress
    ) -> Labels:
        message = f"predicting: {subject.case}"
        network, nihss = self.networks["network"], subject.nihss
        try:
            found = answer(spec, network, loaded.images, loaded.grid, nihss, self.device, progress, message=message)
        except InputError as error:
            raise InputError(
                error.what, where=error.where or subject.case, fix=error.fix, option=error.option
            ) from error
        # The data set's numbers: a model may know some of its classes alone.
        table = np.array(numbers_of(spec, data), np.uint8)
        return {"network": table[sitk.GetArrayFromImage(found.labels)]}


def numbers_of(spec: FieldModelSpec, data: DataSet) -> list[int]:
    """The label in a data set of each of a model's classes, by name; a class that it lacks keeps its number."""
    return [data.classes.index(name) if name in data.classes else k for k, name in enumerate(spec.classes)]


def predict_cases(
    predictor: Predictor,
    data: DataSet,
    cases: Sequence[str],
    output: Path,
    progress: Progress,
    *,
    overwrite: bool = False,
) -> list[str]:
    """Writes OUTPUT/CASE/MEMBER.nii.gz for each case, the classes' names, and predictions.json.

    Case by case: each is in its place whole, and predictions.json lists it then. Cases that it lists already stay.

    Args:
        predictor, data: the model, and what it is asked about.
        cases: names.
        output: made if missing.
        progress: fraction and message.
        overwrite: move files that are in the way, and are not listed in predictions.json as they are, aside.

    Returns:
        The members' names.

    Raises:
        InputError: if a case is unknown or lacks what the model needs, or the folder holds another model's answers or
            those on other cases.
        OutputError: if a file cannot be written, or a file that is not ours would be replaced.
    """
    by_name = {subject.case: subject for subject in data.subjects}
    unknown = [name for name in cases if name not in by_name]
    if unknown:
        raise InputError(f"no case is called '{unknown[0]}'", where=data.folder, fix="Check the names")
    members = sorted(predictor.members)
    files = {name: [f"{name}/{member}.nii.gz" for member in members] for name in cases}
    origin = origin_of(predictor.bundle, data, cases)
    with reserved(output, overwrite=overwrite) as held:
        _require_same_source(origin, output, overwrite)
        names = (LABELS_FILE, *(name for own in files.values() for name in own), ORIGIN_FILE)
        with reserved(output, names, ORIGIN_FILE, overwrite=overwrite):
            labels = (json.dumps(_class_names(predictor, data)) + "\n").encode()
            _add(held, origin, {LABELS_FILE: lambda path: path.write_bytes(labels)})
            for number, name in enumerate(cases):
                span = progress.span(number / len(cases), (number + 1) / len(cases))
                span(0.0, f"predicting: {name}")
                known = written_by(output / ORIGIN_FILE)
                if all(is_unchanged(output / file, known.get(file)) for file in files[name]):
                    continue
                loaded, found = predictor(by_name[name], data, span)
                images = {f"{name}/{member}.nii.gz": loaded.grid.image(found[member]) for member in members}
                _add(held, origin, {file: partial(write_nifti, image, result=True) for file, image in images.items()})
    progress(1.0, "predicting: done")
    return members


def _require_same_source(origin: Origin, output: Path, overwrite: bool) -> None:
    """Refuses a folder of another model's answers, or of answers on other cases."""
    there = read_origin(output)
    if there is None:
        theirs = (output / ORIGIN_FILE).exists() or any((output / case).exists() for case in origin.cases)
        theirs = theirs and not overwrite
    else:
        theirs = not there.same_source(origin)
    if theirs:
        raise InputError(
            "the folder holds answers of another model or on other data",
            where=output,
            fix="Choose another output folder, or empty it",
        )
    # Cases may be added (a test set, then all), but the folder never holds more than was asked for.
    before = () if there is None else there.cases
    others = [case for case in before if case not in origin.cases and (output / case).exists()]
    if others:
        raise InputError(
            f"the folder holds answers on other cases ({listed(others)}), which would be scored together with these",
            where=output,
            fix="Choose another output folder for each part, or ask for all cases",
        )


def _class_names(predictor: Predictor, data: DataSet) -> dict[str, str]:
    """The classes' names by label, for evaluation."""
    if isinstance(predictor.bundle.spec, PlanesModelSpec):
        return {"1": "lesion"}
    spec = predictor.bundle.field
    numbers = numbers_of(spec, data)
    names = {str(k): name for k, name in zip(numbers, spec.classes, strict=True) if k}
    # What the references tell apart and the model does not counts as background, and evaluation must know.
    if rest := sorted(set(range(1, len(data.classes))) - set(numbers)):
        names["+".join(map(str, rest))] = BACKGROUND
    return names


def _add(held: Reservation, origin: Origin, writers: Writers) -> None:
    """Adds files to the folder and to its record."""
    add_recorded(held, writers, ORIGIN_FILE, origin.as_dict())


def origin_of(bundle: Bundle, data: DataSet, cases: Sequence[str]) -> Origin:
    """The record of a model's answers on cases of a data set."""
    spec = bundle.spec
    where = str(data.folder.resolve())
    return Origin(spec.name, (spec.weights.sha256,), spec.trained_on, where, data.simulated, tuple(sorted(cases)))
