from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from file_server import serving
from safetensors.torch import save_file
from torch import Tensor
from torchvision_names import generated

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.nets.networks.build import build_encoder
from StrokeSegLogic.nets.networks.encoders.resnet import resnet
from StrokeSegLogic.nets.networks.pretrained.checkpoint import checkpoint
from StrokeSegLogic.nets.networks.pretrained.load import load_encoder
from StrokeSegLogic.nets.networks.pretrained.onnx_zoo import CONVERTERS
from StrokeSegLogic.nets.networks.pretrained.registry import PUBLISHED, Published

STATE = {"conv1.weight": torch.arange(12.0).reshape(4, 3, 1, 1), "fc.bias": torch.ones(2)}


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    torch.save(STATE, tmp_path / "mine.pth")
    return tmp_path / "mine.pth"


@pytest.fixture
def published(stored: Path) -> dict[str, Published]:
    return {"resnet18": Published("resnet18-small.pth", hashlib.sha256(stored.read_bytes()).hexdigest())}


def same(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> bool:
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_hash_begins_with_the_digits_in_the_files_name(name: str) -> None:
    entry = PUBLISHED[name]
    assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
    assert entry.file == f"{name}-{entry.sha256[:8]}.pth"
    assert entry.url() == f"https://download.pytorch.org/models/{entry.file}"


@pytest.mark.parametrize("name", [*PUBLISHED, *CONVERTERS])
def test_every_name_with_weights_is_an_encoder(name: str) -> None:
    assert build_encoder(name, 1).units()


def test_a_users_file_is_read_whatever_its_kind(stored: Path, tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "mine.safetensors")
    torch.save(STATE, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    for path in (stored, tmp_path / "mine.safetensors", tmp_path / "old.pt"):
        assert same(checkpoint("resnet18", file=path), STATE)


def test_a_users_file_under_the_published_name_must_have_the_published_hash(stored: Path) -> None:
    path = stored.rename(stored.with_name(PUBLISHED["resnet18"].file))
    with pytest.raises(InputError, match=r"SHA-256 is .*published is f37072fd47e8.*damaged or another file"):
        checkpoint("resnet18", file=path)


def test_nothing_is_downloaded_unasked(published: dict[str, Published], stored: Path, tmp_path: Path) -> None:
    with (
        serving(stored.read_bytes()) as base,
        pytest.raises(InputError, match=r"not on this machine\. Allow the download, or get http.*resnet18-small\.pth"),
    ):
        checkpoint("resnet18", cache=tmp_path / "cache", base=base, published=published)
    assert not (tmp_path / "cache").exists()


def test_a_download_is_kept_and_used_again(published: dict[str, Published], stored: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with serving(stored.read_bytes()) as base:
        first = checkpoint("resnet18", cache=cache, download=True, plain_loopback=True, base=base, published=published)
    again = checkpoint(
        "resnet18", cache=cache, download=True, plain_loopback=True, base="http://127.0.0.1:1", published=published
    )
    assert same(first, STATE)
    assert same(again, STATE)


def test_torchs_own_cache_is_the_default(
    published: dict[str, Published], stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    cached = tmp_path / "torch" / "hub" / "checkpoints" / "resnet18-small.pth"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(stored.read_bytes())
    assert same(checkpoint("resnet18", published=published), STATE)


def test_a_damaged_file_in_the_cache_is_refused(published: dict[str, Published], stored: Path, tmp_path: Path) -> None:
    (tmp_path / "resnet18-small.pth").write_bytes(stored.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"resnet18-small\.pth: the file's SHA-256 is .*delete it"):
        checkpoint("resnet18", cache=tmp_path, published=published)


def test_a_network_without_published_weights_needs_a_file() -> None:
    with pytest.raises(InputError, match="'resnet50_preactivation' are not published for download. Name a file"):
        checkpoint("resnet50_preactivation", download=True)


def test_a_network_without_weights_is_refused_with_those_that_have_some() -> None:
    with pytest.raises(InputError, match="'compact'. There are for resnet18, resnet34"):
        checkpoint("compact")


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("evil"),)


BAD = {
    "absent.pth": (None, "does not exist"),
    "empty.pth": (b"", "empty"),
    "noise.pth": (b"\x80noise" * 99, r"is no readable \.pth file"),
    "noise.safetensors": (b"noise" * 99, r"is no readable \.safetensors file"),
    "noise.npz": (b"noise" * 99, r"is no readable \.npz file"),
    "weights.h5": (b"noise" * 99, r"'\.h5' is no kind of checkpoint"),
}


@pytest.mark.parametrize("file", BAD)
def test_a_file_that_is_no_checkpoint_is_refused_in_one_line(file: str, tmp_path: Path) -> None:
    content, message = BAD[file]
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        checkpoint("mobilenet_v2", file=tmp_path / file)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_more_than_tensors_is_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3, "state_dict": STATE}, tmp_path / "run.pth")
    with pytest.raises(InputError, match=r"more than tensors by name\. Save the network's state_dict"):
        checkpoint("resnet18", file=tmp_path / "run.pth")


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"evil": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(InputError, match=r"no readable \.pth"):
        checkpoint("resnet18", file=tmp_path / "evil.pth")
    assert not (tmp_path / "evil").exists()


def test_from_server_to_encoder_every_tensor_arrives(tmp_path: Path) -> None:
    state = generated("resnet18")
    torch.save(state, tmp_path / "whole.pth")
    content = (tmp_path / "whole.pth").read_bytes()
    published = {"resnet18": Published("resnet18-whole.pth", hashlib.sha256(content).hexdigest())}
    encoder = resnet("resnet18", 3)
    with serving(content) as base:
        found = checkpoint(
            "resnet18", cache=tmp_path / "cache", download=True, plain_loopback=True, base=base, published=published
        )
    load_encoder(encoder, found, colour=True)
    assert all(torch.equal(value, state[name]) for name, value in encoder.state_dict().items())


HARMED: dict[str, tuple[dict[str, Tensor], str]] = {
    "not finite": (
        {"conv1.weight": torch.tensor([1.0, float("nan")])},
        "conv1.weight holds numbers that",
    ),
    "stretched": ({"conv1.weight": torch.zeros(1).expand(10**12)}, "claims more numbers than the file holds"),
    "sparse": ({"conv1.weight": torch.eye(3).to_sparse()}, "no plain tensor"),
    "nowhere": ({"conv1.weight": torch.empty(10**9, device="meta")}, "no plain tensor"),
}


@pytest.mark.parametrize(("state", "words"), HARMED.values(), ids=HARMED)
def test_tensors_that_are_none_are_refused(tmp_path: Path, state: dict[str, Tensor], words: str) -> None:
    torch.save(state, tmp_path / "mine.pth")
    with pytest.raises(InputError, match=words):
        checkpoint("resnet18", file=tmp_path / "mine.pth")


def test_an_archive_that_unpacks_into_more_than_any_network_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", conv_1_weight=np.ones(3))
    content = bytearray((tmp_path / "mine.npz").read_bytes())
    size = content.index(b"PK\1\2") + 24
    content[size : size + 4] = (2 << 30).to_bytes(4, "little")
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(InputError, match="larger than 1024 MB"):
        checkpoint("mobilenet_v2", file=tmp_path / "mine.npz")


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_arrays_of_other_dimensions_are_named(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.savez(
        tmp_path / "mine.npz",
        **{
            f"resnetv24_{name}": np.ones(shape)
            for name in ("batchnorm0_running_var", "batchnorm0_running_mean", "conv0_weight")
        },
    )
    with pytest.raises(InputError, match="no resnet50_preactivation"):
        checkpoint("resnet50_preactivation", file=tmp_path / "mine.npz")


def test_weights_in_bf16_are_read(tmp_path: Path) -> None:
    save_file({name: value.bfloat16() for name, value in STATE.items()}, tmp_path / "mine.safetensors")
    found = checkpoint("resnet18", file=tmp_path / "mine.safetensors")
    assert all(torch.equal(found[name].float(), value) for name, value in STATE.items())
