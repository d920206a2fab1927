from __future__ import annotations

from pathlib import Path

import pytest

from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.study.case import Role


@pytest.fixture(scope="session")
def study(phantom: MriPhantom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study folder with a DWI and a FLAIR; not to be changed."""
    folder = tmp_path_factory.mktemp("studies") / "patient"
    phantom.write(folder, (Role.DWI, Role.FLAIR))
    return folder
