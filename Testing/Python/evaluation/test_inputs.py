"""Masks, groups and classes as files: what is read, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from evaluation.cohorts import GRID, box, write_mask

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.evaluation.classes import found_classes, parse_classes, require_known
from StrokeSegLogic.evaluation.groups import Membership, read_groups
from StrokeSegLogic.evaluation.masks import read_mask, require_same_grid
from StrokeSegLogic.evaluation.readers import Joint, join


def test_a_mask_is_read_on_its_grid(tmp_path: Path) -> None:
    array = box((1, 3), (2, 4), (5, 8), value=2)
    mask = read_mask(write_mask(tmp_path / "m.nii.gz", array))
    assert np.array_equal(mask.labels, array) and mask.grid.same(GRID) and mask.values == {2}
    assert mask.spacing_mm == (4.0, 1.5, 1.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a * 0.5, "40 of its voxels are no whole numbers"),
        (lambda a: np.where(a == 1, np.nan, a), "NaN"),
        (lambda a: -a, "from -1 to 0"),
        (lambda a: np.arange(a.size, dtype=float).reshape(a.shape), "different values"),
    ],
)
def test_what_is_no_label_map_is_refused(tmp_path: Path, change, words: str) -> None:
    path = tmp_path / "m.nii.gz"
    nib.save(nib.Nifti1Image(change(box((1, 3), (2, 6), (3, 8)).astype(float)), np.eye(4)), path)
    with pytest.raises(InputError, match=words) as error:
        read_mask(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (replace(GRID, spacing=(1.0, 1.5, 4.1)), "spacing 1.0000 x 1.5000 x 4.1000 against"),
        (replace(GRID, origin=(3.0, -7.0, 12.0)), "origin"),
        (replace(GRID, direction=(-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)), "direction"),
        (replace(GRID, size=(12, 10, 7)), "size 12 x 10 x 7 against 12 x 10 x 6"),
    ],
)
def test_masks_on_other_grids_are_refused_with_both_names(tmp_path: Path, other, words: str) -> None:
    first = read_mask(write_mask(tmp_path / "one.nii.gz", np.zeros(other.shape, np.uint8), other))
    two = read_mask(write_mask(tmp_path / "two.nii.gz", box()))
    with pytest.raises(InputError, match=words) as error:
        require_same_grid(first, two)
    assert "one.nii.gz" in str(error.value) and "two.nii.gz" in str(error.value)


def test_rounding_of_a_header_is_no_other_grid(tmp_path: Path) -> None:
    moved = replace(GRID, origin=(3.00005, -7.0, 11.0))
    first, two = (read_mask(write_mask(tmp_path / f"{k}.nii.gz", box(), grid)) for k, grid in enumerate((GRID, moved)))
    require_same_grid(first, two)


@pytest.mark.parametrize("mark", ["\t", ",", ";"])
def test_groups_are_read_whatever_parts_the_columns(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "groups.csv"
    lines = (("case", "group", "patient"), ("c1", "other", "p"), ("c2", "WIS", "p"), ("c3", "LVO", "q"))
    path.write_text("\ufeff" + "\n".join(mark.join(line) for line in lines) + "\n\n", encoding="utf-8")
    groups = read_groups(path)
    assert groups.of_case["c2"] == Membership("WIS", "p")
    assert groups.names == ("LVO", "WIS", "other")


def test_without_patients_each_case_is_a_patient(tmp_path: Path) -> None:
    path = tmp_path / "groups.tsv"
    path.write_text("participant_id\tage\tgroup\nsub-1\t70\tLVO\n", encoding="utf-8")
    assert read_groups(path).of_case == {"sub-1": Membership("LVO", "sub-1")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("case,kind\nc1,LVO\n", "has the columns case, kind"),
        ("case,group\nc1,LVO\nc1,WIS\n", "names the case c1 twice"),
        ("case,group\nc1,\n", "empty group in the row c1"),
        ("case,group\nc1\n", "empty group"),
        ("case,group,patient\nc1,LVO,\n", "empty patient"),
        ("case,group\nc1,All\n", "calls a group All"),
        ("", "empty"),
    ],
)
def test_a_table_that_leaves_doubt_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "groups.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_groups(path)


def test_cases_without_a_group_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("case,group\nc1,LVO\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"no group of 2 case\(s\): c2, c3"):
        read_groups(path).require(["c1", "c2", "c3"], path)


def test_classes_are_read_from_words_and_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text('{"1": "penumbra", "2": "core"}', encoding="utf-8")
    assert parse_classes("1=penumbra,2=core") == parse_classes(str(path)) == {"penumbra": (1,), "core": (2,)}
    assert parse_classes(" 1 + 2 = hypoperfused tissue ") == {"hypoperfused tissue": (1, 2)}


@pytest.mark.parametrize("words", ["", "core", "core=2", "0=air", "1=a,2=a", "1=a,", "-1=a"])
def test_classes_of_another_form_are_refused(words: str) -> None:
    with pytest.raises(InputError, match="VALUE=NAME"):
        parse_classes(words)


@pytest.mark.parametrize("text", ["[1]", "{", "{}", '{"x": "core"}'])
def test_a_file_of_classes_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="labels.json"):
        parse_classes(str(path))


def test_a_missing_file_of_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        parse_classes(str(tmp_path / "nonesuch.json"))


def test_classes_that_nobody_named_are_the_labels_that_occur() -> None:
    assert found_classes([]) == found_classes([1]) == {"lesion": (1,)}
    assert found_classes([2, 1, 2]) == {"label 1": (1,), "label 2": (2,)}


def test_a_label_of_no_class_is_refused(tmp_path: Path) -> None:
    mask = read_mask(write_mask(tmp_path / "m.nii.gz", box((0, 1), (0, 1), (0, 1), value=3)))
    with pytest.raises(InputError, match=r"label\(s\) 3"):
        require_known(mask, {"lesion": (1,)})


def test_two_readers_are_joined_voxel_by_voxel() -> None:
    first, second = np.array([0, 1, 1, 2, 2]), np.array([1, 1, 0, 1, 2])
    assert join(first, second, Joint.INTERSECTION).tolist() == [0, 1, 0, 0, 2]
    assert join(first, second, Joint.UNION).tolist() == [1, 1, 1, 2, 2]
    with pytest.raises(ValueError, match="scores"):
        join(first, second, Joint.MEAN)
