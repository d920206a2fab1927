"""Synthesised heads as a source of the stream, and more slices of ISLES'22."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from ball_heads import write_heads
from ball_library import labels, library, write_atlas
from tiny import write_data

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.heads.label_maps import LEFT_OUT
from StrokeSegLogic.training.stream.batches import BatchMaker
from StrokeSegLogic.training.stream.recipe import SourceSpec, StreamRecipe
from StrokeSegLogic.training.stream.samples import CHANNELS
from StrokeSegLogic.training.stream.simulate import complete
from StrokeSegLogic.training.stream.sources.build import build_source
from StrokeSegLogic.training.stream.sources.heads import HeadSlices, read_library
from StrokeSegLogic.training.stream.sources.isles22 import Isles22Slices, fold_of
from StrokeSegLogic.training.stream.sources.more_isles22 import MoreIsles22Slices
from StrokeSegLogic.training.stream.tensors import Dice, collate

SUBJECTS = ("a", *LEFT_OUT)
SPEC = SourceSpec("heads", 1.0, "heads", lesions="soop", old="soop/lesions")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with heads, two of them left out of training, and an atlas."""
    folder = write_data(tmp_path_factory.mktemp("whole"))
    write_atlas(folder / "soop")
    write_heads(folder / "heads", labels(), SUBJECTS)
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> HeadSlices:
    return HeadSlices(library(tmp_path_factory.mktemp("library")))


def test_a_recipes_heads_are_never_those_left_out(whole: Path) -> None:
    source = build_source(SPEC, whole, 1)
    assert isinstance(source, HeadSlices) and source.planes() == PLANES
    assert {source.draw("axial", np.random.default_rng(seed)).patient for seed in range(5)} == {"a"}
    with pytest.raises(InputError, match=f"{LEFT_OUT[0]} are left out of training"):
        read_library(whole / "heads", whole, dataclasses.replace(SPEC, patients=LEFT_OUT[:1]), 1)


def test_missing_masks_are_named_and_other_sources_have_none(whole: Path) -> None:
    with pytest.raises(InputError, match="no lesion masks"):
        build_source(dataclasses.replace(SPEC, old="nowhere"), whole, 1)
    with pytest.raises(ValueError, match="belong to heads"):
        SourceSpec("soop", 1.0, "soop", sclerosis="ms")


def test_nothing_is_simulated_for_a_head_that_is_complete(source: HeadSlices) -> None:
    samples = [source.draw("axial", np.random.default_rng(seed)) for seed in range(6)]
    batch = collate(samples)
    before = batch.present.clone()
    complete(batch, Dice(len(samples), torch.Generator().manual_seed(1)))
    assert (batch.present == before).all() and not before.all()


def test_batches_of_heads_are_the_same_for_the_same_number(source: HeadSlices, recipe: StreamRecipe) -> None:
    makers = [BatchMaker(recipe, recipe.shared[0], [(source, 1.0)], PLANES, 1) for _ in range(2)]
    first, same, other = makers[0](3), makers[1](3), makers[0](4)
    assert first.images.equal(same.images) and first.labels.equal(same.labels)
    assert not first.images.equal(other.images)
    assert first.images.shape == (recipe.batch, len(CHANNELS), *recipe.patch)
    assert first.images.min() >= -1 and first.images.max() <= 4


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """Two slices each of twelve patients; a mask beside the infarct, another called misaligned, another empty."""
    folder = tmp_path / "more"
    folder.mkdir()
    arrays: dict[str, np.ndarray] = {}
    rows = ["patient\tslice\tquality"]
    dwi = np.zeros((64, 64), np.uint8)
    dwi[10:54, 14:50] = 90
    mask = np.zeros_like(dwi)
    mask[20:26, 20:24] = 1
    for number in range(12):
        for part in range(2):
            name = f"sub-strokecase{number:04d}_{part}"
            arrays[f"{name}_dwi"] = np.where(mask > 0, 200, dwi).astype(np.uint8)
            arrays[f"{name}_mask"] = mask
            rows.append(f"sub-strokecase{number:04d}\t{part}\t{'misaligned' if (number, part) == (0, 1) else 'good'}")
    arrays["sub-strokecase0001_0_mask"] = mask[:, ::-1]
    arrays["sub-strokecase0002_0_mask"] = np.zeros_like(mask)
    np.savez(folder / "slices.npz", **arrays)
    (folder / "index.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_masks_that_lie_beside_the_infarct_are_left_out_and_empty_masks_are_not(more: Path) -> None:
    samples = MoreIsles22Slices(more, -1).samples
    count = {name: sum(sample.patient == name for sample in samples) for name in {s.patient for s in samples}}
    assert len(samples) == 22
    assert count["sub-strokecase0000"] == count["sub-strokecase0001"] == 1
    assert sum(not sample.lesion.any() for sample in samples) == 1


def test_slices_are_at_a_millimetre_and_mirrored_into_the_working_orientation(more: Path) -> None:
    sample = MoreIsles22Slices(more, -1).samples[0]
    assert sample.brain.shape == (128, 128) and sample.images.keys() == {Role.DWI}
    # Columns 20 to 24 of 64 are 40 to 44 of 64 from the other side.
    assert np.argwhere(sample.lesion).mean(axis=0) == pytest.approx([45.5, 127 - 43.5], abs=1)


def test_the_ground_of_a_figure_is_no_brain_where_it_is_not_quite_black(more: Path) -> None:
    with np.load(more / "slices.npz") as store:
        arrays = {name: store[name] for name in store.files}
    dwi = arrays["sub-strokecase0003_0_dwi"]
    dwi[1:-1, 1:-1][dwi[1:-1, 1:-1] == 0] = 3
    np.savez(more / "slices.npz", **arrays)
    samples = [sample for sample in MoreIsles22Slices(more, -1).samples if sample.patient == "sub-strokecase0003"]
    np.testing.assert_array_equal(samples[0].brain, samples[1].brain)


@pytest.mark.parametrize("fold", range(5))
@pytest.mark.quick(2)
def test_a_patients_slices_are_all_in_the_fold_of_the_single_slices(more: Path, fold: int, data: Path) -> None:
    kept = {sample.patient for sample in MoreIsles22Slices(more, fold).samples}
    assert all(fold_of(patient) != fold for patient in kept)
    held = {sample.patient for sample in Isles22Slices(data / "isles", fold, only_held_out=True).samples}
    assert not kept & held
    always = frozenset(sorted(held)[:1])
    assert always <= {sample.patient for sample in MoreIsles22Slices(more, fold, always).samples}


def test_each_patient_is_drawn_as_often_however_many_slices_there_are(more: Path) -> None:
    source = MoreIsles22Slices(more, -1)
    random = np.random.default_rng(1)
    drawn = [source.draw("axial", random).patient for _ in range(1200)]
    assert drawn.count("sub-strokecase0000") == pytest.approx(100, abs=35)
    assert drawn.count("sub-strokecase0005") == pytest.approx(100, abs=35)


def test_a_folder_without_an_index_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no index\.tsv"):
        MoreIsles22Slices(tmp_path, -1)
