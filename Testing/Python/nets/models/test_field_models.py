"""Models of one network on a field: their manifests, and that three-plane models are told apart from them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from StrokeSegLogic.base.errors import ModelError, OutputError
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.field_spec import FieldModelSpec, FieldSpec, InputSpec
from StrokeSegLogic.nets.models.spec import FORMAT, Weights
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import SlowFusionSpec, UNet3DSpec
from StrokeSegLogic.nets.run.network import choose, load

NETWORK = SlowFusionSpec(channels=6, classes=3, inputs=2, nihss=True, size=(32, 32), width=1 / 16)
SPEC = FieldModelSpec(
    format=FORMAT,
    name="fusion",
    version="1",
    title="two maps",
    trained_on="nothing",
    inputs=(InputSpec("CBF", 0.0, 100.0, "rainbow"), InputSpec("TMAX", 0.0, 12.0, "rainbow")),
    nihss=True,
    field=FieldSpec((32, 32), "MIP"),
    classes=("background", "penumbra", "core"),
    network=NETWORK,
    weights=Weights("weights.safetensors", "0" * 64),
    card={"recipe": {"epochs": 3}},
)


def state() -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in build(NETWORK).state_dict().items()}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return Bundle.write(tmp_path_factory.mktemp("models") / "fusion", SPEC, {"network": state()})


def test_a_manifest_is_read_as_it_was_written(bundle: Bundle) -> None:
    found = Bundle.open(bundle.folder)
    assert found.spec == bundle.spec
    assert isinstance(found.spec, FieldModelSpec) and isinstance(found.spec.network, SlowFusionSpec)
    assert found.spec.members == ("network",)
    assert json.loads((bundle.folder / "model.json").read_text("utf-8"))["kind"] == "field"


@pytest.mark.parametrize("network", [NETWORK, UNet3DSpec(6, 3, base_width=2)], ids=["slices", "volumes"])
def test_its_network_is_loaded_in_evaluation_mode(network: SlowFusionSpec | UNet3DSpec, tmp_path: Path) -> None:
    whole = network.dimensions == 3
    field = FieldSpec((16, 32, 32), "MIP") if whole else SPEC.field
    spec = replace(SPEC, network=network, nihss=not whole, field=field)
    weights = {name: value.numpy() for name, value in build(network).state_dict().items()}
    Bundle.write(tmp_path, spec, {"network": weights})
    loaded = load(Bundle.open(tmp_path), choose("cpu"))["network"]
    assert not loaded.training
    for name, value in loaded.state_dict().items():
        np.testing.assert_allclose(value.numpy(), weights[name], rtol=1e-3, atol=1e-6, err_msg=name)


def test_the_same_weights_have_the_same_bytes_and_hash(tmp_path: Path) -> None:
    weights = state()
    files = [Bundle.write(tmp_path / str(number), SPEC, {"network": weights}).folder for number in range(8)]
    assert len({(folder / "weights.safetensors").read_bytes() for folder in files}) == 1
    written = hashlib.sha256((files[0] / "weights.safetensors").read_bytes()).hexdigest()
    assert Bundle.open(files[0]).spec.weights.sha256 == written


def test_it_is_no_model_of_three_planes(bundle: Bundle, untrained: Bundle) -> None:
    with pytest.raises(ModelError, match=r"fusion: is not a model of three MRI planes\. .*strokeseg predict"):
        _ = bundle.planes
    assert untrained.planes is untrained.spec


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "cube"}, "'model.kind' is 'cube'"),
        ({"format": 2}, "manifest format 2 is not 1"),
        ({"classes": ["background", "core"]}, "3 classes for 2 names"),
        ({"inputs": [{"name": "CBF", "low": 0, "high": 1}]}, "6 channels for inputs of 1"),
        ({"inputs": [{"name": "XYZ"}]}, "input 'XYZ' is not one of T1"),
        ({"inputs": [{"name": "CBF", "low": 3}]}, "needs both low and high, or neither"),
        ({"inputs": [{"name": "CBF", "low": 3, "high": 3}]}, "low must be below high"),
        ({"inputs": [{"name": "CBF", "shown": "rainbow"}]}, "shown as rainbow it needs low and high"),
        ({"inputs": [{"name": "CBF", "shown": "purple"}]}, "shown 'purple' is not one of grey"),
        ({"field": {"size": [32]}}, "size must be"),
        ({"field": {"size": [32, 32], "masked_by": "HAIR"}}, "masked_by 'HAIR' is not one of"),
        ({"threshold": 0.5}, "unknown key 'threshold'"),
        ({"weights": {"file": "../w.safetensors", "sha256": "0" * 64}}, "must be a .safetensors file beside"),
    ],
)
def test_a_wrong_manifest_is_refused(bundle: Bundle, tmp_path: Path, change: dict, message: str) -> None:
    values = json.loads((bundle.folder / "model.json").read_text("utf-8"))
    (tmp_path / "model.json").write_text(json.dumps(values | change), "utf-8")
    with pytest.raises(ModelError, match=message):
        Bundle.open(tmp_path)


def test_weights_of_another_network_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    wider = replace(SPEC, network=replace(NETWORK, width=1 / 8))
    Bundle.write(tmp_path, wider, {"network": state()})
    with pytest.raises(ModelError, match="the weights do not fit the network"):
        load(Bundle.open(tmp_path), choose("cpu"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file/model: the folder cannot be made"):
        Bundle.write(tmp_path / "file" / "model", SPEC, {"network": state()})
