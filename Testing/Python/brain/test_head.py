from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import SimpleITK as sitk
from cases import ball

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.brain import head as head_room
from StrokeSegLogic.brain.head import BrainSource, brain_mask, stripped_outline
from StrokeSegLogic.brain.head_rules import cut_from_head
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.phantom.mri import MriPhantom, mri_phantom
from StrokeSegLogic.phantom.scan_grids import diffusion_grid, structural_grid
from StrokeSegLogic.space.grid import Grid, working_grid
from StrokeSegLogic.space.resampling import resample_mask
from StrokeSegLogic.study.case import MRI_ROLES, Role

BrainOf = Callable[[MriPhantom, Grid], sitk.Image]
GRID = Grid((22, 24, 20), (6.0, 6.0, 6.0), (-60.0, -70.0, -50.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


@pytest.fixture(scope="module")
def head() -> MriPhantom:
    """The session's phantom would do, but this phantom shows skull, scalp and eyes."""
    structural, diffusion = structural_grid((1.5, 1.5, 4.0)), diffusion_grid((2.5, 2.5, 4.0))
    return mri_phantom(5, skull=True, structural=structural, diffusion_weighted=diffusion)


@pytest.fixture(scope="module")
def stripped() -> MriPhantom:
    """The same head after a tool that strips skulls."""
    return mri_phantom(
        5, structural=structural_grid((1.5, 1.5, 4.0)), diffusion_weighted=diffusion_grid((8.0, 8.0, 8.0))
    )


@pytest.fixture(scope="module")
def brain_of() -> BrainOf:
    """A phantom's true brain on a grid, worked out once."""
    known: dict[tuple[int, Grid], sitk.Image] = {}

    def brain(phantom: MriPhantom, grid: Grid) -> sitk.Image:
        key = (phantom.seed, grid)
        if key not in known:
            known[key] = phantom.brain_on(grid)
        return known[key]

    return brain


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
@pytest.mark.quick(2)
def test_a_whole_head_is_not_taken_for_a_stripped_brain(head: MriPhantom, role: Role) -> None:
    assert stripped_outline(head.images[role]) is None


@pytest.mark.parametrize("role", [Role.T1, Role.T2, Role.DWI, Role.FLAIR])
@pytest.mark.quick(2)
def test_the_brain_is_cut_out_of_a_head(head: MriPhantom, role: Role) -> None:
    image = head.images[role]
    truth = sitk.GetArrayFromImage(head.brain_on(Grid.of(image)))
    found = sitk.GetArrayFromImage(cut_from_head(image, role))
    # On T2 the fluid around the brain is as bright as any tissue: what is found is the inside of the skull.
    assert dice(found, truth) > (0.85 if role is Role.T2 else 0.95)


def test_one_stripped_volume_gives_the_brain_for_all(stripped: MriPhantom, head: MriPhantom) -> None:
    images = {Role.DWI: head.images[Role.DWI], Role.FLAIR: stripped.images[Role.FLAIR]}
    grid = working_grid(Grid.of(images[Role.FLAIR]), 3.0)
    found = brain_mask(images, Role.DWI, grid)
    assert found.role is Role.FLAIR and found.source is BrainSource.OUTLINE
    assert found.words == "outline of the skull-stripped FLAIR"
    assert dice(found.mask, sitk.GetArrayFromImage(stripped.brain_on(grid))) > 0.95
    assert not found.declined


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


def zeroed_air(image: sitk.Image, head: sitk.Image) -> sitk.Image:
    """A volume of a head whose air was set to zero, as scanners write ADC."""
    return sitk.Mask(image, head)


def test_a_head_without_air_is_not_taken_for_a_stripped_brain(
    head: MriPhantom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever an outline's volume says, the network's brain well inside it shows a head."""
    adc = head.images[Role.ADC]
    grid = Grid.of(adc)
    brain = head.brain_on(grid)
    # A head hardly larger than its brain: by its volume it could be a brain.
    slim = sitk.BinaryDilate(brain, [4, 4, 2])
    volume = zeroed_air(adc + 1, slim)
    outline = stripped_outline(volume)
    assert outline is not None
    truth = sitk.GetArrayFromImage(brain) > 0
    monkeypatch.setattr(head_room, "find_brain", lambda image, grid, progress=None: truth)
    found = brain_mask({Role.ADC: volume}, Role.ADC, grid)
    assert found.source is BrainSource.NETWORK
    assert dice(found.mask, truth) == 1


@pytest.mark.slow
def test_an_outline_that_agrees_with_the_network_is_kept_to_the_voxel(phantom: MriPhantom) -> None:
    flair = phantom.images[Role.FLAIR]
    found = brain_mask({Role.FLAIR: flair}, Role.FLAIR, Grid.of(flair))
    assert found.source is BrainSource.OUTLINE
    assert np.array_equal(found.mask, sitk.GetArrayFromImage(stripped_outline(flair)) > 0)


def test_with_dwi_a_heads_brain_is_cut_out_by_rules_until_its_models_know_the_skull_base(head: MriPhantom) -> None:
    images = {role: head.images[role] for role in (Role.DWI, Role.FLAIR)}
    assert brain_mask(images, Role.DWI, working_grid(Grid.of(images[Role.DWI]), 3.0)).source is BrainSource.RULES


@pytest.mark.slow
def test_what_rules_cut_from_a_dwi_and_is_no_brain_is_left_to_the_network(head: MriPhantom) -> None:
    dwi = head.images[Role.DWI]
    array, brain = (sitk.GetArrayFromImage(image) for image in (dwi, head.brain_on(Grid.of(dwi))))
    grid = working_grid(Grid.of(dwi), 3.0)
    # Fat and muscle that diffusion weighting did not darken: no dark skull between them and the brain.
    typical = np.median(array[brain > 0])
    head_mask = sitk.BinaryFillhole(sitk.BinaryMorphologicalClosing(dwi > 0.1 * float(typical), [3, 3, 3]))
    around = (sitk.GetArrayFromImage(head_mask) > 0) & (brain == 0)
    bright = Grid.of(dwi).image(np.where(around, np.maximum(array, 0.3 * typical), array).astype(np.float32))
    assert resample_mask(cut_from_head(bright, Role.DWI), grid).sum() * grid.voxel_ml > 2100
    found = brain_mask({Role.DWI: bright}, Role.DWI, grid)
    assert found.source is BrainSource.NETWORK
    assert dice(found.mask, sitk.GetArrayFromImage(head.brain_on(grid)) > 0) > 0.9


@pytest.mark.slow
def test_without_dwi_a_heads_brain_is_found_by_the_network(head: MriPhantom) -> None:
    flair = head.images[Role.FLAIR]
    found = brain_mask({Role.FLAIR: flair}, Role.FLAIR, working_grid(Grid.of(flair), 2.0))
    assert found.source is BrainSource.NETWORK
    assert found.words == "found on FLAIR by a network"
    assert dice(found.mask, sitk.GetArrayFromImage(head.brain_on(working_grid(Grid.of(flair), 2.0)))) > 0.9


def with_canal(brain: np.ndarray, grid: Grid) -> np.ndarray:
    """A brain (z, y, x), feet first or last, whose mask goes on below it for 5 cm, 18 mm wide."""
    z, y, x = np.argwhere(brain).T
    height = grid.to_world(np.stack([x, y, z], axis=1))[:, 2]
    low = np.stack([x, y, z], axis=1)[height < height.min() + 15].mean(axis=0)
    away = grid.to_world(np.indices(grid.shape).reshape(3, -1).T[:, ::-1]) - grid.to_world(low[None])
    beside = (np.hypot(away[:, 0], away[:, 1]) < 9) & (away[:, 2] < 0) & (away[:, 2] > -60)
    return brain | beside.reshape(grid.shape)


@pytest.mark.slow
def test_the_spinal_canal_that_a_network_finds_is_no_brain(head: MriPhantom, monkeypatch: pytest.MonkeyPatch) -> None:
    flair = head.images[Role.FLAIR]
    lower = sitk.ConstantPad(flair, (0, 0, 20), (0, 0, 20))
    grid = working_grid(Grid.of(lower), 2.0)
    brain = sitk.GetArrayFromImage(head.brain_on(grid)) > 0
    longer = with_canal(brain, grid)
    monkeypatch.setattr(head_room, "find_brain", lambda image, grid, progress=None: longer)
    found = brain_mask({Role.FLAIR: lower}, Role.FLAIR, grid)
    assert found.source is BrainSource.NETWORK
    canal = longer & ~brain
    assert canal.sum() > 1500
    assert (found.mask & canal).sum() < 0.2 * canal.sum() and (found.mask & brain).sum() > 0.99 * brain.sum()


@pytest.mark.slow
def test_the_spinal_canal_that_a_stripping_tool_left_in_is_no_brain(stripped: MriPhantom) -> None:
    flair = sitk.ConstantPad(stripped.images[Role.FLAIR], (0, 0, 20), (0, 0, 20))
    grid = Grid.of(flair)
    values = sitk.GetArrayFromImage(flair)
    brain = values != 0
    longer = with_canal(brain, grid)
    canal = longer & ~brain
    found = brain_mask({Role.FLAIR: grid.image(np.where(canal, 300.0, values))}, Role.FLAIR, grid)
    assert found.source is BrainSource.OUTLINE
    assert (found.mask & canal).sum() < 0.4 * canal.sum() and (found.mask & brain).sum() > 0.99 * brain.sum()


def test_a_slab_too_thin_for_the_network_is_cut_by_rules(head: MriPhantom) -> None:
    flair = head.images[Role.FLAIR]
    slab = flair[:, :, flair.GetSize()[2] // 2 : flair.GetSize()[2] // 2 + 10]
    assert brain_mask({Role.FLAIR: slab}, Role.FLAIR, working_grid(Grid.of(slab), 2.0)).source is BrainSource.RULES


def slab_of(image: sitk.Image, brain: sitk.Image, height_mm: float, where: float) -> sitk.Image:
    """Slices of a volume from a part of the brain's height on: 0 begins at its lowest slice, 1 ends at its highest."""
    held = np.flatnonzero(sitk.GetArrayViewFromImage(brain).any(axis=(1, 2)))
    slices = round(height_mm / image.GetSpacing()[2])
    first = int(held[0] + where * (held[-1] + 1 - slices - held[0]))
    return image[:, :, first : first + slices]


SLABS = [(20.0, 0.9), (32.0, 0.0), (32.0, 0.5), (32.0, 1.0), (60.0, 1.0)]
SLAB_NAMES = ["20 mm high up", "32 mm low", "32 mm in the middle", "32 mm at the top", "60 mm at the top"]


@pytest.mark.parametrize(("height_mm", "where"), SLABS, ids=SLAB_NAMES)
@pytest.mark.parametrize("role", [Role.FLAIR, Role.T1])
@pytest.mark.quick(2)
def test_a_slab_of_a_head_without_air_is_not_taken_for_a_stripped_brain(
    head: MriPhantom, brain_of: BrainOf, role: Role, height_mm: float, where: float
) -> None:
    image = head.images[role]
    brain = brain_of(head, Grid.of(image))
    scalp = sitk.BinaryDilate(brain, [8, 8, 2])
    slab = slab_of(zeroed_air(image + 1, scalp), brain, height_mm, where)
    found = brain_mask({role: slab}, role, Grid.of(slab))
    assert found.source is BrainSource.RULES


@pytest.mark.parametrize(("height_mm", "where"), SLABS, ids=SLAB_NAMES)
@pytest.mark.parametrize("role", list(MRI_ROLES))
def test_a_stripped_slab_is_its_own_outline(
    phantom: MriPhantom, brain_of: BrainOf, role: Role, height_mm: float, where: float
) -> None:
    image = phantom.images[role]
    slab = slab_of(image, brain_of(phantom, Grid.of(image)), height_mm, where)
    found = brain_mask({role: slab}, role, Grid.of(slab))
    assert found.source is BrainSource.OUTLINE
    assert np.array_equal(found.mask, sitk.GetArrayFromImage(stripped_outline(slab)) > 0)


def aside(image: sitk.Image, shift_mm: float) -> sitk.Image:
    away = sitk.Image(image)
    away.SetOrigin([origin + shift_mm * (axis == 0) for axis, origin in enumerate(image.GetOrigin())])
    return away


@pytest.mark.parametrize(
    ("lender", "why"),
    [
        (lambda image: image[:, :, 12:24], "of the brain that DWI shows"),
        pytest.param(lambda image: image[:, 60:, :], "of the brain that DWI shows", marks=pytest.mark.slow),
        pytest.param(
            lambda image: aside(image, 20.0), "does not lie where DWI shows the brain", marks=pytest.mark.slow
        ),
        (lambda image: aside(image, 35.0), "the brain"),
    ],
    ids=["a slab", "a part in front", "20 mm aside", "35 mm aside"],
)
@pytest.mark.quick(1)
def test_another_volumes_outline_is_held_against_the_references_own_brain(
    stripped: MriPhantom, head: MriPhantom, lender: Callable[[sitk.Image], sitk.Image], why: str
) -> None:
    images = {Role.DWI: head.images[Role.DWI], Role.FLAIR: lender(stripped.images[Role.FLAIR])}
    grid = working_grid(Grid.of(images[Role.DWI]), 3.0)
    found = brain_mask(images, Role.DWI, grid)
    assert (found.role, found.source) == (Role.DWI, BrainSource.RULES)
    assert list(found.declined) == [Role.FLAIR] and why in found.declined[Role.FLAIR]
    assert dice(found.mask, sitk.GetArrayFromImage(head.brain_on(grid))) > 0.9
