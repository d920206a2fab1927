"""What the commands may write where, as a user meets it: processes of their own, killed processes among them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from killed_commands import killed_at
from typer.testing import CliRunner, Result

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.base.reservation import reserved
from StrokeSegLogic.cli.main import app
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.outputs.files import MRI_FILES

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def strokeseg(*arguments: str | Path) -> Result:
    """A command within this process; what it raises is raised."""
    return CliRunner().invoke(
        app, [str(argument) for argument in arguments], catch_exceptions=False, standalone_mode=False
    )


ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}


@pytest.fixture
def own(study: Path, tmp_path: Path) -> Path:
    """A study folder of the test's own."""
    folder = tmp_path / "study"
    folder.mkdir()
    for path in study.glob("*.nii.gz"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("name", ["labels.nii.gz", "report.html", "agreement.nii.gz", "result.json"])
def test_an_experts_file_in_the_study_folder_stops_a_run_into_it_before_it_computes(
    own: Path, untrained: Bundle, name: str
) -> None:
    (own / name).write_bytes((own / "truth_mask.nii.gz").read_bytes())
    before = contents(own)
    with pytest.raises(OutputError, match=f"holds {name}, which no record shows.*overwrite") as error:
        strokeseg("segment", own, "--output", own, "--model", untrained.folder)
    assert len(str(error.value)) < 500 + len(str(own)) and "\n" not in str(error.value)
    assert contents(own) == before


@pytest.mark.slow
def test_a_study_folder_can_be_the_output_and_with_overwrite_nothing_is_deleted(own: Path, untrained: Bundle) -> None:
    before = contents(own)
    (own / "aif.svg").write_text("mine", encoding="utf-8")
    strokeseg("segment", own, "--output", own, "--model", untrained.folder)
    assert {path.name for path in own.iterdir()} == {*before, *MRI_FILES, "aif.svg"}
    (own / "labels.nii.gz").write_bytes(before["truth_mask.nii.gz"])
    done = strokeseg("segment", own, "--output", own, "--model", untrained.folder, "--overwrite")
    (place,) = own.glob("previous-*")
    assert f"labels.nii.gz moved to {place}" in done.stdout
    assert contents(place) == {"labels.nii.gz": before["truth_mask.nii.gz"]}
    assert {name: content for name, content in contents(own).items() if name in before} == before
    assert (own / "aif.svg").read_text(encoding="utf-8") == "mine"


def test_the_demo_stops_at_a_file_of_the_users_before_it_computes(tmp_path: Path) -> None:
    for name in ("mri/labels.nii.gz", "mri/study/DWI.nii.gz", "ctp/CBF.nii.gz", "ctp/study/CTP.nii.gz"):
        folder = tmp_path / name.replace("/", "-")
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("mine", encoding="utf-8")
        with pytest.raises(OutputError, match=f"holds {Path(name).name}"):
            strokeseg("demo", "--output", folder)
        assert [path for path in folder.rglob("*") if path.is_file()] == [folder / name]
        assert (folder / name).read_text(encoding="utf-8") == "mine"


@posix
@pytest.mark.slow
def test_the_second_of_two_runs_on_one_folder_says_so_and_the_first_goes_on(
    study: Path, untrained: Bundle, tmp_path: Path
) -> None:
    command = ("segment", study, "--output", tmp_path / "out", "--model", untrained.folder)
    first = subprocess.Popen(
        [sys.executable, "-m", "StrokeSegLogic", *map(str, command)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert first.stdout is not None
    assert any("reading the study" in line for line in first.stdout)
    # It waits meanwhile, however long the second takes to be heard.
    first.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(OutputError, match="another run is writing there"):
            strokeseg(*command)
    finally:
        first.send_signal(signal.SIGCONT)
    _, said = first.communicate()
    assert first.returncode == 0, said
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(MRI_FILES)


@pytest.fixture(scope="module")
def finished(study: Path, untrained: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run, to be copied."""
    out = tmp_path_factory.mktemp("finished") / "out"
    strokeseg("segment", study, "--output", out, "--model", untrained.folder)
    return out


@pytest.mark.slow
@posix
@pytest.mark.parametrize("stage", ["axial plane", pytest.param("writing scene.mrb", marks=pytest.mark.slow)])
def test_a_killed_run_leaves_the_previous_result_and_the_next_run_takes_its_draft_away(
    study: Path, untrained: Bundle, finished: Path, tmp_path: Path, stage: str
) -> None:
    out = shutil.copytree(finished, tmp_path / "out")
    before = contents(out)
    killed_at(stage, "segment", study, "--output", out, "--model", untrained.folder)
    assert {name: content for name, content in contents(out).items() if not name.startswith(".")} == before
    assert len(list(out.iterdir())) > len(before), "its draft"
    with reserved(out):
        pass
    assert contents(out) == before and {path.name for path in out.iterdir()} == set(MRI_FILES)
