"""Every patient tested once: a model a fold, and each case predicted by the model that has not seen its patient."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from ...base.errors import InputError
from ...base.recorded_files import fill_recorded
from ...base.reservation import reserved
from ...evaluation.classes import LABELS_FILE
from ...evaluation.origin import ORIGIN_FILE, Origin
from ...nets.models.bundle import Bundle
from ..datasets.subject import DataSet
from ..devices import require_single_process
from ..run_context import RunContext
from ..run_folder import reserved_for_run
from .export import trained_on
from .predict import VOTE, WEIGHTED, Predictor, origin_of, predict_cases
from .recipe import CohortRecipe
from .references import reserved_for_references, write_references
from .split import choose_split, usable_patients
from .train import train_cohort


def cross_validate(
    recipe: CohortRecipe,
    data: DataSet,
    context: RunContext,
    folds: int,
    *,
    device: str = "auto",
) -> Path:
    """Trains OUTPUT/fold-K for each fold and writes OUTPUT/predictions/CASE for every case with a mask.

    OUTPUT is the context's folder; OUTPUT/masks and groups.csv lie beside them, for `strokeseg evaluate`. Called again
    with the same output, goes on where it stopped.

    Args:
        recipe: its split is replaced by the folds, which the recipe's seed decides; its fractions of training and
            validation say how much of what is not tested validates.
        data: a data set with masks.
        context: of all runs, each in a folder of its own.
        folds: at least 2.
        device: for predicting.

    Returns:
        The folder of the predictions.

    Raises:
        InputError: if there are fewer patients than folds, and as `train_cohort`.
        DeviceError: if several processes are asked for.
        OutputError: if something cannot be written, or a file that is not ours would be replaced.
    """
    if folds < 2:
        raise InputError(f"{folds} folds are no cross-validation", option="folds", fix="Ask for 2 or more")
    require_single_process(context.hardware, "cross-validation")
    output, overwrite = context.output, context.overwrite
    cases = list(usable_patients(data))
    predictions, masks = output / "predictions", output / "masks"
    names = [f"{case}/{member}.nii.gz" for case in cases for member in (*recipe.members, VOTE, WEIGHTED)]
    bundles: list[Bundle] = []
    folds_of: dict[str, Path] = {}
    with ExitStack() as stack:
        # What would be in the way at the end is met before the first fold.
        stack.enter_context(reserved(predictions, (LABELS_FILE, *names, ORIGIN_FILE), ORIGIN_FILE, overwrite=overwrite))
        stack.enter_context(reserved_for_references(data, cases, masks, overwrite=overwrite))
        for fold in range(folds):
            stack.enter_context(reserved_for_run(output / f"fold-{fold}", overwrite=overwrite))
        for fold in range(folds):
            run = replace(context.span(fold / folds, (fold + 1) / folds), output=output / f"fold-{fold}")
            own = replace(recipe, split=replace(recipe.split, folds=folds, fold=fold))
            bundle = train_cohort(own, data, run.span(0.0, 0.9))
            bundles.append(bundle)
            tested = choose_split(own, data, None).test
            answers, rest = run.output / "predictions", run.progress.span(0.9, 1.0)
            predict_cases(Predictor.of(bundle, device), data, tested, answers, rest, overwrite=overwrite)
            folds_of |= dict.fromkeys(tested, answers)
            context.log(f"fold {fold}: tested on {', '.join(tested)}")
        origin = origin_of_folds(recipe, data, bundles)
        fill_recorded(predictions, partial(gather, folds_of), ORIGIN_FILE, origin.as_dict(), overwrite=overwrite)
        write_references(data, cases, masks, overwrite=overwrite)
    return predictions


def origin_of_folds(recipe: CohortRecipe, data: DataSet, bundles: Sequence[Bundle]) -> Origin:
    """The record of all folds' answers."""
    return replace(
        origin_of(bundles[0], data, list(usable_patients(data))),
        sha256=tuple(bundle.spec.weights.sha256 for bundle in bundles),
        trained_on=trained_on(f"the cases of all other folds of {len(bundles)}", recipe, data),
    )


def gather(folds_of: Mapping[str, Path], folder: Path) -> None:
    """Copies every case's answers out of its fold's, and the classes' names, into a folder.

    Raises:
        OSError: if they cannot be written.
    """
    shutil.copyfile(next(iter(folds_of.values())) / LABELS_FILE, folder / LABELS_FILE)
    for case, answers in folds_of.items():
        shutil.copytree(answers / case, folder / case)
