"""A whole model with random weights that segments a coarse volume in a moment."""

from __future__ import annotations

from pathlib import Path


def write_small_model(folder: Path) -> Path:
    """Writes the model; the same bytes each time."""
    import torch

    from StrokeSegLogic.base.settings import PLANES
    from StrokeSegLogic.nets.models.bundle import Bundle
    from StrokeSegLogic.nets.models.spec import FORMAT, PlanesModelSpec, Weights
    from StrokeSegLogic.nets.networks.build import build
    from StrokeSegLogic.nets.networks.spec import UNet2DSpec
    from StrokeSegLogic.study.case import MRI_ROLES

    network = UNet2DSpec("compact", len(MRI_ROLES), 2, (8, 8, 8, 8))
    spec = PlanesModelSpec(
        format=FORMAT,
        name="small",
        version="0",
        title="random weights",
        trained_on="nothing",
        inputs=tuple(role.value for role in MRI_ROLES),
        needs_one_of=("DWI", "FLAIR", "ADC", "T2"),
        tested_with_one_of=("DWI", "FLAIR"),
        network=network,
        spacing_mm=8.0,
        threshold=0.4,
        plane_weights=dict.fromkeys(PLANES, 1.0),
        weights=Weights("weights.safetensors", "0" * 64),
        card={},
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        state = {name: value.numpy() for name, value in build(network).state_dict().items()}
    return Bundle.write(folder, spec, dict.fromkeys(PLANES, state)).folder
