from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.records import move_aside
from StrokeSegLogic.training.datasets.folders import in_order
from StrokeSegLogic.training.datasets.layouts import LAYOUTS, read_data_set
from StrokeSegLogic.training.datasets.subject import Subject

Folder = Callable[[str], Path]

WHAT = {
    "isles2015": ({"T1", "T2", "DWI", "FLAIR"}, {"truth"}, "FLAIR", ("background", "lesion")),
    "isles2018": ({"CT", "CBF", "CBV", "MTT", "TMAX", "CTP"}, {"truth"}, "CT", ("background", "core")),
    "isles2022": ({"DWI", "ADC", "FLAIR"}, {"truth"}, "DWI", ("background", "lesion")),
    "bids": ({"T1", "T2", "FLAIR", "DWI", "ADC"}, {"truth"}, "FLAIR", ("background", "lesion")),
    "ctp_folder": (
        {"CBF", "CBV", "TTP", "TMAX", "MTT", "MIP", "CT"},
        {"NR1", "NR2"},
        "CBF",
        ("background", "penumbra", "core"),
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_told_from_its_folders_and_read_whole(synthetic: Folder, layout: str) -> None:
    data_set = read_data_set(synthetic(layout))
    images, masks, reference, classes = WHAT[layout]
    assert data_set.layout == layout
    assert data_set.reference == reference and data_set.classes == classes
    assert len(data_set.patients) == 5
    assert not data_set.notes
    for subject in data_set.subjects:
        assert set(subject.images) == images and set(subject.masks) == masks
        assert all(path.is_file() for path in (*subject.images.values(), *subject.masks.values()))
    assert len({subject.case for subject in data_set.subjects}) == len(data_set.subjects)


def test_every_layout_is_tested() -> None:
    assert set(WHAT) == set(LAYOUTS)


def test_the_folder_that_an_archive_unpacks_to_is_entered(copy: Folder) -> None:
    folder = copy("isles2022")
    assert read_data_set(folder.parent).folder == folder


def test_what_a_run_moved_aside_is_no_part_of_a_data_set(copy: Folder) -> None:
    folder = copy("isles2022")
    before = read_data_set(folder)
    moved = before.subjects[0].images["DWI"]
    content = moved.read_bytes()
    move_aside(moved)
    moved.write_bytes(content)
    assert read_data_set(folder) == before


def test_a_folder_of_no_layout_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "scan.nii.gz").write_bytes(b"x")
    with pytest.raises(InputError) as error:
        read_data_set(tmp_path)
    assert all(layout in str(error.value) for layout in LAYOUTS)
    assert len(str(error.value)) < 500


def test_a_layout_that_the_folder_has_not_is_refused(synthetic: Folder) -> None:
    with pytest.raises(InputError, match=r"is not laid out as isles2018\. It looks so: .*SMIR\.Brain"):
        read_data_set(synthetic("isles2015"), "isles2018")


def test_an_unknown_layout_is_refused(synthetic: Folder) -> None:
    with pytest.raises(InputError, match="no layout is called 'brats'"):
        read_data_set(synthetic("isles2015"), "brats")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_data_set(tmp_path / "nonesuch")


def test_an_image_name_or_split_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="'T1c' is not an image name"):
        Subject("a", "a", {"T1c": Path("x")}, {})
    with pytest.raises(ValueError, match="'dev' is not a split"):
        Subject("a", "a", {}, {}, split="dev")


@given(st.lists(st.integers(0, 10**6), min_size=1, unique=True))
def test_numbered_names_are_ordered_by_their_numbers(numbers: list[int]) -> None:
    names = [f"case_{number}" for number in numbers]
    assert sorted(names, key=in_order) == [f"case_{number}" for number in sorted(numbers)]
