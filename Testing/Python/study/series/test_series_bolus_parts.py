"""Several 4-D files and series of CT perfusion: parts of one bolus, copies, or neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from ctp_files import at, dicom_ctp, frames, nifti_series
from io_fixtures import refusal

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case

HU = frames(7, (2, 6, 5))
CUT = 4
TIMES = [0.0, 1.5, 3.0, 4.5, 6.0, 10.0, 14.0]
PHASES = ((slice(0, CUT), 1.5), (slice(CUT, None), 4.0))


def parts(folder: Path, names: tuple[str, str], said: Any = None, starts: tuple[float, float] = (0.0, 0.0)) -> Path:
    """A bolus in two NIfTI files, and what stands beside each: a sidecar's content or a list of times."""
    for number, (name, (part, step)) in enumerate(zip(names, PHASES, strict=True)):
        nifti_series(folder / f"{name}.nii.gz", HU[part], step, start=starts[number])
        beside = None if said is None else said(number, TIMES[part])
        if isinstance(beside, dict):
            (folder / f"{name}.json").write_text(json.dumps(beside))
        elif beside is not None:
            (folder / f"{name}.times.txt").write_text("\n".join(map(str, beside)))
    return folder


def acquired(number: int, times: list[float]) -> dict[str, Any]:
    return {"Modality": "CT", "AcquisitionTime": f"12:00:{times[0]:09.6f}"}


def dated(number: int, times: list[float]) -> dict[str, Any]:
    return {"Modality": "CT", "AcquisitionDateTime": f"2024-03-01T12:00:{times[0]:09.6f}"}


@pytest.mark.parametrize(
    ("names", "said", "starts"),
    [
        (("sub-1_run-1_ctp", "sub-1_run-2_ctp"), lambda n, times: times, (0, 0)),
        (("CTP", "CTP_part2"), acquired, (0, 0)),
        (("CTP_late", "CTP_early"), dated, (0, 0)),
        (("CTP_1", "CTP_2"), lambda n, times: {"FrameTimesStart": times}, (0, 0)),
        (("perf_ct_phase1", "perf_ct_phase2"), None, (0, TIMES[CUT])),
    ],
    ids=["times beside", "acquisition time", "date", "FrameTimesStart", "offset in the header"],
)
def test_files_are_put_together_where_times_say_that_one_goes_on(tmp_path: Path, names, said, starts) -> None:
    case = load_case(parts(tmp_path, names, said, starts))
    series = case.series[Role.CTP]
    assert np.array_equal(sitk.GetArrayFromImage(series.image), HU)
    assert np.subtract(series.times_s, series.times_s[0]) == pytest.approx(TIMES)
    assert all(f"{name}.nii.gz (" in " ".join(case.notes) for name in names)


def test_a_frame_that_both_files_hold_counts_once(tmp_path: Path) -> None:
    for number, part in enumerate((slice(0, CUT), slice(CUT - 1, None))):
        nifti_series(tmp_path / f"CTP_{number}.nii.gz", HU[part])
        (tmp_path / f"CTP_{number}.times.txt").write_text(" ".join(map(str, TIMES[part])))
    series = load_case(tmp_path).series[Role.CTP]
    assert series.times_s == tuple(TIMES) and np.array_equal(sitk.GetArrayFromImage(series.image), HU)


@pytest.mark.parametrize("names", [("CTP", "CTP_part2"), ("sub-1_run-1_ctp", "sub-1_run-2_ctp")])
@pytest.mark.parametrize(
    "said",
    [None, lambda n, times: {"AcquisitionTime": ("12:00:00", "12:09:00")[n]}],
    ids=["no times", "a second bolus"],
)
def test_files_of_which_none_goes_on_are_not_chosen_between(tmp_path: Path, names, said) -> None:
    message = refusal(load_case, parts(tmp_path, names, said))
    assert "none goes on within a minute where another ends" in message and "times.txt" in message


def test_a_nifti_copy_of_a_dicom_series_is_named_as_a_copy(tmp_path: Path) -> None:
    dicom_ctp(tmp_path / "dcm", HU, lambda t, z: at(43200 + TIMES[t]))
    nifti_series(tmp_path / "ctp.nii.gz", HU)
    case = load_case(tmp_path)
    assert case.series[Role.CTP].images and case.series[Role.CTP].times_s == tuple(TIMES)
    assert any("ctp.nii.gz was left aside: it is a copy of dcm" in note for note in case.notes)


def test_the_converted_phases_of_a_dicom_series_are_parts_of_it(tmp_path: Path) -> None:
    for number, (part, _) in enumerate(PHASES):
        times = TIMES[part]
        dicom_ctp(
            tmp_path / f"dcm{number}",
            HU[part],
            lambda t, z, times=times: at(43200 + times[t]),
            uid=lambda t, number=number: f"1.2.{number}",
        )
    case = load_case(parts(tmp_path, ("ctp_a", "ctp_b")), modality="ctp")
    assert case.series[Role.CTP].times_s == tuple(TIMES)
    assert sum("holds a part of the frames of" in note for note in case.notes) == 2


def test_a_copy_whose_times_are_not_known_stops_nothing(tmp_path: Path) -> None:
    dicom_ctp(tmp_path / "dcm", HU, lambda t, z: at(43200 + TIMES[t]))
    nifti_series(tmp_path / "ctp.nii.gz", HU, 1.0, None)
    case = load_case(tmp_path)
    assert case.series[Role.CTP].images and any("time step of 1" in note for note in case.notes)
