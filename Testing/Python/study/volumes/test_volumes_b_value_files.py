"""The .bval and .bvec that belong to a diffusion series, whatever tool named and wrote them; others are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from io_fixtures import nifti, refusal, voxels

from StrokeSegLogic.study.volumes.b_value_files import own_weighting, weightings_beside

VALUES = (0.0, 1000.0, 1000.0, 1000.0)
TEXT = "0 1000 1000 1000"
VECTORS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)


def series(path: Path, volumes: int = 4) -> Path:
    return nifti(path, voxels((8, 8, 2, volumes)))


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def b_values(path: Path, count: int = 4) -> tuple[float, ...] | None:
    found = weightings_beside(path, count)
    return None if found is None else tuple(known.b for known in found[0])


@pytest.mark.parametrize(
    ("volume", "bval"),
    [
        ("dwi.nii.gz", "dwi.bval"),
        ("DWI.nii.gz", "dwi.BVAL"),
        ("12_ep2d_diff.nii", "12_ep2d_diff.bvals"),
        ("data.nii.gz", "bvals"),
        ("data.nii.gz", "bvals.txt"),
        ("dwi.nii.gz", "dwi_bvals.txt"),
        ("scan.nii", "other.bval"),
        ("sub-01/dwi/sub-01_dwi.nii.gz", "sub-01/dwi.bval"),
        ("sub-01/ses-1/dwi/sub-01_ses-1_dwi.nii.gz", "dwi.bval"),
        ("sub-01/ses-1/dwi/sub-01_ses-1_acq-a_dwi.nii.gz", "sub-01/sub-01_acq-a_dwi.bval"),
        ("dwi/sub-01_run-1_dwi.nii.gz", "dwi/sub-01_dwi.bval"),
    ],
)
def test_b_values_are_found_under_the_names_of_tools_and_by_inheritance(tmp_path, volume, bval):
    path = series(tmp_path / "set" / volume)
    write(tmp_path / "set" / bval, TEXT)
    assert b_values(path) == VALUES


@pytest.mark.parametrize(
    ("volume", "others"),
    [
        ("dwi.nii.gz", {"dti.nii.gz": None, "dti.bval": TEXT}),
        ("dwi.nii.gz", {"a.bval": TEXT, "b.bval": TEXT}),
        ("home/scan/dwi.nii.gz", {"dwi.bval": TEXT}),
        ("sub-01/dwi/sub-01_dwi.nii.gz", {"sub-02_dwi.bval": TEXT, "acq-b_dwi.bval": TEXT}),
    ],
    ids=["of another file", "of one of two", "of another study", "of other subjects"],
)
def test_b_values_of_something_else_are_not_taken(tmp_path, volume, others):
    path = series(tmp_path / volume)
    for name, text in others.items():
        series(tmp_path / name) if text is None else write(tmp_path / name, text)
    assert weightings_beside(path, 4) is None


def test_the_nearest_and_most_particular_file_counts(tmp_path):
    path = series(tmp_path / "sub-01" / "dwi" / "sub-01_acq-b_dwi.nii.gz")
    write(tmp_path / "dwi.bval", "0 1 1 1")
    write(tmp_path / "acq-b_dwi.bval", "0 700 700 700")
    assert b_values(path) == (0, 700, 700, 700)
    write(tmp_path / "sub-01" / "dwi.bval", "0 800 800 800")
    assert b_values(path) == (0, 800, 800, 800)
    write(path.with_name("sub-01_acq-b_dwi.bval"), TEXT)
    assert b_values(path) == VALUES


@pytest.mark.parametrize(
    "content",
    [
        "0 1000 1000 1000  \r\n\r\n",
        "0\n1000\n1000\n1000\n",
        "0\r\n1000\r\n1000\r\n1000\r\n",
        "0.0e+00\t1.0e3\t1E+03 1000.000  ",
        "0,1000,1000,1000",
        "# b-values in s/mm2\n0 1000 1000 1000",
        "\ufeff0 1000 1000 1000",
        TEXT.encode("utf-16"),
    ],
    ids=["Windows", "a column", "a column of Windows", "exponents", "commas", "a comment", "a mark", "UTF-16"],
)
def test_b_values_are_read_however_they_were_written(tmp_path, content):
    path = series(tmp_path / "dwi.nii.gz")
    write(tmp_path / "dwi.bval", content)
    assert b_values(path) == VALUES


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("0 1000", "holds 2 b-values, and dwi.nii.gz has 4 volumes"),
        ("", "holds 0 b-values"),
        ("b0 b1000 b1000 b1000", "holds something that is no number"),
        (b"\xff\xfe\x00", "holds something that is no number"),
        ("0 1e9 1e9 1e9", "holds b-values of up to 1e+09, which are none in s/mm²"),
    ],
)
def test_what_are_no_b_values_of_this_file_is_refused_with_the_true_reason(tmp_path, content, words):
    path = series(tmp_path / "dwi.nii.gz")
    write(tmp_path / "dwi.bval", content)
    assert words in refusal(weightings_beside, path, 4)


def lines(table: np.ndarray, ends: str = "\n") -> str:
    return ends.join(" ".join(f"{value:.6f}" for value in row) for row in table) + " " + ends


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dwi.bvec", lines(VECTORS.T)),
        ("dwi.bvec", lines(VECTORS)),
        ("bvecs", lines(VECTORS.T, "\r\n")),
        ("dwi_bvecs.txt", lines(-2 * VECTORS)),
        ("dwi.bvec", lines(VECTORS.T).encode("utf-16")),
    ],
    ids=["as FSL", "a line a volume", "of Windows", "not of length 1", "UTF-16"],
)
def test_directions_are_read_whichever_way_they_run(tmp_path, name, content):
    path = series(tmp_path / "dwi.nii.gz")
    write(tmp_path / "dwi.bval", TEXT)
    write(tmp_path / name, content)
    found, fault = weightings_beside(path, 4) or ([], "none")
    assert fault == "" and [np.abs(known.direction or (0, 0, 0)).tolist() for known in found] == VECTORS.tolist()


@pytest.mark.parametrize("turned", [False, True], ids=["as FSL", "a line a volume"])
def test_of_three_volumes_those_that_are_weighted_tell_which_way_directions_run(tmp_path, turned):
    path = series(tmp_path / "dwi.nii.gz", 3)
    write(tmp_path / "dwi.bval", "0 1000 1000")
    table = VECTORS[[0, 1, 3]]
    write(tmp_path / "dwi.bvec", lines(table if turned else table.T))
    found, _ = weightings_beside(path, 3) or ([], "")
    assert [known.direction for known in found] == [(), (1, 0, 0), (0, 0, 1)]


def test_a_file_of_one_volume_has_the_b_value_of_its_own_name_alone(tmp_path):
    path = nifti(tmp_path / "a.nii.gz", voxels())
    write(tmp_path / "bvals", "1000")
    assert own_weighting(path) is None
    write(tmp_path / "a.bval", "1000\n")
    assert own_weighting(path).b == 1000 and own_weighting(path).direction is None
    write(tmp_path / "a.bvec", "0\n0\n0\n")
    assert own_weighting(path).direction == ()
    write(tmp_path / "a.bval", "0 1000")
    assert own_weighting(path) is None
