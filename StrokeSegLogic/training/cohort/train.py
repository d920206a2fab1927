"""A cohort recipe and a data set in, a model out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor

from ...models.bundle import Bundle
from ...networks.base import SegmentationNetwork
from ...networks.build import build
from ...progress import Progress
from ..datasets.subject import DataSet, Subject
from ..devices import Hardware, launch
from ..examples import Examples
from ..loop import Loop, Plan, State
from ..losses import Loss, loss_of
from ..penalties import penalty
from ..pretrained import Pretrained, load_pretrained
from ..run_folder import claim
from ..splits import require_classes, write_split
from .batches import CohortBatches
from .export import export
from .judge import FineTuning
from .prepared import PreparedCase, label_counts, prepare_cases
from .recipe import CohortRecipe, Member
from .split import choose_split, usable_patients


def train_cohort(
    recipe: CohortRecipe,
    data: DataSet,
    output: Path,
    *,
    split_file: Path | None = None,
    pretrained: Pretrained | None = None,
    hardware: Hardware | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    log: Callable[[str], None] = print,
) -> Bundle:
    """Trains, validates and exports a model; called again with the same output, goes on where it stopped.

    Args:
        recipe: what to do.
        data: a data set with masks.
        output: for the split, prepared cases, checkpoints, losses and the model's bundle (output / "model").
        split_file: which case trains, validates, tests; None is the data set's own split, or the recipe's.
        pretrained: where ImageNet weights come from.
        hardware: devices and processes.
        workers: threads that make batches.
        progress: fraction and message.
        log: gets a line a network.

    Raises:
        InputError: if data, split or weights cannot be used, or output holds another recipe's run.
        OutputError: if something cannot be written; the last good checkpoint stays.
        StrokeSegError: if a loss is no number any more; names the batch.
    """
    progress = progress or Progress()
    fabric = launch(hardware or Hardware(), recipe.precision)
    split = choose_split(recipe, data, split_file)
    if fabric.is_global_zero:
        claim(output, recipe, data.folder)
        write_split(output / "split.tsv", split, usable_patients(data))
    fabric.barrier()
    by_name = {subject.case: subject for subject in data.subjects}
    prepared = _prepared(recipe, data, [by_name[c] for c in (*split.train, *split.val)], output, fabric, progress)
    learning, validating = prepared[: len(split.train)], prepared[len(split.train) :]
    shown = {case.subject.case: {k for k, count in enumerate(label_counts(case)) if count} for case in learning}
    require_classes(split, shown, dict(enumerate(data.classes[: recipe.network.classes])))
    states: dict[Member, State] = {}
    for number, member in enumerate(recipe.members):
        torch.manual_seed(recipe.seed)
        network = build(recipe.network)
        if recipe.pretrained:
            first = CohortBatches(recipe, member, learning, training=False)
            few = range(min(-(-32 // recipe.batch), first.per_epoch))
            load_pretrained(
                network,
                recipe.pretrained,
                pretrained or Pretrained(),
                lambda first=first, few=few: torch.cat([first(k).images for k in few]),  # type: ignore[misc]
            )
        span = progress.span(0.1 + 0.85 * number / len(recipe.members), 0.1 + 0.85 * (number + 1) / len(recipe.members))
        states[member] = _train_member(recipe, member, network, learning, validating, output, fabric, workers, span)
        log(f"{recipe.name}, {member}: done")
    if fabric.is_global_zero:
        export(recipe, data, split, states, validating, output / "model", progress.span(0.95, 1.0))
    fabric.barrier()
    return Bundle.open(output / "model")


def _prepared(
    recipe: CohortRecipe, data: DataSet, subjects: Sequence[Subject], output: Path, fabric: Fabric, progress: Progress
) -> list[PreparedCase]:
    """One process prepares, the others find it done."""
    if fabric.is_global_zero:
        prepare_cases(recipe, data, subjects, output / "prepared", progress.span(0.0, 0.1))
    fabric.barrier()
    return prepare_cases(recipe, data, subjects, output / "prepared", Progress())


def _train_member(
    recipe: CohortRecipe,
    member: Member,
    network: SegmentationNetwork,
    learning: Sequence[PreparedCase],
    validating: Sequence[PreparedCase],
    output: Path,
    fabric: Fabric,
    workers: int,
    progress: Progress,
) -> State:
    batches = CohortBatches(recipe, member, learning, training=True)
    held_out = CohortBatches(recipe, member, validating, training=False)
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
        workers=workers,
    )
    judge = FineTuning(recipe.transfer, recipe.rate, validate, fabric)
    return Loop(plan, batches, loss, output, fabric, judge).run(network, progress)


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
