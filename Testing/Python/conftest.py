"""Fixtures that many tests share: small cases whose truth is known, and a model that is quick to run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import settings

from StrokeSegLogic.case import Case, Role, Series
from StrokeSegLogic.models.bundle import Bundle
from StrokeSegLogic.models.spec import FORMAT, ModelSpec, Weights
from StrokeSegLogic.networks.spec import NetworkSpec
from StrokeSegLogic.phantom import MriPhantom, mri_phantom
from StrokeSegLogic.planes import PLANES

# A busy machine is no failure, and a failure must be the same one on every machine.
settings.register_profile("strokeseg", deadline=None, derandomize=True)
settings.load_profile("strokeseg")


@pytest.fixture(scope="session")
def phantom() -> MriPhantom:
    """A phantom patient with an infarct; not to be changed."""
    return mri_phantom(3)


def case_of(images: dict[Role, sitk.Image], name: str = "test") -> Case:
    """A case of images in memory."""
    return Case.of(
        name,
        [Series(role, image, f"{role} in memory", "chosen by the test", 1.0, "0" * 64) for role, image in images.items()],
    )


@pytest.fixture(scope="session")
def make_case() -> Callable[..., Case]:
    return case_of


@pytest.fixture(scope="session")
def phantom_case(phantom: MriPhantom) -> Case:
    return case_of(phantom.images, "phantom")


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A whole model with random weights: for what does not depend on how good it is."""
    import torch

    from StrokeSegLogic.networks.build import build

    torch.manual_seed(1)
    network = NetworkSpec("compact", len(Role), 2, (128, 64, 32, 16))
    spec = ModelSpec(
        format=FORMAT,
        name="untrained",
        version="0",
        title="random weights",
        inputs=tuple(role.value for role in Role),
        needs_one_of=("DWI", "FLAIR", "ADC", "T2"),
        tested_with_one_of=("DWI", "FLAIR"),
        network=network,
        spacing_mm=3.0,
        threshold=0.5,
        plane_weights=dict.fromkeys(PLANES, 1.0),
        weights=Weights("weights.safetensors", "0" * 64),
        card={},
    )
    # One network for all planes: three random ones would never agree.
    state = {name: value.numpy() for name, value in build(network).state_dict().items()}
    return Bundle.write(
        tmp_path_factory.mktemp("models") / "untrained", spec, {plane: state for plane in PLANES}
    )


def ball(
    shape: tuple[int, int, int] = (20, 24, 22), radius: float = 8.0, value: float = 100.0, seed: int = 0
) -> np.ndarray:
    """A noisy ball of tissue in nothing, (z, y, x) float32."""
    axes = [np.arange(n) - (n - 1) / 2 for n in shape]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    noise = np.random.default_rng(seed).normal(1, 0.1, shape)
    return (value * noise * (x**2 + y**2 + z**2 < radius**2)).astype(np.float32)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    return folder
