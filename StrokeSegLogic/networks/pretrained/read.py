"""Checkpoints from files: torchvision's, safetensors, and arrays of the ONNX model zoo."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from ...base.errors import InputError
from ...base.files import require_file
from .onnx_zoo import CONVERTERS


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
    suffix = path.suffix.lower()
    if suffix == ".npz":
        if name not in CONVERTERS:
            known = " and ".join(CONVERTERS)
            raise InputError(f"arrays of '{name}' are not known", where=path, fix=f".npz is read for {known}")
        arrays = _read(path, _arrays)
        try:
            return CONVERTERS[name](arrays)
        except (KeyError, ValueError) as error:
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
    return dict(state)


def _read(path: Path, reader: Any) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a damaged pickle's protocol, beside our own refusal
            return reader(path)
    except Exception as error:  # whatever a damaged file makes of a zip, a pickle or a header
        raise InputError(
            f"is no readable {path.suffix} file ({type(error).__name__})",
            where=path,
            fix="Copy or download it again; a .pth must hold a state_dict, not a whole network",
        ) from error


def _torch(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
