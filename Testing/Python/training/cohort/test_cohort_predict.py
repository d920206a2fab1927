"""A model over a data set: label maps on each case's own grid, resumable, never another model's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from cases import case_of
from small import Trained

from StrokeSegLogic.base.errors import Cancelled, InputError, ModelError, OutputError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.evaluation.origin import read_origin
from StrokeSegLogic.mri.engine import segment
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role
from StrokeSegLogic.training.cohort.predict import Predictor, predict_cases
from StrokeSegLogic.training.datasets.load import load_subject


@pytest.fixture(scope="module")
def of_fusion(fusion: Trained) -> Predictor:
    return Predictor.of(fusion.bundle, "cpu")


@pytest.fixture(scope="module")
def of_planes(planes: Trained) -> Predictor:
    return Predictor.of(planes.bundle, "cpu")


@pytest.mark.slow
def test_label_maps_lie_on_the_cases_own_grid(fusion: Trained, of_fusion: Predictor, tmp_path: Path) -> None:
    members = predict_cases(of_fusion, fusion.data, ["CTP_003", "CTP_004"], tmp_path, Progress())
    assert members == ["network"]
    for subject in fusion.data.subjects[2:]:
        found = sitk.ReadImage(str(tmp_path / subject.case / "network.nii.gz"))
        assert Grid.of(found).same(load_subject(subject, fusion.data, ()).grid)
        assert set(np.unique(sitk.GetArrayFromImage(found))) <= {0, 1, 2}
    assert json.loads((tmp_path / "labels.json").read_text("utf-8")) == {"1": "penumbra", "2": "core"}


@pytest.mark.slow
def test_three_planes_give_their_vote_and_themselves(planes: Trained, of_planes: Predictor, tmp_path: Path) -> None:
    case = planes.data.subjects[0].case
    members = predict_cases(of_planes, planes.data, [case], tmp_path, Progress())
    assert members == ["axial", "coronal", "sagittal", "vote", "weighted-vote"]
    said = {m: sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / case / f"{m}.nii.gz"))) for m in members}
    votes = sum(said[plane].astype(int) for plane in ("axial", "coronal", "sagittal"))
    np.testing.assert_array_equal(said["vote"], votes >= 2)
    assert json.loads((tmp_path / "labels.json").read_text("utf-8")) == {"1": "lesion"}


@pytest.mark.slow
def test_a_stopped_prediction_goes_on_with_the_cases_that_are_left(
    fusion: Trained, of_fusion: Predictor, tmp_path: Path
) -> None:
    cases = [subject.case for subject in fusion.data.subjects]
    token, messages = CancelToken(), list[str]()

    def report(fraction: float, message: str) -> None:
        messages.append(message)
        if message == "predicting: CTP_003":
            token.cancel()

    with pytest.raises(Cancelled):
        predict_cases(of_fusion, fusion.data, cases, tmp_path, Progress(report, token))
    first = tmp_path / "CTP_001" / "network.nii.gz"
    before = first.stat().st_mtime_ns
    assert not (tmp_path / "CTP_003").exists()
    predict_cases(of_fusion, fusion.data, cases, tmp_path, Progress())
    assert first.stat().st_mtime_ns == before
    assert sorted(path.parent.name for path in tmp_path.glob("*/network.nii.gz")) == cases
    assert {message.partition(":")[0] for message in messages} == {"predicting"}


@pytest.mark.slow
def test_a_case_of_which_a_file_is_missing_is_done_again(planes: Trained, of_planes: Predictor, tmp_path: Path) -> None:
    case = planes.data.subjects[0].case
    predict_cases(of_planes, planes.data, [case], tmp_path, Progress())
    vote = tmp_path / case / "vote.nii.gz"
    expected = vote.read_bytes()
    vote.unlink()
    predict_cases(of_planes, planes.data, [case], tmp_path, Progress())
    assert vote.read_bytes() == expected


def test_a_corrected_answer_is_neither_replaced_nor_taken_for_the_models(
    fusion: Trained, of_fusion: Predictor, tmp_path: Path
) -> None:
    predict_cases(of_fusion, fusion.data, ["CTP_004"], tmp_path, Progress())
    answer = tmp_path / "CTP_004" / "network.nii.gz"
    ours = answer.read_bytes()
    answer.write_bytes(b"corrected")
    with pytest.raises(OutputError, match="holds CTP_004/network.nii.gz, which no record shows"):
        predict_cases(of_fusion, fusion.data, ["CTP_004"], tmp_path, Progress())
    assert answer.read_bytes() == b"corrected"
    predict_cases(of_fusion, fusion.data, ["CTP_004"], tmp_path, Progress(), overwrite=True)
    (place,) = tmp_path.glob("previous-*")
    assert (place / "CTP_004" / "network.nii.gz").read_bytes() == b"corrected" and answer.read_bytes() == ours


@pytest.mark.parametrize("name", ["labels.json", "CTP_004"])
def test_a_users_file_of_a_name_that_is_needed_is_never_replaced(
    fusion: Trained, of_fusion: Predictor, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises((InputError, OutputError)):
        predict_cases(of_fusion, fusion.data, ["CTP_004"], tmp_path, Progress())
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"
    predict_cases(of_fusion, fusion.data, ["CTP_004"], tmp_path, Progress(), overwrite=True)
    kept = [path.read_text(encoding="utf-8") for path in tmp_path.glob(f"previous-*/{name}")]
    assert kept == ["mine"] and (tmp_path / "CTP_004" / "network.nii.gz").is_file()


def test_another_models_answers_are_neither_kept_nor_lost(
    fusion: Trained, of_fusion: Predictor, planes: Trained, of_planes: Predictor, tmp_path: Path
) -> None:
    predict_cases(of_fusion, fusion.data, ["CTP_004"], tmp_path / "one", Progress())
    with pytest.raises(InputError, match="holds answers of another model or on other data"):
        predict_cases(of_planes, planes.data, [planes.data.subjects[0].case], tmp_path / "one", Progress())
    (tmp_path / "two" / "CTP_004").mkdir(parents=True)
    with pytest.raises(InputError, match="holds answers of another model or on other data"):
        predict_cases(of_fusion, fusion.data, ["CTP_004"], tmp_path / "two", Progress())


@pytest.mark.slow
def test_two_parts_of_a_data_set_do_not_mix_in_one_folder(
    fusion: Trained, of_fusion: Predictor, tmp_path: Path
) -> None:
    predict_cases(of_fusion, fusion.data, ["CTP_003"], tmp_path, Progress())
    with pytest.raises(InputError, match=r"answers on other cases \(CTP_003\)"):
        predict_cases(of_fusion, fusion.data, ["CTP_004"], tmp_path, Progress())
    assert not (tmp_path / "CTP_004").exists()
    # All of them together are asked for: then both belong there.
    predict_cases(of_fusion, fusion.data, ["CTP_004", "CTP_003"], tmp_path, Progress())
    origin = read_origin(tmp_path)
    assert origin is not None
    assert origin.cases == ("CTP_003", "CTP_004")


def test_the_folder_says_that_model_and_patients_are_simulated(
    fusion: Trained, of_fusion: Predictor, tmp_path: Path
) -> None:
    predict_cases(of_fusion, fusion.data, ["CTP_004"], tmp_path, Progress())
    origin = read_origin(tmp_path)
    assert origin is not None
    first, second = origin.sentences()
    assert first.startswith("Predictions by the model sf-gradual-pms-n, trained on ")
    assert "simulated" in first
    assert "simulated patients" in second
    real = replace(fusion.data, simulated=False)
    predict_cases(of_fusion, real, ["CTP_004"], tmp_path / "real", Progress())
    origin = read_origin(tmp_path / "real")
    assert origin is not None
    assert len(origin.sentences()) == 1


def test_another_programs_record_of_that_name_is_not_written_over(
    fusion: Trained, of_fusion: Predictor, tmp_path: Path
) -> None:
    (tmp_path / "predictions.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="holds answers of another model"):
        predict_cases(of_fusion, fusion.data, ["CTP_004"], tmp_path, Progress())
    assert (tmp_path / "predictions.json").read_text(encoding="utf-8") == "[]"


def without(data_set: Trained, name: str) -> Trained:
    """The same with the last case's image taken away."""
    *others, last = data_set.data.subjects
    images = {key: path for key, path in last.images.items() if key != name}
    return replace(data_set, data=replace(data_set.data, subjects=(*others, replace(last, images=images))))


@pytest.mark.parametrize("name", ["TMAX", "MIP"])
def test_a_case_without_an_image_is_named(fusion: Trained, of_fusion: Predictor, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"CTP_004 has no {name}"):
        predict_cases(of_fusion, without(fusion, name).data, ["CTP_004"], tmp_path, Progress())


def test_a_case_without_a_sequence_that_the_planes_learned_with_is_refused(
    planes: Trained, of_planes: Predictor, tmp_path: Path
) -> None:
    lacking = without(planes, "T2").data
    with pytest.raises(ModelError, match="the model never learned without T2"):
        predict_cases(of_planes, lacking, [lacking.subjects[-1].case], tmp_path, Progress())


def test_a_case_without_nihss_is_named_and_so_is_an_unknown_case(
    fusion: Trained, of_fusion: Predictor, tmp_path: Path
) -> None:
    *others, last = fusion.data.subjects
    data = replace(fusion.data, subjects=(*others, replace(last, nihss=None)))
    with pytest.raises(InputError, match="CTP_004: the model .*asks for the NIHSS score, which is unknown"):
        predict_cases(of_fusion, data, ["CTP_004"], tmp_path / "a", Progress())
    with pytest.raises(InputError, match="no case is called 'CTP_999'"):
        predict_cases(of_fusion, data, ["CTP_004", "CTP_999"], tmp_path / "b", Progress())
    assert not (tmp_path / "b").exists()


def test_damaged_weights_are_refused(fusion: Trained, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(fusion.bundle.folder, tmp_path / "model"))
    content = bytearray((folder / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256"):
        Predictor.of(type(fusion.bundle).open(folder), "cpu")


@pytest.mark.slow
def test_a_three_plane_model_segments_a_case_of_its_sequences(planes: Trained, phantom: MriPhantom) -> None:
    roles = (Role.T1, Role.T2, Role.DWI, Role.FLAIR)
    case = case_of({role: phantom.images[role] for role in roles}, "phantom")
    found = segment(case, model=planes.bundle.folder, device="cpu")
    assert Grid.of(found.labels).same(Grid.of(phantom.images[Role.DWI]))
    assert found.provenance["model"]["name"] == "res-unet-pretrained"


@pytest.mark.slow
def test_a_three_plane_model_refuses_a_case_without_one_of_its_sequences(
    planes: Trained, phantom: MriPhantom, make_case: Callable[..., Case]
) -> None:
    case = make_case({role: phantom.images[role] for role in (Role.DWI, Role.FLAIR)})
    with pytest.raises(ModelError, match=r"the model never learned without T1, T2\. Add T1, T2") as error:
        segment(case, model=planes.bundle.folder, device="cpu")
    assert "\n" not in str(error.value)


def test_a_field_model_segments_no_mri_case(fusion: Trained, phantom_case: Case) -> None:
    with pytest.raises(ModelError, match="is not a model of three MRI planes"):
        segment(phantom_case, model=fusion.bundle.folder, device="cpu")
