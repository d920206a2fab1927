"""Checkpoints from files: torchvision's, safetensors, and arrays of the ONNX model zoo."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from ....base.errors import InputError, within_memory
from ....base.files import require_file
from .onnx_zoo import CONVERTERS

_LARGEST = 1 << 30
"""Bytes: VGG16 with its classifier, the largest of these networks, has half of it."""


def read_checkpoint(name: str, path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint file, by torchvision's names.

    Args:
        name: the encoder's.
        path: .pth or .pt (read without running code from it), .safetensors, or .npz with the arrays of the ONNX model
            zoo's network (see `onnx_zoo`).

    Raises:
        InputError: if the file cannot be read, or holds something else than tensors by name.
    """
    require_file(path)
    _require_modest(path)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        if name not in CONVERTERS:
            known = " and ".join(CONVERTERS)
            raise InputError(f"arrays of '{name}' are not known", where=path, fix=f".npz is read for {known}")
        arrays = _read(path, _arrays)
        try:
            return CONVERTERS[name](arrays)
        except (KeyError, ValueError, IndexError, RuntimeError) as error:
            # Missing, of another count, of other dimensions.
            what = f"the array '{error.args[0]}' is missing" if isinstance(error, KeyError) else str(error)
            raise InputError(f"no {name}: {what}", where=path, fix="Name this encoder's own file") from error
    readers = {".pth": _torch, ".pt": _torch, ".safetensors": safetensors.torch.load_file}
    if suffix not in readers:
        raise InputError(f"'{suffix}' is no kind of checkpoint", where=path, fix="Name a .pth, .safetensors or .npz")
    state = _read(path, readers[suffix])
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in state.items()
    ):
        raise InputError("holds more than tensors by name", where=path, fix="Save the network's state_dict alone")
    _require_sound(state, path)
    return dict(state)


def _require_modest(path: Path) -> None:
    """Refuses what would unpack into more than any of these networks is."""
    size = path.stat().st_size
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = max(size, sum(member.file_size for member in archive.infolist()))
    except Exception as error:
        raise _unreadable(path, error) from error
    if size > _LARGEST:
        raise InputError(
            f"is larger than {_LARGEST >> 20} MB, as none of these networks is", where=path, fix="Name another file"
        )


def _require_sound(state: Mapping[str, Tensor], path: Path) -> None:
    """Refuses tensors that are no plain numbers on this machine, or claim more of them than the file has bytes for."""
    claimed = 0
    for name, value in state.items():
        if value.layout is not torch.strided or value.is_quantized or value.device.type != "cpu":
            raise InputError(f"{name} is no plain tensor", where=path, fix="Save the network's state_dict alone")
        claimed += value.numel() * value.element_size()
        # Twice: two names may share their numbers.
        if claimed > 2 * path.stat().st_size:
            raise InputError(
                f"{name} claims more numbers than the file holds", where=path, fix="Copy or download it again"
            )
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise InputError(f"{name} holds numbers that are not finite", where=path, fix="Copy or download it again")


def _read(path: Path, reader: Any) -> Any:
    with within_memory(path):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a damaged pickle's protocol, beside our own refusal
                return reader(path)
        except Exception as error:  # whatever a damaged file makes of a zip, a pickle or a header
            raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"is no readable {path.suffix} file ({type(error).__name__})",
        where=path,
        fix="Copy or download it again; a .pth must hold a state_dict, not a whole network",
    )


def _torch(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
