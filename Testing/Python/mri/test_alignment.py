"""Where sequences lie on the reference: measured, taken or refused, and laid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from moved_head import ROLES, moved

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.brain.registration import Registration
from StrokeSegLogic.mri import alignment
from StrokeSegLogic.mri.alignment import (
    LARGEST_ANGLE_DEG,
    LARGEST_SHIFT_MM,
    LEAST_GAIN,
    NOTED_ANGLE_DEG,
    USUAL_INFORMATION,
    Position,
    decided,
)
from StrokeSegLogic.mri.prepare import Prepared, prepare
from StrokeSegLogic.phantom.mri import MriPhantom, mri_phantom
from StrokeSegLogic.phantom.scan_grids import diffusion_grid, structural_grid
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.resampling import resample
from StrokeSegLogic.study.case import Case, Role


@pytest.fixture(scope="module")
def right(phantom: MriPhantom, make_case: Callable[..., Case]) -> Case:
    return make_case({role: phantom.images[role] for role in ROLES})


def prepared(case: Case, reference: Role = Role.DWI, register: bool = True) -> Prepared:
    return prepare(case, reference, ROLES, 3.0, Progress(), register=register)


@pytest.fixture(scope="module")
def target(right: Case) -> Prepared:
    """Where all lies as it should; not to be changed, nor are the next two."""
    return prepared(right)


@pytest.fixture(scope="module")
def put_back(away: Case) -> Prepared:
    return prepared(away)


@pytest.fixture(scope="module")
def lost(away: Case) -> Prepared:
    return prepared(away, register=False)


@pytest.fixture(scope="module")
def pair() -> tuple[MriPhantom, MriPhantom]:
    """A head, and the same after a tool that strips skulls."""
    structural, diffusion = structural_grid((3.0, 3.0, 5.0)), diffusion_grid((3.0, 3.0, 5.0))
    head, stripped = (
        mri_phantom(5, skull=skull, structural=structural, diffusion_weighted=diffusion) for skull in (True, False)
    )
    return head, stripped


def found(shift_mm: float = 5.0, angle_deg: float = 3.0, before: float = 0.4, after: float = 0.8) -> Registration:
    motion = sitk.Euler3DTransform((0, 0, 0), 0, 0, float(np.radians(angle_deg)), (0, shift_mm, 0))
    return Registration(motion, before, after, shift_mm)


@pytest.mark.slow
def test_sequences_that_lie_right_are_laid_as_without_registration_to_the_bit(right: Case, target: Prepared) -> None:
    without, with_registration = prepared(right, register=False), target
    np.testing.assert_array_equal(with_registration.channels, without.channels)
    np.testing.assert_array_equal(with_registration.brain, without.brain)
    assert [(position.role, position.decision) for position in with_registration.positions] == [(Role.FLAIR, "kept")]
    assert without.positions == ()
    for role, series in right.series.items():
        assert with_registration.case.series[role] is series


def test_a_sequence_that_had_moved_is_laid_where_it_belongs(
    target: Prepared, lost: Prepared, put_back: Prepared
) -> None:
    flair, inside = ROLES.index(Role.FLAIR), target.brain
    assert [(position.role, position.decision) for position in put_back.positions] == [(Role.FLAIR, "moved")]

    def differing(other: Prepared) -> float:
        return float(np.abs(other.channels[flair] - target.channels[flair])[inside].mean())

    assert differing(put_back) < 0.25 * differing(lost)
    for role in (Role.DWI, Role.ADC):
        np.testing.assert_array_equal(put_back.channels[ROLES.index(role)], target.channels[ROLES.index(role)])


def test_a_moved_sequence_is_interpolated_once_and_from_its_own_voxels(away: Case, put_back: Prepared) -> None:
    given, laid = (case.series[Role.FLAIR].image for case in (away, put_back.case))
    np.testing.assert_array_equal(sitk.GetArrayViewFromImage(laid), sitk.GetArrayViewFromImage(given))
    assert Grid.of(laid) != Grid.of(given)
    on_grid = sitk.GetArrayFromImage(resample(laid, put_back.grid))[put_back.brain]
    channel = put_back.channels[ROLES.index(Role.FLAIR)][put_back.brain]
    # Normalised values are a straight line of the resampled ones.
    assert np.corrcoef(on_grid, channel)[0, 1] > 0.999999


@pytest.mark.slow
def test_maps_of_the_same_acquisition_move_together(
    phantom: MriPhantom, make_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    images = {Role.FLAIR: phantom.images[Role.FLAIR]}
    case = make_case(images | {role: moved(phantom.images[role]) for role in (Role.DWI, Role.ADC)})
    registered = []
    register = alignment.register

    def counted(*volumes: sitk.Image) -> Registration | None:
        registered.append(volumes[1])
        return register(*volumes)

    monkeypatch.setattr(alignment, "register", counted)
    put_back = prepared(case, Role.FLAIR)
    assert len(registered) == 1 and registered[0] is case.series[Role.DWI].image
    positions = {position.role: position for position in put_back.positions}
    assert {role: (p.decision, p.measured_on) for role, p in positions.items()} == {
        Role.DWI: ("moved", Role.DWI),
        Role.ADC: ("moved", Role.DWI),
    }
    laid = [Grid.of(put_back.case.series[role].image) for role in (Role.DWI, Role.ADC)]
    assert laid[0].same(laid[1])
    assert "with DWI" in positions[Role.ADC].words and "with DWI" not in positions[Role.DWI].words


@pytest.mark.parametrize("reference", [Role.DWI, Role.ADC])
@pytest.mark.quick(1)
def test_maps_of_the_same_acquisition_are_not_registered_to_each_other(
    phantom: MriPhantom, make_case: Callable[..., Case], reference: Role
) -> None:
    case = make_case({role: phantom.images[role] for role in (Role.DWI, Role.ADC)})
    assert prepared(case, reference).positions == ()


@pytest.mark.slow
def test_an_adc_on_a_grid_of_its_own_is_registered_by_itself(
    phantom: MriPhantom, make_case: Callable[..., Case]
) -> None:
    images = {Role.DWI: phantom.images[Role.DWI], Role.ADC: moved(phantom.images[Role.ADC])}
    (position,) = prepared(make_case(images)).positions
    assert (position.role, position.measured_on, position.decision) == (Role.ADC, Role.ADC, "moved")


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        (found(), "moved"),
        (found(before=0.4, after=0.4 * (1 + 0.99 * LEAST_GAIN)), "kept"),
        (found(before=0.4, after=0.4 * (1 + 1.01 * LEAST_GAIN)), "moved"),
        (found(before=0.4, after=0.3), "kept"),
        (found(shift_mm=LARGEST_SHIFT_MM - 0.1, angle_deg=LARGEST_ANGLE_DEG - 0.1), "moved"),
        (found(shift_mm=LARGEST_SHIFT_MM + 0.1), "refused"),
        (found(angle_deg=LARGEST_ANGLE_DEG + 0.1), "refused"),
        (found(shift_mm=LARGEST_SHIFT_MM + 0.1, after=0.41), "kept"),
        (found(before=0.01, after=0.05), "refused"),
        (None, "not measured"),
    ],
)
def test_a_position_is_taken_where_it_gains_and_can_be(said: Registration | None, decision: str) -> None:
    assert decided(said) == decision


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (found(), ""),
        (found(angle_deg=NOTED_ANGLE_DEG - 0.1), ""),
        (found(angle_deg=NOTED_ANGLE_DEG + 0.1), "was turned by 15.1 degrees"),
        (found(before=0.1, after=USUAL_INFORMATION - 0.01), "mutual information 0.31 nats"),
        (found(before=USUAL_INFORMATION - 0.02, after=USUAL_INFORMATION - 0.01), "may be flipped, of another patient"),
        (found(before=0.1, after=USUAL_INFORMATION + 0.01), ""),
        (found(shift_mm=LARGEST_SHIFT_MM + 0.1), "may not lie on"),
        (None, ""),
    ],
)
def test_what_was_moved_or_kept_and_still_has_little_in_common_is_doubted(
    said: Registration | None, words: str
) -> None:
    position = Position(Role.FLAIR, Role.DWI, Role.FLAIR, decided(said), said)
    assert words in position.doubt and bool(words) == bool(position.doubt)
    # The other map of the acquisition says it once.
    if decided(said) != "refused":
        assert replace(position, role=Role.ADC).doubt == ""


@pytest.mark.slow
@pytest.mark.parametrize("axis", ["y", "z"])
def test_a_volume_that_is_back_to_front_or_upside_down_is_doubted_and_the_right_volume_is_not(
    target: Prepared, make_case: Callable[..., Case], phantom: MriPhantom, axis: str
) -> None:
    image = phantom.images[Role.FLAIR]
    values = np.flip(sitk.GetArrayFromImage(image), "zyx".index(axis))
    flipped = make_case({Role.DWI: phantom.images[Role.DWI], Role.FLAIR: Grid.of(image).image(values.copy())})
    for ready, doubtful in ((target, False), (prepared(flipped), True)):
        (position,) = (position for position in ready.positions if position.role is Role.FLAIR)
        assert bool(position.doubt) == doubtful
        assert (position.doubt in ready.warnings) == doubtful


def test_an_implausible_position_is_refused_and_said(
    away: Case, lost: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alignment, "register", lambda *_: found(shift_mm=41.0, angle_deg=6.0))
    refused = prepared(away)
    np.testing.assert_array_equal(refused.channels, lost.channels)
    (warning,) = set(refused.warnings) - set(lost.warnings)
    for words in ("FLAIR", "DWI", "41.0 mm", "6.0 degrees", "stays where it was given", "Check both volumes"):
        assert words in warning


@pytest.mark.slow
def test_the_brain_is_found_again_where_the_sequence_that_shows_it_was_moved(
    phantom: MriPhantom, make_case: Callable[..., Case]
) -> None:
    # A DWI with air around the brain that is no constant: nobody can tell that it was stripped.
    dwi = phantom.images[Role.DWI]
    values = sitk.GetArrayFromImage(dwi)
    noise = np.random.default_rng(0).uniform(1, 2, values.shape)
    noisy = Grid.of(dwi).image(np.where(values > 0, values, noise).astype(np.float32))
    flair = phantom.images[Role.FLAIR]
    target = prepared(make_case({Role.DWI: noisy, Role.FLAIR: flair}))
    put_back = prepared(make_case({Role.DWI: noisy, Role.FLAIR: moved(flair)}))
    assert target.brain_from == put_back.brain_from == "outline of the skull-stripped FLAIR"
    assert [position.decision for position in put_back.positions] == ["moved"]
    corners = [prepared_.grid.corners().mean(axis=0) for prepared_ in (target, put_back)]
    assert np.linalg.norm(corners[0] - corners[1]) < 2.0


@pytest.mark.parametrize(
    ("shift_mm", "register"),
    [
        pytest.param(20.0, True, marks=pytest.mark.slow),
        (20.0, False),
        pytest.param(35.0, True, marks=pytest.mark.slow),
        pytest.param(35.0, False, marks=pytest.mark.slow),
    ],
    ids=["20 mm", "20 mm, as given", "35 mm", "35 mm, as given"],
)
def test_a_stripped_sequence_that_lies_elsewhere_lends_no_brain(
    make_case: Callable[..., Case], pair: tuple[MriPhantom, MriPhantom], shift_mm: float, register: bool
) -> None:
    """20 mm is put back, and the brain is taken from it then; 35 mm is not."""
    head, stripped = pair
    flair = sitk.Image(stripped.images[Role.FLAIR])
    flair.SetOrigin([start + shift_mm * (axis == 0) for axis, start in enumerate(flair.GetOrigin())])
    case = make_case({Role.DWI: head.images[Role.DWI], Role.FLAIR: flair})
    found = prepared(case, register=register)
    truth = sitk.GetArrayFromImage(head.brain_on(found.grid)) > 0
    assert 2 * (found.brain & truth).sum() / (found.brain.sum() + truth.sum()) > 0.9
    put_back = any(position.decision == "moved" for position in found.positions)
    assert ("FLAIR" in found.brain_from) == put_back
    assert any("the brain was not taken from FLAIR" in warning for warning in found.warnings) != put_back
