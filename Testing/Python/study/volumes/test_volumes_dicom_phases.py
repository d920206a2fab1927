"""One bolus in several DICOM series: put together in the order of time, and nothing else with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from ctp_files import at, clock, dicom_ctp, frames

from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.study_files import find_series

HU = frames(7, (2, 6, 5))
CUT = 4
TIMES = np.array([0.0, 1.5, 3.0, 4.5, 6.0, 10.0, 14.0])
NOON = 43200.0
When = Callable[[int], Mapping[str, Any]]


def study(folder: Path, when: When, *, first: int = CUT, **of_second: Any) -> Path:
    """Two series, the first with the frames up to CUT, the second with those from `first` on."""
    dicom_ctp(folder / "b", HU[:CUT], lambda t, z: when(t), uid=lambda t: "1.2.7.1", description="Perf 1")
    rest = {"description": "Perf 2", **of_second}
    dicom_ctp(folder / "a", HU[first:], lambda t, z: when(first + t), uid=lambda t: "1.2.7.2", **rest)
    return folder


def assert_whole(candidate: Candidate) -> None:
    found = candidate.read_time_series()
    assert found.times_s == pytest.approx(tuple(TIMES), abs=1e-6)
    assert np.array_equal(sitk.GetArrayFromImage(found.image), HU)
    assert "'Perf 1' (4 frames), 'Perf 2' (3 frames)" in found.notes[0]


def since_start(t: int) -> dict[str, Any]:
    start = TIMES[0 if t < CUT else CUT]
    return {"AcquisitionTime": clock(NOON + start), "TriggerTime": 1000 * (TIMES[t] - start)}


def number(t: int) -> dict[str, Any]:
    return {"AcquisitionNumber": t + 1}


@pytest.mark.parametrize(
    "when",
    [
        lambda t: at(NOON + TIMES[t]),
        lambda t: {"AcquisitionDateTime": f"20240301{clock(NOON + TIMES[t])}"},
        lambda t: {"AcquisitionTime": clock(NOON), "ContentTime": clock(NOON + TIMES[t])},
        lambda t: {"TriggerTime": 1000 * TIMES[t]},
        since_start,
        lambda t: at(86400 - 5 + TIMES[t]),
    ],
    ids=["acquisition", "date and time", "content", "trigger goes on", "trigger begins anew", "midnight"],
)
def test_two_phases_are_one_series_by_whatever_says_when(tmp_path: Path, when: When) -> None:
    (candidate,) = find_series(study(tmp_path, when))
    assert_whole(candidate)


@pytest.mark.parametrize("doubled", [1, 2])
def test_frames_that_both_series_hold_count_once(tmp_path: Path, doubled: int) -> None:
    (candidate,) = find_series(study(tmp_path, lambda t: at(NOON + TIMES[t]), first=CUT - doubled))
    found = candidate.read_time_series()
    assert found.times_s == tuple(TIMES) and np.array_equal(sitk.GetArrayFromImage(found.image), HU)


def test_each_slice_may_have_its_own_moment(tmp_path: Path) -> None:
    for name, part in (("a", slice(0, CUT)), ("b", slice(CUT - 1, None))):
        times = TIMES[part]
        dicom_ctp(
            tmp_path / name,
            HU[part],
            lambda t, z, times=times: at(NOON + times[t] + 0.1 * z),
            uid=lambda t, name=name: f"1.2.7.{ord(name)}",
        )
    (candidate,) = find_series(tmp_path)
    assert np.array_equal(sitk.GetArrayFromImage(candidate.read_time_series().image), HU)


def test_numbers_that_go_on_make_one_series_whose_times_are_asked_for(tmp_path: Path) -> None:
    (candidate,) = find_series(study(tmp_path, number))
    (candidate.files[0].parent / "times.txt").write_text(" ".join(map(str, TIMES)))
    assert_whole(candidate)


@pytest.mark.parametrize(
    "when",
    [lambda t: at(NOON + TIMES[t] + 300 * (t >= CUT)), lambda t: at(NOON + TIMES[t] - TIMES[CUT] * (t >= CUT))],
    ids=["a second bolus", "at the same time"],
)
def test_a_second_bolus_and_a_second_reconstruction_stay_apart(tmp_path: Path, when: When) -> None:
    assert sorted(candidate.tags.frames for candidate in find_series(study(tmp_path, when))) == [3, 4]


def test_another_table_position_stays_apart(tmp_path: Path) -> None:
    dicom_ctp(tmp_path / "a", HU[:CUT], lambda t, z: at(NOON + TIMES[t]), uid=lambda t: "1.2.7.1")
    moved = [-10.0, 20.0, 33.0]
    dicom_ctp(
        tmp_path / "b",
        HU[CUT:],
        lambda t, z: {**at(NOON + TIMES[CUT + t]), "ImagePositionPatient": [*moved[:2], moved[2] + 5 * z]},
        uid=lambda t: "1.2.7.2",
    )
    assert len(find_series(tmp_path)) == 2


def test_a_plain_ct_before_and_an_angiography_after_stay_apart(tmp_path: Path) -> None:
    study(tmp_path, lambda t: at(NOON + TIMES[t]))
    for name, moment in (("plain", NOON - 10), ("cta", NOON + 20)):
        dicom_ctp(tmp_path / name, HU[:1], lambda t, z, m=moment: at(m), uid=lambda t, n=name: f"1.2.{ord(n[0])}")
    assert sorted(candidate.tags.frames for candidate in find_series(tmp_path)) == [1, 1, 7]


def test_phases_of_two_reconstructions_are_not_mixed(tmp_path: Path) -> None:
    for kernel, more in (("H20f", 0), ("H30s", 1)):
        for phase, part in ((1, slice(0, CUT)), (2, slice(CUT, None))):
            dicom_ctp(
                tmp_path / f"{kernel}{phase}",
                HU[part] + more,
                lambda t, z, part=part: at(NOON + TIMES[part][t]),
                uid=lambda t, k=more, p=phase: f"1.2.{k}.{p}",
                description=f"CTP {kernel} {phase}",
            )
    found = [sitk.GetArrayFromImage(candidate.read_time_series().image) for candidate in find_series(tmp_path)]
    assert len(found) == 2 and np.array_equal(found[0], HU) and np.array_equal(found[1], HU + 1)
