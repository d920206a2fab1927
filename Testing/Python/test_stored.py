"""What an earlier version stored still opens: results, scenes, jobs, models, recipes, predictions."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from typer.testing import CliRunner

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.base.json_files import read_json_object
from StrokeSegLogic.cli.main import app
from StrokeSegLogic.evaluation.origin import read_origin
from StrokeSegLogic.nets.models.bundle import Bundle, verify
from StrokeSegLogic.nets.networks.spec import UNet3DSpec
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.study.case import ClinicalData, Role
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.training.recipes import find_recipe, read_recipe
from StrokeSegLogic.training.run_folder import claim
from StrokeSegLogic.worker.job import read_job

STORED = Path(__file__).parents[1] / "Data" / "Stored"
RESULT = STORED / "result"


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".strokeseg.lock"
    }


def labels() -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(RESULT / "labels.nii.gz")))


def test_a_record_is_read() -> None:
    record = ResultRecord.parse(read_json_object(RESULT / "result.json"))
    assert (record.schema, record.modality, record.reference, record.warnings) == (0, "mri", Role.DWI, ())
    assert record.maker.name == "mri-compact 0.2.1" and record.maker.trained_on.startswith("real FLAIR slices")
    assert record.lesion is not None
    assert (record.lesion.lesion_ml, len(record.lesion.lesions_ml), len(record.lesion.planes)) == (457.728, 2, 3)
    assert record.displays == {} and record.chosen == ""


def test_its_study_is_read_with_the_hash_that_the_record_names() -> None:
    series = load_case(STORED / "study").series[Role.DWI]
    (told,) = read_json_object(RESULT / "result.json")["provenance"]["inputs"]
    assert (series.sha256, series.source, series.reason) == (told["sha256"], told["source"], told["reason"])


@pytest.mark.parametrize("twice", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_result_without_hashes_is_the_users_and_is_moved_aside_only_when_asked(
    tmp_path: Path, untrained: Bundle, twice: bool
) -> None:
    output = tmp_path / "result"
    shutil.copytree(RESULT, output)
    before = hashes(output)
    arguments = ["segment", str(STORED / "study"), "--output", str(output), "--model", str(untrained.folder)]
    with pytest.raises(OutputError, match=r"labels\.nii\.gz|result\.json") as caught:
        CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False)
    assert "--overwrite" in str(caught.value) or "overwrite" in (caught.value.option or "")
    assert hashes(output) == before
    done = CliRunner().invoke(app, [*arguments, "--overwrite"], catch_exceptions=False, standalone_mode=False)
    (aside,) = output.glob("previous-*")
    assert hashes(aside) == before and str(aside.name) in done.output.replace("\n", "")
    new = ResultRecord.parse(read_json_object(output / "result.json"))
    assert new.schema == 1 and new.maker.name == "untrained 0"
    if twice:
        # Now it is ours, and the next run replaces it unasked.
        CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False)
    assert [path.name for path in output.glob("previous-*")] == [aside.name]


@pytest.fixture
def scene() -> Iterator[Any]:
    pytest.importorskip("slicer")
    from StrokeSegLogic.slicer_bridge.runtime import headless_scene

    with headless_scene() as opened:
        yield opened


def test_a_segmentation_file_is_read_with_its_segment(scene: Any) -> None:
    from StrokeSegLogic.slicer_bridge.runtime import quiet_vtk
    from StrokeSegLogic.slicer_bridge.segmentations import labels_of

    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    storage.SetFileName(str(RESULT / "segmentation.seg.nrrd"))
    with quiet_vtk():
        assert storage.ReadData(node)
    segmentation = node.GetSegmentation()
    assert [segmentation.GetNthSegment(i).GetName() for i in range(segmentation.GetNumberOfSegments())] == [
        "Ischemic lesion"
    ]
    found = labels_of(node, sitk.ReadImage(str(RESULT / "labels.nii.gz")))
    assert np.array_equal(sitk.GetArrayFromImage(found), labels())


def test_a_scene_file_is_read_with_its_volumes_and_segments(scene: Any) -> None:
    from StrokeSegLogic.slicer_bridge.runtime import nodes_of_class, quiet_vtk
    from StrokeSegLogic.slicer_bridge.segmentations import labels_of
    from StrokeSegLogic.slicer_bridge.volumes import read_volume

    with quiet_vtk():
        assert scene.ReadFromMRB(str(RESULT / "scene.mrb"), True)
    volumes = {node.GetName(): node for node in nodes_of_class(scene, "vtkMRMLScalarVolumeNode")}
    assert set(volumes) == {"DWI", "Probability", "Agreement"}
    (segmentation,) = nodes_of_class(scene, "vtkMRMLSegmentationNode")
    reference = sitk.ReadImage(str(RESULT / "labels.nii.gz"))
    assert np.array_equal(sitk.GetArrayFromImage(labels_of(segmentation, reference)), labels())
    dwi = load_case(STORED / "study").series[Role.DWI].image
    assert np.array_equal(
        np.sort(np.asarray(read_volume(volumes["DWI"]).array), axis=None),
        np.sort(sitk.GetArrayFromImage(dwi), axis=None),
    )


def test_jobs_are_read() -> None:
    job = read_job(STORED / "job.json")
    assert (job.name, job.modality, job.reference, set(job.volumes)) == ("Patient 7", "mri", "DWI", {"DWI", "FLAIR"})
    assert job.clinical == ClinicalData(age=64, nihss=11, onset_hours=2.5)
    options = job.options
    assert (options.model, options.device, options.vote, options.threshold) == ("mri-compact", "cpu", "weighted", 0.4)
    assert (options.minimum_lesion_ml, options.flips, options.reproducible) == (0.5, True, True)
    assert options.extras == ("probability", "report") and not options.anonymous
    perfusion = read_job(STORED / "job-ctp.json")
    assert perfusion.volumes["CTP"].times_s == (0.0, 1.5, 3.0) and perfusion.options.route == "slow-fusion"


def test_a_model_is_read_and_loads() -> None:
    verify(STORED / "model")
    bundle = Bundle.open(STORED / "model")
    assert bundle.field.name == "unet3d-tiny" and isinstance(bundle.field.network, UNet3DSpec)
    (network,) = bundle.load().values()
    assert all(np.isfinite(array).all() for array in network.values())


@pytest.mark.parametrize(("run", "recipe"), [("run", STORED / "recipe.toml"), ("run-cohort", None)])
def test_a_run_that_began_before_goes_on_with_its_recipe(tmp_path: Path, run: str, recipe: Path | None) -> None:
    mark = tmp_path / "recipe.json"
    shutil.copyfile(STORED / run / "recipe.json", mark)
    path = recipe or find_recipe("ctp-unet3d")
    claim(tmp_path, read_recipe(path))
    assert mark.read_bytes() == (STORED / run / "recipe.json").read_bytes()
    with pytest.raises(InputError, match="another recipe"):
        claim(tmp_path, read_recipe(path, ["seed=8"]))


def test_predictions_are_read(tmp_path: Path) -> None:
    shutil.copyfile(STORED / "predictions.json", tmp_path / "predictions.json")
    origin = read_origin(tmp_path)
    assert origin is not None
    assert (origin.model, origin.simulated, origin.cases) == ("unet3d-tiny", True, ("case_1", "case_2"))


def test_the_fixture_names_no_place_of_the_machine_that_made_it() -> None:
    for path in STORED.rglob("*.json"):
        assert "/tmp" not in path.read_text(encoding="utf-8") and json.loads(path.read_bytes())
