"""Running a table: one split for all, each recipe trained once, every row scored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.reservation import reserved
from ...evaluation.bootstrap import RESAMPLES
from ...evaluation.compare import comparisons
from ...evaluation.rows import ALL, REFERENCE, Row
from ...evaluation.scores import CaseScores, Classes, evaluate_labels, zero_where_both_empty
from ...nets.networks.build import build_encoder
from ...nets.networks.spec import ENCODERS, UNet2DSpec
from ..cohort.predict import Predictor, predict_cases
from ..cohort.prepared import reference_mask, require_fit
from ..cohort.recipe import CohortRecipe
from ..cohort.split import choose_split, keep_split, usable_patients
from ..cohort.train import train_cohort
from ..datasets.load import load_subject
from ..datasets.subject import DataSet, Subject
from ..devices import require_single_process
from ..pretrained import Pretrained, require_pretrained
from ..recipes import find_recipe, read_recipe
from ..run_context import RunContext
from ..run_folder import reserved_for_run
from .spec import Experiment, ExperimentRow
from .table import FILES, RECORD, write_tables

SWAPPED = "resnet50"
"""The encoder of the MRI paper, which `Options.encoder` takes the place of."""


@dataclass(frozen=True)
class Options:
    """How an experiment departs from its recipes, and how its rows are scored.

    Attributes:
        changes: of every recipe, see `recipes.read_recipe`; "RECIPE:key=value" of that recipe alone.
        rows: names of the rows to run; empty is all.
        encoder: takes the place of ResNet50 in the recipes' 2-D U-Nets, and its ImageNet weights that of ResNet50's
            where a recipe asks for them; "" changes nothing.
        split_file: see `cohort.train.train_cohort`.
        pretrained: where an encoder's ImageNet weights come from, by its name.
        device: for predicting.
        resamples, seed: of the bootstrap.
    """

    changes: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    encoder: str = ""
    split_file: Path | None = None
    pretrained: Mapping[str, Pretrained] | None = None
    device: str = "auto"
    resamples: int = RESAMPLES
    seed: int = 0


def run_experiment(
    experiment: Experiment,
    data: DataSet,
    context: RunContext,
    options: Options,
) -> Path:
    """Trains, predicts, scores and tabulates; called again with the same output, goes on where it stopped.

    Args:
        experiment: the table.
        data: a data set with the recipes' images, and masks.
        context: its folder gets split.tsv, prepared cases, runs/RECIPE, table.md, table.csv and cases.csv; where
            weights come from is the options' to say.
        options: changes, rows.

    Returns:
        The table's file, Markdown.

    Raises:
        InputError: if the data set does not fit the table.
        OutputError: if something cannot be written, or a file that is not ours would be replaced.
    """
    require_single_process(context.hardware, "an experiment")
    output, progress, overwrite = context.output, context.progress, context.overwrite
    rows = chosen_rows(experiment, options.rows)
    recipes = {name: _cohort_recipe(name, options) for name in dict.fromkeys(row.recipe for row in rows)}
    split = choose_split(next(iter(recipes.values())), data, options.split_file)
    scored = getattr(split, experiment.part)
    for recipe in recipes.values():
        require_fit(recipe, data)
    require_table(experiment, data, scored)
    for recipe in recipes.values():
        require_pretrained(recipe.pretrained, weights_of(recipe, options), progress.span(0.0, 0.0))
    with ExitStack() as stack:
        # What would be in the way at the end is met before the first recipe.
        stack.enter_context(reserved(output, FILES, RECORD, overwrite=overwrite))
        for name in recipes:
            stack.enter_context(reserved_for_run(_run_of(output, name), overwrite=overwrite))
        split_file = output / "split.tsv"
        keep_split(split_file, split, usable_patients(data))
        found: dict[str, list[Row]] = {}
        for number, (name, recipe) in enumerate(recipes.items()):
            run = replace(
                context.span(number / len(recipes), (number + 1) / len(recipes)),
                output=_run_of(output, name),
                pretrained=weights_of(recipe, options),
            )
            prepared = output / "prepared" / prepared_name(recipe)
            bundle = train_cohort(recipe, data, run.span(0.0, 0.9), split_file=split_file, prepared=prepared)
            predictions, predictor = run.output / "predictions", Predictor.of(bundle, options.device)
            rest = run.progress.span(0.9, 0.95)
            members = predict_cases(predictor, data, scored, predictions, rest, overwrite=overwrite)
            classes = {label: (data.classes.index(label),) for label in data.classes[1 : recipe.network.classes]}
            subjects = [subject for subject in data.subjects if subject.case in scored]
            found[name] = [
                row
                for subject in subjects
                for row in score_case(experiment, data, subject, predictions, members, classes)
            ]
        how = (stated(options), output, options.resamples, options.seed)
        table = write_tables(experiment, rows, found, data, recipes, split, *how, overwrite=overwrite)
    progress(1.0, "done")
    return table


def _run_of(output: Path, recipe: str) -> Path:
    return output / "runs" / recipe.replace("/", "-")


def require_table(experiment: Experiment, data: DataSet, scored: Sequence[str]) -> None:
    """Refuses data on which the table would come out empty, before anything is trained.

    Raises:
        InputError: saying what is missing.
    """
    subjects = [subject for subject in data.subjects if subject.case in scored]
    if not subjects:
        raise InputError(f"no case is for {experiment.part}", where=data.folder, fix="Give a split with such cases")
    for subject in subjects:
        if experiment.readers and len(subject.masks) != 2:
            raise InputError(
                f"has {len(subject.masks)} masks where the table compares two readers",
                where=subject.case,
                fix="Add both readers' masks, or run another table",
            )
    groups = set(experiment.groups) - {ALL}
    if groups and not groups & {subject.group for subject in subjects}:
        raise InputError(
            f"none of the {len(subjects)} {experiment.part} cases is of a group of the table",
            where=data.folder,
            fix=f"Add the groups ({', '.join(sorted(groups))}) to the clinical table",
        )


def weights_of(recipe: CohortRecipe, options: Options) -> Pretrained:
    """Where a recipe's ImageNet weights come from."""
    return (options.pretrained or {}).get(recipe.pretrained) or Pretrained()


def prepared_name(recipe: CohortRecipe) -> str:
    """The name of the folder of prepared cases that all recipes with the same images share."""
    what = json.dumps([[asdict(entry) for entry in recipe.inputs], asdict(recipe.view), recipe.network.classes])
    return hashlib.sha256(what.encode()).hexdigest()[:12]


def stated(options: Options) -> tuple[str, ...]:
    """What was changed, for the record."""
    return (*options.changes, *([f"{options.encoder} in the place of {SWAPPED}"] if options.encoder else []))


def chosen_rows(experiment: Experiment, names: Sequence[str]) -> tuple[ExperimentRow, ...]:
    """The rows of those names, or all.

    Raises:
        InputError: if there is none of a name.
    """
    known = {row.name: row for row in experiment.rows}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"the table has no row '{unknown[0]}'", option="row", fix=f"Use one of {'; '.join(known)}")
    return tuple(known[name] for name in names) or experiment.rows


def _cohort_recipe(name: str, options: Options) -> CohortRecipe:
    if options.encoder and options.encoder not in ENCODERS:
        raise InputError(
            f"no encoder is called '{options.encoder}'", option="encoder", fix=f"Use one of {', '.join(ENCODERS)}"
        )
    path = find_recipe(name)
    plain = read_recipe(path)
    changes = []
    if options.encoder and isinstance(plain.network, UNet2DSpec) and plain.network.encoder == SWAPPED:
        scales = build_encoder(options.encoder, 1)
        steps = len(scales.widths) - 1 + (scales.strides[0] > 1)
        changes = [f"network.encoder={options.encoder}", f"network.decoder={list(plain.network.decoder[:steps])}"]
        if plain.pretrained:
            changes.append(f"pretrained={options.encoder}")
    recipe = read_recipe(path, [*changes, *changes_of(name, options.changes)])
    if not isinstance(recipe, CohortRecipe):
        raise InputError(f"the recipe '{name}' has its own sources", fix="Use strokeseg train for it")
    return recipe


def changes_of(name: str, changes: Sequence[str]) -> list[str]:
    """The changes that are for a recipe: "key=value" for all, "RECIPE:key=value" for the recipe of that name."""
    found = []
    for change in changes:
        key, equals, value = change.partition("=")
        recipe, colon, rest = key.rpartition(":")
        if not colon or recipe.strip() == name:
            found.append(f"{rest}{equals}{value}")
    return found


def score_case(
    experiment: Experiment,
    data: DataSet,
    subject: Subject,
    predictions: Path,
    members: Sequence[str],
    classes: Classes,
) -> list[Row]:
    """The rows of one case: every member against every reference."""
    loaded = load_subject(subject, data, ())
    masks = {name: sitk.GetArrayFromImage(mask) for name, mask in loaded.masks.items()}
    references = masks if experiment.readers else {REFERENCE: masks[reference_mask(subject)]}
    said = {
        member: sitk.GetArrayFromImage(sitk.ReadImage(str(predictions / subject.case / f"{member}.nii.gz")))
        for member in members
    }
    x, y, z = loaded.grid.spacing

    def score(prediction: np.ndarray, truth: np.ndarray) -> dict[str, CaseScores]:
        scores = evaluate_labels(prediction, truth, (z, y, x), classes)
        if experiment.empty_as_zero:
            return {label: zero_where_both_empty(figures) for label, figures in scores.items()}
        return scores

    return [
        Row(subject.case, subject.patient, subject.group or ALL, member, reference, label, figures)
        for member, reference, by_class in comparisons(said, references, score)
        for label, figures in by_class.items()
    ]
