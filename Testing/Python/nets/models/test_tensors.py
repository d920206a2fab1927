"""Safetensors files: read as the library reads them, and nothing in them believed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from nets.models.tensor_files import entry, safetensors
from safetensors.torch import save

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.nets.models.tensors import LARGEST_HEADER, read_header, tensors_of

KINDS = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_numbers_are_those_that_the_library_wrote(kind: torch.dtype) -> None:
    tensors = {"a": (torch.arange(24).reshape(2, 3, 4) / 8).to(kind), "b": torch.tensor(1).to(kind)}
    found = tensors_of(save(tensors, metadata={"model": "x"}), Path("w.safetensors"))
    for name, value in tensors.items():
        np.testing.assert_array_equal(found[name], value.float().numpy() if kind is torch.bfloat16 else value.numpy())


def test_of_a_file_only_the_header_is_read(tmp_path: Path) -> None:
    content = save({"a": torch.zeros(4, 5)})
    (tmp_path / "w.safetensors").write_bytes(content)
    header = read_header(tmp_path / "w.safetensors")
    assert (header["a"].kind, header["a"].shape, header["a"].end) == ("F32", (4, 5), 80)


DAMAGED = {
    "empty": b"",
    "short": b"\1\2\3",
    "no header": safetensors(b"", length=2**63),
    "header beyond the file": safetensors({}, length=10_000),
    "header beyond any": safetensors(b" " * (LARGEST_HEADER + 1)),
    "no JSON": safetensors(b"{"),
    "no text": safetensors(b"\xff\xfe{}"),
    "no object": safetensors([1]),
    "deep": safetensors(b'{"a":' + b"[" * 100_000),
    "long integer": safetensors(b'{"a":' + b"9" * 5_000 + b"}"),
    "unknown type": safetensors({"a": entry("F8_E4M3", [2], [0, 2])}, b"12"),
    "type of another type": safetensors({"a": entry(["F32"])}, bytes(8)),
    "no entry": safetensors({"a": 1}),
    "another key": safetensors({"a": {**entry(), "code": "x"}}, bytes(8)),
    "negative": safetensors({"a": entry(shape=[-2])}, bytes(8)),
    "true for a side": safetensors({"a": entry(shape=[True, 2])}, bytes(8)),
    "broken side": safetensors({"a": entry(shape=[2.0])}, bytes(8)),
    "huge sides": safetensors({"a": entry(shape=[2**63] * 3)}, bytes(8)),
    "thousands of sides": safetensors({"a": entry(shape=[2**40] * 5_000)}, bytes(8)),
    "no shape": safetensors({"a": entry(shape="2")}, bytes(8)),
    "one end": safetensors({"a": entry(place=[0])}, bytes(8)),
    "backwards": safetensors({"a": entry(place=[8, 0])}, bytes(8)),
    "beyond the end": safetensors({"a": entry()}, bytes(4)),
    "more behind": safetensors({"a": entry()}, bytes(9)),
    "gap": safetensors({"a": entry(), "b": entry(place=[12, 20])}, bytes(20)),
    "overlap": safetensors({"a": entry(), "b": entry(place=[4, 12])}, bytes(12)),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_what_does_not_hold_together_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(InputError, match=r"w\.safetensors") as caught:
        read_header(tmp_path / "w.safetensors")
    assert len(str(caught.value)) < 500
    with pytest.raises(InputError):
        tensors_of(content, tmp_path / "w.safetensors")


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused_with_its_name(kind: torch.dtype, value: float) -> None:
    content = save({"fine": torch.ones(2, dtype=kind), "head.bias": torch.tensor([1.0, value]).to(kind)})
    with pytest.raises(InputError, match=r"head\.bias holds numbers that are not finite"):
        tensors_of(content, Path("w.safetensors"))
