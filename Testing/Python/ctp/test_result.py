from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from perfusion_results import by_network, of_series, perfused, unknown_scales

from StrokeSegLogic.base.settings import ROUTES
from StrokeSegLogic.ctp.maps.windows import map_layer
from StrokeSegLogic.ctp.tissue.thresholds import CORE, PENUMBRA
from StrokeSegLogic.result.looks import CORE_STYLE, PENUMBRA_STYLE
from StrokeSegLogic.result.outcome import Outcome


def test_core_is_named_first_and_each_label_has_its_style() -> None:
    result: Outcome = perfused()
    assert list(result.styles.items()) == [(CORE, CORE_STYLE), (PENUMBRA, PENUMBRA_STYLE)]


def test_the_brain_leaves_with_the_result_and_in_words() -> None:
    result = replace(perfused(), provenance={"brain": "outline of the maps"})
    volume = sitk.GetArrayViewFromImage(result.brain).sum() * result.grid.voxel_ml
    record = {"how": "outline of the maps", "volume_ml": pytest.approx(volume), "file": "brain.nii.gz"}
    assert result.summary()["brain"] == record
    assert result.volumes["brain"] is result.brain


def test_dice_is_one_with_itself_and_open_where_a_route_knows_no_penumbra() -> None:
    result = perfused()
    assert result.dice_with_chosen(result.route) == (1.0, 1.0)
    core, penumbra = result.dice_with_chosen(result.routes[2])
    assert 0.5 < core < 1 and penumbra is None
    assert by_network("unet3d").dice_with_chosen(result.routes[0])[1] is None


def test_dice_counts_what_both_mark() -> None:
    result = perfused()
    ours = result.array() == CORE
    theirs = sitk.GetArrayFromImage(result.routes[1].labels) == CORE
    core, _ = result.dice_with_chosen(result.routes[1])
    assert core == pytest.approx(2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()))


@pytest.mark.slow
def test_the_focus_lies_within_the_lesion_or_nowhere() -> None:
    result = perfused()
    assert result.focus_mm is not None and result.numbers is not None
    assert (result.focus_mm[0] > 0) == (result.numbers.side == "left")  # x grows to the patient's left
    assert perfused("WIS", 1).focus_mm is None


def test_labels_are_shown_on_ct_else_on_flow() -> None:
    assert (perfused().background, perfused().foreground) == ("CT", "TMAX")
    assert unknown_scales().background == "CBF"
    alone = replace(perfused(), maps={"TMAX": perfused().maps["TMAX"]})
    assert (alone.background, alone.foreground) == ("TMAX", None)


def test_maps_are_written_only_where_they_were_computed() -> None:
    assert set(perfused().volumes) == {"brain", "labels", *(f"labels-{name}" for name in ROUTES)}
    assert {"CBF", "CBV", "MTT", "TTP", "TMAX", "MIP"} < set(of_series().volumes)
    assert "CT" not in of_series().volumes


def test_a_known_unit_gives_a_fixed_window_and_an_unknown_unit_the_maps_own() -> None:
    image = perfused().maps["TMAX"]
    brain = sitk.GetArrayFromImage(perfused().brain) > 0
    assert map_layer("TMAX", image, "s", brain).window == (0.0, 12.0)
    low, high = map_layer("TMAX", image * 20, "unknown scale", brain).window or (0.0, 0.0)
    values = 20 * sitk.GetArrayFromImage(image)[brain]
    assert 0 < low < np.median(values) and 0.98 < (values <= high).mean() < 1


def test_a_networks_probability_is_written_and_shown_where_it_was_chosen() -> None:
    result = by_network()
    image = sitk.Cast(result.labels, sitk.sitkFloat32) / 2
    chances = {"healthy": 1 - image, "penumbra": image, "core": image}
    routes = (result.routes[0], replace(result.routes[1], probability=chances))
    result = replace(result, routes=routes)
    assert {"probability-core", "probability-penumbra"} == {name for name in result.volumes if "prob" in name}
    looks = {layer.name: (layer.look, layer.window) for layer in result.layers}
    assert looks["Probability of core"] == ("heat", (0.0, 1.0))
    assert "Probability of healthy" not in looks
    assert not [name for name in replace(result, chosen="thresholds").volumes if "prob" in name]


@pytest.mark.parametrize("fill", [0.0, np.nan, 3.0])
@pytest.mark.parametrize("name", ["TTP", "MIP"])
def test_an_even_or_empty_map_has_a_window_that_is_not_empty(name: str, fill: float) -> None:
    image = sitk.GetImageFromArray(np.full((2, 3, 4), fill, np.float32))
    low, high = map_layer(name, image, "s", np.ones((2, 3, 4), bool)).window or (0.0, 0.0)
    assert np.isfinite([low, high]).all() and high > low
