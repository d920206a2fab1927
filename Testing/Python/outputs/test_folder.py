"""What may be replaced in the folder of a result, and what is the user's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.base.json_files import read_json_object
from StrokeSegLogic.base.recorded_files import write_recorded
from StrokeSegLogic.outputs.files import MAP_FILES, MAPS, RESULT, excluded_by, require_writable

WORDS = "which no record shows to be StrokeSeg's own and unchanged"


def put(folder: Path, *names: str, **options: Any) -> list[str]:
    """Writes files of these names, the last of them the record; returns what there is to tell."""
    *others, record = names
    files = {name: lambda path, name=name: path.write_text(f"new {name}", encoding="utf-8") for name in others}
    return write_recorded(folder, files, record, {}, excluded=excluded_by(record), **options).notes


def held(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def moved(folder: Path) -> Path:
    """The one folder of things moved aside."""
    (place,) = folder.glob("previous-*")
    return place


def test_what_an_earlier_result_had_and_the_new_result_has_not_is_gone(tmp_path: Path) -> None:
    put(tmp_path / "a", "labels.nii.gz", "CBF.nii.gz", "aif.svg", RESULT)
    (tmp_path / "a" / "notes.txt").write_text("mine", encoding="utf-8")
    put(tmp_path / "a", "labels.nii.gz", "probability.nii.gz", RESULT)
    assert held(tmp_path / "a") == {"labels.nii.gz", "probability.nii.gz", RESULT, "notes.txt"}


def test_what_an_earlier_result_had_stays_beside_the_new_result_if_it_was_changed_and_that_is_said(
    tmp_path: Path,
) -> None:
    put(tmp_path, "labels.nii.gz", "aif.svg", RESULT)
    (tmp_path / "aif.svg").write_text("mine", encoding="utf-8")
    assert "aif.svg of the earlier run was changed since" in put(tmp_path, "labels.nii.gz", RESULT)[0]
    assert (tmp_path / "aif.svg").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["labels.nii.gz", "report.html", "aif.svg", "CBF.nii.gz", RESULT])
def test_a_file_of_the_users_is_never_replaced_but_moved_aside_when_asked(tmp_path: Path, name: str) -> None:
    names = ("labels.nii.gz", "report.html", "aif.svg", "CBF.nii.gz", RESULT)
    (tmp_path / name).write_text("the expert's", encoding="utf-8")
    with pytest.raises(OutputError, match=f"holds {name}, {WORDS}.*overwrite"):
        put(tmp_path, *names)
    with pytest.raises(OutputError, match=name):
        require_writable(tmp_path, RESULT, names)
    assert held(tmp_path) == {name} and (tmp_path / name).read_text(encoding="utf-8") == "the expert's"
    (said,) = put(tmp_path, *names, overwrite=True)
    assert said == f"{name} moved to {moved(tmp_path)}"
    assert (moved(tmp_path) / name).read_text(encoding="utf-8") == "the expert's"
    assert held(tmp_path) == {*names, moved(tmp_path).name}


def test_what_is_moved_aside_twice_in_a_minute_lies_in_two_folders(tmp_path: Path) -> None:
    for words in ("first", "second"):
        (tmp_path / "labels.nii.gz").write_text(words, encoding="utf-8")
        put(tmp_path, "labels.nii.gz", RESULT, overwrite=True)
    kept = {place: (place / "labels.nii.gz").read_text("utf-8") for place in tmp_path.glob("previous-*")}
    assert sorted(kept.values()) == ["first", "second"]


def test_files_of_other_names_are_in_nobodys_way(tmp_path: Path) -> None:
    for name in ("CBF.nii.gz", "aif.svg", "DWI.nii.gz"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    require_writable(tmp_path, RESULT, ("labels.nii.gz", RESULT))
    put(tmp_path, "labels.nii.gz", RESULT)
    for name in ("CBF.nii.gz", "aif.svg", "DWI.nii.gz"):
        assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


def test_a_corrected_result_is_the_users(tmp_path: Path) -> None:
    put(tmp_path, "labels.nii.gz", "report.html", RESULT)
    (tmp_path / "labels.nii.gz").write_text("corrected", encoding="utf-8")
    with pytest.raises(OutputError, match=f"holds labels.nii.gz, {WORDS}"):
        put(tmp_path, "labels.nii.gz", "report.html", RESULT)
    assert (tmp_path / "labels.nii.gz").read_text(encoding="utf-8") == "corrected"
    put(tmp_path, "labels.nii.gz", "report.html", RESULT, overwrite=True)
    assert held(moved(tmp_path)) == {"labels.nii.gz"}


def test_a_record_that_was_changed_by_hand_is_the_users_and_proves_nothing(tmp_path: Path) -> None:
    put(tmp_path, "labels.nii.gz", RESULT)
    text = (tmp_path / RESULT).read_text(encoding="utf-8")
    (tmp_path / RESULT).write_text(text + "\n", encoding="utf-8")
    with pytest.raises(OutputError, match=f"holds labels.nii.gz, {RESULT}, {WORDS}"):
        put(tmp_path, "labels.nii.gz", RESULT)


def test_a_result_of_before_hashes_is_replaced_only_when_asked(tmp_path: Path) -> None:
    (tmp_path / "labels.nii.gz").write_text("old", encoding="utf-8")
    (tmp_path / RESULT).write_text(json.dumps({"files": ["labels.nii.gz", RESULT]}), encoding="utf-8")
    with pytest.raises(OutputError, match=WORDS):
        put(tmp_path, "labels.nii.gz", RESULT)
    put(tmp_path, "labels.nii.gz", RESULT, overwrite=True)
    assert held(moved(tmp_path)) == {"labels.nii.gz", RESULT}


DAMAGED = ["", "old", "[]", "{}", '{"files": 3}', "\udc80", "[" * 100_000, '{"a": ' + "9" * 5_000 + "}"]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_record_makes_nothing_ours(tmp_path: Path, content: str) -> None:
    (tmp_path / RESULT).write_bytes(content.encode("utf-8", "surrogateescape"))
    (tmp_path / "labels.nii.gz").touch()
    with pytest.raises(OutputError, match=WORDS):
        put(tmp_path, "labels.nii.gz", RESULT)
    put(tmp_path, "labels.nii.gz", RESULT, overwrite=True)
    assert held(tmp_path) == {moved(tmp_path).name, "labels.nii.gz", RESULT}


def test_the_record_keeps_its_list_of_names_and_has_the_hashes_beside_it(tmp_path: Path) -> None:
    put(tmp_path, "labels.nii.gz", RESULT)
    values = read_json_object(tmp_path / RESULT)
    assert values["files"] == ["labels.nii.gz", RESULT]
    assert set(values["written"]) == {"labels.nii.gz"} and len(values["record_sha256"]) == 64


def test_a_link_in_a_files_place_is_the_users_and_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "elsewhere").write_text("mine", encoding="utf-8")
    for target in ("elsewhere", "gone"):
        (tmp_path / "a" / "labels.nii.gz").symlink_to(tmp_path / target)
        with pytest.raises(OutputError, match="holds labels.nii.gz"):
            put(tmp_path / "a", "labels.nii.gz", RESULT)
        put(tmp_path / "a", "labels.nii.gz", RESULT, overwrite=True)
        assert not (tmp_path / "a" / "labels.nii.gz").is_symlink()
        (tmp_path / "a" / "labels.nii.gz").unlink()
    assert (tmp_path / "elsewhere").read_text(encoding="utf-8") == "mine" and not (tmp_path / "gone").exists()
    assert sum((place / "labels.nii.gz").is_symlink() for place in (tmp_path / "a").glob("previous-*")) == 2


def test_a_link_to_our_own_file_elsewhere_is_the_users_too(tmp_path: Path) -> None:
    put(tmp_path / "a", "labels.nii.gz", RESULT)
    (tmp_path / "a" / "labels.nii.gz").rename(tmp_path / "kept.nii.gz")
    (tmp_path / "a" / "labels.nii.gz").symlink_to(tmp_path / "kept.nii.gz")
    with pytest.raises(OutputError, match="holds labels.nii.gz"):
        put(tmp_path / "a", "labels.nii.gz", RESULT)


def test_a_second_name_of_an_earlier_file_keeps_it(tmp_path: Path) -> None:
    put(tmp_path / "a", "labels.nii.gz", RESULT)
    (tmp_path / "kept.nii.gz").hardlink_to(tmp_path / "a" / "labels.nii.gz")
    put(tmp_path / "a", "labels.nii.gz", "report.html", RESULT)
    (tmp_path / "a" / "labels.nii.gz").write_text("other", encoding="utf-8")
    assert (tmp_path / "kept.nii.gz").read_text(encoding="utf-8") == "new labels.nii.gz"


def test_a_record_that_names_files_elsewhere_takes_none_of_them_away(tmp_path: Path) -> None:
    from StrokeSegLogic.base.files import sha256_of
    from StrokeSegLogic.base.records import sealed

    (tmp_path / "a").mkdir()
    (tmp_path / "thesis.doc").write_text("mine", encoding="utf-8")
    digest = sha256_of(tmp_path / "thesis.doc")
    forged = sealed({}, {"../thesis.doc": digest, str(tmp_path / "thesis.doc"): digest, "": digest, ".": digest})
    (tmp_path / "a" / RESULT).write_bytes(forged)
    put(tmp_path / "a", "labels.nii.gz", RESULT)
    assert (tmp_path / "thesis.doc").exists() and held(tmp_path / "a") == {"labels.nii.gz", RESULT}


@pytest.mark.parametrize(("first", "second", "words"), [(RESULT, MAPS, "a segmentation"), (MAPS, RESULT, "maps")])
def test_maps_and_a_segmentation_do_not_share_a_folder(tmp_path: Path, first: str, second: str, words: str) -> None:
    put(tmp_path / "a", "aif.svg", "CBF.nii.gz", first)
    before = held(tmp_path / "a")
    with pytest.raises(OutputError, match=f"holds .*{words} of an earlier run"):
        put(tmp_path / "a", "labels.nii.gz", second)
    with pytest.raises(OutputError, match=words):
        require_writable(tmp_path / "a", second)
    require_writable(tmp_path / "a")
    assert held(tmp_path / "a") == before
    put(tmp_path / "a", "labels.nii.gz", second, overwrite=True)
    assert held(moved(tmp_path / "a")) == before
    assert held(tmp_path / "a") == {"labels.nii.gz", second, moved(tmp_path / "a").name}


def test_every_name_that_a_result_can_have_is_looked_at_before_it_is_computed() -> None:
    from perfusion_results import of_series, perfused

    from StrokeSegLogic.outputs.files import CTP_FILES, names_of

    assert set(names_of(perfused())) <= set(CTP_FILES)
    assert set(names_of(of_series())) <= {*CTP_FILES, *MAP_FILES}
