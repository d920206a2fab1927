"""A brain network's training, from heads of nested balls to a model that can be installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ball_heads import write_heads
from small import cpu_run
from tiny import write_data

from StrokeSegLogic.base.errors import Cancelled, InputError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.brain.network import CT_WINDOW_HU
from StrokeSegLogic.nets.models.bundle import Bundle, verify
from StrokeSegLogic.training.brain.examples import HeadBatches
from StrokeSegLogic.training.brain.recipe import BrainRecipe
from StrokeSegLogic.training.brain.train import train_brain
from StrokeSegLogic.training.heads.contrast import hounsfield
from StrokeSegLogic.training.heads.generate import draw_head
from StrokeSegLogic.training.heads.label_maps import read_heads
from StrokeSegLogic.training.recipes import find_recipe, read_recipe
from StrokeSegLogic.training.stream.sources.lesions import read_shapes

CHANGES = [
    "field=[16, 16, 16]", "spacing_mm=5.0", "steps=4", "shapes=2", "checkpoint_every=2", "network.widths=[4, 4]",
    "average=0.5",
]  # fmt: skip


def small_recipe(*changes: str) -> BrainRecipe:
    recipe = read_recipe(find_recipe("brain-compact"), [*CHANGES, *changes])
    assert isinstance(recipe, BrainRecipe)
    return recipe


@pytest.fixture(scope="module")
def head_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_data(tmp_path_factory.mktemp("data"))
    write_heads(folder / "heads" / "synthseg")
    return folder


def test_a_run_leaves_a_model_that_finds_the_brain(head_data: Path, tmp_path: Path) -> None:
    recipe = small_recipe()
    train_brain(recipe, head_data, cpu_run(tmp_path))
    bundle = verify(tmp_path / "model")
    assert bundle.brain.field == (16, 16, 16) and bundle.brain.spacing_mm == 5.0
    assert bundle.brain.card["subjects"] == ["a", "b"]
    assert bundle.brain.card["recipe"]["seed"] == recipe.seed


def test_a_run_that_was_stopped_and_resumed_gives_the_same_model(head_data: Path, tmp_path: Path) -> None:
    token = CancelToken()

    def stop(_fraction: float, message: str) -> None:
        if "step 4" in message:
            token.cancel()

    recipe = small_recipe()
    with pytest.raises(Cancelled):
        train_brain(recipe, head_data, cpu_run(tmp_path / "stopped", Progress(stop, token)))
    train_brain(recipe, head_data, cpu_run(tmp_path / "stopped"))
    train_brain(recipe, head_data, cpu_run(tmp_path / "whole"))
    stopped, whole = (Bundle.open(tmp_path / name / "model").load()["network"] for name in ("stopped", "whole"))
    for name, value in whole.items():
        np.testing.assert_array_equal(stopped[name], value, err_msg=name)


def test_a_batch_is_a_function_of_its_number(head_data: Path) -> None:
    recipe = small_recipe()
    batches = HeadBatches(
        recipe, read_heads(head_data / recipe.heads), read_shapes(head_data / recipe.lesions, 2, recipe.seed)
    )
    first, again, other = batches(3), batches(3), batches(4)
    assert first.images.equal(again.images) and first.labels.equal(again.labels)
    assert not first.images.equal(other.images)
    assert first.images.min() >= 0 and first.images.max() <= 1
    assert set(first.labels.unique().tolist()) == {0, 1}


def test_heads_on_ct_are_calibrated_and_their_window_holds_tissue_and_fluid(head_data: Path) -> None:
    heads = read_heads(head_data / "heads" / "synthseg")
    for seed in range(5):
        head = draw_head(heads, np.random.default_rng(seed), (30, 30, 30), 3.0, contrast="CT", lesion_share=0.0)
        inside = hounsfield(head.image)[head.tissues <= 3]
        assert CT_WINDOW_HU[0] < np.median(inside) < CT_WINDOW_HU[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("network.channels=2", "one channel"),
        ("field=[16, 16]", "slices, rows and columns"),
        ("steps=0", "must be positive"),
        ("kind=brains", "kind"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(change: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        small_recipe(change)
