from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small import cpu_run
from torch import Tensor, nn

from StrokeSegLogic.base.errors import Cancelled, InputError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.examples import Examples
from StrokeSegLogic.training.stream.batches import BatchMaker
from StrokeSegLogic.training.stream.hard_negatives import (
    HardNegatives,
    false_pixels,
    mine,
    read_samples,
    write_samples,
)
from StrokeSegLogic.training.stream.recipe import HardNegativesSpec, StreamRecipe
from StrokeSegLogic.training.stream.samples import Sample
from StrokeSegLogic.training.stream.sources.build import build_sources, held_out_slices
from StrokeSegLogic.training.stream.stages import MINED
from StrokeSegLogic.training.stream.train import train


class Bright(nn.Module):
    """Calls infarct what is brighter than the brain by so much on any sequence."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self.limit = nn.Parameter(torch.tensor(limit))

    def forward(self, images: Tensor) -> Tensor:
        sure = 50 * (images.amax(dim=1) - self.limit)
        return torch.stack([-sure, sure], dim=1)


def sample(plane: str = "axial", placed: bool = False) -> Sample:
    random = np.random.default_rng(3)
    lesion = np.zeros((30, 21), bool)
    lesion[4:9, 5:11] = True
    return Sample(
        {Role.FLAIR: random.normal(1, 0.1, (30, 21)).astype(np.float32)},
        lesion,
        np.ones((30, 21), bool),
        random.random((30, 21)) > 0.1,
        plane,  # type: ignore[arg-type]
        "sub-ü",
        lesion if placed else None,
        placed,
    )


def examples(marked: tuple[slice, slice], lesion: tuple[slice, slice] | None = None, counted: bool = True) -> Examples:
    images = torch.zeros(1, 5, 64, 64)
    images[0, 0, 2:62, 2:62] = 1.0
    images[0, 0, marked[0], marked[1]] = 3.0
    labels = torch.zeros(1, 64, 64, dtype=torch.long)
    if lesion is not None:
        labels[0, lesion[0], lesion[1]] = 1
    return Examples(images, labels, torch.full((1, 64, 64), counted), torch.zeros(1, dtype=torch.bool), None, ("a",))


def test_what_is_marked_where_there_is_nothing_counts_pixel_by_pixel() -> None:
    (wrong,) = false_pixels(Bright(2.0), examples((slice(20, 24), slice(30, 35))))
    assert wrong == pytest.approx(20, rel=1e-3)


def test_an_outline_drawn_wide_is_no_hard_negative() -> None:
    lesion = (slice(20, 30), slice(20, 30))
    assert false_pixels(Bright(2.0), examples((slice(16, 34), slice(16, 34)), lesion)) == [0.0]


def test_where_the_mask_cannot_be_trusted_nothing_is_wrong() -> None:
    assert false_pixels(Bright(2.0), examples((slice(20, 24), slice(30, 35)), counted=False)) == [0.0]


@pytest.mark.parametrize("placed", [False, True])
def test_slices_come_back_from_their_file_as_they_were(tmp_path: Path, placed: bool) -> None:
    before = [sample("axial", placed), sample("sagittal")]
    write_samples(tmp_path / "mined.npz", before)
    for was, found in zip(before, read_samples(tmp_path / "mined.npz"), strict=True):
        assert (found.plane, found.patient, found.complete) == (was.plane, was.patient, was.complete)
        np.testing.assert_allclose(found.images[Role.FLAIR], was.images[Role.FLAIR], rtol=1e-3)
        for name in ("lesion", "brain", "counted"):
            np.testing.assert_array_equal(getattr(found, name), getattr(was, name))
        assert (found.placed is None) == (was.placed is None)
    assert HardNegatives(before).planes() == ("axial", "sagittal")


def test_a_damaged_file_of_slices_is_named(tmp_path: Path) -> None:
    (tmp_path / "mined.npz").write_bytes(b"PK damaged")
    with pytest.raises(InputError, match="no archive of arrays"):
        read_samples(tmp_path / "mined.npz")


def test_the_worst_slices_are_kept_and_none_of_a_patient_who_is_held_out(recipe: StreamRecipe, data: Path) -> None:
    sources = [(source, 1.0) for source in build_sources(recipe, data)]
    maker = BatchMaker(recipe, recipe.plane, sources, PLANES, 1)
    network = Bright(0.3)
    every = [value for number in range(3) for value in false_pixels(network, maker(number))]
    kept = mine(network, maker, 3, 2, Progress())
    assert len(kept) == 2
    drawn = [found for number in range(3) for found in maker.drawn(number)[0]]
    worst = sorted(zip(every, drawn, strict=True), key=lambda pair: -pair[0])[:2]
    assert [found.patient for found in kept] == [found.patient for _, found in worst]
    held_out = {slice_.patient for slice_ in held_out_slices(recipe, data)}
    assert not held_out & {found.patient for found in kept}


@pytest.mark.slow
def test_a_run_that_was_stopped_after_mining_goes_on_with_the_same_slices(
    recipe: StreamRecipe, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So little has been learned after four steps that any mark will do.
    monkeypatch.setattr("StrokeSegLogic.training.stream.hard_negatives.LEAST_PIXELS", 0.0)
    first, second = recipe.shared
    hard = replace(
        recipe,
        shared=(replace(first, steps=1), replace(second, hard=0.5)),
        plane=replace(recipe.plane, hard=0.3),
        hard_negatives=HardNegativesSpec(batches=1, kept=3),
    )
    token = CancelToken()

    def stop(fraction: float, message: str) -> None:
        if message.startswith("axial"):
            token.cancel()

    with pytest.raises(Cancelled):
        train(hard, data, cpu_run(tmp_path / "run", Progress(stop, token)))
    mined = (tmp_path / "run" / MINED).read_bytes()
    train(hard, data, cpu_run(tmp_path / "run"))
    assert (tmp_path / "run" / MINED).read_bytes() == mined
    assert Bundle.open(tmp_path / "run" / "model").spec.card["recipe"]["hard_negatives"] == {"batches": 1, "kept": 3}


@pytest.mark.parametrize(
    ("stages", "spec", "words"),
    [
        ((0.2, 0.0), None, "belong together"),
        ((0.0, 0.0), HardNegativesSpec(1, 1), "belong together"),
        ((0.0, 0.2), HardNegativesSpec(1, 1), "before a shared stage"),
    ],
    ids=["no-mining", "no-share", "plane-alone"],
)
def test_shares_of_hard_negatives_and_their_mining_belong_together(
    recipe: StreamRecipe, stages: tuple[float, float], spec: HardNegativesSpec | None, words: str
) -> None:
    shared = tuple(replace(stage, hard=stages[0]) for stage in recipe.shared)
    with pytest.raises(ValueError, match=words):
        replace(recipe, shared=shared, plane=replace(recipe.plane, hard=stages[1]), hard_negatives=spec)
