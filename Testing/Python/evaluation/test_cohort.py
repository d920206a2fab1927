from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from evaluation.cohorts import GRID, VOXEL_ML, box, write_mask, write_masks

from StrokeSegLogic.base.errors import Cancelled, InputError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.evaluation.cohort import Evaluation, Sources, evaluate_folders
from StrokeSegLogic.evaluation.readers import Joint

TRUTH = box((1, 4), (2, 6), (2, 6))
SHIFTED = box((1, 4), (2, 6), (3, 7))


def dices(evaluation: Evaluation) -> dict[tuple[str, ...], float]:
    return {(r.case, r.member, r.reference, r.label): r.scores.dice for r in evaluation.rows}


def test_each_member_of_each_case_is_scored(tmp_path: Path) -> None:
    predictions = write_masks(tmp_path / "p", {"vote/a": TRUTH, "axial/a": SHIFTED, "vote/b": box(), "axial/b": TRUTH})
    references = write_masks(tmp_path / "r", {"a": TRUTH, "b": TRUTH})
    found = dices(evaluate_folders(Sources(predictions, references)))
    assert found == {
        ("a", "axial", "reference", "lesion"): 0.75,
        ("a", "vote", "reference", "lesion"): 1.0,
        ("b", "axial", "reference", "lesion"): 1.0,
        ("b", "vote", "reference", "lesion"): 0.0,
    }


def test_every_case_is_scored_on_every_class_that_occurs_anywhere(tmp_path: Path) -> None:
    predictions = write_masks(tmp_path / "p", {"a": TRUTH, "b": TRUTH})
    references = write_masks(tmp_path / "r", {"a": TRUTH * 2, "b": TRUTH})
    found = dices(evaluate_folders(Sources(predictions, references)))
    assert found == {
        ("a", "model", "reference", "label 1"): 0.0,
        ("a", "model", "reference", "label 2"): 0.0,
        ("b", "model", "reference", "label 1"): 1.0,
        ("b", "model", "reference", "label 2"): 1.0,
    }


def test_names_of_classes_come_from_a_file_beside_the_predictions(tmp_path: Path) -> None:
    predictions = write_masks(tmp_path / "p", {"a": TRUTH})
    (predictions / "labels.json").write_text('{"1": "penumbra", "2": "core"}', encoding="utf-8")
    references = write_masks(tmp_path / "r", {"a": TRUTH})
    assert set(evaluate_folders(Sources(predictions, references)).classes) == {"penumbra", "core"}


def test_labels_that_share_nothing_are_refused_with_a_way_out(tmp_path: Path) -> None:
    sources = Sources(write_masks(tmp_path / "p", {"a": TRUTH}), write_masks(tmp_path / "r", {"a": TRUTH * 255}))
    with pytest.raises(InputError, match=r"label\(s\) 1 and references 255.*1\+255=lesion"):
        evaluate_folders(sources)
    joined = evaluate_folders(Sources(sources.predictions, sources.references, classes={"lesion": (1, 255)}))
    assert [row.scores.dice for row in joined.rows] == [1.0]


@pytest.fixture
def readers(tmp_path: Path) -> Sources:
    """A prediction between two readers, of whom one drew 3 x 4 x 4 voxels and the other the half of them."""
    write_masks(tmp_path / "r", {"NR1/a": TRUTH, "NR2/a": box((1, 4), (2, 6), (2, 4))})
    predictions = write_masks(tmp_path / "p", {"a/labels": box((1, 4), (2, 6), (2, 5))})
    return Sources(predictions, tmp_path / "r", readers=("NR1", "NR2"))


def test_readers_are_compared_in_the_order_of_the_papers_table(readers: Sources) -> None:
    found = dices(evaluate_folders(readers))
    assert list(found.items()) == [
        (("a", "model", "NR1 & NR2", "lesion"), pytest.approx((6 / 7 + 4 / 5) / 2)),
        (("a", "NR1", "NR2", "lesion"), pytest.approx(2 / 3)),
        (("a", "model", "NR1", "lesion"), pytest.approx(6 / 7)),
        (("a", "model", "NR2", "lesion"), pytest.approx(4 / 5)),
    ]


@pytest.mark.parametrize(("joint", "dice"), [(Joint.INTERSECTION, 4 / 5), (Joint.UNION, 6 / 7)])
def test_readers_may_be_joined_to_one_mask(readers: Sources, joint: Joint, dice: float) -> None:
    found = dices(evaluate_folders(replace(readers, joint=joint)))
    assert found["a", "model", "NR1 & NR2", "lesion"] == pytest.approx(dice)


def test_the_second_reader_is_the_reference_of_the_first(readers: Sources) -> None:
    (row,) = [r for r in evaluate_folders(readers).rows if r.member == "NR1"]
    assert row.scores.recall == 1.0 and row.scores.precision == 0.5
    assert row.scores.volume_bias_ml == pytest.approx(24 * VOXEL_ML)


def test_a_case_that_one_reader_lacks_is_named(readers: Sources) -> None:
    write_masks(readers.references, {"NR1/b": TRUTH})
    write_masks(readers.predictions, {"b/labels": TRUTH})
    with pytest.raises(InputError, match="NR2 beside NR1: .*: b"):
        evaluate_folders(readers)


def test_one_reader_named_twice_is_refused(readers: Sources) -> None:
    with pytest.raises(InputError, match="names NR1 twice"):
        evaluate_folders(Sources(readers.predictions, readers.references, readers=("NR1", "NR1")))


def test_groups_order_the_rows_and_name_the_patients(tmp_path: Path) -> None:
    masks = dict.fromkeys("abc", TRUTH)
    groups = tmp_path / "groups.csv"
    groups.write_text("case,group,patient\na,WIS,p\nb,LVO,p\nc,LVO,q\n", encoding="utf-8")
    sources = Sources(write_masks(tmp_path / "p", masks), write_masks(tmp_path / "r", masks), groups)
    found = evaluate_folders(sources).rows
    assert [(r.case, r.group, r.patient) for r in found] == [("b", "LVO", "p"), ("c", "LVO", "q"), ("a", "WIS", "p")]


def test_every_missing_partner_is_named_in_one_error(tmp_path: Path) -> None:
    predictions = write_masks(tmp_path / "p", {"a": TRUTH, "b": TRUTH, "c": TRUTH})
    references = write_masks(tmp_path / "r", {"a": TRUTH, "d": TRUTH})
    words = r"2 prediction\(s\) without a reference: b, c; 1 reference\(s\) without a prediction: d"
    with pytest.raises(InputError, match=words):
        evaluate_folders(Sources(predictions, references))
    allowed = evaluate_folders(Sources(predictions, references, allow_missing=True))
    assert {row.case for row in allowed.rows} == {"a"}
    assert "b, c" in allowed.missing[0] and "d" in allowed.missing[1]


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    predictions = write_masks(tmp_path / "p", {"vote/a": TRUTH, "axial/a": TRUTH, "vote/b": TRUTH})
    references = write_masks(tmp_path / "r", {"a": TRUTH, "b": TRUTH})
    with pytest.raises(InputError, match=r"b \(axial\)"):
        evaluate_folders(Sources(predictions, references))
    allowed = evaluate_folders(Sources(predictions, references, allow_missing=True))
    assert ("b", "vote", "reference", "lesion") in dices(allowed) and allowed.missing


def test_no_common_case_is_refused_even_if_cases_may_be_missing(tmp_path: Path) -> None:
    sources = Sources(
        write_masks(tmp_path / "p", {"a": TRUTH}), write_masks(tmp_path / "r", {"b": TRUTH}), allow_missing=True
    )
    with pytest.raises(InputError, match="holds no case that"):
        evaluate_folders(sources)


def test_a_prediction_on_another_grid_is_refused(tmp_path: Path) -> None:
    other = GRID.about_centre(GRID.size, (1.1, 1.5, 4.0))
    write_mask(tmp_path / "p" / "a.nii.gz", TRUTH, other)
    references = write_masks(tmp_path / "r", {"a": TRUTH})
    with pytest.raises(InputError, match=r"p/a.nii.gz: does not lie on the grid of .*r/a.nii.gz \(spacing"):
        evaluate_folders(Sources(tmp_path / "p", references))


def test_brain_masks_bound_the_brain_metrics(tmp_path: Path) -> None:
    sources = Sources(
        write_masks(tmp_path / "p", {"a": SHIFTED}),
        write_masks(tmp_path / "r", {"a": TRUTH}),
        brain=write_masks(tmp_path / "b", {"a": box((1, 4), (2, 6), (2, 7)), "unused": TRUTH}),
    )
    (row,) = evaluate_folders(sources).rows
    assert row.scores.brain_accuracy == pytest.approx(1 - 24 / 60)
    assert row.scores.accuracy == pytest.approx(1 - 24 / 720)


def test_a_missing_or_empty_brain_mask_is_refused(tmp_path: Path) -> None:
    masks = {"a": TRUTH, "b": TRUTH}
    places = write_masks(tmp_path / "p", masks), write_masks(tmp_path / "r", masks)
    brain = write_masks(tmp_path / "b", {"a": TRUTH})
    with pytest.raises(InputError, match=r"no brain mask of 1 case\(s\): b"):
        evaluate_folders(Sources(*places, brain=brain))
    write_masks(brain, {"b": box()})
    with pytest.raises(InputError, match=r"b.nii.gz: is empty"):
        evaluate_folders(Sources(*places, brain=brain))


def test_two_files_are_one_case_whatever_their_names(tmp_path: Path) -> None:
    found, other = (write_mask(tmp_path / f"{name}.nii.gz", TRUTH) for name in ("found", "expert"))
    assert dices(evaluate_folders(Sources(found, other))) == {("expert", "model", "reference", "lesion"): 1.0}


def test_empty_masks_may_count_zero_for_a_table_beside_the_papers(tmp_path: Path) -> None:
    write_masks(tmp_path / "r", {"NR1/a": box(), "NR2/a": TRUTH})
    predictions = write_masks(tmp_path / "p", {"a": box()})
    options = {"readers": ("NR1", "NR2"), "classes": {"lesion": (1,)}}
    for empty_as_zero, expected in ((False, 0.5), (True, 0.0)):
        found = dices(evaluate_folders(Sources(predictions, tmp_path / "r", empty_as_zero=empty_as_zero, **options)))
        assert found["a", "model", "NR1 & NR2", "lesion"] == expected


def test_a_cancelled_evaluation_stops(tmp_path: Path) -> None:
    sources = Sources(write_masks(tmp_path / "p", {"a": TRUTH}), write_masks(tmp_path / "r", {"a": TRUTH}))
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        evaluate_folders(sources, Progress(None, token))


def test_nothing_that_was_read_is_changed(tmp_path: Path) -> None:
    sources = Sources(write_masks(tmp_path / "p", {"a": TRUTH}), write_masks(tmp_path / "r", {"a": TRUTH}))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.nii.gz")}
    evaluate_folders(sources)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_labels_called_background_are_known_and_not_scored(tmp_path: Path) -> None:
    predictions = write_masks(tmp_path / "p", {"a": TRUTH * 2})
    (predictions / "labels.json").write_text('{"2": "core", "1+3": "background"}', encoding="utf-8")
    references = write_masks(tmp_path / "r", {"a": TRUTH * 2 + SHIFTED * (TRUTH == 0)})
    found = evaluate_folders(Sources(predictions, references))
    assert found.classes == {"core": (2,)}
    assert [(row.label, row.scores.dice) for row in found.rows] == [("core", 1.0)]
