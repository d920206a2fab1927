"""More inputs grow into a slow fusion that has learned, and at first change nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from StrokeSegLogic.base.errors import ModelError
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.field_spec import FieldModelSpec, FieldSpec, InputSpec
from StrokeSegLogic.nets.models.spec import FORMAT, Weights
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import SlowFusionSpec
from StrokeSegLogic.training.warm_start import warm_start

INPUTS = tuple(InputSpec(name, 0.0, 1.0) for name in ("CBF", "CBV", "TTP", "TMAX", "MIP"))
SMALL = SlowFusionSpec(4, 3, 4, width=0.1, least=3, dropout=0.0)
SIZE = (64, 64)


def bundle_of(spec: SlowFusionSpec, folder: Path) -> Bundle:
    torch.manual_seed(1)
    state = {name: value.numpy() for name, value in build(spec).state_dict().items()}
    inputs, classes = INPUTS[: spec.inputs], ("background", "penumbra", "core")
    empty = Weights("weights.safetensors", "0" * 64)
    model = FieldModelSpec(
        FORMAT, "small", "1", "small", "nothing", inputs, spec.nihss, FieldSpec(SIZE), classes, spec, empty, {}
    )
    return Bundle.write(folder, model, {"network": state})


@pytest.mark.parametrize(
    ("small", "large"),
    [
        (SMALL, replace(SMALL, channels=5, inputs=5)),
        (SMALL, replace(SMALL, nihss=True, size=SIZE)),
        (SMALL, replace(SMALL, channels=5, inputs=5, nihss=True, size=SIZE)),
        (replace(SMALL, nihss=True, size=SIZE), replace(SMALL, channels=5, inputs=5, nihss=True, size=SIZE)),
    ],
    ids=["MIP", "NIHSS", "both", "MIP beside NIHSS"],
)
def test_a_grown_network_first_answers_as_the_smaller_network(
    small: SlowFusionSpec, large: SlowFusionSpec, tmp_path: Path
) -> None:
    bundle = bundle_of(small, tmp_path)
    torch.manual_seed(2)
    grown, before = build(large).eval(), build(small).eval()
    stored = {name: torch.from_numpy(value.copy()).float() for name, value in bundle.load()["network"].items()}
    before.load_state_dict(stored)
    warm_start(grown, large, INPUTS[: large.inputs], bundle)
    images, nihss = torch.randn(2, large.inputs, *SIZE), torch.tensor([3.0, 21.0])
    with torch.no_grad():
        now = grown(images, nihss) if large.nihss else grown(images)
        then = before(images[:, : small.inputs], nihss) if small.nihss else before(images[:, : small.inputs])
    assert then.std() > 0.05
    torch.testing.assert_close(now, then, atol=1e-5, rtol=1e-5)


def test_what_has_grown_learns(tmp_path: Path) -> None:
    large = replace(SMALL, channels=5, inputs=5)
    network = build(large)
    warm_start(network, large, INPUTS, bundle_of(SMALL, tmp_path))
    network(torch.randn(2, 5, *SIZE)).square().mean().backward()
    seen = network.decoder.scales[0][0][0].weight.grad  # type: ignore[union-attr,index]
    # The fresh encoder's skip connection, at the end of what the first convolution of the decoder takes in.
    assert seen[:, -3:].abs().max() > 0


def test_a_network_of_other_widths_or_inputs_is_refused(tmp_path: Path) -> None:
    bundle = bundle_of(SMALL, tmp_path)
    wide = replace(SMALL, width=0.2)
    with pytest.raises(ModelError, match="small: is no slow fusion of the first of these inputs"):
        warm_start(build(wide), wide, INPUTS[:4], bundle)
    with pytest.raises(ModelError, match="Begin with another model"):
        warm_start(build(SMALL), SMALL, tuple(reversed(INPUTS[:4])), bundle)
