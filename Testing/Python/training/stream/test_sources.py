from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.stream.recipe import SourceSpec, StreamRecipe
from StrokeSegLogic.training.stream.sources.build import build_source, whole_volumes
from StrokeSegLogic.training.stream.sources.carriers import Carrier, Carriers, place, read_carrier, read_outlined
from StrokeSegLogic.training.stream.sources.isles22 import BRAIN_LENGTH_MM, Isles22Slices, fold_of
from StrokeSegLogic.training.stream.sources.lesions import Shape, read_shapes
from StrokeSegLogic.training.stream.sources.outlines import Box, Outlined
from StrokeSegLogic.training.stream.sources.soop import Soop


def test_no_patient_is_in_two_splits(data: Path) -> None:
    splits = [set(Soop(data / "soop", split).subjects) for split in ("train", "val", "test")]
    assert [len(split) for split in splits] == [6, 2, 1]
    assert len(set.union(*splits)) == 9


def test_the_held_out_fold_and_the_rest_share_nobody_and_miss_nobody(data: Path) -> None:
    rest = {sample.patient for sample in Isles22Slices(data / "isles", 1).samples}
    held = {sample.patient for sample in Isles22Slices(data / "isles", 1, only_held_out=True).samples}
    everyone = {sample.patient for sample in Isles22Slices(data / "isles", -1).samples}
    assert rest | held == everyone and not rest & held and len(everyone) == 12
    assert all(fold_of(patient) == 1 for patient in held)


def test_a_slice_whose_flair_is_no_good_comes_without_it(data: Path) -> None:
    without = {s.patient for s in Isles22Slices(data / "isles", -1).samples if Role.FLAIR not in s.images}
    assert without == {f"sub-strokecase{n:04d}" for n in range(0, 12, 3)}


def test_figures_are_scaled_to_a_brains_length(data: Path) -> None:
    sample = Isles22Slices(data / "isles", -1).samples[0]
    rows = np.flatnonzero(sample.brain.any(axis=1))
    assert rows[-1] - rows[0] + 1 == pytest.approx(BRAIN_LENGTH_MM, abs=3)


def test_an_unknown_split_and_missing_files_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'dev' is not a split"):
        Soop(data / "soop", "dev")
    with pytest.raises(InputError, match=r"no participants\.tsv"):
        Soop(tmp_path, "train")
    with pytest.raises(InputError, match=r"no index\.tsv"):
        Isles22Slices(tmp_path, 0)
    with pytest.raises(InputError, match="no such file"):
        read_carrier({Role.T1: tmp_path / "T1.nii.gz"}, "x", True)


def test_a_patient_whose_whole_volume_is_trained_on_is_never_held_out(data: Path) -> None:
    held = {sample.patient for sample in Isles22Slices(data / "isles", 1, only_held_out=True).samples}
    always = frozenset(sorted(held)[:1])
    rest = {sample.patient for sample in Isles22Slices(data / "isles", 1, always=always).samples}
    fewer = {sample.patient for sample in Isles22Slices(data / "isles", 1, True, always).samples}
    assert always <= rest and fewer == held - always


def test_every_slice_is_trained_on_where_no_fold_is_held_out(data: Path) -> None:
    assert len(Isles22Slices(data / "isles", -1).samples) == 12
    assert not Isles22Slices(data / "isles", -1, only_held_out=True).samples


def test_names_without_outlines_are_refused(recipe: StreamRecipe, data: Path) -> None:
    spec = next(spec for spec in recipe.sources if spec.kind == "dwi_carriers")
    assert whole_volumes(recipe.sources) == {"sub-0", "sub-1"}
    with pytest.raises(InputError, match="there are no outlines of sub-77"):
        build_source(dataclasses.replace(spec, patients=("sub-77",)), data, 0)
    with pytest.raises(ValueError, match="need them"):
        SourceSpec("dwi_carriers", 1.0, "dwi")


def test_shapes_are_of_training_patients_alone_and_the_seed_decides(data: Path) -> None:
    first, same = read_shapes(data / "soop", 3, 1), read_shapes(data / "soop", 3, 1)
    assert len(first) == 3
    other = read_shapes(data / "soop", 3, 2)
    assert any(a.mask.shape != b.mask.shape or a.corner_mm != b.corner_mm for a, b in zip(first, other, strict=True))
    assert all(np.array_equal(a.mask, b.mask) for a, b in zip(first, same, strict=True))
    assert len(read_shapes(data / "soop", 100, 1)) == 6


def blank(corner: tuple[float, float, float] | None) -> Carrier:
    brain = np.ones((60, 60, 60), bool)
    return Carrier({Role.FLAIR: brain.astype(np.float32)}, brain, ~brain, ~brain, corner, "p")


def test_a_shape_lands_where_it_was_in_mni_or_on_the_mirrored_side() -> None:
    # First voxel of the carrier: left (x 30), front (y -30), top (z 30), the axes running right, back and down.
    shape = Shape(np.ones((4, 4, 4), bool), (20.0, -10.0, 15.0))
    centres = []
    for seed in range(40):
        mask = place(shape, blank((30.0, -30.0, 30.0)), np.random.default_rng(seed))
        assert mask.sum() == 64
        centres.append(np.argwhere(mask).mean(axis=0))
    z, y, x = np.array(centres).T
    assert abs(z - 16.5).max() <= 6 and abs(y - 21.5).max() <= 6
    assert ((abs(x - 11.5) <= 6) | (abs(x - 47.5) <= 6)).all()
    assert (x < 30).any() and (x > 30).any()


def test_a_shape_never_leaves_the_brain() -> None:
    shape = Shape(np.ones((50, 50, 50), bool), (60.0, -80.0, 60.0))
    for seed in range(10):
        brain = np.zeros((60, 60, 60), bool)
        brain[20:40, 20:40, 20:40] = True
        found = place(
            shape, Carrier({Role.FLAIR: brain * 1.0}, brain, ~brain, ~brain, None, "p"), np.random.default_rng(seed)
        )
        assert not (found & ~brain).any()


def outlined(data: Path) -> Carrier:
    case = Outlined(
        "sub-1",
        "sub-1_dwi.nii.gz",
        "sub-1_adc.nii.gz",
        lesion=(Box((-6.0, -6.0, -6.0), (2.0, 2.0, 2.0), 1.5),),
        doubtful=(Box((5.0, 5.0, -3.0), (8.0, 8.0, 3.0)),),
    )
    return read_outlined(data / "dwi", case)


def test_an_outlined_infarct_is_lesion_and_what_is_around_it_does_not_count(data: Path) -> None:
    carrier = outlined(data)
    assert carrier.lesion.sum() == pytest.approx(4 / 3 * np.pi * 27, rel=0.25)
    dwi, adc = carrier.images[Role.DWI], carrier.images[Role.ADC]
    assert dwi[carrier.lesion].mean() > 1.7 and adc[carrier.lesion].mean() < 0.6
    assert not (carrier.lesion & carrier.doubtful).any()
    grown = sitk.GetArrayFromImage(
        sitk.BinaryDilate(sitk.GetImageFromArray(carrier.lesion.astype(np.uint8)), (1, 1, 1))
    )
    assert carrier.doubtful[(grown > 0) & ~carrier.lesion].mean() > 0.95
    # The box of doubt, 4 x 4 x 7 voxels, and the ring.
    assert carrier.doubtful.sum() >= 4 * 4 * 7


def test_slices_of_an_outlined_carrier_paint_what_is_placed_alone(data: Path) -> None:
    shapes = read_shapes(data / "soop", 6, 1)
    carrier = outlined(data)
    source = Carriers(lambda random: carrier, shapes, lesion_share=0.5, through_lesion=1.0)
    samples = [source.draw("axial", np.random.default_rng(seed)) for seed in range(30)]
    assert any(sample.placed is not None and sample.placed.any() for sample in samples)
    assert any((sample.lesion & ~sample.placed).any() for sample in samples if sample.placed is not None)
    for sample in samples:
        assert sample.placed is not None and not (sample.placed & ~sample.lesion).any()
        assert sample.counted[sample.lesion].all()


def test_outlines_that_hold_nothing_or_are_turned_round_are_refused(data: Path) -> None:
    with pytest.raises(InputError, match="holds no voxel that reaches 9"):
        read_outlined(data / "dwi", Outlined("p", "sub-1_dwi.nii.gz", lesion=(Box((0.0,) * 3, (2.0,) * 3, 9.0),)))
    with pytest.raises(ValueError, match="three larger numbers"):
        Box((0.0, 0.0, 5.0), (1.0, 1.0, 4.0))
    with pytest.raises(InputError, match="no such file"):
        read_outlined(data / "dwi", Outlined("p", "none.nii.gz"))


def test_slices_of_carriers_show_the_placed_lesion_in_every_plane(data: Path) -> None:
    shapes = read_shapes(data / "soop", 6, 1)
    carrier = blank((20.0, -20.0, 20.0))
    source = Carriers(lambda random: carrier, shapes, lesion_share=1.0, through_lesion=1.0)
    for plane in PLANES:
        sample = source.draw(plane, np.random.default_rng(0))
        assert sample.lesion.any() and sample.placed is not None and sample.plane == plane
