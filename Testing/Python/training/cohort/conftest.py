from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from small import PLANES, PLANES_CHANGES, Trained, changed_recipe, one_thread, trained

from StrokeSegLogic.training.datasets.subject import DataSet


@pytest.fixture(scope="module", autouse=True)
def on_one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="session")
def planes(data_sets: Mapping[str, DataSet], tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Three networks, one a plane."""
    return trained(
        changed_recipe(PLANES, *PLANES_CHANGES), data_sets["isles2015"], tmp_path_factory.mktemp("planes") / "run"
    )
