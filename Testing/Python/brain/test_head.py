from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from cases import ball

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.brain.head import brain_mask, cut_from_head, stripped_outline
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.phantom.mri import MriPhantom, mri_phantom
from StrokeSegLogic.phantom.scan_grids import diffusion_grid, structural_grid
from StrokeSegLogic.space.grid import Grid, working_grid
from StrokeSegLogic.study.case import MRI_ROLES, Role

GRID = Grid((22, 24, 20), (6.0, 6.0, 6.0), (-60.0, -70.0, -50.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


@pytest.fixture(scope="module")
def head() -> MriPhantom:
    """The session's phantom would do, but this phantom shows skull, scalp and eyes."""
    structural, diffusion = structural_grid((1.5, 1.5, 4.0)), diffusion_grid((2.5, 2.5, 4.0))
    return mri_phantom(5, skull=True, structural=structural, diffusion_weighted=diffusion)


def test_the_outline_of_a_stripped_volume_is_its_tissue() -> None:
    volume = ball()
    outline = stripped_outline(GRID.image(volume))
    assert outline is not None
    assert dice(sitk.GetArrayFromImage(outline), volume != 0) > 0.98


def test_ventricles_without_signal_belong_to_the_brain() -> None:
    volume = ball()
    volume[9:11, 11:13, 10:12] = 0
    outline = sitk.GetArrayFromImage(stripped_outline(GRID.image(volume)))
    assert outline[9:11, 11:13, 10:12].all()


def test_a_background_that_is_not_zero_is_background_all_the_same() -> None:
    volume = ball()
    outline = stripped_outline(GRID.image(np.where(volume == 0, -1000, volume).astype(np.float32)))
    assert outline is not None
    assert dice(sitk.GetArrayFromImage(outline), volume != 0) > 0.98


@pytest.mark.parametrize("role", list(MRI_ROLES))
def test_a_whole_head_is_not_taken_for_a_stripped_brain(head: MriPhantom, role: Role) -> None:
    assert stripped_outline(head.images[role]) is None


@pytest.mark.parametrize("role", [Role.T1, Role.T2, Role.DWI, Role.FLAIR])
def test_the_brain_is_cut_out_of_a_head(head: MriPhantom, role: Role) -> None:
    image = head.images[role]
    truth = sitk.GetArrayFromImage(head.brain_on(Grid.of(image)))
    found = sitk.GetArrayFromImage(cut_from_head(image, role))
    # On T2 the fluid around the brain is as bright as any tissue: what is found is the inside of the skull.
    assert dice(found, truth) > (0.85 if role is Role.T2 else 0.95)


def test_one_stripped_volume_gives_the_brain_for_all(phantom: MriPhantom, head: MriPhantom) -> None:
    images = {Role.DWI: head.images[Role.DWI], Role.FLAIR: phantom.images[Role.FLAIR]}
    grid = working_grid(Grid.of(images[Role.FLAIR]), 3.0)
    found = brain_mask(images, Role.DWI, grid)
    assert found.role is Role.FLAIR and not found.from_head
    assert found.words == "outline of the skull-stripped FLAIR"
    assert dice(found.mask, sitk.GetArrayFromImage(phantom.brain_on(grid))) > 0.95


def test_an_image_without_anything_in_it_has_no_brain() -> None:
    with pytest.raises(InputError, match="no brain"):
        brain_mask({Role.DWI: GRID.image(np.zeros(GRID.shape, np.float32))}, Role.DWI, GRID)


@pytest.mark.parametrize("slices", [1, 2, 3, 4])
@pytest.mark.parametrize("role", [Role.DWI, Role.FLAIR, Role.T1])
def test_a_head_of_few_slices_has_a_brain(head: MriPhantom, role: Role, slices: int) -> None:
    image = head.images[role]
    middle = image.GetSize()[2] // 2
    slab = image[:, :, middle : middle + slices]
    truth = sitk.GetArrayFromImage(head.brain_on(Grid.of(slab)))
    found = brain_mask({role: slab}, role, Grid.of(slab))
    assert dice(found.mask, truth) > 0.8
