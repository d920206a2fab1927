from __future__ import annotations

from pathlib import Path

import pytest
from small import changed_recipe, cpu_run, shrunk

from StrokeSegLogic.base.errors import DeviceError, InputError
from StrokeSegLogic.evaluation.cohort import Sources, evaluate_folders
from StrokeSegLogic.training.cohort.cross_validation import cross_validate
from StrokeSegLogic.training.cohort.split import usable_patients
from StrokeSegLogic.training.datasets.subject import DataSet
from StrokeSegLogic.training.devices import Hardware
from StrokeSegLogic.training.run_context import RunContext
from StrokeSegLogic.training.splits import read_split

NAME = "unet3d-table/modified"


def test_every_case_is_predicted_once_by_a_model_that_has_not_seen_its_patient(
    data_sets: dict[str, DataSet], tmp_path: Path
) -> None:
    data = data_sets["isles2018"]
    recipe, out = changed_recipe(NAME, *shrunk(NAME)), tmp_path / "out"

    def run() -> Path:
        return cross_validate(recipe, data, cpu_run(out), 2, device="cpu")

    predictions = run()
    cases = {subject.case for subject in data.subjects if subject.masks}
    assert {path.name for path in predictions.iterdir() if path.is_dir()} == cases
    patients = usable_patients(data)
    tested: list[str] = []
    for fold in range(2):
        split = read_split(out / f"fold-{fold}" / "split.tsv", patients)
        assert not {patients[c] for c in split.test} & {patients[c] for c in (*split.train, *split.val)}
        tested += split.test
    assert sorted(tested) == sorted(cases)
    # Again: nothing is trained anew, and all of it can be evaluated at once.
    before = (out / "fold-0" / "network.ckpt").stat().st_mtime_ns
    assert run() == predictions and (out / "fold-0" / "network.ckpt").stat().st_mtime_ns == before
    found = evaluate_folders(Sources(predictions, out / "masks"))
    assert {row.case for row in found.rows} == cases and {row.label for row in found.rows} == {"core"}
    assert found.origin is not None
    assert len(set(found.origin.sha256)) == 2 and found.origin.cases == tuple(sorted(cases))
    first, second = found.origin.sentences()
    assert "the cases of all other folds of 2" in first and "simulated" in first
    assert "simulated patients" in second


def test_more_folds_than_patients_are_refused(data_sets: dict[str, DataSet], tmp_path: Path) -> None:
    data = data_sets["isles2018"]
    with pytest.raises(InputError, match="5 folds need as many patients, and there are 4"):
        cross_validate(changed_recipe(NAME, *shrunk(NAME)), data, cpu_run(tmp_path / "out"), 5)


def test_several_processes_are_refused_since_a_single_process_has_to_predict(
    data_sets: dict[str, DataSet], tmp_path: Path
) -> None:
    data = data_sets["isles2018"]
    with pytest.raises(DeviceError, match="cross-validation runs in one process"):
        cross_validate(
            changed_recipe(NAME, *shrunk(NAME)), data, RunContext(tmp_path / "out", hardware=Hardware("cpu", 2)), 2
        )


def test_one_fold_is_no_cross_validation(data_sets: dict[str, DataSet], tmp_path: Path) -> None:
    data = data_sets["isles2018"]
    with pytest.raises(InputError, match="1 folds are no cross-validation"):
        cross_validate(changed_recipe(NAME, *shrunk(NAME)), data, cpu_run(tmp_path / "out"), 1)
