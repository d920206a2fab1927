"""A whole adaptation: cases in, figures out, and a model that says whose it is."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from site_studies import GRID, Adapted, lesion_of, write_site, write_study

from StrokeSegLogic.base.errors import Cancelled, InputError, ModelError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.mri.engine import segment
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.registry import find, names
from StrokeSegLogic.nets.models.store import install
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.training.adapt.comparison import DICE, figures
from StrokeSegLogic.training.adapt.run import AdaptOptions, adapt
from StrokeSegLogic.training.adapt.settings import AdaptSettings
from StrokeSegLogic.training.adapt.slices import SiteBatches

FILES = ("report.html", "cases.csv", "dice-before-after.png", "adaptation.json")
SHORT = AdaptSettings(steps=2, batch=2, folds=2, checkpoint_every=1)


@pytest.mark.slow
def test_what_was_learned_is_measured_on_other_patients(adapted: Adapted) -> None:
    found = adapted.found
    tested = [case for fold in found.folds for case in fold]
    assert sorted(tested) == [f"p{number}" for number in range(9)] and len(found.folds) == 2
    dice = figures(found.reviewed)[DICE]
    assert dice.cases == 8
    assert dice.difference.value > 0.1, "bright balls are learned within a few steps"


@pytest.mark.slow
def test_the_report_says_what_came_of_it_and_why(adapted: Adapted) -> None:
    page = (adapted.folder / "report.html").read_text(encoding="utf-8")
    made = "was written" if adapted.found.verdict.written else "was NOT written"
    assert f"The model small-here, adapted from small 0, {made}" in page
    assert "8 patients with a lesion are enough" in page and "on 2 studies without stroke the mean false" in page
    assert "Research use only" in page and "95 % interval" in page
    rows = list(csv.DictReader((adapted.folder / "cases.csv").open(encoding="utf-8")))
    assert [row["kind"] for row in rows] == ["reviewed"] * 9 + ["control"] * 2
    assert rows[8]["dice_before"] == "" and float(rows[0]["true_ml"]) > 0
    values = json.loads((adapted.folder / "adaptation.json").read_text(encoding="utf-8"))
    assert values["measured"]["reviewed"]["Dice"]["patients"] == 9
    assert values["base"]["weights_sha256"] == find(adapted.options.model).spec.weights.sha256


@pytest.mark.slow
def test_the_model_says_what_it_was_adapted_from_and_is_chosen_by_its_name(
    adapted: Adapted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert adapted.found.verdict.written, adapted.found.verdict.against
    base, bundle = find(adapted.options.model), Bundle.open(adapted.folder / "model")
    card = bundle.planes.card
    assert card["adapted_from"] == {"name": "small", "version": "0", "weights_sha256": base.spec.weights.sha256}
    assert card["adapted_on"] == {"patients": 9, "cases": 9, "simulated": False}
    assert card["measured"]["reviewed"]["Dice"]["cases"] == 8
    assert "measured on these patients and nowhere else" in bundle.spec.trained_on
    monkeypatch.setenv("STROKESEG_MODELS", str(tmp_path / "store"))
    assert install(adapted.folder / "small-here.strokeseg-model.zip") == "small-here"
    assert "small-here" in names()
    result = segment(load_case(adapted.reviewed / "p0"), model="small-here", device="cpu")
    assert result.provenance["model"]["version"].startswith("0+")
    marked = int((sitk.GetArrayFromImage(result.labels) > 0).sum())
    assert marked > 0


@pytest.mark.slow
def test_a_finished_run_goes_on_to_the_same_files(adapted: Adapted, tmp_path: Path) -> None:
    shutil.copytree(adapted.folder, tmp_path / "run")
    asked: list[str] = []
    adapt(adapted.reviewed, tmp_path / "run", adapted.options, progress=Progress(lambda _, words: asked.append(words)))
    assert not any("step" in words for words in asked)
    for name in (*FILES[:3], "model/model.json", "model/weights.safetensors"):
        assert (tmp_path / "run" / name).read_bytes() == (adapted.folder / name).read_bytes(), name


@pytest.mark.slow
def test_a_run_that_was_cancelled_goes_on_to_what_it_would_have_been(small: Bundle, tmp_path: Path) -> None:
    write_site(tmp_path / "site", 4)
    options = AdaptOptions(model=str(small.folder), settings=SHORT, device="cpu")
    token = CancelToken()

    def stop(fraction: float, words: str) -> None:
        if words.startswith("fold-2-coronal: step 2"):
            token.cancel()

    with pytest.raises(Cancelled):
        adapt(tmp_path / "site", tmp_path / "run", options, progress=Progress(stop, token))
    assert not (tmp_path / "run" / "report.html").exists()
    adapt(tmp_path / "site", tmp_path / "run", options)
    found = adapt(tmp_path / "site", tmp_path / "other", options)
    assert not found.verdict.written and not (tmp_path / "run" / "model").exists()
    assert (tmp_path / "run" / "cases.csv").read_bytes() == (tmp_path / "other" / "cases.csv").read_bytes()
    for plane in PLANES:
        logs = [(tmp_path / run / "work" / f"all-{plane}-losses.csv").read_bytes() for run in ("run", "other")]
        assert logs[0] == logs[1]


@pytest.mark.slow
def test_batches_are_a_function_of_their_number_and_show_the_models_sequences(adapted: Adapted) -> None:
    from StrokeSegLogic.training.adapt.cases import SiteCase

    spec = find(adapted.options.model).planes
    cases = [SiteCase(name, name, adapted.folder / "work" / "reviewed" / name, spec.roles) for name in ("p0", "p8")]
    few = replace(spec, inputs=("FLAIR", "T1"), network=replace(spec.network, channels=2), needs_one_of=("FLAIR",),
                  tested_with_one_of=("FLAIR",))  # fmt: skip
    for plane in PLANES:
        batches = SiteBatches(spec, SHORT, cases, plane)
        first, again, other = batches(3), batches(3), batches(4)
        assert (first.images == again.images).all() and not (first.images == other.images).all()
        assert first.images.shape[1] == len(spec.inputs)
        shown = {spec.inputs[c] for image in first.images for c in range(len(image)) if image[c].any()}
        assert shown <= {"DWI", "FLAIR"}
        two = SiteBatches(few, SHORT, cases, plane)(0).images
        assert two.shape[1] == 2 and two[:, 0].any() and not two[:, 1].any()


def other_grid(home: Path) -> None:
    small = sitk.Shrink(GRID.image(lesion_of(0)), [2, 2, 2])
    sitk.WriteImage(small, str(home / "site" / "p0" / "lesion.nii.gz"))


def other_labels(home: Path) -> None:
    sitk.WriteImage(GRID.image(7 * lesion_of(0)), str(home / "site" / "p0" / "lesion.nii.gz"))


def all_empty(home: Path) -> None:
    for number in range(2):
        sitk.WriteImage(GRID.image(np.zeros(GRID.shape, np.uint8)), str(home / "site" / f"p{number}" / "lesion.nii.gz"))


def outside(home: Path) -> None:
    mask = np.zeros(GRID.shape, np.uint8)
    mask[0, 0, 0] = 1
    sitk.WriteImage(GRID.image(mask), str(home / "site" / "p0" / "lesion.nii.gz"))


def copied(home: Path) -> None:
    shutil.copytree(home / "site" / "p0", home / "site" / "p5")


def control_with_lesion(home: Path) -> None:
    write_study(home / "negatives" / "n0", 3)


def control_among_cases(home: Path) -> None:
    shutil.copytree(home / "site" / "p0", home / "negatives" / "n0")
    (home / "negatives" / "n0" / "lesion.nii.gz").unlink()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (other_grid, r"lesion\.nii\.gz: the mask lies on another grid"),
        (other_labels, "the mask holds the values 7"),
        (all_empty, "0 patients with a lesion: two are needed"),
        (outside, "the mask lies outside of the brain"),
        (copied, "p5: its DWI is the very volume of p0, which is taken for another patient's"),
        (control_with_lesion, "n0: is to be without stroke, and its mask shows a lesion"),
        (control_among_cases, "n0: is to be without stroke, and is among the reviewed cases"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_cases_that_cannot_be_used_are_named(
    small: Bundle, tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    write_site(tmp_path / "site", 2)
    spoil(tmp_path)
    negatives = tmp_path / "negatives"
    options = AdaptOptions(
        model=str(small.folder), settings=SHORT, device="cpu", negatives=negatives if negatives.is_dir() else None
    )
    with pytest.raises(InputError, match=words):
        adapt(tmp_path / "site", tmp_path / "run", options)
    assert not (tmp_path / "run" / "report.html").exists()


@pytest.mark.slow
def test_a_folder_of_another_run_or_of_cases_that_have_changed_is_refused(adapted: Adapted, tmp_path: Path) -> None:
    shutil.copytree(adapted.folder, tmp_path / "run")
    with pytest.raises(InputError, match="holds a run on other cases"):
        adapt(adapted.reviewed, tmp_path / "run", replace(adapted.options, settings=SHORT))


@pytest.mark.slow
def test_a_file_of_the_users_stays(adapted: Adapted, tmp_path: Path) -> None:
    from StrokeSegLogic.base.errors import OutputError

    (tmp_path / "report.html").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"holds report\.html, which no record shows to be StrokeSeg's own"):
        adapt(adapted.reviewed, tmp_path, adapted.options)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "mine"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "name", "words"),
    [
        ("ctp-unet3d", "", "is not a model of three MRI planes"),
        ("mri-compact", "mri-compact", "a model is called 'mri-compact' already"),
        ("mri-compact", "a/b", "'a/b' cannot be a model's name"),
    ],
)
def test_models_that_cannot_be_adapted_and_names_that_cannot_be_given_are_refused(
    tmp_path: Path, model: str, name: str, words: str
) -> None:
    with pytest.raises((InputError, ModelError), match=words):
        adapt(tmp_path, tmp_path / "run", AdaptOptions(model=model, name=name))
    assert not (tmp_path / "run").exists()
