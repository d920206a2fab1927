from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.brain.signal import Signal, measure_signal
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.space.grid import Grid, reorient
from StrokeSegLogic.study.case import MRI_ROLES, Role


def brain_of(phantom: MriPhantom, role: Role) -> sitk.Image:
    """The phantom's brain in working orientation."""
    return reorient(phantom.brain_on(Grid.of(phantom.images[role])))


def of(phantom: MriPhantom, role: Role) -> Signal:
    found = measure_signal(phantom.images[role], brain_of(phantom, role))
    assert found is not None
    return found


@pytest.mark.parametrize("role", MRI_ROLES)
@pytest.mark.quick(2)
def test_fluid_is_bright_on_t2_and_adc_and_dark_on_the_others(phantom: MriPhantom, role: Role) -> None:
    signal = of(phantom, role)
    if role in (Role.T2, Role.ADC):
        assert signal.lean > 0.2 and signal.brightest > 2.0
    else:
        assert signal.lean < -0.4 and signal.darkest < 0.5 and signal.brightest < 1.6


def test_white_matter_is_the_brighter_on_t1_and_not_on_flair(phantom: MriPhantom) -> None:
    assert of(phantom, Role.T1).above_mode < 0.3 < 0.42 < of(phantom, Role.FLAIR).above_mode


def test_gain_and_shading_change_no_ratio(phantom: MriPhantom) -> None:
    plain = of(phantom, Role.DWI)
    image = phantom.images[Role.DWI]
    values = sitk.GetArrayFromImage(image)
    # From one side of the head to the other the signal doubles, as beside a surface coil.
    shaded = Grid.of(image).image(values * np.linspace(20, 40, values.shape[2], dtype=np.float32))
    found = measure_signal(shaded, brain_of(phantom, Role.DWI))
    assert found is not None
    assert found.median == pytest.approx(30 * plain.median, rel=0.1)
    assert found.lean == pytest.approx(plain.lean, abs=0.15)
    assert found.darkest == pytest.approx(plain.darkest, abs=0.05)


def test_an_infarct_of_half_a_hemisphere_does_not_make_fluid_bright(phantom: MriPhantom) -> None:
    image = phantom.images[Role.DWI]
    values = sitk.GetArrayFromImage(image)
    fluid = values < 0.5 * np.median(values[values > 0])
    half = np.zeros(values.shape, bool)
    half[:, :, : int(values.shape[2] * 0.42)] = True
    infarct = half & ~fluid & (values > 0)
    assert infarct.sum() * Grid.of(image).voxel_ml > 280
    found = measure_signal(Grid.of(image).image(np.where(infarct, 2.5 * values, values)), brain_of(phantom, Role.DWI))
    assert found is not None
    assert found.lean < 0 and found.darkest < 0.5


def test_nothing_is_judged_where_too_little_of_the_ventricles_place_is_seen(phantom: MriPhantom) -> None:
    image = phantom.images[Role.DWI]
    brain = brain_of(phantom, Role.DWI)
    depth = image.GetSize()[2]
    assert measure_signal(image[:, :, : depth // 5], brain) is None
    assert measure_signal(image, brain * 0) is None
