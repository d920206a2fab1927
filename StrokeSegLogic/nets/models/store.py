"""Models that the user installed: from one file, without a network, or downloaded on request; and taken away again.

Whoever changes the store holds its lock, and works in a folder .install-* beside the models. What lies there while
nobody holds the lock was left by a process that was killed: a model that it had moved aside comes back, all else goes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ...base.download import download
from ...base.errors import ModelError, OutputError
from ...base.files import resource, sha256_of
from ...base.json_files import read_json_object
from ...base.locks import Busy, exclusive
from ...base.progress import Progress
from ...base.settings import from_mapping
from .bundle import MANIFEST
from .model_file import SUFFIX, unpack

_WORK = ".install-"
_LOCK = ".lock"
_DOWNLOADS = ".downloads"
_ASIDE = "old"
"""Folder in a `.install-*` of models that were moved aside, under their names."""


class _Occupied(ModelError):
    """Another process is just changing the store."""


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
    """Names of the installed models, what a killed process had moved aside among them."""
    store = store_folder()
    if any(store.glob(f"{_WORK}*")):
        # Busy: a live process is at work there. OSError: the store may only be read, and stays as it is.
        with suppress(Busy, OSError), exclusive(store / _LOCK):
            _clear_up(store)
    return tuple(sorted(path.parent.name for path in store.glob(f"*/{MANIFEST}") if path.parent.name[0] != "."))


def offered() -> tuple[OfferedModel, ...]:
    """What can be downloaded; nothing is asked of the network."""
    path = resource("Models", "catalogue.json")
    return from_mapping(_Catalogue, read_json_object(path), path).models


def install(file: Path) -> str:
    """Installs a model from its one file; a model of the same name that was installed before is replaced.

    It is replaced last, once the new model is sure to load (see `verify.verify`).

    Returns:
        The model's name.

    Raises:
        ModelError: if the file is no model, holds anything else, or would not load; or if another process is just
            changing the store.
        OutputError: if it cannot be written.
    """
    with _changing("the model cannot be installed") as work:
        draft = work / "model"
        draft.mkdir()
        name = unpack(file, draft)
        if resource("Models", name, MANIFEST).is_file():
            raise ModelError(
                f"a model called '{name}' comes with StrokeSeg",
                where=file.name,
                fix="Give the model another name before it is packed",
            )
        target = work.parent / name
        if target.exists():
            (work / _ASIDE).mkdir()
            target.rename(work / _ASIDE / name)
        draft.rename(target)
        return name


def fetch(offer: OfferedModel, progress: Progress, *, plain_loopback: bool = False) -> str:
    """Downloads and installs a model. Call it when the user has agreed.

    What has come of a download that was cut off lies in .downloads in the store, and the next call goes on from there.

    Args:
        offer: the model.
        progress: of the download.
        plain_loopback: see `base.download.download`.

    Raises:
        InputError: if the server does not hand out the file that was published.
        ModelError, OutputError: see `install`.
        Cancelled: if the user stopped it.
    """
    place = store_folder() / _DOWNLOADS
    file = place / f"{offer.name}-{offer.sha256[:16]}{SUFFIX}"
    try:
        # It may have come whole before, and another process have been busy with the store.
        if not file.is_file() or sha256_of(file) != offer.sha256:
            download(offer.url, file, offer.sha256, progress, size=offer.size, plain_loopback=plain_loopback)
        try:
            name = install(file)
        except ModelError as error:
            if not isinstance(error, _Occupied):
                # What was published is no model: another attempt would bring the same.
                file.unlink()
            raise
        file.unlink()
        return name
    finally:
        with suppress(OSError):
            # Only if nothing is kept in it.
            place.rmdir()


def remove(name: str) -> None:
    """Deletes an installed model.

    Raises:
        ModelError: if none of that name is installed, or another process is just changing the store.
        OutputError: if it cannot be deleted.
    """
    if name not in installed():
        raise ModelError(f"no model called '{name}' was installed", fix="Those that came with StrokeSeg stay")
    with _changing("the model cannot be deleted") as work:
        # Out of the way at once: a kill while it is deleted leaves no half of a model.
        (work.parent / name).rename(work / "removed")


@contextmanager
def _changing(what: str) -> Iterator[Path]:
    """A folder in the store to work in, while no other process changes the store.

    Raises:
        ModelError: if another process does.
        OutputError: saying `what`, if the store cannot be written to.
    """
    store = store_folder()
    try:
        store.mkdir(parents=True, exist_ok=True)
        with exclusive(store / _LOCK):
            _clear_up(store)
            try:
                yield Path(tempfile.mkdtemp(prefix=_WORK, dir=store))
            finally:
                _clear_up(store)
    except Busy as error:
        raise _Occupied(
            "another StrokeSeg is just installing or removing a model", where=store, fix="Wait until it is done"
        ) from error
    except OSError as error:
        raise OutputError(f"{what} ({error.strerror or error})", where=store, fix="Check the disk") from error


def _clear_up(store: Path) -> None:
    """Brings back what was moved aside and not replaced, and removes the folders of work; under the lock alone."""
    for work in store.glob(f"{_WORK}*"):
        if work.is_symlink() or not work.is_dir():
            work.unlink()
            continue
        for aside in (work / _ASIDE).glob("*"):
            if not (store / aside.name).exists():
                aside.rename(store / aside.name)
        shutil.rmtree(work)
