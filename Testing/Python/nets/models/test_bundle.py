from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from StrokeSegLogic.base.errors import ModelError
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.nets.models.bundle import MANIFEST, WEIGHTS, Bundle, manifest_text
from StrokeSegLogic.nets.models.registry import find, names
from StrokeSegLogic.study.case import Role


@pytest.fixture
def copy(untrained: Bundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(untrained.folder, tmp_path / "model"))


def change(folder: Path, edit: Callable[[dict], object]) -> None:
    path = folder / MANIFEST
    values = json.loads(path.read_text(encoding="utf-8"))
    edit(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def test_a_written_bundle_reads_back_as_it_was(untrained: Bundle) -> None:
    again = Bundle.open(untrained.folder)
    assert again.spec == untrained.spec
    planes = again.load()
    assert set(planes) == set(PLANES)
    for name, value in planes["axial"].items():
        assert value.dtype == (np.float32 if "running_" in name else np.int64 if "tracked" in name else np.float16)


def test_statistics_beyond_fp16_survive_and_weights_beyond_it_are_refused(untrained: Bundle, tmp_path: Path) -> None:
    planes = untrained.load()
    planes["axial"] = planes["axial"] | {"head.running_var": np.full(3, 2e5, np.float32)}
    again = Bundle.write(tmp_path / "large", untrained.spec, planes).load()
    assert (again["axial"]["head.running_var"] == 2e5).all()
    planes["axial"] = planes["axial"] | {"head.bias": np.full(2, 2e5, np.float32)}
    with pytest.raises(ValueError, match="head.bias holds values"):
        Bundle.write(tmp_path / "larger", untrained.spec, planes)


def test_weights_whose_hash_differs_are_refused(copy: Path) -> None:
    content = bytearray((copy / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (copy / WEIGHTS).write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256") as caught:
        Bundle.open(copy).load()
    assert "\n" not in str(caught.value)


def test_missing_weights_are_refused(copy: Path) -> None:
    (copy / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        Bundle.open(copy).load()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda v: v.update(colour="red"), "unknown key 'colour'"),
        (lambda v: v.pop("threshold"), "'threshold' is missing"),
        (lambda v: v.update(format=99), "format 99"),
        (lambda v: v.update(threshold=1.5), "threshold"),
        (lambda v: v.update(thresholds={"DWI": 0.0}), "thresholds must lie between"),
        (lambda v: v.update(thresholds={"DWI+CBF": 0.5}), "'CBF' is no MR sequence"),
        (lambda v: v.update(least_expected_ml={"DWI": -0.1}), "least_expected_ml must hold"),
        (lambda v: v.update(canvas=[192]), "canvas must be two sides"),
        (lambda v: v.update(canvas=[192, 0]), "canvas must be two sides"),
        (lambda v: v.update(thresholds={"CBF": 0.5}), "'CBF' is no MR sequence"),
        (lambda v: v["plane_weights"].pop("axial"), "plane_weights"),
        (lambda v: v["network"].update(channels=3), "3 channels for 5 inputs"),
        (lambda v: v["weights"].update(file="../../etc/passwd"), "beside the manifest"),
        (lambda v: v["weights"].update(file="weights.pkl"), r"\.safetensors"),
        (lambda v: v["weights"].update(sha256="abc"), "64"),
        (lambda v: v.update(inputs=["T1", "T2", "DWI", "FLAIR", "CBF9"]), "CBF9"),
    ],
)
def test_a_manifest_with_a_fault_names_it(copy: Path, edit: Callable[[dict], object], message: str) -> None:
    change(copy, edit)
    with pytest.raises(ModelError, match=message):
        Bundle.open(copy)


def test_a_sequence_may_have_a_threshold_of_its_own_and_the_first_named_counts(copy: Path) -> None:
    change(copy, lambda v: v.update(threshold=0.8, thresholds={"DWI": 0.5, "ADC": 0.6}))
    spec = Bundle.open(copy).planes
    assert spec.threshold_for([Role.FLAIR]) == 0.8
    assert spec.threshold_for([Role.T1, Role.ADC]) == 0.6
    assert spec.threshold_for([Role.ADC, Role.DWI]) == 0.5


def test_sequences_together_may_have_values_of_their_own(copy: Path) -> None:
    change(copy, lambda v: v.update(thresholds={"DWI+ADC": 0.3, "DWI": 0.5}, least_expected_ml={"DWI+ADC": 0.02}))
    spec = Bundle.open(copy).planes
    assert spec.threshold_for([Role.DWI, Role.FLAIR, Role.ADC]) == 0.3
    assert spec.threshold_for([Role.DWI, Role.FLAIR]) == 0.5
    assert spec.least_expected_ml_for([Role.ADC, Role.DWI]) == 0.02
    assert spec.least_expected_ml_for([Role.DWI]) == 0.0


def test_a_manifest_that_is_no_json_is_refused(copy: Path) -> None:
    (copy / MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be read"):
        Bundle.open(copy)


def test_weights_of_another_network_are_refused(copy: Path) -> None:
    from StrokeSegLogic.nets.run.network import choose, load

    change(copy, lambda v: v["network"].update(encoder="resnet18", decoder=[64, 32, 16, 8, 8]))
    with pytest.raises(ModelError, match="do not fit the network"):
        load(Bundle.open(copy), choose("cpu"))


def test_an_unknown_model_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ModelError, match="no model is called 'nonesuch'.*mri-compact"):
        find("nonesuch")


def test_a_folder_can_be_named_as_a_model(untrained: Bundle) -> None:
    assert find(untrained.folder).spec.name == "untrained"


def test_inputs_that_the_model_cannot_work_with_are_refused(untrained: Bundle) -> None:
    untrained.planes.require_inputs([Role.T1, Role.FLAIR])
    with pytest.raises(ModelError, match="cannot work with T1 alone. Add at least one of DWI, FLAIR, ADC, T2"):
        untrained.planes.require_inputs([Role.T1])


def test_every_bundled_model_is_whole_and_small() -> None:
    assert "mri-compact" in names()
    size = {"planes": 0, "field": 0, "brain": 0}
    for name in names():
        bundle = find(name)
        assert bundle.spec.name == name
        assert set(bundle.load()) == set(bundle.spec.members)
        size[bundle.spec.kind] += (bundle.folder / bundle.spec.weights.file).stat().st_size
    assert size["planes"] <= 20e6
    assert size["field"] <= 10e6
    assert size["brain"] <= 1e6


def test_every_bundled_ct_perfusion_model_says_that_its_training_was_simulated() -> None:
    fields = [find(name).field for name in names() if find(name).spec.kind == "field"]
    assert fields
    assert all(spec.trained_on.startswith("simulated perfusion") for spec in fields)


def test_a_spec_survives_its_own_json(untrained: Bundle, tmp_path: Path) -> None:
    spec = dataclasses.replace(untrained.spec, version="1", card={"note": "ä", "scores": [1.5, None]})
    (tmp_path / MANIFEST).write_text(manifest_text(spec), encoding="utf-8")
    assert Bundle.open(tmp_path).spec == spec
