from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from map_cases import plain_case, segmented, simulated

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import from_mapping
from StrokeSegLogic.ctp.threshold_settings import NORMAL_TISSUE, ThresholdSettings
from StrokeSegLogic.ctp.tissue.thresholds import CORE, segment_by_thresholds
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.space.grid import Grid

PLAIN = ThresholdSettings(smoothing_mm=0.0, smallest_core_ml=0.0, smallest_hypoperfused_ml=0.0)


def test_voxels_below_30_percent_and_over_6_s_are_counted_to_the_voxel() -> None:
    found = segment_by_thresholds(plain_case(core_voxels=8, late_voxels=20), PLAIN)
    labels = sitk.GetArrayFromImage(found.labels)
    assert (int((labels == 2).sum()), int((labels == 1).sum())) == (8, 12)
    assert found.tissue.reference.affected == "left"
    assert found.tissue.reference.cbf == pytest.approx(50)
    assert "right hemisphere" in found.tissue.reference.words


@pytest.mark.parametrize(("seed", "group"), [(0, "LVO"), (5, "Non-LVO"), (1, "LVO")])
@pytest.mark.quick(1)
def test_simulated_core_and_penumbra_are_found(seed: int, group: str) -> None:
    # In coarser voxels, as the other tests have them, a core is half cortex and half what lies beside it.
    maps = ctp_patient(seed, group).maps(ctp_grid((3.6, 3.6, 6.0)))
    labels = sitk.GetArrayFromImage(segment_by_thresholds(maps.images).labels)
    truth = sitk.GetArrayFromImage(maps.truth)
    assert dice(labels > 0, truth > 0) > (0.85 if group == "LVO" else 0.7)
    if group == "LVO":
        assert dice(labels == CORE, truth == CORE) > 0.6


def test_a_healthy_brain_has_no_lesion_and_that_is_a_result() -> None:
    found = segmented("WIS", 3)
    assert not found.core.any() and not found.hypoperfused.any()
    assert found.tissue.reference.affected is None
    assert "both hemispheres" in found.tissue.reference.words


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.floats(1e-3, 1e3))
def test_the_unit_of_flow_does_not_matter(factor: float) -> None:
    maps, expected = dict(simulated().images), segmented()
    maps["CBF"] = maps["CBF"] * factor
    found = segment_by_thresholds(maps)
    # A voxel on the very threshold may fall either way by rounding.
    assert (found.core != expected.core).sum() <= 2
    assert np.array_equal(found.hypoperfused, expected.hypoperfused)


@pytest.mark.slow
def test_the_mirrored_patient_has_the_mirrored_lesion_on_the_other_side() -> None:
    maps, right = simulated().images, segmented()
    mirrored = {}
    for name, image in maps.items():
        grid = Grid.of(image)
        image = grid.image(sitk.GetArrayFromImage(image)[:, :, ::-1].copy())
        mirrored[name] = image
    found = segment_by_thresholds(mirrored)
    assert {right.tissue.reference.affected, found.tissue.reference.affected} == {"left", "right"}
    assert found.core.sum() == pytest.approx(right.core.sum(), rel=0.1)


@pytest.mark.slow
def test_csf_told_by_ct_or_by_low_blood_volume_is_no_core() -> None:
    maps = dict(simulated().images)
    assert segment_by_thresholds(maps).notes == ()
    del maps["CT"]
    assert "CSF was told by its low CBV" in segment_by_thresholds(maps).notes[0]
    del maps["CBV"]
    assert "CSF was not excluded" in segment_by_thresholds(maps).notes[0]


def test_core_outside_of_late_tissue_counts_only_if_asked_for() -> None:
    maps = plain_case()
    cbf = sitk.GetArrayFromImage(maps["CBF"])
    cbf[9, 30, 5:15] = 5
    maps["CBF"] = Grid.of(maps["CBF"]).image(cbf)
    assert segment_by_thresholds(maps, PLAIN).core.sum() == 8
    free = ThresholdSettings(
        smoothing_mm=0, smallest_core_ml=0, smallest_hypoperfused_ml=0, core_within_hypoperfusion=False
    )
    found = segment_by_thresholds(maps, free)
    assert found.core.sum() == 18 and "not limited" in found.notes[-1]


def test_the_reference_may_be_normal_tissue_of_both_sides() -> None:
    maps = plain_case()
    cbf = sitk.GetArrayFromImage(maps["CBF"])
    cbf[:, :, :22] *= 2  # the patient's right
    maps["CBF"] = Grid.of(maps["CBF"]).image(cbf)
    other = segment_by_thresholds(maps, PLAIN).tissue.reference
    both = segment_by_thresholds(
        maps,
        ThresholdSettings(reference=NORMAL_TISSUE, smoothing_mm=0, smallest_core_ml=0, smallest_hypoperfused_ml=0),
    ).tissue.reference
    assert other.cbf == pytest.approx(100) and both.cbf == pytest.approx(75, abs=0.2)
    assert "both hemispheres" in both.words


def test_delay_on_both_sides_is_said() -> None:
    maps = plain_case()
    tmax = sitk.GetArrayFromImage(maps["TMAX"])
    maps["TMAX"] = Grid.of(maps["TMAX"]).image(np.maximum(tmax, tmax[:, :, ::-1]))
    assert any("no healthy reference" in note for note in segment_by_thresholds(maps, PLAIN).notes)


def test_maps_that_do_not_suffice_are_refused_in_clear_words() -> None:
    maps = plain_case()
    with pytest.raises(InputError, match="Tmax is missing, which core and hypoperfusion"):
        segment_by_thresholds({"CBF": maps["CBF"]})
    moved = sitk.Image(maps["TMAX"])
    moved.SetOrigin((0.0, 0.0, 0.0))
    with pytest.raises(InputError, match="Tmax and CBF lie on different grids"):
        segment_by_thresholds({"CBF": maps["CBF"], "TMAX": moved})
    with pytest.raises(InputError, match="too little normal tissue"):
        segment_by_thresholds({"CBF": maps["CBF"], "TMAX": maps["TMAX"] * 10}, PLAIN)
    with pytest.raises(InputError, match="no brain was found"):
        segment_by_thresholds({"CBF": maps["CBF"] * 0, "TMAX": maps["TMAX"]})
    with pytest.raises(InputError, match="brain mask has the shape"):
        segment_by_thresholds(maps, PLAIN, np.ones((2, 2, 2), bool))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"core_rcbf": 30.0}, "between 0 and 1"),
        ({"reference": "mirror"}, "neither"),
        ({"normal_tmax_s": 9.0}, "between 0 and hypoperfusion_tmax_s"),
        ({"smoothing_mm": -1.0}, "cannot be negative"),
        ({"tmax": 6.0}, "unknown key 'tmax'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        from_mapping(ThresholdSettings, values, "thresholds.toml")


def test_a_tmax_that_ends_at_the_limit_is_refused_and_not_taken_for_no_lesion() -> None:
    for end in (5.0, 6.0):
        maps = {**simulated().images, "TMAX": sitk.Minimum(simulated().images["TMAX"], end)}
        with pytest.raises(InputError, match=f"cut off at {end:g} s: tissue with Tmax > 6 s.* cannot be told"):
            segment_by_thresholds(maps)


@pytest.mark.parametrize("group", ["LVO", "WIS"])
@pytest.mark.parametrize("step", [1.0, 0.0, 0.1])
@pytest.mark.quick(2)
def test_times_in_steps_are_not_taken_for_a_scale_that_is_cut_off(group: str, step: float) -> None:
    maps = dict(simulated(group, 3).images)
    if step:
        maps["TMAX"] = sitk.Cast(sitk.Round(maps["TMAX"] / step) * step, sitk.sitkFloat32)
    assert segment_by_thresholds(maps).tissue.tmax_ends_s is None


def test_vessels_that_were_not_excluded_are_said_to_be() -> None:
    maps = dict(simulated().images)
    del maps["CBV"]
    assert "vessels were not excluded: there is no CBV in ml/100 g" in segment_by_thresholds(maps).notes
