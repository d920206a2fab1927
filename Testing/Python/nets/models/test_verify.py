"""A model that passes loads; a model that would not is refused before anything is allocated."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from nets.models.tensor_files import entry, safetensors
from safetensors.torch import load as parsed
from safetensors.torch import save

from StrokeSegLogic.base.errors import ModelError
from StrokeSegLogic.nets.models.bundle import MANIFEST, WEIGHTS, Bundle, verify
from StrokeSegLogic.nets.models.registry import find, names
from StrokeSegLogic.nets.run.network import choose, load

Tensors = dict[str, torch.Tensor]


@pytest.fixture
def folder(untrained: Bundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(untrained.folder, tmp_path / "model"))


def rewrite(folder: Path, content: bytes, edit: Callable[[dict[str, Any]], object] = lambda _values: None) -> None:
    """Other weights, and a manifest with their hash."""
    (folder / WEIGHTS).write_bytes(content)
    values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    values["weights"]["sha256"] = hashlib.sha256(content).hexdigest()
    edit(values)
    (folder / MANIFEST).write_text(json.dumps(values), encoding="utf-8")


def changed(folder: Path, change: Callable[[Tensors], object]) -> None:
    tensors = parsed((folder / WEIGHTS).read_bytes())
    change(tensors)
    rewrite(folder, save(tensors))


@pytest.mark.parametrize("name", names())
def test_every_bundled_model_passes(name: str) -> None:
    assert verify(find(name).folder).spec.name == name


def test_weights_in_bf16_pass_and_load_as_they_are(folder: Path) -> None:
    changed(folder, lambda t: t.update({name: v.bfloat16() for name, v in t.items() if v.is_floating_point()}))
    expected = parsed((folder / WEIGHTS).read_bytes())["axial.head.weight"]
    network = load(verify(folder), choose("cpu"))["axial"]
    np.testing.assert_array_equal(network.state_dict()["head.weight"].numpy(), expected.float().numpy())


HARMED: dict[str, tuple[Callable[[Tensors], object], str]] = {
    "missing": (lambda t: t.pop("coronal.head.bias"), r"there is no coronal\.head\.bias"),
    "unknown": (lambda t: t.update({"axial.more": torch.ones(1)}), r"an unknown axial\.more"),
    "no network": (lambda t: t.update({"more": torch.ones(1)}), "an unknown more"),
    "shape": (
        lambda t: t.update({"axial.head.bias": torch.ones(3)}),
        r"axial\.head\.bias as 3 instead of 2",
    ),
    "whole numbers": (lambda t: t.update({"axial.head.bias": torch.ones(2, dtype=torch.int64)}), "as I64"),
    "a broken counter": (
        lambda t: t.update({"axial.encoder.scales.0.0.bn1.num_batches_tracked": torch.ones(1)}),
        "num_batches_tracked as F32",
    ),
    "not finite": (lambda t: t["axial.head.bias"].fill_(float("inf")), r"axial\.head\.bias holds numbers"),
    "nothing": (lambda t: t.clear(), "and 260 more|there is no"),
}


@pytest.mark.parametrize(("change", "words"), HARMED.values(), ids=HARMED)
def test_weights_with_the_right_hash_that_would_not_load_are_refused(
    folder: Path, change: Callable[[Tensors], object], words: str
) -> None:
    changed(folder, change)
    with pytest.raises(ModelError, match=words) as caught:
        verify(folder)
    assert len(str(caught.value)) < 500
    with pytest.raises(ModelError):
        load(Bundle.open(folder), choose("cpu"))


def test_a_decoder_of_absurd_width_is_refused(folder: Path) -> None:
    tiny = {f"{plane}.w": entry("F16", [3], [6 * k, 6 * k + 6]) for k, plane in enumerate(("axial", "coronal"))}
    content = safetensors(tiny, bytes(12))
    for width, words in ((60_000, "decoder widths"), (4096, r"and \d+ more")):
        rewrite(folder, content, lambda v, w=width: v["network"].update(decoder=[w] * 4))  # type: ignore[misc]
        with pytest.raises(ModelError, match=words):
            verify(folder)
        with pytest.raises(ModelError, match=words):
            load(Bundle.open(folder), choose("cpu"))


def test_a_decoder_for_another_encoder_is_refused(folder: Path) -> None:
    rewrite(folder, (folder / WEIGHTS).read_bytes(), lambda v: v["network"].update(decoder=[8] * 5))
    with pytest.raises(ModelError, match="the weights do not fit the network.*needs 4 widths"):
        verify(folder)


@pytest.mark.parametrize(
    "edit",
    [
        lambda v: v.update(spacing_mm=1e-9),
        lambda v: v.update(canvas=[100_000, 100_000]),
        lambda v: v["network"].update(channels=10**15),
        lambda v: v["network"].update(decoder=[1] * 1000),
        lambda v: v.update(network={"kind": "unet3d", "channels": 5, "classes": 2, "levels": 10**9}),
        lambda v: v.update(title="\ud800"),
        lambda v: v.update(inputs=["T1"] * 5),
        lambda v: v.update(inputs={"T1": 1}),
        lambda v: v.update(kind=["planes"]),
        lambda v: v.update(card=[]),
        lambda v: v.update(name=None),
        lambda v: v.update(plane_weights={"axial": True, "coronal": 1, "sagittal": 1}),
        lambda v: v.update(threshold=10**400),
        lambda v: v["weights"].update(file="C:w.safetensors"),
        lambda v: v["weights"].update(file="a\\w.safetensors"),
        lambda v: v["weights"].update(file="w\0.safetensors"),
    ],
)
def test_a_manifest_that_asks_for_too_much_or_the_wrong_thing_is_one_line(
    folder: Path, edit: Callable[[dict[str, Any]], object]
) -> None:
    rewrite(folder, (folder / WEIGHTS).read_bytes(), edit)
    with pytest.raises(ModelError) as caught:
        verify(folder)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[]", b"[" * 200_000, b'{"card": ' + b"9" * 5_000 + b"}", b" " * (2 << 20)],
    ids=["empty", "no text", "a list", "deep", "long", "large"],
)
def test_a_manifest_that_is_none_is_one_line(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(ModelError, match="the manifest cannot be read") as caught:
        verify(folder)
    assert len(str(caught.value)) < 500
