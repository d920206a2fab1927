from __future__ import annotations

from pathlib import Path

import pytest

from StrokeSegLogic.networks.build import build
from StrokeSegLogic.resources import resource
from StrokeSegLogic.training.recipe import Recipe

BUNDLED = sorted(resource("Recipes").glob("*.toml"))


def test_there_are_bundled_recipes() -> None:
    assert "mri-compact" in {path.stem for path in BUNDLED}


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_every_bundled_recipe_reads_and_builds_its_network(path: Path) -> None:
    build(Recipe.read(path).network)
