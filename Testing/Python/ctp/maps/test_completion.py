"""Maps that are missing beside given CBF and Tmax are computed from the 4-D series, and told apart from the given."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perfusion_results import computed

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.ctp.engine import segment_perfusion
from StrokeSegLogic.ctp.maps.choice import choose_maps, chosen_maps, used_roles
from StrokeSegLogic.ctp.maps.completion import completed
from StrokeSegLogic.ctp.maps.doubts import DoubtKind
from StrokeSegLogic.ctp.maps.inputs import StandardMaps, standard_maps
from StrokeSegLogic.ctp.result import PerfusionSegmentation
from StrokeSegLogic.ctp.series.maps import MapsSpec
from StrokeSegLogic.ctp.settings import PerfusionSettings
from StrokeSegLogic.phantom.ctp import ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol
from StrokeSegLogic.space.given_point import GivenPoint
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import MAP_ROLES, Case, Role, Series

SERIES_GRID = ctp_grid((4.5, 4.5, 13.0))
OTHER_GRID = ctp_grid((4.0, 4.0, 13.0))
STILL = PerfusionSettings(maps=MapsSpec(motion=False), device="cpu")
ALL = (*MAP_ROLES, Role.CT, Role.MIP)


def images_on(grid: Grid) -> Mapping[str, sitk.Image]:
    return {str(role): image for role, image in ctp_patient(0, "LVO").maps(grid).images.items()}


@pytest.fixture(scope="module")
def frames() -> sitk.Image:
    """The series that `perfusion_results.computed` is computed from."""
    series = ctp_series(0, SERIES_GRID, CtpProtocol())
    return sitk.JoinSeries([series.grid.image(frame) for frame in series.hu])


@pytest.fixture(scope="module")
def on_series() -> Mapping[str, sitk.Image]:
    return images_on(SERIES_GRID)


@pytest.fixture(scope="module")
def on_other() -> Mapping[str, sitk.Image]:
    return images_on(OTHER_GRID)


def study(images: Mapping[str, sitk.Image], frames: sitk.Image, *roles: str) -> Case:
    """These maps and the series, all named by the user."""
    found = [Series(Role(name), images[name], f"scan/{name.lower()}.nii.gz", "said", 1.0, "0" * 64) for name in roles]
    times = tuple(map(float, computed().times_s))
    return Case.of("both", [*found, Series(Role.CTP, frames, "scan/ctp.nii.gz", "said", 1.0, "0" * 64, times)])


def without_contrast(frames: sitk.Image) -> sitk.Image:
    return sitk.JoinSeries([frames[:, :, :, 0]] * frames.GetSize()[3])


def moved(frames: sitk.Image, by: tuple[float, float, float]) -> sitk.Image:
    away = sitk.Image(frames)
    away.SetOrigin((*np.add(frames.GetOrigin()[:3], by), frames.GetOrigin()[3]))
    return away


def same(image: sitk.Image, other: sitk.Image) -> bool:
    return Grid.of(image) == Grid.of(other) and np.array_equal(
        sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(other)
    )


def filled_up(case: Case) -> StandardMaps:
    """The case's maps completed by the maps of the series, which are computed once for all tests."""
    choice = choose_maps(case)
    assert choice.completes and choice.given is not None
    return completed(case, choice.given, choice.missing, computed())


@pytest.mark.parametrize(
    "roles",
    [("CBF", "TMAX"), ("CBF", "CBV", "TMAX"), ("CBF", "MTT", "TMAX", "CT"), ("CBF", "TMAX", "TTP", "MIP")],
    ids=lambda roles: "+".join(roles),
)
@pytest.mark.parametrize("where", ["on_series", "on_other"])
@pytest.mark.quick(3)
def test_what_is_missing_is_computed_and_what_is_given_stays_to_the_bit(
    request: pytest.FixtureRequest, frames: sitk.Image, roles: tuple[str, ...], where: str
) -> None:
    images = request.getfixturevalue(where)
    case = study(images, frames, *roles)
    found = filled_up(case)
    assert set(found.images) == set(ALL)
    assert found.computed == set(ALL) - set(roles)
    for role in roles:
        assert same(found.images[Role(role)], sitk.Cast(images[role], sitk.sitkFloat32)), role
    for image in found.images.values():
        assert Grid.of(image).same(Grid.of(images["CBF"]))
    assert found.usable >= found.computed and found.fluid is not None
    assert used_roles(case, found, computed()) == [*(role for role in case.series)]


def test_on_the_series_own_grid_computed_maps_are_those_of_the_engine(
    frames: sitk.Image, on_series: Mapping[str, sitk.Image]
) -> None:
    found = filled_up(study(on_series, frames, "CBF", "TMAX"))
    for role in found.computed:
        assert same(found.images[role], computed().images()[role])
    assert not any(doubt.kind is DoubtKind.GRID for doubt in found.doubts)


def test_on_another_grid_they_are_resampled_once_and_lie_where_the_brain_lies(
    frames: sitk.Image, on_other: Mapping[str, sitk.Image]
) -> None:
    found = filled_up(study(on_other, frames, "CBF", "TMAX"))
    direct = sitk.Resample(computed().images()[Role.CBV], on_other["CBF"], sitk.Transform(), sitk.sitkLinear)
    np.testing.assert_allclose(
        sitk.GetArrayFromImage(found.images[Role.CBV]), sitk.GetArrayFromImage(direct), atol=1e-4
    )
    assert [doubt.roles for doubt in found.doubts if doubt.kind is DoubtKind.GRID] == [tuple(choose_roles(found))]
    ours, truth = (sitk.GetArrayFromImage(image) for image in (found.images[Role.TTP], on_other["TTP"]))
    seen = (ours > 0) & (truth > 0)
    late = seen & (truth > np.median(truth[seen]) + 3)
    assert late.sum() > 50 and ours[late].mean() > ours[seen & ~late].mean() + 2


def choose_roles(found: StandardMaps) -> list[Role]:
    return [role for role in computed().images() if role in found.computed]


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.sampled_from(["CBV", "MTT", "TTP", "MIP", "CT"])), st.sampled_from(["on_series", "on_other"]), st.data()
)
def test_given_maps_are_never_changed(
    request: pytest.FixtureRequest, frames: sitk.Image, more: set[str], where: str, data: st.DataObject
) -> None:
    images = dict(request.getfixturevalue(where))
    seed = data.draw(st.integers(0, 2**16))
    for role in ("CBF", "TMAX", *more):
        values = sitk.GetArrayFromImage(images[role]).astype(np.float32)
        values *= np.random.default_rng(seed).uniform(0.98, 1.02, values.shape).astype(np.float32)
        images[role] = Grid.of(images[role]).image(values)
    case = study(images, frames, "CBF", "TMAX", *sorted(more))
    choice = choose_maps(case)
    assert choice.given is not None
    alone = standard_maps(replace(case, series={role: case.series[role] for role in case.series if role != Role.CTP}))
    found = completed(case, choice.given, choice.missing, computed())
    for role in set(alone.images) - found.computed:
        assert same(found.images[role], alone.images[role]) and found.units[role] == alone.units[role]


def test_where_everything_is_given_nothing_is_computed(frames: sitk.Image, on_series: Mapping[str, sitk.Image]) -> None:
    case = study(on_series, frames, *map(str, ALL))
    choice = choose_maps(case)
    assert not choice.computes
    standard, measured = chosen_maps(case, choice, STILL, Progress())
    assert measured is None and not standard.computed
    assert not choose_maps(replace(case, series={Role.CBF: case.series[Role.CBF]})).computes


def test_a_map_of_unknown_scale_stays_as_it_was_given(frames: sitk.Image, on_series: Mapping[str, sitk.Image]) -> None:
    case = study({**on_series, "MTT": on_series["MTT"] / 60}, frames, "CBF", "TMAX", "MTT")
    found = filled_up(case)
    assert Role.MTT not in found.computed and found.units[Role.MTT] == "unknown scale"
    assert same(found.images[Role.MTT], sitk.Cast(case.series[Role.MTT].image, sitk.sitkFloat32))
    assert any(doubt.kind is DoubtKind.NO_LIMIT and "MTT" in doubt.roles for doubt in found.doubts)


def test_an_inverted_map_is_replaced_and_the_result_says_so(
    frames: sitk.Image, on_series: Mapping[str, sitk.Image]
) -> None:
    values = sitk.GetArrayFromImage(on_series["MTT"])
    upside_down = SERIES_GRID.image(np.where(values > 0, values.max() + 1 - values, 0).astype(np.float32))
    case = study({**on_series, "MTT": upside_down}, frames, "CBF", "CBV", "TMAX", "TTP", "MTT")
    given_maps = choose_maps(case).given
    assert given_maps is not None and Role.MTT in given_maps.inverted
    found = filled_up(case)
    assert Role.MTT in found.computed and found.units[Role.MTT] == "s" and not found.inverted
    assert any("in place of the given MTT" in doubt.words for doubt in found.doubts)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (without_contrast, "contrast|artery"),
        (lambda frames: moved(frames, (0, 0, 500)), "does not overlap"),
        (lambda frames: moved(frames, (0, 0, 40.0)), "reaches .* of the brain"),
    ],
    ids=["no contrast", "elsewhere", "half beside it"],
)
def test_given_maps_go_on_without_a_series_that_cannot_be_used(
    frames: sitk.Image, on_other: Mapping[str, sitk.Image], spoil: object, reason: str
) -> None:
    assert callable(spoil)
    case = study(on_other, spoil(frames), "CBF", "TMAX")
    standard, measured = chosen_maps(case, choose_maps(case), STILL, Progress())
    assert measured is None and set(standard.images) == {Role.CBF, Role.TMAX} and not standard.computed
    said = next(doubt for doubt in standard.doubts if doubt.kind is DoubtKind.NOT_COMPUTED)
    assert "the given maps stand alone" in said.words and re.search(reason, said.words)


def test_a_head_that_lies_elsewhere_in_the_field_is_refused(
    frames: sitk.Image, on_series: Mapping[str, sitk.Image]
) -> None:
    case = study(on_series, frames, "CBF", "TMAX")
    choice = choose_maps(case)
    assert choice.given is not None
    measured = computed()
    shifted = replace(measured, brain=np.roll(measured.brain, measured.brain.shape[2] // 2, axis=2))
    with pytest.raises(InputError, match="the head lies elsewhere"):
        completed(case, choice.given, choice.missing, shifted)


def test_an_artery_that_a_person_named_is_not_passed_over(
    frames: sitk.Image, on_series: Mapping[str, sitk.Image]
) -> None:
    case = study(on_series, frames, "CBF", "TMAX")
    nowhere = replace(STILL, maps=replace(STILL.maps, artery=GivenPoint.parse("9000,0,0mm", "aif")))
    with pytest.raises(InputError, match="aif|outside"):
        chosen_maps(case, choose_maps(case), nowhere, Progress())


@pytest.fixture(scope="module")
def result(frames: sitk.Image, on_other: Mapping[str, sitk.Image]) -> PerfusionSegmentation:
    return segment_perfusion(study(on_other, frames, "CBF", "TMAX"), settings=STILL)


@pytest.mark.slow
def test_the_networks_see_the_computed_maps_and_the_result_says_which(
    result: PerfusionSegmentation, on_other: Mapping[str, sitk.Image]
) -> None:
    assert [route.name for route in result.routes] == ["thresholds", "slow-fusion", "unet3d"]
    assert result.grid.same(OTHER_GRID) and result.reference is Role.CBF
    assert same(result.maps[Role.CBF], sitk.Cast(on_other["CBF"], sitk.sitkFloat32))
    assert result.brain_from == "outline of the maps"
    summary = json.loads(json.dumps(result.summary(), allow_nan=False))
    assert summary["maps"]["CBF"] == {"origin": "given", "source": "scan/cbf.nii.gz"}
    assert summary["maps"]["CBV"] == {"origin": "computed", "source": "scan/ctp.nii.gz"}
    assert summary["provenance"]["maps"].startswith("given: CBF, Tmax; computed from the 4-D series: ")
    assert set(summary["measured"]["units"]) == {str(role) for role in result.computed}
    assert all(entry["used"] for entry in summary["provenance"]["inputs"])
    assert f"Maps: {summary['provenance']['maps']}" in result.headline()
    assert any("CBF, Tmax as given" in words for words in result.warnings)
    assert not any("blood" in words for words in result.warnings)  # bone at the rim of the maps is none


@pytest.mark.slow
def test_only_computed_maps_become_files_and_layers_carry_what_they_are(result: PerfusionSegmentation) -> None:
    assert {"CBV", "MTT", "TTP", "MIP"} < set(result.volumes) and not {"CBF", "TMAX", "CT"} & set(result.volumes)
    titles = {layer.name: layer.title for layer in result.layers}
    assert titles["CBF"] == "CBF" and titles["CBV"] == "CBV (computed)"
