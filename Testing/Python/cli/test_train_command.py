"""`strokeseg train` and `strokeseg predict` as a user meets them: killed, on several processes, on a full disk."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from full_disk import run_limited
from killed_commands import killed_at
from small import (
    FUSION,
    FUSION_CHANGES,
    Trained,
    assert_same_run,
    changed_recipe,
    cpu_run,
    one_thread,
    shrunk,
    trained,
    write_small,
)
from tiny import write_data, write_recipe

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.cli.main import main, run
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.training import checkpoint
from StrokeSegLogic.training.cohort.train import train_cohort
from StrokeSegLogic.training.datasets.subject import DataSet
from StrokeSegLogic.training.loss_log import read

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "StrokeSegLogic"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def arguments(recipe: str, data: DataSet, output: Path, changes: list[str], *more: str) -> list[str]:
    sets = [word for change in changes for word in ("--set", change)]
    folders = ["--data", str(data.folder), "--output", str(output), "--accelerator", "cpu"]
    return ["train", recipe, *folders, *sets, *more]


def strokeseg(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, env=ENVIRONMENT, timeout=200, check=False)


def begun(words: list[str], until: Callable[[], bool]) -> subprocess.Popen[str]:
    """The command, running, at the moment when something has come true."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*COMMAND, *words], text=True, env=ENVIRONMENT, start_new_session=True, **pipes)  # type: ignore[call-overload]
    while not until():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process


def saved(output: Path, step: int) -> Callable[[], bool]:
    """Whether the checkpoint of that step, or of a later step, is there."""

    def there() -> bool:
        state = checkpoint.load(output / "network.ckpt")
        return state is not None and state["step"] >= step

    return there


def processes_of(group: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


@pytest.fixture(scope="module", autouse=True)
def on_one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture
def ctp(fusion: Trained) -> DataSet:
    return fusion.data


@pytest.fixture
def whole(fusion: Trained) -> Path:
    """A run that nobody stopped."""
    return fusion.folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_run_that_was_killed_and_run_again_leaves_the_same_bytes_and_a_line_a_stage(
    ctp: DataSet, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = arguments(FUSION, ctp, tmp_path, FUSION_CHANGES)
    # Checkpoints are every 4 steps.
    killed_at("network: step 10 ", *words)
    assert not (tmp_path / "model").exists()
    assert saved(tmp_path, 8)()
    assert run(words) == 0
    assert_same_run(whole, tmp_path)
    # A log has a line a stage, and not a line a step.
    stages = [line[6:].partition(":")[0] for line in capsys.readouterr().out.splitlines() if "%" in line[:4]]
    assert stages == ["preparing cases", "network"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes to be had")
def test_a_full_disk_is_one_line_and_the_run_goes_on_once_there_is_space(
    ctp: DataSet, whole: Path, tmp_path: Path
) -> None:
    recipe, token = changed_recipe(FUSION, *FUSION_CHANGES), CancelToken()
    progress = Progress(lambda _, message: token.cancel() if message.startswith("network: step 7 ") else None, token)
    with pytest.raises(Cancelled):
        train_cohort(recipe, ctp, cpu_run(tmp_path, progress))
    good = (tmp_path / "network.ckpt").read_bytes()

    done = run_limited(len(good) // 2, "-m", "StrokeSegLogic", *arguments(FUSION, ctp, tmp_path, FUSION_CHANGES))
    assert done.returncode == 1, done.stderr
    assert "network.ckpt: the checkpoint cannot be written (File too large). Free some space" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "network.ckpt").read_bytes() == good
    assert not list(tmp_path.rglob("*.part"))

    trained(recipe, ctp, tmp_path)
    assert_same_run(whole, tmp_path)


@pytest.mark.slow
def test_two_processes_learn_what_a_single_process_learns_from_batches_twice_as_large(tmp_path: Path) -> None:
    name = "unet3d-table/modified"
    data = write_small("isles2018", tmp_path / "data")
    split = tmp_path / "split.tsv"
    parts = {"case_1": "val", "case_4": "test"}
    rows = [f"{subject.case}\t{parts.get(subject.case, 'train')}" for subject in data.subjects]
    split.write_text("\n".join(["case\tsplit", *rows]) + "\n", encoding="utf-8")
    changes = [*shrunk(name), "view.size=[32, 32, 32]", "network.dropout=0.0", "epochs=4"]
    two = [*changes, "batch=1"]
    done = strokeseg(*arguments(name, data, tmp_path / "two", two, "--devices", "2", "--split", str(split)))
    assert done.returncode == 0, done.stderr
    recipe = changed_recipe(name, *changes, "batch=2")
    train_cohort(recipe, data, cpu_run(tmp_path / "one"), split_file=split)

    states = [checkpoint.load(tmp_path / run / "network.ckpt") for run in ("one", "two")]
    assert states[0] is not None and states[1] is not None
    assert states[0]["step"] == states[1]["step"] == 8
    moved, apart, count = 0.0, 0.0, 0
    torch.manual_seed(recipe.seed)
    for key, start in build(recipe.network).state_dict().items():
        moved += float((states[0]["network"][key] - start).abs().sum())
        apart += float((states[0]["network"][key] - states[1]["network"][key]).abs().sum())
        count += start.numel()
    assert moved / count > 5e-4
    assert apart < 0.01 * moved
    for alone, together in zip(*(read(tmp_path / name / "network-losses.csv") for name in ("one", "two")), strict=True):
        assert alone["loss"] == pytest.approx(together["loss"], abs=1e-4)

    # What is said is said once, and one process wrote.
    assert done.stdout.count("network: trained") == done.stdout.count("Model in") == 1
    assert done.stderr == ""
    assert len(list((tmp_path / "two" / "tensorboard" / "network").iterdir())) == 1
    assert Bundle.open(tmp_path / "two" / "model").load()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM")
def test_two_processes_that_are_stopped_stop_together_and_go_on_to_the_same_bytes(ctp: DataSet, tmp_path: Path) -> None:
    whole, other = tmp_path / "whole", tmp_path / "other"
    done = strokeseg(*arguments(FUSION, ctp, whole, FUSION_CHANGES, "--devices", "2"))
    assert done.returncode == 0, done.stderr
    # Other parameters learn in each phase: the processes' network was wrapped anew for each.
    assert [row["phase"] for row in read(whole / "network-epochs.csv")] == [0, 0, 1, 2]

    words = arguments(FUSION, ctp, other, FUSION_CHANGES, "--devices", "2")
    process = begun(words, saved(other, 4))
    # The first process alone hears of it.
    process.terminate()
    said = process.communicate(timeout=60)
    assert process.returncode == 3, said
    assert said[1] == "strokeseg: cancelled.\n"
    assert not processes_of(process.pid)
    assert not (other / "model").exists()

    done = strokeseg(*words)
    assert done.returncode == 0, done.stderr
    assert_same_run(whole, other)


@pytest.mark.slow
def test_two_processes_tell_of_a_fault_once(tmp_path: Path) -> None:
    name = "unet3d-table/classic"
    data = write_small("isles2018", tmp_path / "data")
    changes = [*shrunk(name), "batch=1", "rate=1e30", "epochs=9", "transfer.patience=9"]
    done = strokeseg(*arguments(name, data, tmp_path / "run", changes, "--devices", "2"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert " is nan at step 2 of stage network, in the batch of case_" in done.stderr


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that must be refused, and gives the line that it says."""

    def run(*words: str | Path) -> str:
        monkeypatch.setattr("sys.argv", ["strokeseg", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr().err.strip()
        assert stop.value.code == 1, said
        assert said.startswith("strokeseg: ") and "\n" not in said, said
        return said.removeprefix("strokeseg: ")

    return run


@pytest.mark.slow
def test_wrong_recipes_are_refused(refused: Callable[..., str], ctp: DataSet, tmp_path: Path) -> None:
    assert "no recipe is called 'exp7'. Use one of brain-compact" in refused("train", "exp7", "--data", ctp.folder)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('extends = "exp2/gradual-pms-n"\nepoch = 3\n', encoding="utf-8")
    assert "wrong.toml: unknown key 'epoch'. Known keys:" in refused("train", wrong, "--data", ctp.folder)
    wrong.write_text('extends = "wrong"\n', encoding="utf-8")
    assert "wrong.toml: extends itself" in refused("train", wrong, "--data", ctp.folder)
    said = refused("train", FUSION, "--data", ctp.folder, "--set", "network.wide=3")
    assert "[network]: unknown key 'wide'" in said


def test_wrong_options_are_refused(refused: Callable[..., str], ctp: DataSet, tmp_path: Path) -> None:
    words = arguments(FUSION, ctp, tmp_path / "run", FUSION_CHANGES)
    assert "no accelerator is called 'tpu'. Use one of auto, cpu, cuda, mps" in refused(*words, "--accelerator", "tpu")
    assert "split.tsv: does not exist" in refused(*words, "--split", tmp_path / "split.tsv")
    assert "no layout is called 'isles2099'" in refused(*words, "--layout", "isles2099")
    assert "is not laid out as any known data set" in refused("train", FUSION, "--data", tmp_path)
    assert "nowhere: there is no such folder" in refused("train", FUSION, "--data", tmp_path / "nowhere")
    assert not (tmp_path / "run").exists()
    (tmp_path / "file").touch()
    assert "file: is a file, not a folder" in refused(*words, "--output", tmp_path / "file")


def test_pretrained_weights_that_are_not_here_come_with_their_address(
    refused: Callable[..., str], ctp: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    said = refused("train", FUSION, "--data", ctp.folder, "--output", tmp_path / "run", "--accelerator", "cpu")
    assert "the ImageNet weights of 'vgg16' are not on this machine" in said
    assert "https://download.pytorch.org/models/vgg16-397923af.pth" in said


def test_a_recipe_with_sources_of_its_own_takes_no_split(refused: Callable[..., str], tmp_path: Path) -> None:
    data, recipe = write_data(tmp_path / "data"), write_recipe(tmp_path / "tiny.toml")
    said = refused("train", recipe, "--data", data, "--output", tmp_path / "run", "--split", tmp_path / "split.tsv")
    assert "--split, --layout, --folds: this recipe names its own sources" in said
    said = refused("train", recipe, "--data", data, "--output", tmp_path / "run", "--folds", "3")
    assert "--split, --layout, --folds: this recipe names its own sources" in said


def test_predict_names_what_it_cannot_use(
    refused: Callable[..., str], ctp: DataSet, whole: Path, tmp_path: Path
) -> None:
    data = ["--data", str(ctp.folder), "--output", str(tmp_path / "said")]
    assert "no model is called" in refused("predict", tmp_path, *data)
    assert "'tests' is no part. Use one of train, val, test, or all" in refused(
        "predict", whole, *data, "--cases", "tests"
    )
    assert "'tpu' is no device" in refused("predict", whole, *data, "--device", "tpu")
    assert not (tmp_path / "said").exists()


def test_predict_writes_a_label_map_for_each_test_case(
    ctp: DataSet, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["predict", whole, "--data", ctp.folder, "--output", tmp_path, "--device", "cpu"]
    monkeypatch.setattr("sys.argv", ["strokeseg", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert f"1 cases in {tmp_path}, each with network" in capsys.readouterr().out
    assert [path.name for path in tmp_path.glob("*/*")] == ["network.nii.gz"]


def test_segment_refuses_a_model_of_one_field_in_one_line(
    refused: Callable[..., str], study: Path, whole: Path, tmp_path: Path
) -> None:
    said = refused("segment", study, "--model", whole / "model", "--output", tmp_path / "out")
    assert said == (
        "sf-gradual-pms-n: is not a model of three MRI planes. "
        "Choose another model for this case; strokeseg predict runs this model over a data set."
    )
