from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.stream.augment import drop, move
from StrokeSegLogic.training.stream.batches import BatchMaker
from StrokeSegLogic.training.stream.recipe import StageSpec, StreamRecipe
from StrokeSegLogic.training.stream.samples import CHANNELS, Sample, Source
from StrokeSegLogic.training.stream.simulate import ADC, DWI, FLAIR, T1, complete, paint
from StrokeSegLogic.training.stream.sources.build import build_source, build_sources
from StrokeSegLogic.training.stream.sources.isles22 import Isles22Slices
from StrokeSegLogic.training.stream.tensors import Batch, Dice, collate


@pytest.fixture(scope="module")
def maker(recipe: StreamRecipe, data: Path) -> BatchMaker:
    sources = [(build_source(spec, data, recipe.seed), spec.share) for spec in recipe.sources]
    return small(recipe, sources)


def small(
    recipe: StreamRecipe, sources: list[tuple[Source, float]], pixel_mm: float = 1.0, **changes: Any
) -> BatchMaker:
    """Batches of eight small patches."""
    recipe = replace(recipe, batch=8, patch=(48, 48), **changes)
    return BatchMaker(recipe, StageSpec(1, 1e-3, pixel_mm=pixel_mm), sources, PLANES, 0)


def disc(role: Role = Role.FLAIR, painted: bool = False) -> Sample:
    """A flat brain with a lesion in it that shows only if it is not still to be painted."""
    y, x = np.indices((70, 60)) - np.array([35, 30])[:, None, None]
    brain = (y / 32) ** 2 + (x / 27) ** 2 < 1
    lesion = (y - 8) ** 2 + (x - 9) ** 2 < 49
    image = np.where(brain, 100.0, 0.0) * (1 if painted else 1 + 0.5 * lesion)
    placed = lesion if painted else None
    return Sample({role: image.astype(np.float32)}, lesion, brain, np.ones_like(brain), "axial", "p", placed)


def dice(count: int, seed: int = 0) -> Dice:
    return Dice(count, torch.Generator().manual_seed(seed))


def contrast(batch: Batch, channel: int) -> float:
    """Mean of the lesion over mean of the rest of the brain."""
    image = batch.images[:, channel : channel + 1]
    return float(image[batch.lesion].mean() / image[batch.brain & ~batch.lesion].mean())


def test_a_step_is_the_same_batch_whenever_it_is_asked_for(maker: BatchMaker) -> None:
    first = [maker(3), maker(4)]
    again = [maker(3), maker(4)]
    for batch, other in zip(first, again, strict=True):
        assert torch.equal(batch.images, other.images)
        assert torch.equal(batch.labels, other.labels)
        assert torch.equal(batch.counted, other.counted)
        assert batch.names == other.names
    assert not torch.equal(first[0].images, first[1].images)


def test_batches_are_finite_and_within_the_range_of_normalised_images(maker: BatchMaker) -> None:
    for step in range(4):
        batch = maker(step)
        assert torch.isfinite(batch.images).all()
        assert batch.images.min() >= -1 and batch.images.max() <= 4
        assert batch.images.shape == (8, len(CHANNELS), 48, 48)
        assert batch.labels.shape == batch.counted.shape == (8, 48, 48)
        assert len(batch.names) == 8


def test_every_sample_keeps_a_sequence_that_is_needed(maker: BatchMaker) -> None:
    for step in range(6):
        assert maker(step).images[:, [DWI, FLAIR]].abs().sum(dim=(1, 2, 3)).min() > 0


def test_larger_pixels_show_the_same_patch(recipe: StreamRecipe, data: Path) -> None:
    sources = [(build_source(recipe.sources[0], data, recipe.seed), 1.0)]
    fine, coarse = (small(recipe, sources, mm, needs_one_of=("FLAIR",), seed=3)(0) for mm in (1.0, 1.5))
    assert coarse.images.shape[-2:] == coarse.labels.shape[-2:] == coarse.counted.shape[-2:] == (32, 32)
    area = fine.labels.sum((1, 2)) - 1.5**2 * coarse.labels.sum((1, 2))
    assert (area.abs() <= 0.2 * fine.labels.sum((1, 2)) + 3).all()
    assert fine.labels.any() and coarse.images.min() >= -1 and coarse.images.max() <= 4


@pytest.mark.parametrize("only", ["DWI", "FLAIR", "T2"])
def test_slices_that_cannot_show_the_one_sequence_that_is_asked_for_are_left_out(
    only: str, recipe: StreamRecipe, data: Path
) -> None:
    # A third of the tiny ISLES'22 slices has no FLAIR, and none can be made of DWI.
    recipe = replace(recipe, only=(only,))
    drawn = [(source, 1.0) for source in build_sources(recipe, data) if isinstance(source, Isles22Slices)]
    for number in range(3):
        shown = small(recipe, drawn)(number).images.abs().sum(dim=(2, 3)) > 0
        assert shown.tolist() == [[role.value == only for role in CHANNELS]] * 8


def test_a_stage_without_a_source_of_its_plane_is_refused(recipe: StreamRecipe, data: Path) -> None:
    slices = next(source for source in build_sources(recipe, data) if isinstance(source, Isles22Slices))
    with pytest.raises(InputError, match="no source has coronal slices in stage 3"):
        BatchMaker(recipe, recipe.plane, [(slices, 1.0)], ("coronal",), 3)


@pytest.mark.parametrize("only", ["DWI", "FLAIR"])
def test_a_network_may_be_shown_one_sequence_alone(only: str, recipe: StreamRecipe, data: Path) -> None:
    sources = [(build_source(recipe.sources[0], data, recipe.seed), 1.0)]
    batch = small(recipe, sources, only=(only,), seed=3)(0)
    shown = batch.images.abs().sum(dim=(2, 3)) > 0
    assert shown.tolist() == [[role.value == only for role in CHANNELS]] * 8


def test_a_sample_that_has_nothing_to_show_is_refused(recipe: StreamRecipe, data: Path) -> None:
    spec = next(spec for spec in recipe.sources if spec.kind == "dwi_carriers")
    sources = [(build_source(spec, data, recipe.seed), 1.0)]
    with pytest.raises(InputError, match=r"sub-\d: has none of the sequences that 'only' names"):
        small(recipe, sources, only=("FLAIR",), seed=3)(0)


def test_painting_makes_dwi_bright_and_t1_dark_in_the_lesion() -> None:
    for role, brighter in ((Role.DWI, True), (Role.T1, False)):
        batch = collate([disc(role, painted=True)] * 6)
        paint(batch, dice(6))
        found = contrast(batch, CHANNELS.index(role))
        assert found > 1.2 if brighter else found < 0.99


def test_a_lesion_that_is_there_already_is_not_painted_again() -> None:
    batch = collate([disc()] * 3)
    before = batch.images.clone()
    paint(batch, dice(3))
    assert torch.equal(batch.images, before)


def test_simulated_sequences_show_an_infarct_as_it_looks() -> None:
    batch = collate([disc()] * 12)
    complete(batch, dice(12))
    assert batch.present.all()
    assert contrast(batch, DWI) > 1.3
    assert contrast(batch, ADC) < 0.9
    assert contrast(batch, T1) < 1.0


def test_nothing_but_adc_is_made_from_a_lone_dwi() -> None:
    batch = collate([disc(Role.DWI)] * 2)
    complete(batch, dice(2))
    assert batch.present[0].tolist() == [role in (Role.DWI, Role.ADC) for role in CHANNELS]


def test_lesion_and_image_move_together() -> None:
    batch = collate([disc()] * 10)
    move(batch, dice(10), (96, 96))
    flair = batch.images[:, FLAIR : FLAIR + 1]
    # The disc's lesion is the only thing brighter than 1.2 times the median.
    found = flair > 1.25
    overlap = 2 * (found & batch.lesion).sum() / (found.sum() + batch.lesion.sum())
    assert batch.lesion.flatten(1).any(1).all()
    assert overlap > 0.95


def test_real_sequences_are_practised_one_by_one_where_some_are_taken_away() -> None:
    needed = torch.ones(len(CHANNELS), dtype=torch.bool)
    batch = collate([disc()] * 400)
    batch.present[:, DWI] = True
    real = batch.present.clone()
    drop(batch, dice(400), needed, real, mixed=0.0, some=0.6)
    dwi, flair = batch.present[:, DWI], batch.present[:, FLAIR]
    assert not (batch.present & ~real).any()
    assert (dwi & ~flair).float().mean() == pytest.approx(0.15, abs=0.06)
    assert (flair & ~dwi).float().mean() == pytest.approx(0.15, abs=0.06)
    assert (dwi & flair).float().mean() == pytest.approx(0.7, abs=0.08)


@pytest.mark.slow
def test_dropping_never_leaves_a_sample_without_what_is_needed() -> None:
    needed = torch.tensor([role in (Role.DWI, Role.FLAIR) for role in CHANNELS])
    for seed in range(20):
        batch = collate([disc()] * 16)
        real = batch.present.clone()
        complete(batch, dice(16, seed))
        drop(batch, dice(16, seed), needed, real)
        assert (batch.present & needed).any(1).all()
