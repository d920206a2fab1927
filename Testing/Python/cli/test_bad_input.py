"""The catalogue of bad input: one line that says what to do, exit code 1, nothing written."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
import torch

from StrokeSegLogic.cli.main import main
from StrokeSegLogic.nets.models.bundle import WEIGHTS, Bundle

Arguments = list[str]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs `strokeseg segment` with arguments that it must refuse, and gives the line that it says."""

    def run(*arguments: str | Path, output: Path | None = None) -> str:
        home = tmp_path / "home"
        home.mkdir()
        monkeypatch.chdir(home)
        where = [] if output is None else ["--output", str(output)]
        monkeypatch.setattr("sys.argv", ["strokeseg", "segment", *map(str, arguments), *where])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr().err.strip()
        assert stop.value.code == 1, said
        assert "Traceback" not in said
        assert said.startswith("strokeseg: ") and "\n" not in said, said
        assert not list(home.iterdir()), "nothing is written"
        return said.removeprefix("strokeseg: ")

    return run


def without_flair(study: Path, folder: Path) -> Path:
    """A copy of the study without FLAIR, which would be read in the place of a DWI that cannot be."""
    copy = Path(shutil.copytree(study, folder / "copy"))
    for path in copy.glob("FLAIR*"):
        path.unlink()
    return copy


def changed(study: Path, folder: Path, edit: Callable[[nib.Nifti1Image], nib.Nifti1Image]) -> Path:
    """A copy of the study whose DWI is edited."""
    copy = without_flair(study, folder)
    image = nib.load(copy / "DWI.nii.gz")
    nib.save(edit(image), copy / "DWI.nii.gz")
    return copy


def with_data(edit: Callable[[np.ndarray], np.ndarray]) -> Callable[[nib.Nifti1Image], nib.Nifti1Image]:
    return lambda image: nib.Nifti1Image(edit(image.get_fdata(dtype=np.float32)), image.affine)


def with_affine(edit: Callable[[np.ndarray], np.ndarray]) -> Callable[[nib.Nifti1Image], nib.Nifti1Image]:
    return lambda image: nib.Nifti1Image(image.get_fdata(dtype=np.float32), edit(image.affine))


BAD_VOLUMES = {
    "4-D": (with_data(lambda a: np.stack([a, a], axis=3)), "4 dimensions"),
    "sheared": (
        with_affine(lambda m: m @ np.array([[1, 0.3, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])),
        "shear",
    ),
    "NaN": (with_data(lambda a: np.where(a > np.median(a[a > 0]), np.nan, a)), "NaN"),
    "infinite": (with_data(lambda a: np.where(a > np.median(a[a > 0]), np.inf, a)), "infinite"),
    "constant": (with_data(np.zeros_like), "same value"),
}


@pytest.mark.parametrize(("edit", "word"), BAD_VOLUMES.values(), ids=BAD_VOLUMES)
def test_a_volume_that_cannot_be_used_is_refused(
    refused: Callable[..., str], study: Path, tmp_path: Path, edit: Callable, word: str
) -> None:
    said = refused(changed(study, tmp_path, edit))
    assert word.lower() in said.lower()


def test_a_volume_that_lies_elsewhere_is_refused(refused: Callable[..., str], study: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(study, tmp_path / "copy"))
    image = nib.load(copy / "DWI.nii.gz")
    nib.save(with_affine(lambda m: m + np.array([[0, 0, 0, 900]] + [[0] * 4] * 3))(image), copy / "DWI.nii.gz")
    assert "overlap" in refused(copy)


def test_zero_spacing_is_refused(refused: Callable[..., str], study: Path, tmp_path: Path) -> None:
    copy = without_flair(study, tmp_path)
    with gzip.open(copy / "DWI.nii.gz") as file:
        content = bytearray(file.read())
    # pixdim[3] of the NIfTI header, and the row of the sform that holds the slices' step.
    content[76 + 12 : 76 + 16] = bytes(4)
    content[312:328] = bytes(16)
    with gzip.open(copy / "DWI.nii.gz", "wb") as file:
        file.write(content)
    assert "spacing" in refused(copy)


def test_a_missing_file_is_named(refused: Callable[..., str], study: Path) -> None:
    assert "nonesuch.nii.gz" in refused(f"DWI={study / 'nonesuch.nii.gz'}")


def test_a_missing_folder_is_named(refused: Callable[..., str], tmp_path: Path) -> None:
    assert "nonesuch" in refused(tmp_path / "nonesuch")


def test_an_empty_folder_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no volume" in refused(tmp_path / "empty").lower()


def test_a_text_file_named_as_nifti_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "DWI.nii.gz").write_text("this is no image", encoding="utf-8")
    assert "DWI.nii.gz" in refused(tmp_path / "study")


def test_a_truncated_file_is_refused(refused: Callable[..., str], study: Path, tmp_path: Path) -> None:
    copy = without_flair(study, tmp_path)
    content = (copy / "DWI.nii.gz").read_bytes()
    (copy / "DWI.nii.gz").write_bytes(content[: len(content) // 2])
    assert "DWI.nii.gz" in refused(copy)


def test_two_series_of_one_role_are_refused(refused: Callable[..., str], study: Path, tmp_path: Path) -> None:
    copy = without_flair(study, tmp_path)
    # Of the same voxels it would be a copy, and beside a plain name the other would be left aside.
    sitk.WriteImage(sitk.ReadImage(str(copy / "DWI.nii.gz")) * 2, str(copy / "early_dwi.nii.gz"))
    (copy / "DWI.nii.gz").rename(copy / "late_dwi.nii.gz")
    said = refused(copy)
    assert "two series claim to be DWI" in said and "as DWI (SEQUENCE=FILE)" in said


def test_t1_alone_is_refused(refused: Callable[..., str], study: Path) -> None:
    said = refused(f"T1={study / 'FLAIR.nii.gz'}")
    assert "cannot work with T1 alone" in said and "Add at least one of DWI, FLAIR" in said


@pytest.mark.parametrize("word", ["DWI:file.nii", "SWI=file.nii", "=file.nii"])
def test_a_volume_without_a_proper_role_is_refused(refused: Callable[..., str], word: str) -> None:
    assert refused(word, "FLAIR=x.nii")


def test_a_reference_that_is_not_there_is_refused(refused: Callable[..., str], study: Path) -> None:
    assert "the reference T1 is not in the case" in refused(study, "--reference", "T1")


def test_an_unknown_model_is_refused(refused: Callable[..., str], study: Path) -> None:
    assert "no model is called 'nonesuch'" in refused(study, "--model", "nonesuch")


@pytest.mark.slow
def test_weights_whose_hash_differs_are_refused(
    refused: Callable[..., str], study: Path, untrained: Bundle, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(untrained.folder, tmp_path / "model"))
    content = bytearray((copy / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (copy / WEIGHTS).write_bytes(content)
    assert "SHA-256" in refused(study, "--model", copy)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_where_there_is_none_is_refused(refused: Callable[..., str], study: Path) -> None:
    assert "no CUDA device" in refused(study, "--device", "cuda")


def test_an_output_that_is_a_file_is_refused(refused: Callable[..., str], study: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    assert "is a file, not a folder" in refused(study, output=tmp_path / "taken")
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


def test_a_brain_mask_that_cannot_be_used_is_refused_by_its_option(
    refused: Callable[..., str], study: Path, tmp_path: Path
) -> None:
    dwi = nib.load(study / "DWI.nii.gz")
    nib.save(nib.Nifti1Image(np.zeros(dwi.shape, np.uint8), dwi.affine), tmp_path / "empty.nii.gz")
    said = refused(study, "--brain-mask", tmp_path / "empty.nii.gz")
    assert "empty.nii.gz: the brain mask is empty" in said and "(--brain-mask)" in said


def test_a_brain_mask_has_no_meaning_for_ct_perfusion(refused: Callable[..., str], study: Path, tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    maps.mkdir()
    for name in ("CBF", "TMAX"):
        shutil.copy(study / "DWI.nii.gz", maps / f"{name}.nii.gz")
    said = refused(maps, "--brain-mask", study / "DWI.nii.gz")
    assert said == "--brain-mask: has no meaning for CT perfusion, which maps is. Leave it out."
