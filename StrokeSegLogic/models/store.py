"""Models that the user installed: from one file, without a network, or downloaded on request; and taken away again."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import ModelError, OutputError
from ..base.files import write_whole
from ..base.progress import Progress
from ..base.resources import resource
from ..base.settings import from_mapping
from .manifest import read_manifest

MANIFEST = "model.json"
SUFFIX = ".strokeseg-model.zip"
"""What a model's one file is called: a zip of model.json and the weights beside it, nothing else."""
_LARGEST = 4 << 30
_CHUNK = 1 << 20
_AGAIN = "Get the file again from where it was published"
_NAME_IT = "Give the model another name before it is packed"


@dataclass(frozen=True)
class OfferedModel:
    """A model that can be downloaded.

    Attributes:
        name: of the model.
        title: for people.
        url: https, of its one file.
        sha256: of that file's bytes.
        size: in bytes.
    """

    name: str
    title: str
    url: str
    sha256: str
    size: int


@dataclass(frozen=True)
class _Catalogue:
    models: tuple[OfferedModel, ...]


def store_folder() -> Path:
    """Where installed models lie: $STROKESEG_MODELS, or .strokeseg/models in the user's home."""
    named = os.environ.get("STROKESEG_MODELS")
    return Path(named) if named else Path.home() / ".strokeseg" / "models"


def installed() -> tuple[str, ...]:
    """Names of the installed models."""
    return tuple(sorted(path.parent.name for path in store_folder().glob(f"*/{MANIFEST}")))


def offered() -> tuple[OfferedModel, ...]:
    """What can be downloaded; nothing is asked of the network."""
    path = resource("Models", "catalogue.json")
    return from_mapping(_Catalogue, json.loads(path.read_text(encoding="utf-8")), path).models


def install(file: Path) -> str:
    """Installs a model from its one file; a model of the same name that was installed before is replaced.

    Returns:
        The model's name.

    Raises:
        ModelError: if the file is no model, holds anything else, or the weights' hash is not the manifest's.
        OutputError: if it cannot be written.
    """
    store = store_folder()
    try:
        store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".install-", dir=store) as folder:
            draft = Path(folder) / "model"
            draft.mkdir()
            name = _unpack(file, draft)
            if resource("Models", name, MANIFEST).is_file():
                raise ModelError(f"a model called '{name}' comes with StrokeSeg", where=file.name, fix=_NAME_IT)
            target, old = store / name, Path(folder) / "old"
            if target.exists():
                target.rename(old)
            try:
                draft.rename(target)
            except OSError:
                if old.exists():
                    old.rename(target)
                raise
            return name
    except OSError as error:
        raise OutputError(
            f"the model cannot be installed ({error.strerror or error})", where=store, fix="Check the disk"
        ) from error


def pack(folder: Path, file: Path) -> None:
    """Makes the one file of a model's folder; the same model gives the same bytes.

    Raises:
        ModelError: if the folder holds no model, or other weights than its manifest names.
        OutputError: if the file cannot be written.
    """
    spec = read_manifest(folder / MANIFEST)
    try:
        content = {name: (folder / name).read_bytes() for name in (MANIFEST, spec.weights.file)}
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror or error})", where=folder, fix="Train it again") from error
    if hashlib.sha256(content[spec.weights.file]).hexdigest() != spec.weights.sha256:
        raise ModelError("the weights are not those that the manifest names", where=folder, fix="Train it again")
    buffer = io.BytesIO()
    # Stored, not deflated: weights do not shrink. No time of day.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    write_whole(file, buffer.getvalue())


def fetch(offer: OfferedModel, progress: Progress) -> str:
    """Downloads and installs a model. Call it when the user has agreed.

    Raises:
        InputError: if the server does not hand out the file that was published.
        ModelError, OutputError: see `install`.
        Cancelled: if the user stopped it.
    """
    from ..networks.pretrained.download import download

    with tempfile.TemporaryDirectory(prefix="strokeseg-model-") as folder:
        file = Path(folder) / f"{offer.name}{SUFFIX}"
        download(offer.url, file, offer.sha256, progress)
        return install(file)


def remove(name: str) -> None:
    """Deletes an installed model.

    Raises:
        ModelError: if none of that name is installed.
        OutputError: if it cannot be deleted.
    """
    if name not in installed():
        raise ModelError(f"no model called '{name}' was installed", fix="Those that came with StrokeSeg stay")
    try:
        shutil.rmtree(store_folder() / name)
    except OSError as error:
        raise OutputError(f"the model cannot be deleted ({error.strerror or error})", where=name) from error


def _unpack(file: Path, folder: Path) -> str:
    """Brings manifest and weights into the folder, the weights verified; returns the model's name."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = {info.filename: info for info in archive.infolist()}
            weights = [name for name in members if name != MANIFEST]
            plain = all(Path(name).name == name and not members[name].is_dir() for name in members)
            if MANIFEST not in members or len(weights) != 1 or len(archive.infolist()) != 2 or not plain:
                raise ModelError("does not hold a model.json and one weights file", where=file.name, fix=_AGAIN)
            if sum(info.file_size for info in members.values()) > _LARGEST:
                raise ModelError("is larger than any model may be", where=file.name, fix=_AGAIN)
            _extract(archive, MANIFEST, folder, lambda _piece: None)
            spec = read_manifest(folder / MANIFEST)
            if weights[0] != spec.weights.file or Path(spec.name).name != spec.name or spec.name.startswith("."):
                raise ModelError("its manifest names other files than it holds", where=file.name, fix=_AGAIN)
            digest = hashlib.sha256()
            _extract(archive, weights[0], folder, digest.update)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"is no model file, or is damaged ({error})", where=file.name, fix=_AGAIN) from error
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror or error})", where=file.name, fix=_AGAIN) from error
    if digest.hexdigest() != spec.weights.sha256:
        raise ModelError("the weights are not those that the manifest names", where=file.name, fix=_AGAIN)
    return spec.name


def _extract(archive: zipfile.ZipFile, name: str, folder: Path, seen: Callable[[bytes], None]) -> None:
    with archive.open(name) as source, (folder / name).open("wb") as target:
        while piece := source.read(_CHUNK):
            seen(piece)
            target.write(piece)
