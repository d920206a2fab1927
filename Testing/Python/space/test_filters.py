from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress, hearing
from StrokeSegLogic.space.resampling import execute

VOLUME = sitk.GetImageFromArray(np.random.default_rng(1).random((60, 80, 90), np.float32))


def smoothing(told: Callable[[], None] | None = None) -> sitk.DiscreteGaussianImageFilter:
    work = sitk.DiscreteGaussianImageFilter()
    work.SetVariance(9.0)
    work.SetNumberOfThreads(1)
    if told is not None:
        work.AddCommand(sitk.sitkProgressEvent, told)
    return work


def test_a_filter_gives_what_itk_gives() -> None:
    made = execute(smoothing(), VOLUME)
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(made), sitk.GetArrayFromImage(sitk.DiscreteGaussian(VOLUME, 9.0))
    )


def test_a_filter_is_given_up_in_the_middle_of_the_volume() -> None:
    token, parts, whole = CancelToken(), [], []

    def part_done() -> None:
        parts.append(work.GetProgress())
        token.cancel()

    execute(smoothing(lambda: whole.append(1)), VOLUME)
    work = smoothing(part_done)
    with hearing(Progress(cancel=token)), pytest.raises(Cancelled):
        execute(work, VOLUME)
    assert 0 < len(parts) < len(whole) / 2


def test_a_fault_of_itk_stays_a_fault() -> None:
    work = sitk.ResampleImageFilter()
    work.SetSize((4, 4))
    with hearing(Progress(cancel=CancelToken())), pytest.raises(RuntimeError, match="SimpleITK"):
        execute(work, VOLUME)
