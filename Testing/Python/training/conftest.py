from __future__ import annotations

from pathlib import Path

import pytest
from tiny import write_data, write_recipe

from StrokeSegLogic.training import loss_log
from StrokeSegLogic.training.stream.recipe import StreamRecipe


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> StreamRecipe:
    return StreamRecipe.read(write_recipe(tmp_path_factory.mktemp("recipes") / "tiny.toml"))


@pytest.fixture
def losses_undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the picture of the losses, half a second each time, which other tests look at."""
    monkeypatch.setattr(loss_log, "draw", lambda *_: None)
