from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from damage import cut_short, edit, first_of, move, with_nan

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.study.maps.units import doubts
from StrokeSegLogic.study.volumes.reader import read_volume
from StrokeSegLogic.training.datasets.check import check
from StrokeSegLogic.training.datasets.check_case import adc_unit
from StrokeSegLogic.training.datasets.findings import Findings
from StrokeSegLogic.training.datasets.layouts import LAYOUTS, read_data_set

Folder = Callable[[str], Path]


def checked(folder: Path) -> Findings:
    return check(read_data_set(folder))


def said(findings: Findings, severity: str = "") -> str:
    return "\n".join(str(found) for found in findings.found if severity in ("", found.severity))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.quick(1)
def test_nothing_is_wrong_with_what_the_generator_wrote(synthetic: Folder, layout: str) -> None:
    findings = checked(synthetic(layout))
    assert findings.found == () and findings.usable


def test_the_summary_says_what_is_there(synthetic: Folder) -> None:
    folder = synthetic("ctp_folder")
    summary = checked(folder).summary
    assert (summary.patients, summary.cases, summary.layout) == (5, 5, "ctp_folder")
    assert summary.images["CBF"] == 5 and summary.readers == {"NR1": 5, "NR2": 5}
    assert summary.groups == {"LVO": 2, "Non-LVO": 2, "WIS": 1}
    assert summary.splits == {"train": 3, "val": 1, "test": 1}
    assert summary.grids["CBF"].least_size == summary.grids["CBF"].greatest_size == (58, 58, 26)
    assert summary.grids["CBF"].least_spacing_mm == pytest.approx((4, 4, 5))
    masks = [np.asarray(nib.load(path).dataobj) for path in sorted(folder.glob("*/NR1.nii.gz"))]
    core = [float((mask == 2).sum()) * 0.08 for mask in masks if (mask == 2).any()]
    assert summary.volumes_ml["core"].median == pytest.approx(np.median(core))
    assert summary.volumes_ml["core"].cases == 4
    part = sum((mask == 1).sum() for mask in masks) / sum(mask.size for mask in masks)
    assert summary.frequencies["penumbra"] == pytest.approx(part)
    assert sum(summary.frequencies.values()) == pytest.approx(1)


def delete(pattern: str) -> Callable[[Path], None]:
    return lambda folder: first_of(folder, pattern).unlink()


def voxels(pattern: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    return lambda folder: edit(first_of(folder, pattern), change)


def text(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        before = (folder / name).read_text()
        assert old in before
        (folder / name).write_text(before.replace(old, new), encoding="utf-8")

    return change


def copied(source: str, target: str) -> Callable[[Path], None]:
    return lambda folder: shutil.copy(folder / source, folder / target)  # type: ignore[return-value]


ERRORS = {
    "mask missing": ("isles2022", delete("derivatives/*/*/*_msk.nii.gz"), "sub-strokecase0001: the mask is missing"),
    "reference missing": ("isles2022", delete("sub-*/*/dwi/*_dwi.nii.gz"), "sub-strokecase0001: DWI is missing"),
    "mask moved": (
        "isles2015",
        lambda folder: move(first_of(folder, "1/*OT*/*.nii"), 4),
        "the mask lies on another grid",
    ),
    "mask of another size": (
        "ctp_folder",
        lambda folder: edit(folder / "CTP_001/NR2.nii.gz", lambda a: a[:, :, 2:]),
        "CTP_001/NR2.nii.gz: the mask lies on another grid",
    ),
    "mask not whole": ("isles2022", voxels("derivatives/*/*/*_msk*", lambda a: a * 0.7), "holds the values 0.7"),
    "label unknown": ("isles2018", voxels("TRAINING/case_1/*OT*/*.nii", lambda a: a * 5), "holds the values 5"),
    "NaN": ("isles2022", voxels("sub-*/*/dwi/*_adc*", with_nan), "holds 1 NaN and 0 infinite voxels"),
    "constant": ("isles2015", voxels("3/*T1*/*.nii", np.zeros_like), "every voxel has the same value"),
    "4-D": ("isles2022", voxels("sub-*/*/dwi/*_dwi*", lambda a: np.stack([a, a], 3)), "has 4 dimensions"),
    "cut short": ("bids", lambda folder: cut_short(folder / "sub-02/anat/sub-02_T2w.nii.gz"), "not an intact NIfTI"),
    "elsewhere": (
        "isles2022",
        lambda folder: move(first_of(folder, "sub-*/*/anat/*"), 900),
        "does not overlap in space with the reference DWI",
    ),
    "patient in two splits": (
        "ctp_folder",
        text("clinical.csv", "CTP_005,P005", "CTP_005,P001"),
        "patient P001 is in test and train (cases CTP_001, CTP_005)",
    ),
    "leak": (
        "bids",
        copied("sub-01/anat/sub-01_T1w.nii.gz", "sub-05/anat/sub-05_T1w.nii.gz"),
        "are one and the same file",
    ),
}


@pytest.mark.parametrize(("layout", "damage", "words"), ERRORS.values(), ids=ERRORS)
def test_what_makes_training_impossible_is_an_error(
    copy: Folder, layout: str, damage: Callable[[Path], None], words: str
) -> None:
    folder = copy(layout)
    damage(folder)
    findings = checked(folder)
    assert words in said(findings, "error")
    assert not findings.usable
    assert len(findings.errors) == 1, said(findings)


WARNINGS = {
    "image missing": ("isles2022", delete("sub-*/*/anat/*"), "sub-strokecase0001: FLAIR is missing"),
    "reader missing": ("ctp_folder", delete("CTP_002/NR2.nii.gz"), "CTP_002: the mask of reader NR2 is missing"),
    "grid differs": (
        "isles2015",
        lambda folder: move(first_of(folder, "2/*DWI*/*.nii"), 6),
        "DWI lies on another grid",
    ),
    "empty mask": ("isles2022", voxels("derivatives/*/*/*_msk*", np.zeros_like), "the mask is empty"),
    "flipped mask": (
        "isles2015",
        voxels("1/*OT*/*.nii", lambda a: np.roll(a, a.shape[2] // 2, axis=2)),
        "of the lesion lies where FLAIR has no signal",
    ),
    "one file twice": (
        "isles2015",
        lambda folder: shutil.copy(first_of(folder, "1/*T1*/*.nii"), first_of(folder, "2/*T1*/*.nii")),
        "are one and the same file",
    ),
    "no clinical row": ("ctp_folder", text("clinical.csv", "CTP_004", "CTP_044"), "CTP_004: there is no clinical row"),
    "row without case": (
        "ctp_folder",
        text("clinical.csv", "CTP_004", "CTP_044"),
        "clinical.csv names CTP_044, which has no folder",
    ),
    "no clinical table": ("ctp_folder", delete("clinical.csv"), "there is no clinical.csv"),
    "NIHSS impossible": ("ctp_folder", text("clinical.csv", "CTP_001,P001,", "CTP_001,P001,9"), "outside of 0 to 42"),
    "group unknown": ("ctp_folder", text("clinical.csv", "Non-LVO", "TIA"), "the group 'TIA' is none of"),
    "WIS with lesion": ("ctp_folder", text("clinical.csv", ",LVO", ",WIS"), "the mask is not empty, though"),
    "Tmax in ms": ("ctp_folder", voxels("CTP_001/TMAX.nii.gz", lambda a: a * 1000), "perhaps milliseconds"),
    "Tmax in 0.1 s": ("ctp_folder", voxels("CTP_001/TMAX.nii.gz", lambda a: a * 10), "perhaps tenths of a second"),
    "Tmax negative": ("ctp_folder", voxels("CTP_001/TMAX.nii.gz", lambda a: -a), "negative, which TMAX cannot be"),
    "map as picture": (
        "ctp_folder",
        voxels("CTP_001/CBF.nii.gz", lambda a: np.round(a / a.max() * 255)),
        "a picture of CBF",
    ),
    "CBV in ml/g": ("isles2018", voxels("TRAINING/case_1/*CBV*/*.nii", lambda a: a / 100), "perhaps ml/g or a ratio"),
    "CT with offset": ("isles2018", voxels("TRAINING/case_1/*.CT.*/*.nii", lambda a: a + 1024), "1024 added"),
    "ADC units differ": (
        "isles2022",
        voxels("sub-*/*/dwi/*_adc*", lambda a: a * 1000),
        "ADC is in different units: 1e-3 mm²/s in sub-strokecase0001; mm²/s in sub-strokecase0002",
    ),
    "DWI and ADC swapped": (
        "isles2022",
        lambda folder: [
            (first := first_of(folder, "sub-*1/*/dwi/*_adc*")).rename(folder / "x"),
            first_of(folder, "sub-*1/*/dwi/*_dwi*").rename(first),
            (folder / "x").rename(first.with_name(first.name.replace("_adc", "_dwi"))),
        ],
        "DWI and ADC look swapped",
    ),
    "slabs unknown": ("isles2018", delete("case_mapping.csv"), "case_2 and case_3 look like two slabs of one patient"),
    "series with three dimensions": (
        "isles2018",
        voxels("TRAINING/case_1/*4DPWI*/*.nii", lambda a: a[..., 0]),
        "CTP has 3 dimensions where 4 are wanted",
    ),
}


@pytest.mark.parametrize(("layout", "damage", "words"), WARNINGS.values(), ids=WARNINGS)
@pytest.mark.quick(8)
def test_what_looks_wrong_is_a_warning(copy: Folder, layout: str, damage: Callable[[Path], None], words: str) -> None:
    folder = copy(layout)
    damage(folder)
    findings = checked(folder)
    assert words in said(findings, "warning"), said(findings)
    assert findings.usable, said(findings)


def test_a_test_case_without_mask_is_only_a_warning(copy: Folder) -> None:
    folder = copy("ctp_folder")
    for reader in ("NR1", "NR2"):
        (folder / "CTP_005" / f"{reader}.nii.gz").unlink()
    findings = checked(folder)
    assert "CTP_005: the mask is missing" in said(findings, "warning") and findings.usable


def test_without_any_mask_there_is_one_error(copy: Folder) -> None:
    folder = copy("isles2022")
    shutil.rmtree(folder / "derivatives")
    findings = checked(folder)
    assert [found.words for found in findings.errors] == ["no case has a mask: there is nothing to learn from"]


def test_a_class_that_no_training_case_has_is_an_error(copy: Folder) -> None:
    folder = copy("ctp_folder")
    for path in folder.glob("CTP_00[123]/NR?.nii.gz"):
        edit(path, lambda a: np.minimum(a, 1))
    assert "no training case has a voxel of the class core" in said(checked(folder), "error")


def test_only_touching_slabs_are_taken_for_one_patients(copy: Folder) -> None:
    folder = copy("isles2018")
    (folder / "case_mapping.csv").unlink()
    words = said(checked(folder))
    assert "case_2 and case_3" in words and "case_5 and case_6" in words
    assert "case_1 and case_2" not in words and "case_3 and case_4" not in words


def test_slabs_are_not_guessed_from_a_frame_that_all_cases_share(copy: Folder) -> None:
    folder = copy("isles2018")
    (folder / "case_mapping.csv").unlink()
    for number, home in enumerate(sorted((folder / "TRAINING").iterdir())):
        for path in home.glob("*/*.nii"):
            image = nib.load(path)
            affine = np.diag([4.0, 4.0, 5.0, 1.0])
            affine[2, 3] = 10.0 * number
            nib.Nifti1Image(np.asarray(image.dataobj).copy(), affine).to_filename(path)
    words = said(checked(folder))
    assert "look like two slabs" not in words and "slabs of one patient cannot be told" in words


def test_empty_masks_that_are_alike_are_no_duplicates(copy: Folder) -> None:
    folder = copy("isles2015")
    for case in "12":
        edit(first_of(folder, f"{case}/*OT*/*.nii"), np.zeros_like)
    assert "same file" not in said(checked(folder))


def test_one_patient_alone_is_warned_of(copy: Folder) -> None:
    folder = copy("isles2015")
    for case in "2345":
        shutil.rmtree(folder / case)
    assert "one patient only" in said(checked(folder), "warning")


def test_findings_become_plain_values(synthetic: Folder) -> None:
    values = checked(synthetic("isles2018")).as_dict()
    assert values["usable"] is True and values["found"] == []
    assert values["summary"]["grids"]["CT"]["least_size"] == (58, 58, 6)


def test_a_check_can_be_cancelled(synthetic: Folder) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        check(read_data_set(synthetic("isles2015")), Progress(None, token))


def test_progress_reaches_its_end(synthetic: Folder) -> None:
    seen: list[float] = []
    check(read_data_set(synthetic("isles2015")), Progress(lambda done, _: seen.append(done)))
    assert seen == sorted(seen) and seen[-1] == 1.0


@pytest.mark.parametrize(
    ("unit", "factor"), [("1e-6 mm²/s", 800.0), ("1e-3 mm²/s", 0.8), ("mm²/s", 0.0008), (None, 40.0)]
)
def test_the_unit_of_adc_is_told_from_the_brains_median(unit: str | None, factor: float) -> None:
    rng = np.random.default_rng(0)
    brain = np.concatenate([np.zeros(3000), factor * rng.normal(1, 0.1, 1500)])
    assert adc_unit(brain) == unit


def test_units_of_other_images_and_of_nothing_are_not_judged() -> None:
    assert doubts("DWI", np.full(10, 1e6)) == [] and doubts("TMAX", np.zeros(10)) == []
    assert adc_unit(np.zeros(5)) is None


def test_the_synthetic_adc_has_the_unit_it_says(synthetic: Folder) -> None:
    subject = read_data_set(synthetic("isles2022")).subjects[0]
    image = read_volume(subject.images["ADC"])
    assert adc_unit(sitk.GetArrayViewFromImage(image)) == "mm²/s"
