"""The patient whose FLAIR does not lie where it should."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from moved_head import ROLES, moved

from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.study.case import Case, Role


@pytest.fixture(scope="session")
def away(phantom: MriPhantom, make_case: Callable[..., Case]) -> Case:
    """A case whose FLAIR was taken of a head that had moved."""
    images = {role: phantom.images[role] for role in ROLES}
    return make_case(images | {Role.FLAIR: moved(images[Role.FLAIR])})
