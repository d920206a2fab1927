from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.phantom.ctp import CtpSeries, Part, ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol
from StrokeSegLogic.phantom.tracer import Bolus, Perfusion
from StrokeSegLogic.space.grid import Grid

SLAB = ctp_grid((2.4, 2.4, 5.0)).crop((0, 0, 11), (96, 96, 3))
QUIET = CtpProtocol(noise_hu=0.0)


@pytest.fixture(scope="module")
def quiet() -> CtpSeries:
    return ctp_series(3, SLAB, QUIET)


def test_a_series_has_a_frame_for_each_time(quiet: CtpSeries) -> None:
    assert quiet.hu.shape == (45, *SLAB.shape) and quiet.hu.dtype == np.int16
    assert quiet.times_s.shape == quiet.aif.shape == quiet.vof.shape == (45,)
    assert all(truth.shape == SLAB.shape and truth.dtype == np.float32 for truth in quiet.truth.values())


def test_the_same_seed_gives_the_same_bits_and_another_protocol_the_same_truth(quiet: CtpSeries) -> None:
    noisy = ctp_series(3, SLAB, CtpProtocol())
    assert np.array_equal(noisy.hu, ctp_series(3, SLAB, CtpProtocol()).hu)
    assert not np.array_equal(noisy.hu, quiet.hu)
    assert all(np.array_equal(noisy.truth[name], quiet.truth[name]) for name in quiet.truth)


def test_labels_are_those_of_the_patient(quiet: CtpSeries) -> None:
    assert np.array_equal(quiet.labels, sitk.GetArrayFromImage(ctp_patient(3).truth(SLAB)))
    assert (quiet.labels == 1).any() and (quiet.labels == 2).any()
    assert set(np.unique(quiet.labels[quiet.parts == Part.PENUMBRA])) == {1}


def test_flow_volume_and_time_are_those_of_their_tissues(quiet: CtpSeries) -> None:
    expected = {Part.WHITE: (25, 2.0, 1.0), Part.GREY: (58, 3.9, 1.0)}
    for part, values in expected.items():
        there = quiet.parts == part
        found = [float(np.median(quiet.truth[name][there])) for name in ("CBF", "CBV", "TMAX")]
        assert found == pytest.approx(values, rel=0.1)
    sick = {name: values[quiet.parts == Part.PENUMBRA] for name, values in quiet.truth.items()}
    assert np.median(sick["TMAX"]) > 7 and np.median(sick["CBF"]) < 30


def test_the_central_volume_theorem_holds(quiet: CtpSeries) -> None:
    some = quiet.truth["CBF"] > 5
    assert some.sum() > 3000
    expected = 60 * quiet.truth["CBV"][some] / quiet.truth["CBF"][some]
    assert np.allclose(quiet.truth["MTT"][some], expected, rtol=1e-4)


@pytest.mark.parametrize("residue", ["exponential", "box"])
def test_tissue_enhances_as_its_flow_says(quiet: CtpSeries, residue: str) -> None:
    series = quiet if residue == "exponential" else ctp_series(3, SLAB, replace(QUIET, residue=residue))
    there = series.parts == Part.WHITE
    mean = series.hu[:, there].mean(axis=1) - series.hu[:5, there].mean()
    flow, volume = (float(series.truth[name][there].mean()) for name in ("CBF", "CBV"))
    expected = Perfusion(flow, volume, 1.0).curve(Bolus(), series.times_s, residue)
    # Rounded to whole HU; up to a tenth of a voxel is another tissue.
    assert np.allclose(mean, expected, atol=0.35)


def test_arteries_and_veins_enhance_as_blood() -> None:
    # Where the sagittal sinus runs from front to back, and where the great arteries do.
    for first, part, name in ((20, Part.VEIN, "vof"), (6, Part.ARTERY, "aif")):
        grid = ctp_grid((1.2, 1.2, 5.0)).crop((0, 0, first), (192, 192, 2))
        series = ctp_series(3, grid, QUIET)
        there, curve = series.hu[:, series.parts == part], getattr(series, name)
        assert there.shape[1] > 5
        rise = np.median(there - there[:5].mean(axis=0), axis=1)
        assert rise.max() == pytest.approx(curve.max(), rel=0.1)


def test_bone_fluid_and_air_do_not_enhance(quiet: CtpSeries) -> None:
    fluid = quiet.hu[:, quiet.parts == Part.CSF].astype(float)
    assert np.abs(fluid - fluid[0]).mean() < 1
    around = quiet.hu[:, ~quiet.brain]
    assert (around == around[0]).mean() > 0.99


@pytest.mark.parametrize("noise", [3.0, 8.0])
def test_noise_has_the_standard_deviation_asked_for(noise: float) -> None:
    series = ctp_series(3, SLAB, CtpProtocol(noise_hu=noise, times_s=(0.0, 1.0, 2.0)))
    change = (series.hu[1].astype(float) - series.hu[0])[series.brain]
    assert change.std() / np.sqrt(2) == pytest.approx(noise, rel=0.05)


def test_a_head_moves_as_far_as_asked_and_the_truth_stays() -> None:
    series = ctp_series(3, SLAB, replace(QUIET, motion_mm=4.0, motion_deg=3.0))
    assert not series.poses[0].any()
    assert np.linalg.norm(series.poses[:, 3:], axis=1).max() == pytest.approx(4.0)
    assert np.linalg.norm(series.poses[:, :3], axis=1).max() == pytest.approx(3.0)
    still = ctp_series(3, SLAB, QUIET)
    assert np.array_equal(series.hu[0], still.hu[0]) and np.array_equal(series.labels, still.labels)
    # What moves in from above and below is anatomy: nowhere in the brain does a frame show air.
    assert (series.hu[:, series.truth["CBF"] > 15] > -200).mean() > 0.98


def test_protocols_can_be_cut_short_and_slowed_down() -> None:
    assert CtpProtocol().truncated(30.0).times_s[-1] == 30.0
    uneven = np.diff(CtpProtocol().uneven(30.0, 3.0).times_s)
    assert set(uneven) == {1.5, 3.0} and uneven[0] == 1.5 and uneven[-1] == 3.0


@pytest.mark.parametrize(
    "settings", [{"times_s": (0.0, 2.0, 1.0)}, {"times_s": (0.0,)}, {"residue": "none"}, {"noise_hu": -1.0}]
)
def test_a_protocol_that_cannot_be_is_refused(settings: dict) -> None:
    with pytest.raises(ValueError):
        CtpProtocol(**settings)


def test_slices_off_the_head_and_a_voxel_alone_are_air_with_noise() -> None:
    shifted = Grid(SLAB.size, SLAB.spacing, (500.0, 0.0, 0.0), SLAB.direction)
    series = ctp_series(3, shifted, CtpProtocol(times_s=(0.0, 1.0)))
    assert not series.brain.any() and not series.labels.any()
    assert abs(float(series.hu.mean()) + 1000) < 5 and all(not values.any() for values in series.truth.values())
    times = tuple(float(t) for t in range(60))
    alone = ctp_series(3, SLAB.crop((40, 40, 1), (1, 1, 1)), CtpProtocol(times_s=times, noise_hu=5.0))
    without = ctp_series(3, SLAB.crop((40, 40, 1), (1, 1, 1)), CtpProtocol(times_s=times, noise_hu=0.0))
    assert (alone.hu.astype(float) - without.hu).std() == pytest.approx(5.0, rel=0.4)


def test_the_core_is_as_late_as_the_protocol_says() -> None:
    late = ctp_series(3, SLAB, replace(QUIET, core_delay_s=14.0))
    core = late.parts == Part.CORE
    assert np.median(late.truth["TMAX"][core]) == pytest.approx(14.0, abs=0.5)
    assert np.median(late.truth["TMAX"][late.parts == Part.PENUMBRA]) == pytest.approx(8.0, abs=0.5)
    with pytest.raises(ValueError, match="must not be negative"):
        CtpProtocol(core_delay_s=-1.0)
