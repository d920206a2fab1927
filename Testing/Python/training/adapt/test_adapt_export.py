"""What an adapted model takes over from the model that it was adapted from, and what not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.spec import VolumeLaw
from StrokeSegLogic.training.adapt.export import Site, export
from StrokeSegLogic.training.adapt.settings import AdaptSettings

LAW = VolumeLaw(0.05, 0.75, 0.5, 0.25, 1.7, 1.8, None, "patients of another model")


def test_what_was_measured_of_other_weights_is_not_said_of_these(untrained: Bundle, tmp_path: Path) -> None:
    spec = replace(untrained.planes, volume_laws={"DWI": LAW}, thresholds={"FLAIR": 0.8})
    base = Bundle.write(tmp_path / "base", spec, untrained.load())
    assert base.planes.volume_laws == {"DWI": LAW}
    states = {
        plane: {name: torch.from_numpy(values.copy()) for name, values in state.items()}
        for plane, state in base.load().items()
    }
    adapted = export(base, AdaptSettings(), Site("ours", 4, 8, False, "0" * 64), states, tmp_path / "new")  # type: ignore[arg-type]
    assert adapted.planes.volume_laws == {}
    assert adapted.planes.thresholds == {"FLAIR": 0.8}
