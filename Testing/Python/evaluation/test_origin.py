"""Whose predictions are scored: shown wherever the figures are, and other programs' files are let be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from evaluation.cohorts import box, write_masks

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.evaluation.cohort import Sources, evaluate_folders
from StrokeSegLogic.evaluation.origin import ORIGIN_FILE, Origin, read_origin
from StrokeSegLogic.evaluation.report import RECORD, Settings, write_evaluation

ORIGIN = Origin("tiny <b>", ("ab",), "simulated perfusion.", "/data", True, ("a", "b"))


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    masks = {case: box((1, 4), (2, 6), (2, 6)) for case in ("a", "b")}
    for name in ("said", "truth"):
        write_masks(tmp_path / name, masks)
    return Sources(tmp_path / "said", tmp_path / "truth")


def test_page_tables_and_record_say_that_model_and_patients_are_simulated(sources: Sources, tmp_path: Path) -> None:
    (sources.predictions / ORIGIN_FILE).write_text(ORIGIN.to_json(), encoding="utf-8")
    write_evaluation(evaluate_folders(sources), sources, Settings(resamples=100), tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "by the model tiny &lt;b&gt;, trained on simulated perfusion.</p>" in page
    markdown = (tmp_path / "out" / "tables.md").read_text(encoding="utf-8")
    for text in (page, markdown):
        assert "Scored on simulated patients: no image is of a person." in text
    record = json.loads((tmp_path / "out" / RECORD).read_text(encoding="utf-8"))
    assert record["predicted_by"]["trained_on"] == "simulated perfusion."
    assert record["predicted_by"]["simulated"] is True


def test_of_real_patients_only_the_model_is_said() -> None:
    (only,) = Origin("tiny", ("ab",), "12 cases", "/data", False, ("a",)).sentences()
    assert only == "Predictions by the model tiny, trained on 12 cases."


@pytest.mark.parametrize("content", [None, "[]", "{}", '{"format": "another", "model": 1}'])
def test_without_a_record_of_ours_nothing_is_said(sources: Sources, content: str | None) -> None:
    if content is not None:
        (sources.predictions / ORIGIN_FILE).write_text(content, encoding="utf-8")
    assert evaluate_folders(sources).origin is None


@pytest.mark.parametrize(
    "content", ["{", '{"format": "strokeseg predictions"}', ORIGIN.to_json().replace('"model"', '"modle"'), "\udcff"]
)
def test_a_damaged_record_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / ORIGIN_FILE).write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=ORIGIN_FILE):
        read_origin(tmp_path)


def test_a_record_without_a_version_is_read_and_a_newer_record_refused(tmp_path: Path) -> None:
    (tmp_path / ORIGIN_FILE).write_text(ORIGIN.to_json())
    assert read_origin(tmp_path) == ORIGIN
    (tmp_path / ORIGIN_FILE).write_text(json.dumps(ORIGIN.as_dict() | {"schema": 2}))
    with pytest.raises(InputError, match="schema 2.*Update StrokeSeg"):
        read_origin(tmp_path)


def test_the_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / ORIGIN_FILE).write_text(ORIGIN.to_json(), encoding="utf-8")
    assert read_origin(tmp_path) == ORIGIN
