"""A cohort recipe and a data set in, a model out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor

from ...base.errors import InputError
from ...nets.models.bundle import Bundle
from ...nets.models.registry import find
from ...nets.networks.base import SegmentationNetwork
from ...nets.networks.build import build
from ..datasets.subject import DataSet
from ..devices import launch
from ..distributed import fail_together
from ..examples import Examples
from ..loop import Loop, State
from ..losses.choose import Loss, loss_of
from ..penalties import penalty
from ..plan import Plan
from ..pretrained import Pretrained, few_images, load_pretrained, require_pretrained
from ..run_context import RunContext
from ..run_folder import claim, write_model
from ..splits import require_classes
from ..warm_start import warm_start
from .batches import CohortBatches
from .export import export
from .judge import FineTuning
from .prepared import PreparedCase, label_counts, prepare_cases, require_fit
from .recipe import CohortRecipe, Member
from .split import choose_split, keep_split, usable_patients


def train_cohort(
    recipe: CohortRecipe,
    data: DataSet,
    context: RunContext,
    *,
    split_file: Path | None = None,
    prepared: Path | None = None,
) -> Bundle:
    """Trains, validates and exports a model; called again with the same output, goes on where it stopped.

    Args:
        recipe: what to do.
        data: a data set with masks.
        context: its folder gets the split and prepared cases, too.
        split_file: which case trains, validates, tests; None is the data set's own split, or the recipe's.
        prepared: folder of the prepared cases, which runs on the same images may share; None is "prepared" in the
            run's folder.

    Raises:
        InputError: if data, split or weights cannot be used, or output holds another recipe's run.
        OutputError: if something cannot be written; the last good checkpoint stays.
        StrokeSegError: if a loss is no number any more; names the batch.
    """
    # What can be refused is refused before other processes are started, that would refuse it too.
    require_fit(recipe, data)
    split = choose_split(recipe, data, split_file)
    fabric = launch(context.hardware, recipe.precision)
    context = context.in_process(fabric)
    by_name = {subject.case: subject for subject in data.subjects}
    store = prepared or context.output / "prepared"
    cases = _Cases(*([PreparedCase(by_name[c], store / c) for c in part] for part in (split.train, split.val)))
    with fail_together(fabric):
        if fabric.is_global_zero:
            require_pretrained(recipe.pretrained, context.pretrained, context.progress)
            claim(context.output, recipe)
            keep_split(context.output / "split.tsv", split, usable_patients(data))
            prepare_cases(recipe, data, [*cases.learning, *cases.validating], context.progress.span(0.0, 0.1))
            shown = {case.subject.case: {k for k, n in enumerate(label_counts(case)) if n} for case in cases.learning}
            require_classes(split, shown, dict(enumerate(recipe.classes_of(data.classes))))
    states: dict[Member, State] = {}
    for number, member in enumerate(recipe.members):
        start, end = (0.1 + 0.85 * done / len(recipe.members) for done in (number, number + 1))
        states[member] = _train_member(recipe, member, cases, context.span(start, end), fabric)
        context.log(f"{recipe.name}, {member}: trained")
    with fail_together(fabric):
        if fabric.is_global_zero:
            rest = context.progress.span(0.95, 1.0)
            write_model(
                context.output, lambda folder: export(recipe, data, split, states, cases.validating, folder, rest)
            )
    return Bundle.open(context.output / "model")


@dataclass(frozen=True)
class _Cases:
    """The prepared cases that a run learns from, and those that it validates on."""

    learning: Sequence[PreparedCase]
    validating: Sequence[PreparedCase]


def _network(
    recipe: CohortRecipe, member: Member, learning: Sequence[PreparedCase], weights: Pretrained
) -> SegmentationNetwork:
    """A member's network before its first step; the same for every process and every resumed run.

    Raises:
        InputError: if there is no such network, or its weights are not there.
        ModelError: if the weights do not fit.
    """
    torch.manual_seed(recipe.seed)
    try:
        network = build(recipe.network)
    except ValueError as error:
        raise InputError(str(error), where=f"{recipe.name} [network]", fix="Correct the recipe") from error
    if recipe.pretrained:
        batches = CohortBatches(recipe, member, learning, training=False)
        images = partial(few_images, batches, recipe.batch, batches.per_epoch)
        load_pretrained(network, recipe.pretrained, weights, images)
    if recipe.begins_with:
        warm_start(network, recipe.network, recipe.inputs, find(recipe.begins_with))
    return network


def _train_member(recipe: CohortRecipe, member: Member, cases: _Cases, context: RunContext, fabric: Fabric) -> State:
    with fail_together(fabric):
        network = _network(recipe, member, cases.learning, context.pretrained)
        batches = CohortBatches(recipe, member, cases.learning, training=True)
        held_out = CohortBatches(recipe, member, cases.validating, training=False)
    compute = loss_of(recipe.loss)

    def loss(network: SegmentationNetwork, logits: Tensor, batch: Examples) -> Tensor:
        found = compute(logits, batch.labels, batch.counted, batch.emphasised)
        return found + penalty(recipe.penalties, network)

    def validate(network: SegmentationNetwork) -> float:
        return validation_loss(network, held_out, compute, fabric)

    epoch = -(-batches.per_epoch // fabric.world_size)
    plan = Plan(
        name=member,
        steps=recipe.epochs * epoch,
        rate=lambda step: recipe.rate,
        optimiser="adam",
        epoch=epoch,
        checkpoint_every=recipe.checkpoint_every,
        seed=recipe.seed,
        workers=context.workers,
        clip=recipe.clip,
    )
    judge = FineTuning(recipe.transfer, recipe.rate, validate, fabric)
    return Loop(plan, batches, loss, context.output, fabric, judge).run(network, context.progress)


def validation_loss(network: SegmentationNetwork, batches: CohortBatches, compute: Loss, fabric: Fabric) -> float:
    """The mean loss of the held-out samples, each batch weighted by its size, without penalties on weights."""
    total, count = 0.0, 0
    for number in range(batches.per_epoch):
        batch = batches(number).to(fabric.device)
        with fabric.autocast():
            logits = network(batch.images) if batch.nihss is None else network(batch.images, batch.nihss)
        total += float(compute(logits, batch.labels, batch.counted, batch.emphasised)) * len(batch.names)
        count += len(batch.names)
    return total / max(count, 1)
