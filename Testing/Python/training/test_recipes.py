"""The recipes that come with StrokeSeg: read, at their full width, and named for what they follow."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import NetworkSpec
from StrokeSegLogic.training.cohort.recipe import CohortRecipe
from StrokeSegLogic.training.recipes import find_recipe, read_recipe, recipe_names

NAMES = recipe_names()
recipe_of = cache(lambda name: read_recipe(find_recipe(name)))


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
    assert parameters(recipe_of(name).network) > 300_000


@cache
def parameters(network: NetworkSpec) -> int:
    """How many a network has; without memory for them: slow fusion of five inputs has 100 million."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build(network).parameters())


@pytest.mark.parametrize("name", [name for name in NAMES if "/" in name])
def test_a_tables_recipe_says_whom_it_follows_and_what_is_ours(name: str) -> None:
    recipe = recipe_of(name)
    if isinstance(recipe, CohortRecipe):
        assert recipe.source and recipe.ours
        assert recipe.pretrained in ("", recipe.network.encoder)
        assert bool(recipe.pretrained) == recipe.transfer.pretrained
    assert sum(recipe_of(other).name == recipe.name for other in NAMES) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 200_000,
        "steps = " + "9" * 5_000,
        'extends = "' + "x" * 5_000 + '"',
        'extends = "a\\u0000b"',
        "extends = [1]",
        "kind = [1]",
        "name = 5",
        "seed = true",
        'stages = "abc"',
        "x" * 100_000 + " = 1",
    ],
    ids=["deep", "digits", "long name", "NUL", "list", "kind", "number", "bool", "text", "key"],
)
def test_a_recipe_of_another_form_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "recipe.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_recipe(tmp_path / "recipe.toml")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


def test_recipes_that_extend_one_another_without_end_are_refused(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"r{number}.toml").write_text(f'extends = "r{number + 1}"', encoding="utf-8")
    with pytest.raises(InputError, match="extends more than 16 recipes"):
        read_recipe(tmp_path / "r0.toml")


@pytest.mark.parametrize(
    "change",
    ["seed=" + "9" * 5_000, "seed=" + "[" * 100_000, "seed=\0", "a." * 5_000 + "b=1"],
    ids=["digits", "deep", "NUL", "path"],
)
def test_a_change_of_another_form_is_one_line(change: str) -> None:
    with pytest.raises(InputError) as caught:
        read_recipe(find_recipe("mri-compact"), [change])
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500
