"""Cohort training: resumed to the bit, exported from the best epoch, refused in one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
import torch
from small import (
    FUSION,
    FUSION_CHANGES,
    PLANES,
    PLANES_CHANGES,
    Trained,
    assert_same_run,
    changed_recipe,
    cpu_run,
    shrunk,
)

from StrokeSegLogic.base.errors import Cancelled, DeviceError, InputError, StrokeSegError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.training import checkpoint
from StrokeSegLogic.training.cohort.recipe import CohortRecipe, PlanesSpec
from StrokeSegLogic.training.cohort.train import train_cohort
from StrokeSegLogic.training.datasets.layouts import read_data_set
from StrokeSegLogic.training.datasets.subject import DataSet
from StrokeSegLogic.training.loss_log import read
from StrokeSegLogic.training.pretrained import Pretrained


def run(
    recipe: CohortRecipe, data: DataSet, folder: Path, progress: Progress | None = None, prepared: Path | None = None
) -> Bundle:
    return train_cohort(recipe, data, cpu_run(folder, progress), prepared=prepared)


def stopped(recipe: CohortRecipe, data: DataSet, folder: Path, at: str, prepared: Path | None = None) -> None:
    """Runs until a message begins so, and is cancelled there."""
    token = CancelToken()
    progress = Progress(lambda fraction, message: token.cancel() if message.startswith(at) else None, token)
    with pytest.raises(Cancelled):
        run(recipe, data, folder, progress, prepared)


@pytest.mark.slow
def test_a_stopped_run_with_dropout_phases_and_augmentation_ends_in_the_same_bytes(
    fusion: Trained, tmp_path: Path
) -> None:
    # Checkpoints are every 4 steps, epochs have 6: each stop is between two checkpoints.
    assert len(read(fusion.folder / "network-losses.csv")) == 24
    assert [row["phase"] for row in read(fusion.folder / "network-epochs.csv")] == [0, 0, 1, 2]
    for at in ("preparing cases: CTP_002", "network: step 11 ", "network: step 18 "):
        stopped(fusion.recipe, fusion.data, tmp_path, at)
        assert not (tmp_path / "model").exists()
    run(fusion.recipe, fusion.data, tmp_path)
    assert_same_run(fusion.folder, tmp_path)


@pytest.mark.slow
def test_a_stopped_run_of_three_planes_ends_in_the_same_bytes(planes: Trained, tmp_path: Path) -> None:
    # Cases that are there already: that they are prepared again is tried above.
    prepared = planes.folder / "prepared"
    for at in ("sagittal: step 3 ", "validating: coronal"):
        stopped(planes.recipe, planes.data, tmp_path, at, prepared)
    run(planes.recipe, planes.data, tmp_path, prepared=prepared)
    assert_same_run(planes.folder, tmp_path)


def test_what_is_exported_are_the_best_epochs_weights(fusion: Trained) -> None:
    state = checkpoint.load(fusion.folder / "network.ckpt")
    assert state is not None
    losses = [row["validation"] for row in read(fusion.folder / "network-epochs.csv")]
    # The least improvement is so large here that nothing after the first epoch counts as better.
    assert state["judge"]["transfer"]["best_epoch"] == 1
    assert state["judge"]["transfer"]["best_loss"] == losses[0]
    weights = fusion.bundle.load()["network"]
    for name, value in state["judge"]["best"].items():
        np.testing.assert_array_equal(weights[name], value.numpy().astype(weights[name].dtype), err_msg=name)
    assert any(not torch.equal(value, state["network"][name]) for name, value in state["judge"]["best"].items())


def test_the_models_card_holds_recipe_and_split_and_says_that_data_are_simulated(fusion: Trained) -> None:
    card = fusion.bundle.spec.card
    assert card["split"] == {"train": ["CTP_001", "CTP_002"], "val": ["CTP_003"], "test": ["CTP_004"]}
    mark = json.loads((fusion.folder / "recipe.json").read_text("utf-8"))
    assert mark == card["recipe"]
    assert card["recipe"]["transfer"]["scheme"] == "gradual"
    assert card["research_use_only"] is True
    assert fusion.bundle.spec.trained_on.startswith(
        "simulated perfusion: 2 cases of a data set in the layout ctp_folder. The images are simulated"
    )


def test_a_planes_weight_is_its_dice_on_the_validation_volumes(planes: Trained) -> None:
    spec = planes.bundle.planes
    for plane, score in spec.card["validation_dice"].items():
        assert spec.plane_weights[plane] == max(round(score, 4), 0.01)
    assert set(spec.needs_all_of) == {"T1", "T2", "DWI", "FLAIR"}
    assert isinstance(planes.recipe.view, PlanesSpec) and spec.canvas == planes.recipe.view.patch


def test_every_member_leaves_logs_a_plot_and_tensorboards_events(planes: Trained) -> None:
    for member in planes.recipe.members:
        assert (planes.folder / f"{member}-losses.png").read_bytes().startswith(b"\x89PNG")
        assert list((planes.folder / "tensorboard" / member).glob("events.out.tfevents.*"))
        rates = {row["rate"] for row in read(planes.folder / f"{member}-losses.csv")}
        assert rates == {1e-4, 1e-5}


def test_a_data_set_may_be_moved_but_not_changed_under_a_run(fusion: Trained, tmp_path: Path) -> None:
    other = read_data_set(shutil.copytree(fusion.data.folder, tmp_path / "other"))
    assert run(fusion.recipe, other, fusion.folder).spec == fusion.bundle.spec
    subject = next(subject for subject in other.subjects if subject.masks)
    mask = next(iter(subject.masks.values()))
    image = sitk.ReadImage(str(mask))
    sitk.WriteImage(image * 0, str(mask))
    with pytest.raises(InputError, match="images or mask have changed since this run began"):
        run(fusion.recipe, other, fusion.folder)


def test_another_recipe_or_split_does_not_go_on_in_the_same_folder(fusion: Trained, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds a run of another recipe"):
        run(changed_recipe(FUSION, *FUSION_CHANGES, "seed=9"), fusion.data, fusion.folder)
    split = tmp_path / "split.tsv"
    split.write_text("case\tsplit\nCTP_001\ttrain\nCTP_002\ttrain\nCTP_004\tval\nCTP_003\ttest\n", "utf-8")
    with pytest.raises(InputError, match="the run began with another split"):
        train_cohort(fusion.recipe, fusion.data, cpu_run(fusion.folder), split_file=split)


def test_pretrained_weights_that_are_not_here_are_asked_for_before_anything_is_prepared(
    fusion: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    recipe = changed_recipe(FUSION, *FUSION_CHANGES, "pretrained=vgg16")
    with pytest.raises(InputError, match="the ImageNet weights of 'vgg16' are not on this machine.*vgg16-397923af.pth"):
        run(recipe, fusion.data, tmp_path / "run")
    with pytest.raises(InputError, match="w.pth"):
        train_cohort(recipe, fusion.data, cpu_run(tmp_path / "run", pretrained=Pretrained(tmp_path / "w.pth")))
    assert not (tmp_path / "run" / "prepared").exists()


def damaged(data: DataSet, folder: Path) -> Path:
    return Path(shutil.copytree(data.folder, folder / "data"))


def no_mask(folder: Path) -> None:
    for path in folder.glob("CTP_002/NR?.nii.gz"):
        path.unlink()


def moved_mask(folder: Path) -> None:
    path = folder / "CTP_002" / "NR1.nii.gz"
    image = nib.load(path)
    nib.Nifti1Image(np.asarray(image.dataobj), image.affine @ np.diag([1.1, 1, 1, 1])).to_filename(path)


def no_core(folder: Path) -> None:
    for path in folder.glob("CTP_*/NR1.nii.gz"):
        image = nib.load(path)
        nib.Nifti1Image(np.minimum(np.asarray(image.dataobj), 1), image.affine).to_filename(path)


def odd_label(folder: Path) -> None:
    path = folder / "CTP_001" / "NR1.nii.gz"
    image = nib.load(path)
    nib.Nifti1Image(np.asarray(image.dataobj) * 3, image.affine).to_filename(path)


def in_table(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        table = folder / "clinical.csv"
        text = table.read_text("utf-8")
        row = next(line for line in text.splitlines() if line.startswith("CTP_002"))
        parts = row.split(",")
        parts[int(old)] = new
        table.write_text(text.replace(row, ",".join(parts)), "utf-8")

    return change


def no_mip(folder: Path) -> None:
    (folder / "CTP_002" / "MIP.nii.gz").unlink()


def empty_mip(folder: Path) -> None:
    path = folder / "CTP_002" / "MIP.nii.gz"
    image = nib.load(path)
    nib.Nifti1Image(np.zeros(image.shape, np.int16), image.affine).to_filename(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (no_mask, r"CTP_002: the case has no mask to learn from\. Add its mask"),
        (moved_mask, r"CTP_002: .*NR1\.nii\.gz: the mask lies on another grid"),
        (no_core, r"none of the 2 training cases has the class core \(2\)"),
        (odd_label, r"CTP_001: .*NR1\.nii\.gz: the mask holds the values (3|6|3, 6) where labels 0 to 2 are known"),
        (in_table("2", ""), r"CTP_002: the network asks for the NIHSS score, which is unknown\. Add it"),
        (in_table("1", "P003"), "patient P003 is in two splits, train and val"),
        (no_mip, "CTP_002 has no MIP"),
        (empty_mip, "CTP_002: no brain was found in the images"),
    ],
    ids=["no mask", "grid", "class", "label", "nihss", "patient", "image", "brain"],
)
@pytest.mark.quick(3)
def test_data_that_cannot_be_learned_from_are_named_in_one_line(
    fusion: Trained, tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    folder = damaged(fusion.data, tmp_path)
    damage(folder)
    with pytest.raises(InputError, match=message) as error:
        run(fusion.recipe, read_data_set(folder), tmp_path / "run")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run" / "network.ckpt").exists()


def test_a_data_set_of_other_classes_or_images_is_refused(
    fusion: Trained, data_sets: dict[str, DataSet], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="the data set has the 2 classes .*, the network has 3"):
        run(fusion.recipe, data_sets["isles2018"], tmp_path)
    with pytest.raises(InputError, match="no case has CT, CBF, CBV, MTT, TMAX"):
        run(changed_recipe("unet3d-table/modified", *shrunk("unet3d-table/modified")), data_sets["isles2015"], tmp_path)


def test_a_network_that_cannot_be_built_is_the_recipes_fault(planes: Trained, tmp_path: Path) -> None:
    recipe = changed_recipe(PLANES, *PLANES_CHANGES, "network.decoder=[8, 8]")
    with pytest.raises(InputError, match=r"res-unet-pretrained \[network\]: the decoder needs 4 widths"):
        run(recipe, planes.data, tmp_path, prepared=planes.folder / "prepared")


def test_a_rate_that_is_far_too_high_ends_with_the_cases_named(data_sets: dict[str, DataSet], tmp_path: Path) -> None:
    recipe = changed_recipe(
        "unet3d-table/classic", *shrunk("unet3d-table/classic"), "rate=1e30", "epochs=3", "checkpoint_every=1"
    )
    with pytest.raises(StrokeSegError, match=r"is (nan|inf) .* in the batch of case_\d|validation loss is nan"):
        run(recipe, data_sets["isles2018"], tmp_path)


def test_a_3d_network_is_not_taught_in_bfloat16_on_a_cpu(data_sets: dict[str, DataSet], tmp_path: Path) -> None:
    recipe = changed_recipe("unet3d-table/modified", *shrunk("unet3d-table/modified"), "precision=bf16-mixed")
    with pytest.raises(DeviceError, match="3-D network does not learn in bfloat16 on a CPU.*Set it to 32-true"):
        run(recipe, data_sets["isles2018"], tmp_path)


@pytest.mark.slow
def test_bfloat16_trains(data_sets: dict[str, DataSet], tmp_path: Path) -> None:
    recipe = changed_recipe("exp2/unfrozen-pms", *shrunk("exp2/unfrozen-pms"), "precision=bf16-mixed")
    assert run(recipe, data_sets["ctp_folder"], tmp_path).load()["network"]
