from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from StrokeSegLogic.training.datasets.synthetic import write_synthetic


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a small data set in a layout, made once; not to be changed."""
    made: dict[str, Path] = {}

    def folder(layout: str) -> Path:
        if layout not in made:
            made[layout] = tmp_path_factory.mktemp("synthetic") / layout
            write_synthetic(layout, made[layout], patients=5, seed=1)
        return made[layout]

    return folder


@pytest.fixture
def copy(synthetic: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a data set, to be damaged."""
    return lambda layout: Path(shutil.copytree(synthetic(layout), tmp_path / "data" / layout))
