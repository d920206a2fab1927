from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.training.datasets.check import check
from StrokeSegLogic.training.datasets.layouts import LAYOUTS, read_data_set
from StrokeSegLogic.training.datasets.load import load_subject
from StrokeSegLogic.training.datasets.synthetic import write_synthetic


@pytest.mark.parametrize(
    "layout", ["bids", *(pytest.param(each, marks=pytest.mark.slow) for each in LAYOUTS if each != "bids")]
)
def test_the_same_seed_writes_the_same_bytes_and_another_others(tmp_path: Path, layout: str) -> None:
    folders = [tmp_path / name for name in ("one", "same", "other")]
    for folder, seed in zip(folders, (3, 3, 4), strict=True):
        write_synthetic(layout, folder, patients=1, seed=seed)
    first, same, other = (
        {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
        for folder in folders
    )
    assert first == same
    assert first.keys() == other.keys() and first != other


def test_two_readers_agree_but_not_wholly(synthetic: Callable[[str], Path]) -> None:
    data_set = read_data_set(synthetic("ctp_folder"))
    for subject in data_set.subjects[:4]:  # the fifth is without stroke
        masks = load_subject(subject, data_set, ("CBF",)).masks
        first, two = (sitk.GetArrayFromImage(masks[reader]) > 0 for reader in ("NR1", "NR2"))
        assert 0.6 < dice(first, two) < 0.98


def test_groups_and_scores_go_with_the_deficits_size(synthetic: Callable[[str], Path]) -> None:
    data_set = read_data_set(synthetic("ctp_folder"))
    size = {}
    for subject in data_set.subjects:
        size[subject.case] = int((sitk.GetArrayFromImage(load_subject(subject, data_set, ()).masks["NR1"]) > 0).sum())
    by_group = {group: [s for s in data_set.subjects if s.group == group] for group in ("LVO", "Non-LVO", "WIS")}
    assert min(size[s.case] for s in by_group["LVO"]) > max(size[s.case] for s in by_group["Non-LVO"])
    assert all(size[s.case] == 0 for s in by_group["WIS"])
    assert min(s.nihss or 0 for s in by_group["LVO"]) > max(s.nihss or 0 for s in by_group["WIS"])


def test_isles2018_series_rise_after_the_bolus_arrives(tmp_path: Path) -> None:
    data_set = write_synthetic("isles2018", tmp_path / "data", patients=1)
    subject = data_set.subjects[0]
    series = nib.load(subject.images["CTP"])
    frames = np.asarray(series.dataobj)
    assert series.header.get_zooms()[3] == 2.0 and frames.shape[3] == 20
    mask = np.asarray(nib.load(subject.masks["truth"]).dataobj) > 0
    cbv = np.asarray(nib.load(subject.images["CBV"]).dataobj)
    healthy = frames[(cbv > 2) & ~mask].mean(axis=0)
    core = frames[mask].mean(axis=0)
    assert healthy.max() - healthy[0] > 5 and 10 <= 2 * healthy.argmax() <= 24
    assert core.argmax() > healthy.argmax()


@pytest.mark.slow
def test_full_size_has_finer_voxels(tmp_path: Path) -> None:
    data_set = write_synthetic("isles2018", tmp_path / "data", patients=1, size="full")
    assert check(data_set).summary.grids["CBF"].least_size == (256, 256, 8)


def test_a_folder_with_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="is not an empty folder"):
        write_synthetic("bids", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_data_set_whose_making_fails_leaves_nothing_and_can_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from StrokeSegLogic.training.datasets import synthetic_mri

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(synthetic_mri, "_write_gz", full)
        with pytest.raises(OutputError, match="No space left"):
            write_synthetic("bids", tmp_path / "data", patients=1)
    assert not list(tmp_path.iterdir())
    write_synthetic("bids", tmp_path / "data", patients=1)
    assert not [path.name for path in (tmp_path / "data").iterdir() if path.name.startswith(".")]


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        write_synthetic("bids", tmp_path / "mine" / "data")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"layout": "brats"}, "no layout is called 'brats'"),
        ({"layout": "bids", "size": "huge"}, "no size is called 'huge'"),
        ({"layout": "bids", "patients": 0}, "0 patients cannot be made"),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path: Path, arguments: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        write_synthetic(folder=tmp_path / "data", **arguments)
    assert not (tmp_path / "data").exists()


def test_what_is_written_says_that_it_is_simulated(tmp_path: Path) -> None:
    write_synthetic("bids", tmp_path / "data", patients=1)
    assert "Simulated" in (tmp_path / "data" / "dataset_description.json").read_text(encoding="utf-8")
    assert read_data_set(tmp_path / "data").layout == "bids"
