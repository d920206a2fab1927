from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import STORAGES

import StrokeSegLogic
from StrokeSegLogic.base.errors import Cancelled, InputError, ModelError
from StrokeSegLogic.base.progress import CancelToken
from StrokeSegLogic.brain.head_rules import cut_from_head
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.phantom.mri import MriPhantom, mri_phantom
from StrokeSegLogic.phantom.scan_grids import structural_grid
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.resampling import resample
from StrokeSegLogic.study.case import Case, Role


@pytest.fixture
def small(pair_case: Case) -> Case:
    return pair_case


@pytest.fixture
def result(pair_result: Segmentation) -> Segmentation:
    return pair_result


@dataclasses.dataclass
class Walk:
    """A run, and what was noted of it."""

    voxels_before: dict[Role, np.ndarray]
    found: Segmentation
    fractions: list[float]


@pytest.fixture(scope="module")
def again(pair_case: Case, untrained: Bundle) -> Walk:
    """The run of `result` a second time; not to be changed."""
    before = {role: sitk.GetArrayFromImage(series.image) for role, series in pair_case.series.items()}
    told: list[float] = []
    found = StrokeSegLogic.segment(
        pair_case, model=untrained.folder, device="cpu", progress=lambda fraction, message: told.append(fraction)
    )
    return Walk(before, found, told)


def lies_on(found: Segmentation, grid: Grid) -> bool:
    return all(Grid.of(image) == grid for image in (found.labels, found.probability, found.agreement, found.brain))


def test_everything_lies_exactly_on_the_references_grid(small: Case, result: Segmentation) -> None:
    assert lies_on(result, Grid.of(small.series[Role.DWI].image))


@pytest.mark.slow
def test_everything_lies_exactly_on_the_grid_of_the_reference_that_was_asked_for(
    small: Case, untrained: Bundle
) -> None:
    found = StrokeSegLogic.segment(small, reference=Role.FLAIR, model=untrained.folder)
    assert lies_on(found, Grid.of(small.series[Role.FLAIR].image))


def test_labels_are_the_majority_of_the_planes(result: Segmentation) -> None:
    agreement = sitk.GetArrayFromImage(result.agreement)
    assert agreement.any(), "a model with random weights says lesion somewhere"
    np.testing.assert_array_equal(result.array(), agreement >= 2)


def test_nothing_is_found_outside_the_brain(result: Segmentation) -> None:
    brain = sitk.GetArrayFromImage(result.brain).astype(bool)
    far = sitk.GetArrayFromImage(sitk.BinaryDilate(result.brain, (2, 2, 2))) == 0
    assert brain.any()
    assert not result.array()[far].any()


def test_two_runs_are_bit_identical(again: Walk, result: Segmentation) -> None:
    np.testing.assert_array_equal(again.found.array(), result.array())
    probabilities = [sitk.GetArrayFromImage(found.probability) for found in (again.found, result)]
    np.testing.assert_array_equal(*probabilities)


@pytest.mark.slow
def test_reproducible_mode_runs_twice_and_counts_what_differs(small: Case, untrained: Bundle) -> None:
    found = StrokeSegLogic.segment(small, model=untrained.folder, device="cpu", reproducible=True)
    assert found.provenance["runs"] == {"count": 2, "differing_voxels": 0}
    assert found.provenance["device"]["precision"] == "float32"


@pytest.mark.slow
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(storages=st.tuples(*[st.sampled_from(STORAGES)] * 2))
def test_the_same_physical_answer_comes_out_however_the_volumes_are_stored(
    small: Case, untrained: Bundle, make_case: Callable[..., Case], result: Segmentation, storages: tuple
) -> None:
    stored = {}
    for (role, series), (order, signs) in zip(small.series.items(), storages, strict=True):
        stored[role] = sitk.Flip(sitk.PermuteAxes(series.image, order), [sign < 0 for sign in signs], False)
    found = StrokeSegLogic.segment(make_case(stored), model=untrained.folder, device="cpu")
    home = sitk.Resample(found.labels, result.labels, sitk.Transform(), sitk.sitkNearestNeighbor)
    # Moved voxels are computed in another order: a voxel at the very threshold may fall on the other side.
    differing = (sitk.GetArrayFromImage(home) != result.array()).sum()
    assert differing <= 1e-4 * result.array().size
    assert found.statistics.volume_ml == pytest.approx(result.statistics.volume_ml, rel=0.01)


@pytest.mark.slow
def test_a_heads_brain_does_not_depend_on_how_the_volume_is_stored() -> None:
    flair = mri_phantom(5, skull=True, structural=structural_grid((1.5, 1.5, 5.0))).images[Role.FLAIR]
    first = sitk.GetArrayFromImage(cut_from_head(flair, Role.FLAIR))
    for order, signs in STORAGES[::7]:
        stored = sitk.Flip(sitk.PermuteAxes(flair, order), [sign < 0 for sign in signs], False)
        home = resample(cut_from_head(stored, Role.FLAIR), Grid.of(flair), "nearest")
        assert (sitk.GetArrayFromImage(home) != first).sum() <= 1e-4 * first.sum()


@pytest.mark.parametrize(
    "roles",
    [
        # DWI and FLAIR is `pair_result`, all five are seen by test_contrast.py.
        pytest.param({Role.DWI}, marks=pytest.mark.slow),
        pytest.param({Role.FLAIR}, marks=pytest.mark.slow),
        {Role.ADC},
        pytest.param({Role.T2}, marks=pytest.mark.slow),
        pytest.param({Role.T1, Role.FLAIR}, marks=pytest.mark.slow),
        pytest.param({Role.T1, Role.T2, Role.DWI}, marks=pytest.mark.slow),
    ],
    ids=lambda roles: "+".join(sorted(role.value for role in roles)),
)
@pytest.mark.quick(1)
def test_any_mixture_with_a_needed_sequence_works(
    phantom: MriPhantom, make_case: Callable[..., Case], untrained: Bundle, roles: set[Role]
) -> None:
    case = make_case({role: phantom.images[role] for role in roles})
    found = StrokeSegLogic.segment(case, model=untrained.folder, unmeasured=True)
    warned = any("never measured on patients" in warning for warning in found.warnings)
    assert warned == found.provenance["unmeasured"] == (not roles & {Role.DWI, Role.FLAIR})


@pytest.mark.parametrize(
    "roles", [{Role.ADC}, {Role.T2}, {Role.T1, Role.T2, Role.ADC}], ids=lambda roles: " ".join(sorted(roles))
)
def test_what_was_never_measured_on_patients_is_refused_until_it_is_allowed(
    phantom: MriPhantom, make_case: Callable[..., Case], untrained: Bundle, roles: set[Role]
) -> None:
    with pytest.raises(InputError, match="never measured on patients without DWI or FLAIR") as caught:
        StrokeSegLogic.segment(make_case({role: phantom.images[role] for role in roles}), model=untrained.folder)
    assert caught.value.option == "unmeasured"
    assert set(caught.value.roles) == {role.value for role in roles}


@pytest.mark.parametrize(("role", "slices"), [(Role.FLAIR, 8), (Role.DWI, 3)], ids=str)
@pytest.mark.quick(1)
def test_a_sequence_of_a_few_slices_does_not_make_the_rest_of_the_brain_measured(
    phantom: MriPhantom, make_case: Callable[..., Case], untrained: Bundle, role: Role, slices: int
) -> None:
    middle = phantom.images[role].GetSize()[2] // 2
    part = phantom.images[role][:, :, middle : middle + slices]
    case = make_case({Role.T2: phantom.images[Role.T2], role: part})
    with pytest.raises(InputError, match=rf"{role} shows \d+% of the brain\); with T2 alone") as caught:
        StrokeSegLogic.segment(case, model=untrained.folder, reference="T2", register="off")
    assert caught.value.option == "unmeasured"


def test_t1_alone_is_refused(phantom: MriPhantom, make_case: Callable[..., Case], untrained: Bundle) -> None:
    with pytest.raises(ModelError, match="cannot work with T1 alone"):
        StrokeSegLogic.segment(make_case({Role.T1: phantom.images[Role.T1]}), model=untrained.folder, unmeasured=True)


def test_volumes_apart_in_space_are_refused(small: Case, untrained: Bundle, make_case: Callable[..., Case]) -> None:
    far = sitk.Image(small.series[Role.FLAIR].image)
    far.SetOrigin((900.0, 0.0, 0.0))
    with pytest.raises(InputError, match="does not overlap"):
        StrokeSegLogic.segment(
            make_case({Role.DWI: small.series[Role.DWI].image, Role.FLAIR: far}), model=untrained.folder
        )


def test_a_reference_that_is_not_there_is_refused(small: Case, untrained: Bundle) -> None:
    with pytest.raises(InputError, match="the reference T1 is not in the case"):
        StrokeSegLogic.segment(small, reference="T1", model=untrained.folder)


@pytest.mark.slow
def test_a_sequence_that_covers_half_of_the_brain_is_used_where_it_is(
    small: Case, untrained: Bundle, make_case: Callable[..., Case]
) -> None:
    flair = small.series[Role.FLAIR].image
    half = flair[:, :, : flair.GetSize()[2] // 2]
    case = make_case({Role.DWI: small.series[Role.DWI].image, Role.FLAIR: half})
    found = StrokeSegLogic.segment(case, model=untrained.folder, register="off")
    assert any("FLAIR covers only" in warning for warning in found.warnings)


def test_a_cancelled_run_stops(small: Case, untrained: Bundle) -> None:
    token = CancelToken()

    def stop_when_the_planes_begin(fraction: float, message: str) -> None:
        if "plane" in message:
            token.cancel()

    with pytest.raises(Cancelled):
        StrokeSegLogic.segment(small, model=untrained.folder, progress=stop_when_the_planes_begin, cancel=token)


def test_progress_only_grows_and_ends_at_one(again: Walk) -> None:
    assert again.fractions == sorted(again.fractions)
    assert again.fractions[-1] == 1.0


def test_the_provenance_tells_what_made_the_result(result: Segmentation, untrained: Bundle) -> None:
    record = json.loads(json.dumps(result.summary()))["provenance"]
    assert record["model"]["weights_sha256"] == untrained.spec.weights.sha256
    assert record["vote"]["voted"] == ["axial", "coronal", "sagittal"]
    assert {series["role"] for series in record["inputs"]} == {"DWI", "FLAIR"}
    assert record["reference"]["role"] == "DWI"


def test_the_inputs_are_left_as_they_were(again: Walk, small: Case) -> None:
    for role, series in small.series.items():
        np.testing.assert_array_equal(sitk.GetArrayFromImage(series.image), again.voxels_before[role])


def test_statistics_belong_to_the_labels(result: Segmentation) -> None:
    statistics = result.statistics
    assert statistics.volume_ml == pytest.approx(result.array().sum() * result.grid.voxel_ml)
    assert sum(lesion.volume_ml for lesion in statistics.lesions) == pytest.approx(statistics.volume_ml)
    assert statistics.left_share is not None
    assert dataclasses.asdict(statistics)["planes"][0]["slices"] > 10
