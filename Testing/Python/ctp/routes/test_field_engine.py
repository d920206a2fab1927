"""The bundled CTP models on a case: what they say, what may stand in for what, and what is refused."""

from __future__ import annotations

import re
from itertools import combinations

import ctp_reference as reference
import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import Cancelled, InputError, ModelError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.ctp.routes.field_engine import answer, completed, is_picture_of_time, label, slow_fusion_for
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.nets.run.network import load
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import role_names

MODELS = reference.models()
FUSIONS = [name for name in MODELS if name.startswith("ctp-sf")]
IMAGES = reference.images()
GRID = Grid.of(IMAGES["CBF"])


def labels_of(model: str, images: dict[str, sitk.Image], nihss: float | None = None) -> np.ndarray:
    return sitk.GetArrayFromImage(label(find(model), images, GRID, nihss, reference.CPU, Progress()).labels)


def scaled(factors: dict[str, float]) -> dict[str, sitk.Image]:
    return {name: sitk.Multiply(image, factors.get(name, 1.0)) for name, image in IMAGES.items()}


@pytest.mark.parametrize("name", MODELS)
def test_a_bundled_model_says_what_it_said_when_it_was_bundled(name: str) -> None:
    found, before = sitk.GetArrayFromImage(reference.said(name).labels), reference.expected(name)
    assert before.any()
    for value in np.unique(before)[1:]:
        assert dice(found == value, before == value) > 0.99


@pytest.mark.parametrize("name", MODELS)
def test_a_bundled_model_says_what_it_learned_from_and_is_small(name: str) -> None:
    bundle = find(name)
    assert bundle.field.trained_on.startswith("simulated perfusion")
    assert "never_seen" in bundle.field.card and bundle.field.card["research_use_only"] is True
    assert (bundle.folder / bundle.field.weights.file).stat().st_size < 2.5e6


def test_all_bundled_ctp_models_together_stay_below_10_mb() -> None:
    assert sum((find(name).folder / find(name).field.weights.file).stat().st_size for name in MODELS) < 10e6


@pytest.mark.parametrize("name", FUSIONS)
def test_slow_fusion_finds_the_phantoms_deficit(name: str) -> None:
    found = reference.said(name)
    assert dice(sitk.GetArrayFromImage(found.labels) > 0, reference.truth() > 0) > 0.7
    total = sum(sitk.GetArrayFromImage(image) for image in found.probability.values())
    assert list(found.probability) == ["background", "penumbra", "core"]
    assert total.max() == pytest.approx(1, abs=1e-3) and total.min() >= 0


def test_factors_of_flow_and_volume_and_the_zero_of_ttp_change_nothing() -> None:
    before = labels_of("ctp-sf-pms", IMAGES)
    odd = scaled({"CBF": 0.4, "CBV": 2.2})
    odd["TTP"] = sitk.Cast(sitk.Add(odd["TTP"], sitk.Cast(odd["TTP"] > 0, sitk.sitkFloat32) * 9.0), sitk.sitkFloat32)
    after = labels_of("ctp-sf-pms", odd)
    for value in (1, 2):
        assert dice(after == value, before == value) > 0.99


def test_nothing_lies_outside_the_brain_nor_off_the_reference() -> None:
    finer = GRID.about_centre((120, 130, 6), (1.9, 1.9, 7.0))
    found = label(find("ctp-sf-pms"), IMAGES, finer, None, reference.CPU, Progress()).labels
    assert Grid.of(found).same(finer) and found.GetPixelID() == sitk.sitkUInt8
    assert not (sitk.GetArrayFromImage(found) > 0)[~(sitk.GetArrayFromImage(_on(finer)) > 0)].any()


def _on(grid: Grid) -> sitk.Image:
    wide = sitk.BinaryDilate(sitk.Cast(IMAGES["MIP"] > 0, sitk.sitkUInt8), [2, 2, 1])
    return sitk.Resample(wide, grid.image(np.zeros(grid.shape, np.uint8)), sitk.Transform(), sitk.sitkNearestNeighbor)


def test_ttp_stands_in_for_a_missing_tmax_and_the_notes_say_so() -> None:
    partial = {name: IMAGES[name] for name in ("CBF", "CBV", "TTP", "MIP")}
    found = label(find("ctp-sf-pms"), partial, GRID, None, reference.CPU, Progress())
    assert any("there is no Tmax: TTP" in note for note in found.notes)
    assert dice(sitk.GetArrayFromImage(found.labels) > 0, reference.truth() > 0) > 0.6


def test_a_ratio_stands_in_for_a_missing_mtt() -> None:
    partial = {name: image for name, image in IMAGES.items() if name != "MTT"}
    _, _, notes = completed(find("ctp-unet3d").field, partial)
    assert any("60 CBV / CBF" in note for note in notes)


def test_without_a_mip_the_maps_own_outline_bounds_the_result() -> None:
    partial = {name: IMAGES[name] for name in ("CBF", "CBV", "TTP", "TMAX")}
    found = label(find("ctp-sf-pms"), partial, GRID, None, reference.CPU, Progress())
    assert any("there is no MIP" in note for note in found.notes)
    assert dice(sitk.GetArrayFromImage(found.labels) > 0, reference.truth() > 0) > 0.7


def test_a_time_map_of_a_picture_is_read_with_a_note() -> None:
    whole = sitk.GetArrayFromImage(IMAGES["TTP"])
    picture = GRID.image(np.rint(whole / whole.max() * 255).astype(np.float32))
    ready, _, notes = completed(find("ctp-sf-pms").field, IMAGES | {"TTP": picture})
    assert any("TTP has no unit" in note for note in notes)
    assert sitk.GetArrayViewFromImage(ready["TTP"]).max() == pytest.approx(20)
    _, _, plain = completed(find("ctp-sf-pms").field, IMAGES)
    assert not any("unit" in note for note in plain)


def test_only_a_time_map_of_whole_numbers_beyond_any_delay_is_taken_for_a_picture() -> None:
    seconds = sitk.GetArrayFromImage(IMAGES["TMAX"])
    grey = np.rint(seconds / seconds.max() * 255)
    assert is_picture_of_time(GRID.image(grey.astype(np.float32)))
    assert not is_picture_of_time(GRID.image((grey / 60).astype(np.float32)))
    assert not is_picture_of_time(GRID.image(np.rint(seconds).astype(np.float32)))


def test_the_input_set_is_the_largest_that_is_there() -> None:
    maps = {name: IMAGES[name] for name in ("CBF", "CBV", "TTP", "TMAX")}
    assert slow_fusion_for(maps, None) == "ctp-sf-pms"
    assert slow_fusion_for(maps, 0) == "ctp-sf-pms-n"
    assert slow_fusion_for(IMAGES, None) == "ctp-sf-pms-m"
    assert slow_fusion_for(IMAGES, 12) == "ctp-sf-pms-m-n"
    with pytest.raises(InputError, match="slow fusion needs CBV and TTP or Tmax"):
        slow_fusion_for({"CBF": IMAGES["CBF"]}, None)


def test_all_four_slow_fusions_of_the_source_and_the_unet_are_bundled() -> None:
    assert set(MODELS) == {"ctp-sf-pms", "ctp-sf-pms-m", "ctp-sf-pms-n", "ctp-sf-pms-m-n", "ctp-unet3d"}


@pytest.mark.parametrize("name", [name for name in FUSIONS if find(name).field.nihss])
def test_another_score_moves_the_answer_little(name: str) -> None:
    mild, severe = labels_of(name, IMAGES, 4), labels_of(name, IMAGES, 20)
    for value in (1, 2):
        assert dice(mild == value, severe == value) > 0.9


@pytest.mark.parametrize("name", ["ctp-sf-pms", "ctp-unet3d"])
def test_whatever_a_model_calls_missing_is_refused_and_nothing_else(name: str) -> None:
    """Every set of maps: the panel greys out by `missing` what the engine refuses in `completed`."""
    spec = find(name).field
    maps = sorted({entry.name for entry in spec.inputs} | {"TTP", "TMAX"})
    for count in range(len(maps) + 1):
        for given in combinations(maps, count):
            missing = spec.missing(given)
            if missing:
                with pytest.raises(InputError, match=role_names(missing)) as refused:
                    completed(spec, {name: IMAGES[name] for name in given})
                assert refused.value.roles == missing
            else:
                ready, _, _ = completed(spec, {name: IMAGES[name] for name in given})
                assert {entry.name for entry in spec.inputs} <= ready.keys()


def test_a_missing_map_is_named() -> None:
    with pytest.raises(InputError, match=re.escape("the model ctp-sf-pms needs CBF, CBV")):
        labels_of("ctp-sf-pms", {"TTP": IMAGES["TTP"]})


def test_maps_without_a_brain_are_refused() -> None:
    with pytest.raises(InputError, match="no brain was found"):
        labels_of("ctp-sf-pms", scaled(dict.fromkeys(IMAGES, 0.0)))


def test_an_mri_model_is_refused() -> None:
    with pytest.raises(ModelError, match="is not a model of CT perfusion"):
        labels_of("mri-compact", IMAGES)


def test_a_model_that_asks_for_the_score_is_refused_without_it() -> None:
    bundle = find("ctp-sf-pms-n")
    network = load(bundle, reference.CPU)["network"]
    with pytest.raises(InputError, match="the model ctp-sf-pms-n asks for the NIHSS score"):
        answer(bundle.field, network, IMAGES, GRID, None, reference.CPU, Progress())


def test_a_cancelled_run_stops() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        label(find("ctp-sf-pms"), IMAGES, GRID, None, reference.CPU, Progress(None, token))
