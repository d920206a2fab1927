"""An encoder's ImageNet checkpoint: the user's file, the copy in the cache, or a download that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ....base.download import download as bring
from ....base.errors import InputError
from ....base.files import sha256_of
from ....base.progress import Progress
from .onnx_zoo import CONVERTERS
from .read import read_checkpoint
from .registry import BASE, PUBLISHED, Published


def checkpoint(
    name: str,
    *,
    file: Path | None = None,
    cache: Path | None = None,
    download: bool = False,
    progress: Progress | None = None,
    base: str = BASE,
    published: Mapping[str, Published] = PUBLISHED,
    plain_loopback: bool = False,
) -> dict[str, Tensor]:
    """The tensors of an encoder's ImageNet checkpoint, by torchvision's names, with its classifier if it has any.

    Args:
        name: the encoder's: one of `published`, or of `CONVERTERS`, which are read from a file only.
        file: the user's own copy: .pth, .safetensors, or .npz of the ONNX model zoo. A copy that bears the published
            name must have the published hash; others are taken as they are.
        cache: folder of downloads; torch's own if None, so that what torchvision downloaded is found.
        download: whether to download what is not in the cache. Nothing is downloaded unasked.
        progress: of the download.
        base: the server's folder.
        published: what is there.
        plain_loopback: see `base.download.download`.

    Raises:
        InputError: if there is no such checkpoint, it is not on this machine, the download fails, the hash is wrong or
            the file is damaged.
        OutputError: if the download cannot be written.
        Cancelled: if the user stopped the download.
    """
    if name not in published and name not in CONVERTERS:
        known = ", ".join(dict.fromkeys([*published, *CONVERTERS]))
        raise InputError(f"there are no ImageNet weights for '{name}'", fix=f"There are for {known}")
    entry = published.get(name)
    if file is not None:
        if entry is not None and file.name == entry.file:
            _require_hash(file, entry)
        return read_checkpoint(name, file)
    if entry is None:
        raise InputError(f"the ImageNet weights of '{name}' are not published for download", fix="Name a file")
    path = (Path(torch.hub.get_dir()) / "checkpoints" if cache is None else cache) / entry.file
    if path.exists():
        _require_hash(path, entry)
    elif download:
        bring(entry.url(base), path, entry.sha256, progress or Progress(), plain_loopback=plain_loopback)
    else:
        raise InputError(
            f"the ImageNet weights of '{name}' are not on this machine",
            where=path,
            fix=f"Allow the download, or get {entry.url(base)} and name the file",
        )
    return read_checkpoint(name, path)


def _require_hash(path: Path, entry: Published) -> None:
    found = sha256_of(path)
    if found != entry.sha256:
        raise InputError(
            f"the file's SHA-256 is {found[:12]}..., published is {entry.sha256[:12]}...",
            where=path,
            fix="It is damaged or another file: delete it and download it again",
        )
