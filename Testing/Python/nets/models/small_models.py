"""Models of a few kilobytes: for what does not depend on what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.field_spec import FieldModelSpec, FieldSpec, InputSpec
from StrokeSegLogic.nets.models.spec import FORMAT, Weights
from StrokeSegLogic.nets.networks.parameters import parameter_shapes
from StrokeSegLogic.nets.networks.spec import UNet3DSpec


def small_model(folder: Path, name: str = "small") -> Bundle:
    """A model of one network, whose weights are all 1."""
    spec = FieldModelSpec(
        format=FORMAT,
        name=name,
        version="0",
        title="ones",
        trained_on="nothing",
        inputs=(InputSpec("CBF", 0.0, 100.0),),
        nihss=False,
        field=FieldSpec((8, 8, 8)),
        classes=("background", "core"),
        network=UNet3DSpec(1, 2, base_width=1, levels=2),
        weights=Weights("weights.safetensors", "0" * 64),
        card={},
    )
    weights = {parameter: np.ones(shape, np.float32) for parameter, shape in parameter_shapes(spec.network).items()}
    return Bundle.write(folder, spec, {"network": weights})
