"""Fluid sees no contrast and is never core; a core beside it, dark as it may be, is."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from ctp_slab import ARTERY, CAVITY, CORE, FLUID, PENUMBRA, VEIN, Slab, case_of_slab, grid_of_slab

from StrokeSegLogic.base.settings import ROUTES
from StrokeSegLogic.ctp.engine import segment_perfusion
from StrokeSegLogic.ctp.series.maps import MapsSpec, PerfusionMaps, maps
from StrokeSegLogic.ctp.settings import PerfusionSettings
from StrokeSegLogic.ctp.tissue.thresholds import CORE as CORE_LABEL
from StrokeSegLogic.ctp.tissue.thresholds import segment_by_thresholds

STILL = MapsSpec(motion=False, device="cpu")
COARSE = {"pixel_mm": 2.4, "slices": 2}


def mapped(slab: Slab) -> PerfusionMaps:
    return maps(slab.hu(), slab.times_s, grid=grid_of_slab(slab), spec=STILL)


@pytest.mark.parametrize(("fluid_hu", "noise_hu"), [(15.0, 8.0), (9.0, 8.0), (12.0, 0.0), (12.0, 5.0), (15.0, 2.0)])
@pytest.mark.quick(2)
def test_fluid_is_no_core_by_thresholds_where_nothing_is_late(fluid_hu: float, noise_hu: float) -> None:
    found = mapped(Slab(fluid_hu=fluid_hu, noise_hu=noise_hu, **COARSE))
    seen = segment_by_thresholds(found.images(), brain=found.brain, fluid=found.fluid)
    assert not seen.core.any() and not seen.hypoperfused.any()


def test_the_same_thresholds_mark_many_ml_of_it_without_that_knowledge() -> None:
    slab = Slab(fluid_hu=12.0, noise_hu=5.0, **COARSE)
    found = mapped(slab)
    # Neither the CT nor the volume of blood is asked: as it was before fluid was looked for in the series.
    images = {role: image for role, image in found.images().items() if role in ("CBF", "TMAX")}
    core = segment_by_thresholds(images, brain=found.brain).core
    assert (core & (slab.kinds() == FLUID)).sum() * slab.voxel_ml > 3


@pytest.mark.parametrize("noise_hu", [5.0, 0.0, 8.0])
@pytest.mark.quick(1)
def test_fluid_is_found_and_no_tissue_is(noise_hu: float) -> None:
    slab = Slab(fluid_hu=13.0, noise_hu=noise_hu, lesion=True)
    fluid, kinds = mapped(slab).fluid, slab.kinds()
    assert fluid[slab.ventricles()].mean() > 0.95
    assert fluid[(kinds > FLUID) & (kinds < ARTERY)].mean() < 0.005
    assert not fluid[(kinds == ARTERY) | (kinds == VEIN)].any()


@pytest.mark.parametrize(("core_hu", "noise_hu", "least"), [(26.0, 8.0, 0.6), (26.0, 0.0, 0.6), (19.0, 5.0, 0.6)])
@pytest.mark.quick(1)
def test_a_core_is_found_and_none_of_it_in_fluid(core_hu: float, noise_hu: float, least: float) -> None:
    slab = Slab(fluid_hu=12.0, noise_hu=noise_hu, core_hu=core_hu, lesion=True)
    found, kinds = mapped(slab), slab.kinds()
    seen = segment_by_thresholds(found.images(), brain=found.brain, fluid=found.fluid)
    assert seen.core[kinds == CORE].mean() > least
    assert seen.hypoperfused[kinds == PENUMBRA].mean() > 0.9
    assert not (seen.core & (kinds == FLUID)).any()


@pytest.mark.parametrize(("fluid_hu", "noise_hu", "late_s"), [(9.0, 5.0, 0.0), (14.0, 2.0, 4.0), (11.0, 8.0, 7.0)])
def test_an_old_infarct_is_fluid_and_no_core_whatever_vessels_are_late(
    fluid_hu: float, noise_hu: float, late_s: float
) -> None:
    slab = Slab(fluid_hu=fluid_hu, noise_hu=noise_hu, cavity=True, late_s=late_s, seed=7, **COARSE)
    found = mapped(slab)
    assert found.fluid[slab.kinds() == CAVITY].mean() > 0.9
    seen = segment_by_thresholds(found.images(), brain=found.brain, fluid=found.fluid)
    assert not (seen.core & np.isin(slab.kinds(), (FLUID, CAVITY))).any()


@pytest.mark.parametrize("lesion", [True, False])
@pytest.mark.quick(1)
def test_no_route_marks_fluid(lesion: bool) -> None:
    slab = Slab(fluid_hu=12.0, noise_hu=5.0, lesion=lesion)
    result = segment_perfusion(case_of_slab(slab), settings=PerfusionSettings(maps=STILL, device="cpu"))
    assert [route.name for route in result.routes] == list(ROUTES)
    for route in result.routes:
        core = sitk.GetArrayFromImage(route.labels) == CORE_LABEL
        assert (core & (slab.kinds() == FLUID)).sum() * slab.voxel_ml < 0.3, route.name
        assert (core & (slab.kinds() == CORE)).any() == lesion, route.name
    unet = next(route for route in result.routes if route.name == "unet3d")
    assert any("in fluid were taken off" in note for note in unet.notes)


def test_without_anything_as_thin_there_is_none() -> None:
    slab = Slab(fluid_hu=34.0, **COARSE)
    assert not np.any(mapped(slab).fluid)
