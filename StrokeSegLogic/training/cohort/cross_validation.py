"""Every patient tested once: a model a fold, and each case predicted by the one that has not seen its patient."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...base.errors import InputError, OutputError
from ...base.files import make_folder, write_whole
from ...evaluation.classes import LABELS_FILE
from ...evaluation.origin import ORIGIN_FILE, Origin
from ...models.bundle import Bundle
from ..datasets.subject import DataSet
from ..devices import require_single_process
from ..run_context import RunContext
from .export import trained_on
from .predict import Predictor, origin_of, predict_cases
from .recipe import CohortRecipe
from .references import write_references
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
    """
    if folds < 2:
        raise InputError(f"{folds} folds are no cross-validation", option="folds", fix="Ask for 2 or more")
    require_single_process(context.hardware, "cross-validation")
    output, predictions = context.output, context.output / "predictions"
    bundles: list[Bundle] = []
    for fold in range(folds):
        run = replace(context.span(fold / folds, (fold + 1) / folds), output=output / f"fold-{fold}")
        own = replace(recipe, split=replace(recipe.split, folds=folds, fold=fold))
        bundle = train_cohort(own, data, run.span(0.0, 0.9))
        bundles.append(bundle)
        tested = choose_split(own, data, None).test
        answers = run.output / "predictions"
        predict_cases(Predictor.of(bundle, device), data, tested, answers, run.progress.span(0.9, 1.0))
        gather(answers, tested, predictions)
        context.log(f"fold {fold}: tested on {', '.join(tested)}")
    write_whole(predictions / ORIGIN_FILE, origin_of_folds(recipe, data, bundles).to_json().encode())
    write_references(data, list(usable_patients(data)), output / "masks")
    return predictions


def origin_of_folds(recipe: CohortRecipe, data: DataSet, bundles: Sequence[Bundle]) -> Origin:
    """The record of all folds' answers."""
    return replace(
        origin_of(bundles[0], data, list(usable_patients(data))),
        sha256=tuple(bundle.spec.weights.sha256 for bundle in bundles),
        trained_on=trained_on(f"the cases of all other folds of {len(bundles)}", recipe, data),
    )


def gather(answers: Path, cases: Sequence[str], predictions: Path) -> None:
    """Copies a fold's answers, and the classes' names, to those of the other folds.

    Raises:
        OutputError: if they cannot be written.
    """
    make_folder(predictions)
    try:
        shutil.copyfile(answers / LABELS_FILE, predictions / LABELS_FILE)
        for case in cases:
            shutil.copytree(answers / case, predictions / case, dirs_exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the predictions cannot be written ({error.strerror or error})", where=predictions, fix="Free some space"
        ) from error
