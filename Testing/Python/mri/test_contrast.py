from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import SimpleITK as sitk

import StrokeSegLogic
from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.brain.signal import Signal, bone_shell, has_bone_shell, has_ct_numbers
from StrokeSegLogic.mri.doubts import ContrastKind, contradiction, contrast_doubts
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.phantom.contrast import B_VALUE
from StrokeSegLogic.phantom.mri import MriPhantom, mri_phantom
from StrokeSegLogic.phantom.scan_grids import diffusion_grid, structural_grid
from StrokeSegLogic.space.grid import Grid, reorient, working_grid
from StrokeSegLogic.study.case import MRI_ROLES, Case, Role

MakeCase = Callable[..., Case]
SURE = [
    *((role, shown) for role in (Role.DWI, Role.FLAIR, Role.T1) for shown in (Role.T2, Role.ADC)),
    *((role, shown) for role in (Role.T2, Role.ADC) for shown in (Role.DWI, Role.FLAIR, Role.T1)),
]


def signal(**changed: float) -> Signal:
    """That of an ordinary DWI, but for what is said."""
    usual = {"brain_ml": 1400.0, "median": 200.0, "lowest": 0.0, "highest": 450.0, "darkest": 0.3, "brightest": 1.4}
    return Signal(**{**usual, "above_mode": 0.47, "spread": 0.3, **changed})


def b0_of(phantom: MriPhantom) -> sitk.Image:
    """The image without diffusion weighting, out of DWI and ADC."""
    dwi, adc = (sitk.GetArrayFromImage(phantom.images[role]) for role in (Role.DWI, Role.ADC))
    return Grid.of(phantom.images[Role.DWI]).image((dwi * np.exp(B_VALUE * adc * 1e-6)).astype(np.float32))


def run(case: Case, untrained: Bundle) -> Segmentation:
    return StrokeSegLogic.segment(case, model=untrained.folder, device="cpu", unmeasured=True)


@pytest.mark.slow
def test_a_study_that_is_named_right_comes_to_a_result_without_doubt(phantom_case: Case, untrained: Bundle) -> None:
    found = run(phantom_case, untrained)
    assert set(found.case.roles) == set(MRI_ROLES)
    assert found.doubts == ()
    assert found.summary()["doubts"] == []


@pytest.fixture(scope="module")
def brain(phantom: MriPhantom) -> sitk.Image:
    """The phantom's brain on a coarse grid in working orientation."""
    return phantom.brain_on(working_grid(Grid.of(phantom.images[Role.DWI]), 4.0))


def test_a_study_that_is_named_right_raises_no_doubt(phantom_case: Case, brain: sitk.Image) -> None:
    assert set(phantom_case.roles) == set(MRI_ROLES)
    assert contrast_doubts(phantom_case, brain) == ()


@pytest.mark.parametrize(("role", "shown"), SURE, ids=lambda role: str(role))
@pytest.mark.quick(5)
def test_a_sure_contradiction_stops_with_words_and_names_the_role(
    phantom: MriPhantom, make_case: MakeCase, brain: sitk.Image, role: Role, shown: Role
) -> None:
    with pytest.raises(InputError, match=f"is called {role}, but the ventricles are (bright|dark)") as caught:
        contrast_doubts(make_case({role: phantom.images[shown]}), brain)
    assert (caught.value.option, caught.value.roles) == ("sequence", (role.value,))


def _beside(phantom: MriPhantom, role: Role) -> dict[Role, sitk.Image]:
    return {Role.DWI: phantom.images[Role.DWI]} if role is Role.T1 else {}


def test_a_b0_image_is_no_dwi(phantom: MriPhantom, make_case: MakeCase, brain: sitk.Image) -> None:
    with pytest.raises(InputError, match="is called DWI, but the ventricles are bright, as on T2, b=0 and ADC"):
        contrast_doubts(make_case({Role.DWI: b0_of(phantom)}), brain)


def test_a_run_with_dwi_and_adc_that_changed_places_stops(
    phantom: MriPhantom, make_case: MakeCase, untrained: Bundle
) -> None:
    swapped = {Role.DWI: phantom.images[Role.ADC], Role.ADC: phantom.images[Role.DWI]}
    with pytest.raises(InputError, match="Give the right volume as DWI"):
        run(make_case(swapped), untrained)


@pytest.mark.slow
def test_a_t1_as_flair_is_a_doubt_that_the_result_tells(
    phantom: MriPhantom, make_case: MakeCase, untrained: Bundle
) -> None:
    found = run(make_case({Role.FLAIR: phantom.images[Role.T1]}), untrained)
    assert [(doubt.roles, doubt.kind) for doubt in found.doubts] == [(("FLAIR",), ContrastKind.BRIGHT_WHITE_MATTER)]
    assert found.doubts[0].words in found.warnings
    assert found.summary()["doubts"] == [found.doubts[0].record()]
    assert found.doubts[0].record()["kind"] == "bright white matter"


@pytest.mark.parametrize("role", MRI_ROLES)
def test_ct_numbers_are_refused_under_every_role(
    phantom: MriPhantom, make_case: MakeCase, untrained: Bundle, role: Role
) -> None:
    image = phantom.images[Role.FLAIR]
    values = sitk.GetArrayFromImage(image)
    hu = np.where(values > 0, 30 + 0.02 * values, -1000.0).astype(np.float32)
    hu[:, :4] = 900.0
    assert has_ct_numbers(Grid.of(image).image(hu))
    with pytest.raises(InputError, match=f"is called {role}, but holds CT numbers") as caught:
        run(make_case({role: Grid.of(image).image(hu)} | _beside(phantom, role)), untrained)
    assert caught.value.roles == (role.value,)


def test_mr_images_and_those_that_were_shifted_hold_no_ct_numbers(phantom: MriPhantom) -> None:
    for image in phantom.images.values():
        assert not has_ct_numbers(image)
        assert not has_ct_numbers((image - 100.0) / 50.0)


@pytest.mark.parametrize(
    ("role", "changed", "kind"),
    [
        (Role.DWI, {"darkest": 0.72, "brightest": 1.44}, ContrastKind.GREY_FLUID),
        (Role.FLAIR, {"darkest": 0.72, "brightest": 1.44}, ContrastKind.GREY_FLUID),
        (Role.T2, {"darkest": 0.72, "brightest": 1.44}, ContrastKind.GREY_FLUID),
        (Role.ADC, {"darkest": 0.7, "brightest": 2.6, "median": 300.0}, ContrastKind.ADC_UNIT),
        (Role.DWI, {"brightest": 2.6, "median": 800.0}, ContrastKind.ADC_LIKE),
        (Role.FLAIR, {"above_mode": 0.3}, ContrastKind.BRIGHT_WHITE_MATTER),
        (Role.T1, {"above_mode": 0.5}, ContrastKind.DARK_WHITE_MATTER),
        (Role.FLAIR, {"spread": 0.04}, ContrastKind.FLAT),
    ],
    ids=lambda value: getattr(value, "value", ""),
)
def test_what_is_not_beyond_doubt_is_a_doubt(role: Role, changed: dict[str, float], kind: ContrastKind) -> None:
    found = contradiction(role, signal(**changed))
    assert found is not None
    assert (found.kind, found.sure) == (kind, False)


@pytest.mark.parametrize(("brain_ml", "sure"), [(1400.0, True), (2600.0, False)], ids=["a brain", "a head"])
def test_nothing_is_beyond_doubt_in_a_mask_that_holds_more_than_a_brain(brain_ml: float, sure: bool) -> None:
    found = contradiction(Role.DWI, signal(darkest=0.7, brightest=2.6, brain_ml=brain_ml))
    assert found is not None
    assert (found.kind, found.sure) == (ContrastKind.BRIGHT_FLUID, sure)


@pytest.mark.parametrize("unit", [1.0, 1e3, 1e6], ids=["mm2/s", "1e-3 mm2/s", "1e-6 mm2/s"])
def test_adc_is_taken_in_every_unit_that_it_is_stored_in(unit: float) -> None:
    shown = {"darkest": 0.7, "brightest": 3.0, "above_mode": 0.6}
    assert contradiction(Role.ADC, signal(median=0.85e-3 * unit, **shown)) is None


def ball_head(bone: float, fluid: float, fat: float, brain: float = 35.0) -> np.ndarray:
    """A ball of brain with fluid in its middle, a shell of bone around it and fat around that; noise of 2."""
    z, y, x = np.indices(BALL.shape) * 3.0
    radius = np.sqrt((z - 96) ** 2 + (y - 96) ** 2 + (x - 96) ** 2)
    level = np.select(
        [radius < 15, radius < 72, radius < 80, radius < 88], [fluid, brain, bone, fat], default=0.0
    ) + np.random.default_rng(0).normal(0, 2, BALL.shape)
    values: np.ndarray = level.astype(np.float32)
    return values


BALL = Grid((64, 64, 64), (3.0, 3.0, 3.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
CT_OF = {
    "window 0 to 80": ball_head(1000, 8, -80).clip(0, 80),
    "window -20 to 60 as 0 to 255": (ball_head(1000, 8, -80).clip(-20, 60) + 20) * 3.1875,
    "clipped at 0": ball_head(1000, 8, -80).clip(0),
    "air at 0": ball_head(1000, 8, -80),
    "1024 added": np.where(ball_head(1000, 8, -80) < -900, 0, ball_head(1000, 8, -80) + 1024),
}
MR_OF = {
    "T1": ball_head(4, 10, 60),
    "FLAIR": ball_head(4, 10, 50),
    "T2": ball_head(4, 98, 50),
    "T2, stripped, fluid around it": ball_head(98, 98, 0),
    "DWI": ball_head(2, 10, 9),
    "bright near the coils": ball_head(0, 10, 0) * (0.5 + np.abs(np.arange(64) - 32) / 16)[None, None],
}


@pytest.mark.parametrize("name", CT_OF)
def test_ct_shows_its_bone_in_every_window_and_offset(name: str) -> None:
    assert bone_shell(BALL.image(CT_OF[name].astype(np.float32))) > 0.9


@pytest.mark.parametrize("name", MR_OF)
def test_no_shell_of_mr_is_taken_for_bone(name: str) -> None:
    assert not has_bone_shell(BALL.image(MR_OF[name].astype(np.float32)))


@pytest.mark.parametrize("skull", [True, False], ids=["whole", "stripped"])
def test_the_phantoms_have_no_shell_of_bone(skull: bool) -> None:
    coarse = {"structural": structural_grid((4.0, 4.0, 5.0)), "diffusion_weighted": diffusion_grid((4.0, 4.0, 5.0))}
    for image in mri_phantom(3, skull=skull, **coarse).images.values():
        assert not has_bone_shell(image)


def test_a_volume_that_shows_no_section_has_no_shell() -> None:
    for values in (np.zeros(BALL.shape), np.eye(64)[None] * np.ones((64, 1, 1))):
        assert bone_shell(BALL.image(values.astype(np.float32))) == 0.0


@pytest.mark.parametrize("role", [Role.FLAIR, Role.DWI, Role.T1])
def test_windowed_ct_under_an_mr_role_is_a_doubt_that_names_ct(make_case: MakeCase, role: Role) -> None:
    case = make_case({role: BALL.image(CT_OF["window 0 to 80"])})
    brain = reorient(BALL.image((ball_head(0, 90, 0, 90) > 45).astype(np.uint8)))
    found = contrast_doubts(case, brain)
    assert [(doubt.roles, doubt.kind) for doubt in found] == [((role.value,), ContrastKind.CT_LIKE)]
    assert f"{role} may be another contrast" in found[0].words and "on CT" in found[0].words
