from __future__ import annotations

from pathlib import Path

import pytest
from tiny import write_data, write_recipe

from StrokeSegLogic.training.stream.recipe import StreamRecipe


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> StreamRecipe:
    return StreamRecipe.read(write_recipe(tmp_path_factory.mktemp("recipes") / "tiny.toml"))
