"""Who trains, validates and tests in a cohort run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.training.cohort.recipe import CohortRecipe, SplitSpec
from StrokeSegLogic.training.cohort.split import cases_of, choose_split, keep_split, usable_patients
from StrokeSegLogic.training.datasets.subject import DataSet, Subject
from StrokeSegLogic.training.recipes import find_recipe, read_recipe
from StrokeSegLogic.training.splits import Split, write_split


@pytest.fixture(scope="module")
def recipe() -> CohortRecipe:
    found = read_recipe(find_recipe("unet3d-table/modified"))
    assert isinstance(found, CohortRecipe)
    return found


def data_set(*subjects: Subject) -> DataSet:
    return DataSet("bids", Path("/data"), subjects, ("background", "lesion"), "DWI")


def subject(case: str, split: str | None = None, patient: str = "", mask: bool = True) -> Subject:
    return Subject(case, patient or case, {}, {"truth": Path("mask.nii")} if mask else {}, split=split)


def many(count: int, **values: object) -> list[Subject]:
    return [replace(subject(f"c{number}"), **values) for number in range(count)]  # type: ignore[arg-type]


def test_fractions_are_used_where_nobody_says_otherwise(recipe: CohortRecipe) -> None:
    found = choose_split(recipe, data_set(*many(20)), None)
    assert (len(found.train), len(found.val), len(found.test)) == (13, 3, 4)


def test_a_data_sets_own_split_goes_before_the_recipes_fractions(recipe: CohortRecipe) -> None:
    data = data_set(subject("a", "train"), subject("b", "val"), subject("c", "test"), subject("d", "train"))
    assert choose_split(recipe, data, None) == Split(("a", "d"), ("b",), ("c",))


def test_a_challenge_that_only_trains_and_tests_gives_some_of_its_training_cases_for_validation(
    recipe: CohortRecipe,
) -> None:
    secret = [subject(f"t{n}", "test", mask=False) for n in range(3)]
    found = choose_split(recipe, data_set(*many(8, split="train"), *secret), None)
    assert found.val and found.test and not set(found.part_of()) & {"t0", "t1", "t2"}
    open_test = [subject(f"t{n}", "test") for n in range(3)]
    found = choose_split(recipe, data_set(*many(8, split="train"), *open_test), None)
    assert found.test == ("t0", "t1", "t2") and len(found.train) + len(found.val) == 8 and found.val


def test_folds_test_everybody_once(recipe: CohortRecipe) -> None:
    data = data_set(*many(9))
    folds = [choose_split(replace(recipe, split=SplitSpec(folds=3, fold=n)), data, None) for n in range(3)]
    assert sorted(case for fold in folds for case in fold.test) == [f"c{n}" for n in range(9)]
    assert all(fold.val for fold in folds)


def test_a_patient_in_two_of_the_data_sets_own_splits_is_refused(recipe: CohortRecipe) -> None:
    data = data_set(subject("a1", "train", "a"), subject("a2", "val", "a"), subject("b", "val"))
    with pytest.raises(InputError, match="a2: patient a is in two splits, train and val"):
        choose_split(recipe, data, None)


def test_a_patient_in_two_splits_of_a_file_is_refused(recipe: CohortRecipe, tmp_path: Path) -> None:
    data = data_set(subject("a1", patient="a"), subject("a2", patient="a"), subject("b"))
    file = tmp_path / "split.tsv"
    file.write_text("case\tsplit\na1\ttrain\na2\tval\nb\tval\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"split\.tsv: patient 'a' is in two splits \(a1 train, a2 val\)"):
        choose_split(recipe, data, file)


def test_a_case_with_a_split_among_cases_without_is_refused(recipe: CohortRecipe) -> None:
    with pytest.raises(InputError, match="b: has no split where other cases have theirs"):
        choose_split(recipe, data_set(subject("a", "train"), subject("b"), subject("c", "val")), None)


@pytest.mark.parametrize("split", [None, "train", "val"])
def test_a_missing_mask_is_refused_and_not_passed_over(recipe: CohortRecipe, split: str | None) -> None:
    data = data_set(*many(8, split="train" if split else None), subject("bare", split, mask=False))
    with pytest.raises(InputError, match=r"bare: the case has no mask to learn from\. Add its mask"):
        choose_split(recipe, data, None)


def test_a_data_set_without_any_mask_is_refused(recipe: CohortRecipe) -> None:
    with pytest.raises(InputError, match="no case has a mask to learn from"):
        choose_split(recipe, data_set(subject("a", "test", mask=False)), None)


def test_a_run_keeps_its_split(tmp_path: Path) -> None:
    file = tmp_path / "split.tsv"
    patients = {"a": "a", "b": "b", "c": "c"}
    parts = Split(("a",), ("b",), ("c",))
    keep_split(file, parts, patients)
    keep_split(file, parts, patients)
    with pytest.raises(InputError, match="the run began with another split of the cases"):
        keep_split(file, Split(("a",), ("c",), ("b",)), patients)


def test_cases_are_those_of_the_runs_split(tmp_path: Path) -> None:
    data = data_set(*many(4), subject("secret", "test", mask=False))
    parts = Split(("c0", "c1"), ("c2",), ("c3",))
    write_split(tmp_path / "split.tsv", parts, usable_patients(data))
    assert cases_of(data, tmp_path / "split.tsv", "test") == ("c3",)
    assert cases_of(data, tmp_path / "split.tsv", "val") == ("c2",)
    assert cases_of(data, None, "test") == ("secret",)
    assert len(cases_of(data, None, "all")) == 5
    write_split(tmp_path / "split.tsv", Split(("c0", "c1"), ("c2", "c3"), ()), usable_patients(data))
    assert cases_of(data, tmp_path / "split.tsv", "test") == ("secret",)


def test_a_part_that_is_unknown_or_empty_is_refused() -> None:
    data = data_set(*many(2))
    with pytest.raises(InputError, match="'tests' is no part"):
        cases_of(data, None, "tests")
    with pytest.raises(InputError, match="no case is for val"):
        cases_of(data, None, "val")
