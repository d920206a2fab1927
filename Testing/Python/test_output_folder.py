from __future__ import annotations

import json
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.output_folder import MAPS, RESULT, draft_of, publish, require_writable


def put(folder: Path, *names: str, files: object = None) -> None:
    """Publishes files of these names; the last one is the record and names the others."""
    with draft_of(folder) as draft:
        for name in names[:-1]:
            (draft / name).write_text(f"new {name}", encoding="utf-8")
        (draft / names[-1]).write_text(json.dumps({"files": list(names) if files is None else files}), encoding="utf-8")
        publish(draft, folder, names)


def held(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_an_earlier_result_had_and_the_new_one_has_not_is_gone(tmp_path: Path) -> None:
    put(tmp_path / "a", "labels.nii.gz", "CBF.nii.gz", "aif.svg", RESULT)
    (tmp_path / "a" / "notes.txt").write_text("mine", encoding="utf-8")
    put(tmp_path / "a", "labels.nii.gz", "probability.nii.gz", RESULT)
    assert held(tmp_path / "a") == {"labels.nii.gz", "probability.nii.gz", RESULT, "notes.txt"}


def test_a_map_that_is_not_ours_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "CBF.nii.gz").write_text("the scanner's", encoding="utf-8")
    with pytest.raises(OutputError, match="holds CBF.nii.gz, which StrokeSeg did not write and would replace"):
        put(tmp_path, "CBF.nii.gz", MAPS)
    with pytest.raises(OutputError, match="CBF.nii.gz"):
        require_writable(tmp_path, MAPS, maps=True)
    assert held(tmp_path) == {"CBF.nii.gz"}
    put(tmp_path, "labels.nii.gz", RESULT)  # without maps of its own a result lies beside them
    assert (tmp_path / "CBF.nii.gz").read_text(encoding="utf-8") == "the scanner's"


def test_maps_of_an_earlier_run_are_replaced(tmp_path: Path) -> None:
    put(tmp_path / "a", "CBF.nii.gz", "MTT.nii.gz", MAPS)
    require_writable(tmp_path / "a", MAPS, maps=True)
    put(tmp_path / "a", "CBF.nii.gz", MAPS)
    assert held(tmp_path / "a") == {"CBF.nii.gz", MAPS}


def test_a_record_that_names_other_files_takes_none_of_them_away(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "thesis.doc").write_text("mine", encoding="utf-8")
    put(tmp_path / "a", "labels.nii.gz", RESULT, files=["../thesis.doc", "thesis.doc", 7, None])
    (tmp_path / "a" / "thesis.doc").write_text("mine", encoding="utf-8")
    put(tmp_path / "a", "labels.nii.gz", RESULT)
    assert (tmp_path / "thesis.doc").exists() and (tmp_path / "a" / "thesis.doc").exists()


@pytest.mark.parametrize("content", ["old", "[]", "{}", '{"files": 3}', "\udc80"])
def test_a_damaged_record_makes_no_map_ours(tmp_path: Path, content: str) -> None:
    (tmp_path / RESULT).write_bytes(content.encode("utf-8", "surrogateescape"))
    (tmp_path / "CBF.nii.gz").touch()
    with pytest.raises(OutputError, match="did not write"):
        put(tmp_path, "CBF.nii.gz", RESULT)
    put(tmp_path, "labels.nii.gz", RESULT)
    assert held(tmp_path) == {"CBF.nii.gz", "labels.nii.gz", RESULT}


@pytest.mark.parametrize(("first", "second", "words"), [(RESULT, MAPS, "a segmentation"), (MAPS, RESULT, "maps")])
def test_maps_and_a_segmentation_do_not_share_a_folder(tmp_path: Path, first: str, second: str, words: str) -> None:
    put(tmp_path / "a", "aif.svg", first)
    before = held(tmp_path / "a")
    with pytest.raises(OutputError, match=f"holds .*{words} of an earlier run"):
        put(tmp_path / "a", "aif.svg", second)
    with pytest.raises(OutputError, match=words):
        require_writable(tmp_path / "a", second)
    require_writable(tmp_path / "a")
    assert held(tmp_path / "a") == before
