from __future__ import annotations

from pathlib import Path

import pytest
from small import FUSION, FUSION_CHANGES, PLANES, PLANES_CHANGES, Trained, changed_recipe, trained, write_small

from StrokeSegLogic.training.datasets.subject import DataSet


class Written(dict[str, DataSet]):
    """Small data sets by layout, each written when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, layout: str) -> DataSet:
        self[layout] = write_small(layout, self._folder / layout)
        return self[layout]


@pytest.fixture(scope="session")
def data_sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DataSet]:
    """A small data set by layout; not to be changed."""
    return Written(tmp_path_factory.mktemp("data-sets"))


@pytest.fixture(scope="session")
def fusion(data_sets: dict[str, DataSet], tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One network on a field, slow fusion."""
    return trained(
        changed_recipe(FUSION, *FUSION_CHANGES), data_sets["ctp_folder"], tmp_path_factory.mktemp("fusion") / "run"
    )


@pytest.fixture(scope="session")
def planes(data_sets: dict[str, DataSet], tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Three networks, one a plane."""
    return trained(
        changed_recipe(PLANES, *PLANES_CHANGES), data_sets["isles2015"], tmp_path_factory.mktemp("planes") / "run"
    )
