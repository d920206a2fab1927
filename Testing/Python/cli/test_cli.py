"""The command line as a user meets it: a process of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from killed_commands import signalled_at
from tiny import write_data, write_recipe

from StrokeSegLogic.cli import demo as demo_command
from StrokeSegLogic.cli.main import main, run
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.outputs.files import RESULT
from StrokeSegLogic.phantom import mri
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.phantom.scan_grids import structural_grid
from StrokeSegLogic.space.grid import Grid

COMMAND = [sys.executable, "-m", "StrokeSegLogic"]


def strokeseg(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=280)


CTP_SPACING = {"coarse": (2.7, 2.7, 7.5), "as a user meets it": demo_command.CTP_SPACING}
Demo = tuple[Path, str, Grid]


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.slow) for name in CTP_SPACING])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """What the demo leaves and says, and the grid of its series: within this process on coarser volumes, and whole."""
    folder, spacing = tmp_path_factory.mktemp("demo"), CTP_SPACING[request.param]
    if request.param == "coarse":
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
            patch.setattr(demo_command, "CTP_SPACING", spacing)
            coarse = partial(mri.mri_phantom, structural=structural_grid((1.5, 1.5, 6.0)))
            patch.setattr(mri, "mri_phantom", coarse)
            patch.chdir(folder)
            assert run(["demo"]) == 0
        yield folder / "demo-output", said.getvalue(), ctp_grid(spacing)
    else:
        done = strokeseg("demo", folder=folder)
        assert done.returncode == 0, done.stderr
        yield folder / "demo-output", done.stdout, ctp_grid(spacing)


def test_the_demo_leaves_every_file_and_the_studies(demo: Demo) -> None:
    folder = demo[0]
    assert {path.name for path in folder.iterdir()} == {"mri", "ctp"}
    for kind in ("mri", "ctp"):
        names = {path.name for path in (folder / kind).iterdir()}
        assert {"segmentation.seg.nrrd", "labels.nii.gz", "report.html", "scene.mrb", RESULT, "study"} <= names
    study = {path.name for path in (folder / "mri" / "study").iterdir()}
    assert {"T1.nii.gz", "T2.nii.gz", "DWI.nii.gz", "FLAIR.nii.gz"} <= study
    assert (folder / "ctp" / "study" / "CTP.nii.gz").is_file()
    assert {"CBF.nii.gz", "TMAX.nii.gz", "MIP.nii.gz", "aif.svg"} <= {p.name for p in (folder / "ctp").iterdir()}


def test_the_demo_finds_the_mri_phantoms_infarct(demo: Demo) -> None:
    folder, said = demo[0] / "mri", demo[1]
    truth = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "study" / "truth_mask.nii.gz")))
    found = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "labels.nii.gz")))
    overlap = dice(found, truth)
    assert overlap > 0.7
    assert f"Dice against the phantom's truth {overlap:.3f}" in said
    volume = json.loads((folder / RESULT).read_text(encoding="utf-8"))["statistics"]["volume_ml"]
    assert f"Lesion volume {volume:.1f} ml" in said
    assert "Research use only" in said and "simulated" in said


def test_the_demo_finds_the_ct_perfusion_phantoms_deficit(demo: Demo) -> None:
    folder, said = demo[0] / "ctp", demo[1]
    result = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    routes = {route["name"]: route for route in result["routes"]}
    assert set(routes) == {"thresholds", "slow-fusion", "unet3d"}
    for name in ("slow-fusion", "unet3d"):
        assert routes[name]["trained_on"].startswith("simulated perfusion")
    assert "trained on simulated perfusion" in said
    truth = sitk.GetArrayFromImage(ctp_patient(0).truth(demo[2]))
    found = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "labels.nii.gz")))
    overlap = dice(found > 0, truth > 0)
    assert overlap > 0.6
    assert f"core {dice(found == 2, truth == 2):.2f}" in said
    assert f"Mismatch {result['numbers']['mismatch_ml']:.0f} ml" in said
    assert [trial["trial"] for trial in result["criteria"]] == ["DEFUSE 3", "DAWN"]


def test_the_demos_mri_study_lies_on_two_grids(demo: Demo) -> None:
    study = demo[0] / "mri" / "study"
    grids = [Grid.of(sitk.ReadImage(str(study / f"{role}.nii.gz"))) for role in ("FLAIR", "DWI")]
    assert not grids[0].same(grids[1])


@pytest.fixture(scope="module")
def flair_words(study: Path, untrained: Bundle) -> list[str]:
    """A user's two files, to be segmented on the grid of the FLAIR."""
    files = (f"flair={study / 'FLAIR.nii.gz'}", f"DWI={study / 'DWI.nii.gz'}", "--reference", "flair")
    options = ("--vote", "mean", "--register", "off", "--device", "cpu", "--reproducible", "--model", untrained.folder)
    return [str(word) for word in ("segment", *files, *options, "--output")]


@pytest.fixture(scope="module", params=["here", pytest.param("in a process of its own", marks=pytest.mark.slow)])
def segmented(request: pytest.FixtureRequest, flair_words: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What has been made of them; not to be changed."""
    folder = tmp_path_factory.mktemp("segmented") / "ä ö" / "out"
    if request.param == "here":
        assert run([*flair_words, str(folder)]) == 0
    else:
        done = strokeseg(*flair_words, folder, folder=folder.parents[1])
        assert done.returncode == 0, done.stderr
    return folder


def test_a_users_files_are_segmented_on_the_reference_asked_for(study: Path, segmented: Path) -> None:
    result = json.loads((segmented / "result.json").read_text(encoding="utf-8"))
    assert result["provenance"]["vote"]["method"] == "mean"
    assert result["provenance"]["settings"]["register"] == "off" and not result["provenance"]["registration"]
    assert result["provenance"]["runs"] == {"count": 2, "differing_voxels": 0}
    labels = sitk.ReadImage(str(segmented / "labels.nii.gz"))
    assert Grid.of(labels).same(Grid.of(sitk.ReadImage(str(study / "FLAIR.nii.gz"))))


@pytest.mark.slow
def test_two_runs_give_the_same_bytes(flair_words: list[str], segmented: Path, tmp_path: Path) -> None:
    # The second within this process, where others have run before, as a worker runs its later cases.
    assert run([*flair_words, str(tmp_path / "again")]) == 0
    for name in ("labels.nii.gz", "probability.nii.gz", "agreement.nii.gz"):
        assert (segmented / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    labels = [sitk.ReadImage(str(folder / "segmentation.seg.nrrd")) for folder in (segmented, tmp_path / "again")]
    np.testing.assert_array_equal(*map(sitk.GetArrayFromImage, labels))


@pytest.mark.parametrize(("stage", "number"), [("reading", signal.SIGTERM), ("coronal plane", signal.SIGINT)])
@pytest.mark.quick(1)
def test_ctrl_c_ends_with_code_3_and_leaves_nothing(
    study: Path, untrained: Bundle, tmp_path: Path, stage: str, number: signal.Signals
) -> None:
    done = signalled_at(number, stage, "segment", study, "--model", untrained.folder, folder=tmp_path)
    assert done.returncode == 3, done.stderr
    assert done.stderr.strip() == "strokeseg: cancelled."
    assert stage in done.stdout and "sagittal" not in done.stdout, "no later stage was begun"
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.quick(1)
def test_a_signal_while_torch_comes_in_ends_at_once_and_says_so(
    study: Path, tmp_path: Path, number: signal.Signals
) -> None:
    # Beside the real torch: a torch whose import begins, tells of it, and never ends.
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "torch.py").write_text("import sys, time\nprint('torch comes', flush=True)\ntime.sleep(600)\n")
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(slow), str(Path(__file__).parents[3])])}
    process = subprocess.Popen(
        [*COMMAND, "segment", str(study)],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "torch comes" in line:
            break
    process.send_signal(number)
    _, said = process.communicate()
    assert (process.returncode, said.strip()) == (3, "strokeseg: cancelled.")
    assert not list(home.iterdir())


def test_wrong_options_are_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ("segment",),
        ("segment", "x", "--vote", "loudest"),
        ("segment", "x", "--register", "sometimes"),
        ("nonesuch",),
        ("segment", "x", "--output", ""),
    ):
        monkeypatch.setattr("sys.argv", ["strokeseg", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr().err
        assert stop.value.code == 1
        assert said.startswith("strokeseg: ") and said.count("\n") == 1, said
    assert not list(tmp_path.iterdir())


def test_without_a_command_there_is_help(tmp_path: Path) -> None:
    done = strokeseg(folder=tmp_path)
    assert done.returncode == 0
    words = " ".join(done.stdout.split())
    assert "segment" in words and "demo" in words and "not a medical device" in words


@pytest.mark.slow
def test_a_stream_recipe_trains_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # In this process: that a cohort recipe trains in a process of its own is tried in test_train_command.
    recipe, data, run = write_recipe(tmp_path / "tiny.toml"), write_data(tmp_path / "data"), tmp_path / "run"
    words = ["train", recipe, "--data", data, "--output", run, "--accelerator", "cpu"]
    monkeypatch.setattr("sys.argv", ["strokeseg", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr()
    assert stop.value.code == 0, said.err
    assert "axial, SOOP val, FLAIR: Dice" in said.out
    assert Bundle.open(tmp_path / "run" / "model").load()
