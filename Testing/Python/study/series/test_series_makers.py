"""Maps of two programs are one set only where there is no other, and then it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from io_fixtures import dicom_slices, nifti, stored, voxels

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case

RAPID = {"Manufacturer": "iSchemaView", "SoftwareVersions": "RAPID 5.0.2"}
SYNGO = {"Manufacturer": "SIEMENS", "SoftwareVersions": "syngo CT VB20"}
OLEA = {"Manufacturer": "Olea Medical", "SoftwareVersions": "Olea Sphere 3.0"}
VITREA = {"Manufacturer": "Vital Images, Inc", "SoftwareVersions": "Vitrea 7.14"}


def map_of(folder: Path, name: str, tags: dict[str, Any], uid: str | None = None) -> None:
    told = {"SeriesDescription": name, "Modality": "CT", "ImageType": ["DERIVED", "SECONDARY"], **tags}
    dicom_slices(folder, stored(seed=len(str(folder))), tags=told, uid=uid)


def said(case: Any) -> list[str]:
    return [note for note in case.notes if "of different software" in note]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (RAPID, SYNGO),
        (OLEA, VITREA),
        ({"Manufacturer": "GE MEDICAL SYSTEMS"}, {"Manufacturer": "Philips"}),
        (
            {"Manufacturer": "SIEMENS", "SoftwareVersions": "VA40"},
            {"Manufacturer": "SIEMENS", "SoftwareVersions": "VB20"},
        ),
    ],
)
def test_cbf_of_one_program_and_tmax_of_another_are_said_before_all_else(tmp_path, ours, theirs):
    map_of(tmp_path / "a", "CBF", ours)
    map_of(tmp_path / "b", "Tmax", theirs)
    case = load_case(tmp_path)
    assert case.roles == (Role.CBF, Role.TMAX) and said(case) == [case.notes[0]]


def test_series_numbers_of_two_companies_say_it_where_nothing_else_does(tmp_path):
    map_of(tmp_path / "a", "CBF", {}, "1.3.12.2.1107.5.1.4.1")
    map_of(tmp_path / "b", "Tmax", {}, "1.3.46.670589.33.1")
    assert "CBF of Siemens, Tmax of Philips" in said(load_case(tmp_path))[0]


@pytest.mark.parametrize(
    ("cbf", "tmax"),
    [
        ("RAPID_CBF", "syngo_TMAX"),
        ("rapid/CBF", "Brainomix/Tmax"),
        ("CBF_Olea", "Tmax_vitrea"),
        ("MIStar CBF", "Viz Tmax"),
    ],
)
def test_names_of_files_say_it(tmp_path, cbf, tmax):
    for number, name in enumerate((cbf, tmax)):
        nifti(tmp_path / f"{name}.nii.gz", voxels(seed=number))
    assert said(load_case(tmp_path))
    named = load_case([f"CBF={tmp_path / cbf}.nii.gz", f"TMAX={tmp_path / tmax}.nii.gz"])
    assert bool(said(named)) is ("/" not in cbf)


def test_sidecars_say_it(tmp_path):
    for number, (name, maker) in enumerate((("CBF", RAPID), ("TMAX", SYNGO))):
        nifti(tmp_path / f"{name}.nii.gz", voxels(seed=number))
        (tmp_path / f"{name}.json").write_text(json.dumps({"Modality": "CT", **maker}))
    assert said(load_case(tmp_path))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("whole", "part"), [(RAPID, SYNGO), (SYNGO, OLEA), (VITREA, RAPID)])
def test_the_set_that_is_whole_is_preferred(tmp_path, whole, part, first):
    homes = ("a", "b") if first else ("b", "a")
    for name in ("CBF", "Tmax", "CBV"):
        map_of(tmp_path / homes[0] / name, name, whole)
    # Its plain name would be preferred.
    map_of(tmp_path / homes[1] / "Tmax", "Tmax", part)
    map_of(tmp_path / homes[1] / "MTT", "MTT", part)
    case = load_case(tmp_path)
    assert {case.series[role].source[0] for role in (Role.CBF, Role.TMAX, Role.CBV)} == {homes[0]}
    assert "the maps of one program were taken together" in " ".join(case.notes)
    # What the set lacks is taken of the other, and said.
    assert case.series[Role.MTT].source.startswith(homes[1]) and said(case)


@pytest.mark.parametrize(
    ("ours", "theirs"), [({}, {}), (RAPID, RAPID), (SYNGO, {"Manufacturer": "Siemens Healthineers"}), (RAPID, {})]
)
def test_maps_of_one_program_or_of_nobody_known_are_a_set(tmp_path, ours, theirs):
    map_of(tmp_path / "a", "CBF", ours)
    map_of(tmp_path / "b", "Tmax", theirs)
    assert load_case(tmp_path).notes == ()
