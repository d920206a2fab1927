from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import cpu_run
from tiny import OUTLINES, RECIPE, write_recipe

from StrokeSegLogic.base.errors import Cancelled, InputError, ModelError, StrokeSegError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.plan import learning_rate
from StrokeSegLogic.training.pretrained import Pretrained
from StrokeSegLogic.training.stream.recipe import StageSpec, StreamRecipe
from StrokeSegLogic.training.stream.sources.build import build_sources, held_out_slices
from StrokeSegLogic.training.stream.train import judged, train
from StrokeSegLogic.training.stream.validation import HeldOut, validation_sets


@pytest.fixture(scope="module")
def run(recipe: StreamRecipe, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(recipe, data, cpu_run(folder))
    return folder


def weights(folder: Path) -> dict[str, np.ndarray]:
    planes = Bundle.open(folder / "model").load()
    return {f"{plane}.{name}": value for plane, values in planes.items() for name, value in values.items()}


def test_a_run_leaves_a_verified_model_of_three_planes(run: Path) -> None:
    bundle = Bundle.open(run / "model")
    assert set(bundle.load()) == set(PLANES)
    assert bundle.spec.name == "tiny"
    assert bundle.spec.card["recipe"]["seed"] == 7
    assert bundle.planes.canvas == (48, 48), "the patch that was learned on"


def test_losses_of_every_step_and_scores_of_every_plane_are_written(run: Path) -> None:
    with (run / "shared-1-losses.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [0, 1, 2, 3]
    assert all(float(row["loss"]) > 0 for row in rows)
    scores = Bundle.open(run / "model").spec.card["validation"]
    assert {"axial, SOOP val, FLAIR", "coronal, SOOP val, FLAIR", "axial, ISLES'22 fold 1, DWI"} <= set(scores)


@pytest.mark.slow
def test_a_run_that_was_stopped_and_resumed_gives_the_same_model(
    recipe: StreamRecipe, data: Path, run: Path, tmp_path: Path
) -> None:
    token = CancelToken()

    def stop(fraction: float, message: str) -> None:
        # Between two checkpoints: what came after the last is done again.
        if "shared-1: step 3" in message:
            token.cancel()

    with pytest.raises(Cancelled):
        train(recipe, data, cpu_run(tmp_path, Progress(stop, token)))
    assert not (tmp_path / "model").exists()
    train(recipe, data, cpu_run(tmp_path))
    whole, resumed = weights(run), weights(tmp_path)
    assert whole.keys() == resumed.keys()
    for name in whole:
        np.testing.assert_array_equal(resumed[name], whole[name], err_msg=name)
    with (tmp_path / "shared-1-losses.csv").open(encoding="utf-8") as resumed_log:
        assert resumed_log.read() == (run / "shared-1-losses.csv").read_text(encoding="utf-8")


def test_another_recipe_does_not_go_on_in_the_same_folder(data: Path, run: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(run, tmp_path / "run"))
    other = StreamRecipe.read(write_recipe(tmp_path / "other.toml", RECIPE.replace("seed = 7", "seed = 8")))
    with pytest.raises(InputError, match="holds a run of another recipe"):
        train(other, data, cpu_run(folder))


def test_a_loss_that_is_no_number_stops_with_the_step_named(data: Path, tmp_path: Path) -> None:
    text = RECIPE.replace("steps = 4\nrate = 1e-3", "steps = 9\nrate = 1e30")
    wild = StreamRecipe.read(write_recipe(tmp_path / "wild.toml", text))
    with pytest.raises(
        StrokeSegError,
        match=r"the loss is (nan|inf) at step \d of stage shared-1, in the batch of \S.*lower the learning",
    ):
        train(wild, data, cpu_run(tmp_path / "run"))


def test_weights_that_are_not_here_are_asked_for_before_the_folder_is_claimed(data: Path, tmp_path: Path) -> None:
    text = RECIPE.replace("seed = 7", 'seed = 7\npretrained = "resnet18"').replace("compact", "resnet18")
    wanted = StreamRecipe.read(
        write_recipe(tmp_path / "pretrained.toml", text.replace("[32, 16, 8, 8]", "[16, 16, 8, 8, 8]"))
    )
    with pytest.raises(InputError, match="none.pth: does not exist"):
        train(wanted, data, cpu_run(tmp_path / "run", pretrained=Pretrained(tmp_path / "none.pth")))
    assert not (tmp_path / "run").exists()


def test_missing_data_are_named(recipe: StreamRecipe, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no participants\.tsv"):
        train(recipe, tmp_path, cpu_run(tmp_path / "run"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 7", "sed = 7", "unknown key 'sed'"),
        ('kind = "soop"', 'kind = "soup"', "source kind 'soup'"),
        ("share = 0.4", "share = -1", "share of source 'soop' must not be negative"),
        ("seed = 7", "seed = -7", "seed must not be negative"),
        ("patch = [48, 48]", "patch = [48]", "patch must be two sides"),
        ("steps = 4\nrate = 1e-3", "steps = 4\nrate = -1.0", "must not be negative"),
        ('encoder = "compact"', 'encoder = "huge"', "encoder 'huge'"),
    ],
)
def test_a_recipe_with_a_fault_names_it(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        StreamRecipe.read(write_recipe(tmp_path / "bad.toml", RECIPE.replace(old, new)))


def test_the_learning_rate_rises_then_falls() -> None:
    spec = StageSpec(100, 1.0, 0.1)
    rates = [learning_rate(step, spec) for step in range(100)]
    assert rates[0] == pytest.approx(0.2) and max(rates) == 1.0 and rates.index(1.0) in (4, 5)
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] == pytest.approx(0.1, abs=0.01)


def test_nobody_who_is_validated_on_can_be_drawn_in_training(recipe: StreamRecipe, data: Path, tmp_path: Path) -> None:
    # One patient has a whole volume and a slice in the fold that is held out.
    recipe = replace(recipe, held_out=2)
    both = next(held.patient for held in held_out_slices(recipe, data))
    outlines = tmp_path / "outlines.toml"
    outlines.write_text(OUTLINES.replace('"sub-0"', f'"{both}"'), encoding="utf-8")
    spec = next(source for source in recipe.sources if source.kind == "dwi_carriers")
    others = tuple(source for source in recipe.sources if source is not spec)
    recipe = replace(recipe, sources=(*others, replace(spec, outlines=str(outlines))))
    held = {sample.patient for held_out in validation_sets(recipe, data) for sample in held_out.samples}
    random = np.random.default_rng(0)
    drawn = {
        source.draw(plane, random).patient
        for source in build_sources(recipe, data)
        for plane in source.planes()
        for _ in range(60)
    }
    assert both in drawn and any(name.startswith("sub-strokecase") for name in held)
    assert not held & drawn


def test_sets_are_scored_at_the_threshold_that_their_sequences_get(recipe: StreamRecipe) -> None:
    truth = np.zeros((20, 20), bool)
    truth[:10] = True
    flair = HeldOut("axial", "a", [], (Role.FLAIR,)), [(np.where(truth, 0.9, 0.85).astype(np.float32), truth)]
    dwi = HeldOut("axial", "b", [], (Role.DWI,)), [(np.where(truth, 0.4, 0.1).astype(np.float32), truth)]
    scores, threshold = judged(replace(recipe, thresholds={"DWI": 0.3}), [flair, dwi], lambda line: None)
    # Together they would have no threshold at which both are right.
    assert threshold == 0.9 and [score.dice for _, score in scores] == [1.0, 1.0]
    assert [held_out.title for held_out, _ in scores] == ["axial, a", "axial, b"]


@pytest.mark.parametrize(
    ("shares", "fault"),
    [
        ({"phantom": 0.2}, "stage 1 gives a share to phantom: no source of the recipe"),
        (dict.fromkeys(("soop", "isles22_slices", "t1_t2_flair_carriers", "dwi_carriers"), 0.0), "in stage 1"),
    ],
)
def test_shares_that_leave_a_stage_nothing_are_refused(
    recipe: StreamRecipe, shares: dict[str, float], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        replace(recipe, shared=(StageSpec(1, 1e-3, shares=shares),))


@pytest.mark.slow
def test_a_run_may_begin_with_the_mean_of_another_model_s_planes(
    recipe: StreamRecipe, data: Path, run: Path, tmp_path: Path
) -> None:
    still = replace(recipe, shared=(), plane=replace(recipe.plane, steps=0), begins_with=str(run / "model"))
    train(still, data, cpu_run(tmp_path))
    planes = Bundle.open(run / "model").load()
    for name, value in Bundle.open(tmp_path / "model").load()["axial"].items():
        mean = np.mean([planes[plane][name].astype(np.float32) for plane in PLANES], axis=0)
        np.testing.assert_allclose(value.astype(np.float32), mean, rtol=2e-3, atol=1e-5, err_msg=name)


def test_a_model_of_other_networks_is_no_beginning(recipe: StreamRecipe, data: Path, run: Path, tmp_path: Path) -> None:
    wider = replace(recipe, network=replace(recipe.network, decoder=(32, 16, 16, 8)), begins_with=str(run / "model"))
    with pytest.raises(ModelError, match="no three-plane model of the recipe's network"):
        train(wider, data, cpu_run(tmp_path))
    with pytest.raises(ValueError, match="not with both"):
        replace(recipe, pretrained="compact", begins_with="mri-compact")
