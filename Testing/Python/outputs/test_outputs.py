from __future__ import annotations

import json
import os
import resource as limits
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import Cancelled, OutputError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.outputs import files as outputs
from StrokeSegLogic.outputs.files import MRI_FILES, RESULT, names_of, require_writable, reserved_for, write_outputs
from StrokeSegLogic.space.grid import Grid


@pytest.fixture(scope="module")
def result(pair_result: Segmentation) -> Segmentation:
    return pair_result


@pytest.fixture(scope="module")
def written(result: Segmentation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "deep" / "result"
    write_outputs(result, folder)
    return folder


def test_every_promised_file_is_there_and_nothing_else(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == sorted(MRI_FILES)
    assert [path.name for path in written.parent.iterdir()] == ["result"]


def test_every_name_is_looked_at_before_the_result_is_computed(result: Segmentation) -> None:
    assert set(names_of(result)) == set(MRI_FILES)


@pytest.mark.parametrize("name", ["labels", "probability", "agreement", "brain"])
def test_nibabel_and_simpleitk_read_the_volumes_where_they_belong(
    written: Path, result: Segmentation, name: str
) -> None:
    path = written / f"{name}.nii.gz"
    ours = getattr(result, name)
    image = sitk.ReadImage(str(path))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(ours))
    np.testing.assert_allclose(Grid.of(image).corners(), result.grid.corners(), atol=1e-3)
    other = nib.load(path)
    np.testing.assert_array_equal(np.asarray(other.dataobj).T, sitk.GetArrayFromImage(ours))
    last = np.array(result.grid.size) - 1
    world = (other.affine @ [*last, 1])[:3] * (-1, -1, 1)
    np.testing.assert_allclose(world, result.grid.to_world(last[None])[0], atol=1e-3)
    assert other.header.get_xyzt_units()[0] == "mm"


def test_the_result_file_holds_statistics_and_provenance(written: Path, result: Segmentation) -> None:
    values = json.loads((written / "result.json").read_text(encoding="utf-8"))
    assert values["statistics"]["volume_ml"] == pytest.approx(result.statistics.volume_ml)
    assert values["provenance"]["model"]["name"] == "untrained"
    assert values["research_use_only"] is True
    assert (written / values["brain"]["file"]).is_file() and values["brain"]["file"] in values["written"]


def test_writing_again_replaces_the_result_and_keeps_other_files(result: Segmentation, tmp_path: Path) -> None:
    folder = tmp_path / "result"
    write_outputs(result, folder)
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    write_outputs(result, folder)
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*MRI_FILES, "notes.txt"])


def test_a_cancel_while_writing_leaves_nothing(result: Segmentation, tmp_path: Path) -> None:
    token = CancelToken()

    def at_the_report(fraction: float, message: str) -> None:
        if "report" in message:
            token.cancel()

    with pytest.raises(Cancelled):
        write_outputs(result, tmp_path / "a" / "b", Progress(at_the_report, token))
    assert not list(tmp_path.iterdir())


def test_a_write_that_fails_leaves_the_previous_result(
    result: Segmentation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "result"
    write_outputs(result, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def refuse(segmentation: Segmentation, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs, "write_report", refuse)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with pytest.raises(OutputError, match=r"No space left on device\).*Free some space") as caught:
        write_outputs(result, folder)
    assert "\n" not in str(caught.value)
    # What was computed is not lost: all that can be written is written elsewhere, and the place is told.
    (kept,) = (tmp_path / "temporary").iterdir()
    assert f"all but report.html was written to {kept} instead" in str(caught.value)
    expected = {*MRI_FILES, "incomplete-result.json"} - {"report.html", "result.json"}
    assert {path.name for path in kept.iterdir()} == expected
    shutil.rmtree(tmp_path / "temporary")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert list(tmp_path.iterdir()) == [folder]


def test_a_users_folder_with_the_name_of_an_output_is_left_alone(result: Segmentation, tmp_path: Path) -> None:
    (tmp_path / "labels.nii.gz").mkdir()
    (tmp_path / "labels.nii.gz" / "mine.txt").write_text("mine", encoding="utf-8")
    for call in (lambda: require_writable(tmp_path, RESULT, MRI_FILES), lambda: write_outputs(result, tmp_path)):
        with pytest.raises(OutputError, match=r"holds a folder named labels\.nii\.gz"):
            call()
    assert [path.name for path in tmp_path.iterdir()] == ["labels.nii.gz"]
    assert (tmp_path / "labels.nii.gz" / "mine.txt").exists()


def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "result").symlink_to(tmp_path / "gone")
    with pytest.raises(OutputError, match="link to nowhere"):
        require_writable(tmp_path / "result")


def test_a_folder_that_is_a_link_to_elsewhere_is_written_to(result: Segmentation, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "result").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    write_outputs(result, tmp_path / "result")
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == sorted(MRI_FILES)


def test_a_full_disk_is_said_in_one_line_and_leaves_nothing_in_the_folder(
    result: Segmentation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    # The real thing, but for where it hits: no file may grow beyond 64 KiB.
    before = limits.getrlimit(limits.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(OutputError) as caught, reserved_for(tmp_path / "result", RESULT, MRI_FILES):
            # While it was computed the disk filled up.
            limits.setrlimit(limits.RLIMIT_FSIZE, (64 * 1024, before[1]))
            write_outputs(result, tmp_path / "result")
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]
    (kept,) = (tmp_path / "temporary").iterdir()
    assert str(kept) in str(caught.value) and (kept / "labels.nii.gz").is_file()


def test_a_disk_that_is_full_already_is_met_before_the_work(tmp_path: Path) -> None:
    before = limits.getrlimit(limits.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits.setrlimit(limits.RLIMIT_FSIZE, (64 * 1024, before[1]))
    try:
        with pytest.raises(OutputError, match="cannot be written to"):
            require_writable(tmp_path / "result")
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not list(tmp_path.iterdir())


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "result"
    path.write_text("a file", encoding="utf-8")
    for folder in (path, path / "deeper"):
        with pytest.raises(OutputError, match="is a file, not a folder"):
            require_writable(folder)
    assert path.read_text(encoding="utf-8") == "a file"


@pytest.mark.skipif(os.geteuid() != 0 and not hasattr(os, "setuid"), reason="needs users")
def test_a_folder_without_write_permission_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/") and "pytest" in parent.name:
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from StrokeSegLogic.outputs.files import require_writable\n"
        "from StrokeSegLogic.base.errors import OutputError\n"
        "os.setuid(65534) if os.geteuid() == 0 else None\n"
        "try:\n"
        "    require_writable(Path(sys.argv[1]))\n"
        "except OutputError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert "cannot be written to (Permission denied)" in done.stdout


def test_asking_whether_a_folder_is_writable_makes_nothing(tmp_path: Path) -> None:
    require_writable(tmp_path / "new" / "folder")
    assert not list(tmp_path.iterdir())
