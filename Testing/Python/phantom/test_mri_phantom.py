from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.phantom.contrast import BRAIN_TISSUES
from StrokeSegLogic.phantom.mri import MriPhantom, mri_phantom
from StrokeSegLogic.phantom.scan_grids import centred_grid, diffusion_grid, structural_grid
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.resampling import resample
from StrokeSegLogic.study.case import MRI_ROLES, Role
from StrokeSegLogic.study.volumes.reader import read_volume

COARSE = {"structural": structural_grid((2.5, 2.5, 5.0)), "diffusion_weighted": diffusion_grid((3.0, 3.0, 4.0))}


def array(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def tissue_of(phantom: MriPhantom, grid: Grid) -> np.ndarray:
    """Part of brain tissue at the centre of each voxel (z, y, x) in the brain; 0 outside."""
    brain = array(phantom.brain_on(grid)) > 0
    points = phantom.head.to_head(grid.to_world(np.argwhere(brain)[:, ::-1]))
    part = np.zeros(grid.shape, np.float32)
    part[brain] = phantom.head.tissues(points, min(grid.spacing), skull=False)[list(BRAIN_TISSUES)].sum(0)
    return part


@pytest.fixture(scope="module")
def quiet() -> MriPhantom:
    """The patient of `phantom` without noise, T1, T2 and FLAIR in coarser voxels."""
    return mri_phantom(3, noise=0.0, structural=COARSE["structural"])


def test_it_has_all_roles_on_two_oblique_grids(phantom: MriPhantom) -> None:
    assert tuple(phantom.images) == MRI_ROLES
    grids = {role: Grid.of(image) for role, image in phantom.images.items()}
    assert grids[Role.T1].same(grids[Role.T2]) and grids[Role.T1].same(grids[Role.FLAIR])
    assert grids[Role.DWI].same(grids[Role.ADC]) and grids[Role.DWI].same(Grid.of(phantom.truth))
    assert not grids[Role.T1].same(grids[Role.DWI])
    for role in (Role.T1, Role.DWI):
        assert np.abs(np.eye(3) - np.reshape(grids[role].direction, (3, 3))).max() > 0.01
    assert all(image.GetPixelID() == sitk.sitkFloat32 for image in phantom.images.values())


def test_the_same_seed_gives_the_same_bits() -> None:
    first, other = (mri_phantom(5, **COARSE) for _ in range(2))
    for role in MRI_ROLES:
        assert np.array_equal(array(first.images[role]), array(other.images[role]))
    assert np.array_equal(array(first.truth), array(other.truth))


@pytest.mark.slow
def test_another_seed_gives_another_patient() -> None:
    first, other = (mri_phantom(seed, noise=0.0, **COARSE) for seed in (5, 6))
    assert not np.array_equal(array(first.truth), array(other.truth))
    assert np.mean((array(first.images[Role.T1]) > 0) != (array(other.images[Role.T1]) > 0)) > 0.005


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 8))])
@pytest.mark.quick(1)
def test_the_infarct_has_5_to_80_ml_on_one_side(seed: int) -> None:
    phantom = mri_phantom(seed, noise=0.0, **COARSE)
    grid = Grid.of(phantom.truth)
    truth = array(phantom.truth)
    assert set(np.unique(truth)) == {0, 1}
    assert 5 <= truth.sum() * grid.voxel_ml <= 80
    assert phantom.infarct is not None
    assert truth.sum() * grid.voxel_ml == pytest.approx(phantom.infarct.target_ml, rel=0.1)
    hit = phantom.head.to_head(grid.to_world(np.argwhere(truth)[:, ::-1]))[:, 0]
    assert (hit > 0).all() if phantom.infarct.side == "left" else (hit < 0).all()
    assert 1000 < array(phantom.brain_on(grid)).sum() * grid.voxel_ml < 1900


def test_the_infarct_lies_in_brain_tissue(phantom: MriPhantom) -> None:
    grid = Grid.of(phantom.truth)
    truth = array(phantom.truth) > 0
    assert array(phantom.brain_on(grid))[truth].all()
    assert (tissue_of(phantom, grid)[truth] >= 0.499).all()


def test_without_lesion_the_truth_is_empty_and_the_head_the_same(quiet: MriPhantom) -> None:
    healthy = mri_phantom(3, lesion=False, noise=0.0, structural=COARSE["structural"])
    assert array(healthy.truth).sum() == 0
    assert healthy.description == "no infarct"
    difference = np.abs(array(healthy.images[Role.DWI]) - array(quiet.images[Role.DWI]))
    near = array(sitk.BinaryDilate(quiet.truth, (6, 6, 4))) > 0
    assert difference[~near].max() < 40 < difference[array(quiet.truth) > 0].mean()


def test_outside_of_the_brain_a_stripped_head_is_exactly_zero(phantom: MriPhantom) -> None:
    for image in phantom.images.values():
        brain = array(phantom.brain_on(Grid.of(image))) > 0
        assert (array(image)[~brain] == 0).all()
        assert (array(image)[brain] > 0).mean() > 0.99


@pytest.mark.slow
def test_intensities_stand_in_the_order_of_the_sequences(quiet: MriPhantom) -> None:
    parts = {role: tissue_of(quiet, Grid.of(quiet.images[role])) for role in (Role.T1, Role.DWI)}

    def means(role: Role) -> dict[str, float]:
        grid = Grid.of(quiet.images[role])
        values = array(quiet.images[role])
        lesion = array(quiet.truth_on(grid)) > 0
        brain = array(quiet.brain_on(grid)) > 0
        tissue = parts[Role.DWI if role in (Role.DWI, Role.ADC) else Role.T1]
        return {
            "lesion": values[lesion].mean(),
            "tissue": values[(tissue > 0.99) & ~lesion & brain].mean(),
            "fluid": np.percentile(values[(tissue < 0.01) & brain], 50),
        }

    t1, t2, flair, dwi_means, adc = (means(role) for role in (Role.T1, Role.T2, Role.FLAIR, Role.DWI, Role.ADC))
    assert t1["tissue"] > t1["lesion"] > t1["fluid"]
    assert t2["fluid"] > t2["lesion"] > t2["tissue"]
    assert flair["lesion"] > 1.2 * flair["tissue"] > flair["fluid"]
    assert 1.5 < dwi_means["lesion"] / dwi_means["tissue"] < 2.3
    assert dwi_means["fluid"] < 0.6 * dwi_means["tissue"]
    assert adc["lesion"] < 700 < adc["tissue"] < 1000 < 1800 < adc["fluid"]


def test_ventricles_lie_at_the_same_place_in_both_grids(quiet: MriPhantom) -> None:
    """Bright on T2, the fluid's places must be dark on FLAIR of one grid and high in ADC of the other."""
    adc = quiet.images[Role.ADC]
    on_adc = array(resample(quiet.images[Role.T2], Grid.of(adc)))
    fluid = on_adc > 600
    assert fluid.sum() * Grid.of(adc).voxel_ml > 5
    assert np.median(array(adc)[fluid]) > 1800
    flair = array(resample(quiet.images[Role.FLAIR], Grid.of(adc)))
    assert np.median(flair[fluid]) < 90 < np.median(flair[(on_adc > 200) & (on_adc < 350)])


def test_grids_of_the_caller_are_taken(quiet: MriPhantom) -> None:
    sagittal = sitk.PermuteAxes(structural_grid((3.0, 3.0, 3.0)).image(np.zeros((56, 77, 77), np.uint8)), (1, 2, 0))
    phantom = mri_phantom(3, noise=0.0, structural=Grid.of(sagittal), diffusion_weighted=COARSE["diffusion_weighted"])
    assert Grid.of(phantom.images[Role.T1]).same(Grid.of(sagittal))
    again = array(resample(quiet.images[Role.T1], Grid.of(sagittal)))
    both = (again > 0) & (array(phantom.images[Role.T1]) > 0)
    assert np.corrcoef(again[both], array(phantom.images[Role.T1])[both])[0, 1] > 0.8


@pytest.mark.slow
def test_the_truth_on_another_grid_has_the_same_volume(phantom: MriPhantom) -> None:
    fine = centred_grid((1.5, 1.5, 1.5), (220, 220, 180), (0, 0, 0), (0, 15, 8))
    expected = array(phantom.truth).sum() * Grid.of(phantom.truth).voxel_ml
    assert array(phantom.truth_on(fine)).sum() * fine.voxel_ml == pytest.approx(expected, rel=0.1)


@pytest.mark.slow
def test_a_skull_lies_around_the_same_brain() -> None:
    stripped = mri_phantom(4, noise=0.0, **COARSE)
    whole = mri_phantom(4, noise=0.0, skull=True, **COARSE)
    t1 = array(whole.images[Role.T1])
    brain = array(whole.brain_on(COARSE["structural"])) > 0
    assert np.array_equal(array(whole.truth), array(stripped.truth))
    assert (t1[~brain] > 300).sum() > 500  # scalp
    inner = array(sitk.BinaryErode(whole.brain_on(COARSE["structural"]), (4, 4, 2))) > 0
    relative = t1[inner] / array(stripped.images[Role.T1])[inner]
    assert np.percentile(relative, 1) > 0.85 and np.percentile(relative, 99) < 1.15  # shading alone differs


@pytest.mark.slow
def test_noise_is_rician_and_scales(quiet: MriPhantom) -> None:
    noisy = mri_phantom(3, structural=COARSE["structural"])
    brain = array(noisy.brain_on(Grid.of(noisy.truth))) > 0
    residual = (array(noisy.images[Role.DWI]) - array(quiet.images[Role.DWI]))[brain]
    assert residual.std() == pytest.approx(11, rel=0.1)


def test_it_is_written_under_names_that_say_the_sequence(phantom: MriPhantom, tmp_path) -> None:
    files = phantom.write(tmp_path / "patient")
    names = {path.name for path in (tmp_path / "patient").iterdir()}
    assert names == {"T1.nii.gz", "T2.nii.gz", "DWI.nii.gz", "FLAIR.nii.gz", "ADC.nii.gz", "truth_mask.nii.gz"}
    back = read_volume(files["DWI"])
    assert np.abs(Grid.of(back).corners() - Grid.of(phantom.truth).corners()).max() < 1e-3
    assert np.abs(array(back) - array(phantom.images[Role.DWI])).max() <= 0.5
    assert np.array_equal(array(read_volume(files["truth"])) > 0, array(phantom.truth) > 0)
