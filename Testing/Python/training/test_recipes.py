"""The recipes that come with StrokeSeg: read, at their full width, and named for what they follow."""

from __future__ import annotations

import pytest
import torch

from StrokeSegLogic.networks.build import build
from StrokeSegLogic.training.cohort.recipe import CohortRecipe
from StrokeSegLogic.training.recipes import find_recipe, read_recipe, recipe_names

NAMES = recipe_names()


def test_there_is_a_recipe_for_each_row_of_the_papers_tables() -> None:
    assert "mri-compact" in NAMES
    # Table 1 of the slow-fusion paper: gamma by alpha and beta; Table 2: weights by inputs, and the fusions.
    assert sum(name.startswith("exp1/") for name in NAMES) == 16
    assert sum(name.startswith("exp2/") for name in NAMES) == 12
    assert {"exp3/early-fusion", "exp3/inflated-fusion"} <= set(NAMES)
    assert {"mri-table/res-unet-pretrained", "mri-table/res-unet-absent", "mri-table/unet3d"} <= set(NAMES)
    assert {"unet3d-table/classic", "unet3d-table/modified"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_reads_and_its_network_can_be_built_as_it_stands(name: str) -> None:
    recipe = read_recipe(find_recipe(name))
    # Without memory for the weights: slow fusion of five inputs has 100 million.
    with torch.device("meta"):
        network = build(recipe.network)
    assert sum(parameter.numel() for parameter in network.parameters()) > 300_000


@pytest.mark.parametrize("name", [name for name in NAMES if "/" in name])
def test_a_tables_recipe_says_whom_it_follows_and_what_is_ours(name: str) -> None:
    recipe = read_recipe(find_recipe(name))
    if isinstance(recipe, CohortRecipe):
        assert recipe.source and recipe.ours
        assert recipe.pretrained in ("", recipe.network.encoder)
        assert bool(recipe.pretrained) == recipe.transfer.pretrained
    assert sum(read_recipe(find_recipe(other)).name == recipe.name for other in NAMES) == 1
