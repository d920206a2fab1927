from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.phantom.ctp_maps import CtpMaps, CtpPatient, ctp_grid, ctp_patient
from StrokeSegLogic.phantom.waves import Waves
from StrokeSegLogic.space.grid import Grid

GRID = ctp_grid((4.0, 4.0, 5.0))


def array(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


@pytest.fixture(scope="module")
def patient() -> CtpPatient:
    return ctp_patient(11, "LVO")


@pytest.fixture(scope="module")
def quiet(patient: CtpPatient) -> CtpMaps:
    return patient.maps(GRID, noise=0.0)


@pytest.fixture(scope="module")
def maps(patient: CtpPatient) -> CtpMaps:
    return patient.maps(GRID)


def values(maps: CtpMaps) -> dict[str, np.ndarray]:
    return {name: array(image) for name, image in maps.images.items()}


def test_every_map_lies_on_the_grid(maps: CtpMaps) -> None:
    assert set(maps.images) == {"CBF", "CBV", "MTT", "TTP", "TMAX", "CT", "MIP"}
    assert all(Grid.of(image).same(GRID) for image in (*maps.images.values(), maps.truth))
    assert all(image.GetPixelID() == sitk.sitkFloat32 for image in maps.images.values())


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_and_another_another_patient() -> None:
    first, same, other = (ctp_patient(seed).maps(GRID) for seed in (5, 5, 6))
    for name in first.images:
        assert np.array_equal(array(first.images[name]), array(same.images[name]))
    assert not np.array_equal(array(first.truth), array(other.truth))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("group", "least", "greatest"), [("LVO", 70, 170), ("Non-LVO", 8, 30)])
@pytest.mark.quick(4)
def test_core_and_penumbra_have_the_volumes_that_the_patient_says(
    seed: int, group: str, least: float, greatest: float
) -> None:
    patient = ctp_patient(seed, group)
    truth = array(patient.truth(GRID))
    assert patient.deficit is not None
    assert 0.85 * least <= patient.deficit.hypoperfused_ml <= greatest
    assert (truth > 0).sum() * GRID.voxel_ml == pytest.approx(patient.deficit.hypoperfused_ml, rel=0.15, abs=1)
    assert (truth == 2).sum() * GRID.voxel_ml == pytest.approx(patient.deficit.core_ml, rel=0.25, abs=1)
    assert 0 < patient.deficit.core_ml < 0.4 * patient.deficit.hypoperfused_ml


def test_the_deficit_lies_on_one_side_in_the_brain(patient: CtpPatient, quiet: CtpMaps) -> None:
    assert patient.deficit is not None
    hit = GRID.to_world(np.argwhere(array(quiet.truth))[:, ::-1])
    side = patient.head.to_head(hit)[:, 0]
    assert (side > 0).all() if patient.deficit.side == "left" else (side < 0).all()
    assert (patient.head.brain(patient.head.to_head(hit)) > 0).all()


def test_the_core_lies_within_the_deficit_and_its_middle_where_it_says(patient: CtpPatient, quiet: CtpMaps) -> None:
    truth = array(quiet.truth)
    filled = ndimage.binary_fill_holes(ndimage.binary_dilation(truth > 0))
    assert filled[truth == 2].all()
    assert patient.deficit is not None
    middle = GRID.to_world(np.argwhere(truth == 2)[:, ::-1]).mean(axis=0)
    assert np.linalg.norm(middle - patient.deficit.centre) < 15


def test_clinical_thresholds_find_core_and_deficit_on_noise_free_maps(patient: CtpPatient, quiet: CtpMaps) -> None:
    """Tmax > 6 s for the deficit; CBF below 30 % of what the same tissue has without the deficit for the core."""
    shown, truth = values(quiet), array(quiet.truth)
    assert dice(shown["TMAX"] > 6, truth > 0) > 0.8
    healthy = array(replace(patient, deficit=None).maps(GRID, noise=0.0).images["CBF"])
    tissue = (shown["MTT"] > 0) & (healthy > 10)
    core = tissue & (shown["CBF"] < 0.3 * healthy)
    assert dice(core, tissue & (truth == 2)) > 0.85


def test_the_central_volume_theorem_holds_before_noise(patient: CtpPatient) -> None:
    points = np.random.default_rng(0).uniform(-60, 60, (20_000, 3)) + [0, 15, 20]
    signals = patient._signals(points.astype(np.float32), 2.0)
    fed = (signals["MTT"] > 0) & (signals["CBF"] > 3)
    assert fed.sum() > 5000
    assert np.allclose(signals["MTT"][fed], 60 * signals["CBV"][fed] / signals["CBF"][fed], rtol=1e-4)


def test_values_are_those_of_physical_units(maps: CtpMaps) -> None:
    shown, truth = values(maps), array(maps.truth)
    tissue = (shown["MTT"] > 0) & (truth == 0)
    assert 25 < np.median(shown["CBF"][tissue]) < 60
    assert 1.5 < np.median(shown["CBV"][tissue]) < 5
    assert 3 < np.median(shown["MTT"][tissue]) < 6
    assert 0.5 < np.median(shown["TMAX"][tissue]) < 2.5
    assert 25 < np.median(shown["CT"][tissue]) < 45
    assert shown["CT"].min() < -900 and shown["CT"].max() > 700
    assert np.median(shown["MIP"][tissue]) > np.median(shown["CT"][tissue]) + 5
    assert (shown["TMAX"] >= 0).all() and (shown["CBF"] >= 0).all()


def test_blood_volume_is_held_in_the_penumbra_and_lost_in_the_core(quiet: CtpMaps) -> None:
    shown, truth = values(quiet), array(quiet.truth)
    healthy, penumbra, core = (np.median(shown["CBV"][(truth == label) & (shown["MTT"] > 0)]) for label in range(3))
    assert penumbra > 0.85 * healthy > 1.3 * core


def test_outside_the_brain_maps_are_zero(patient: CtpPatient, maps: CtpMaps) -> None:
    points = GRID.to_world(np.indices(GRID.shape).reshape(3, -1).T[:, ::-1])
    outside = (patient.head.brain(patient.head.to_head(points)) <= 0).reshape(GRID.shape)
    for name, image in maps.images.items():
        if name != "CT":
            assert (array(image)[outside] == 0).all()


def test_a_slab_shows_the_same_patient_as_the_whole_head(patient: CtpPatient, quiet: CtpMaps) -> None:
    slab = GRID.crop((0, 0, 8), (*GRID.size[:2], 7))
    part = patient.maps(slab, noise=0.0)
    assert np.array_equal(array(part.truth), array(quiet.truth)[8:15])
    for name in part.images:
        assert np.allclose(array(part.images[name]), array(quiet.images[name])[8:15], atol=1e-3)


def test_without_stroke_there_is_no_deficit() -> None:
    patient = ctp_patient(3, "WIS")
    maps = patient.maps(GRID)
    assert patient.deficit is None and array(maps.truth).sum() == 0
    assert np.percentile(array(maps.images["TMAX"]), 99.9) < 5
    assert patient.nihss <= 5


def test_nihss_is_higher_where_the_deficit_is_larger() -> None:
    scores = {group: [ctp_patient(seed, group).nihss for seed in range(5)] for group in ("LVO", "Non-LVO", "WIS")}
    assert np.mean(scores["LVO"]) > np.mean(scores["Non-LVO"]) + 4 > np.mean(scores["WIS"]) + 4


def test_a_readers_hand_moves_the_edges_a_little(patient: CtpPatient, quiet: CtpMaps) -> None:
    truth = array(quiet.truth)
    hand = Waves.of(np.random.default_rng(1), 25, 9, 0.4)
    read = array(patient.truth(GRID, hand, 1.5))
    assert 0.8 < dice(read > 0, truth > 0) < 1
    changed = (read > 0) != (truth > 0)
    distance = ndimage.distance_transform_edt(truth > 0, GRID.spacing[::-1])
    assert distance[changed & (truth > 0)].max(initial=0) < 12


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(ValueError, match="'TIA' is none of"):
        ctp_patient(0, "TIA")
