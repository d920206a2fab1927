"""A model as one file, to be handed on: a zip of model.json and the weights beside it, nothing else."""

from __future__ import annotations

import hashlib
import io
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import BinaryIO

from ...base.errors import InputError, ModelError, OutputError, within_memory
from ...base.files import open_regular, read_regular, write_whole
from ..networks.parameters import parameter_shapes
from .bundle import LARGEST_MANIFEST, LARGEST_WEIGHTS, MANIFEST, ModelSpec, read_manifest, verify
from .spec import Weights
from .tensors import LARGEST_HEADER

SUFFIX = ".strokeseg-model.zip"
_CHUNK = 1 << 20
_AGAIN = "Get the file again from where it was published"
_END = struct.Struct("<4s4H2LH")
"""The record that ends a zip without a comment: mark, disks, numbers of entries, their size and place."""
_LARGEST_DIRECTORY = 1 << 16
_LONGEST_NAME = 100
_NO_FOLDER = frozenset('/\\:*?"<>|')
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    ArithmeticError,
    MemoryError,
)
"""What Python's reader of zips raises on a zip that was damaged, or made to do harm."""


def pack(folder: Path, file: Path) -> None:
    """Makes the one file of a model's folder; the same model gives the same bytes.

    Raises:
        ModelError: if the folder holds no model, or other weights than its manifest names.
        OutputError: if the file cannot be written.
    """
    spec = read_manifest(folder / MANIFEST)
    try:
        content = {
            MANIFEST: read_regular(folder / MANIFEST, LARGEST_MANIFEST),
            spec.weights.file: read_regular(folder / spec.weights.file, LARGEST_WEIGHTS),
        }
    except InputError as error:
        raise ModelError(f"cannot be packed: {error.what}", where=error.where, fix="Train it again") from error
    if hashlib.sha256(content[spec.weights.file]).hexdigest() != spec.weights.sha256:
        raise ModelError("the weights are not those that the manifest names", where=folder, fix="Train it again")
    buffer = io.BytesIO()
    # Stored, not deflated: weights do not shrink. No time of day.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    write_whole(file, buffer.getvalue())


def unpack(file: Path, folder: Path) -> str:
    """Brings manifest and weights into a folder, and makes sure that they load.

    Nothing is written beyond what the manifest's network needs, whatever the file claims to hold.

    Returns:
        The model's name, which a folder may have.

    Raises:
        ModelError: if the file is no model, is damaged or holds anything else; if its weights are not those that the
            manifest names, or would not load.
        OutOfMemory: if there is too little memory for it.
        OutputError: if the disk has no room for it.
        OSError: if the folder cannot be written to.
    """
    with within_memory(file.name):
        try:
            with open_regular(file) as source:
                return _unpacked(source, file, folder)
        except InputError as error:
            raise ModelError(f"cannot be read: it {error.what}", where=file.name, fix=error.fix) from error


def _unpacked(source: BinaryIO, file: Path, folder: Path) -> str:
    try:
        _require_two_entries(source, file)
        archive = zipfile.ZipFile(source)
    except _DAMAGED as error:
        raise _damaged(file, error) from error
    with archive:
        manifest, weights = _members(archive, file)
        _copy(archive, manifest, folder / MANIFEST, file)
        try:
            spec = read_manifest(folder / MANIFEST)
            most = _most_bytes(spec)
        except (ModelError, ValueError) as error:
            what = error.what if isinstance(error, ModelError) else f"the manifest makes no network: {error}"
            raise ModelError(what, where=file.name, fix=_AGAIN) from error
        if weights.filename != spec.weights.file or not names_a_folder(spec.name):
            raise ModelError("its manifest names other files than it holds", where=file.name, fix=_AGAIN)
        if weights.file_size > most:
            raise ModelError("its weights are larger than its network", where=file.name, fix=_AGAIN)
        if shutil.disk_usage(folder).free < weights.file_size:
            size = f"{weights.file_size / 1e6:.0f} MB"
            raise OutputError(f"the disk has no room for a model of {size}", where=folder.parent, fix="Free some space")
        digest = hashlib.sha256()
        _copy(archive, weights, folder / weights.filename, file, digest.update)
    if digest.hexdigest() != spec.weights.sha256:
        raise ModelError("the weights are not those that the manifest names", where=file.name, fix=_AGAIN)
    try:
        verify(folder)
    except ModelError as error:
        raise ModelError(error.what, where=file.name, fix=_AGAIN) from error
    return spec.name


def _require_two_entries(source: BinaryIO, file: Path) -> None:
    """Reads what ends the file: a list of millions of entries is not read first and counted then."""
    size = source.seek(0, io.SEEK_END)
    source.seek(max(size - _END.size, 0))
    mark, _disk, _first, _here, entries, length, _place, comment = _END.unpack(source.read(_END.size))
    source.seek(0)
    if mark != b"PK\5\6" or comment:
        raise zipfile.BadZipFile("no zip, or a zip with a comment")
    if entries != 2 or length > _LARGEST_DIRECTORY:
        raise _other_content(file)


def _members(archive: zipfile.ZipFile, file: Path) -> tuple[zipfile.ZipInfo, zipfile.ZipInfo]:
    """The manifest and the weights, both plain files of a size that they may have."""
    members = {member.filename: member for member in archive.infolist()}
    weights = next((member for name, member in members.items() if name != MANIFEST), None)
    if MANIFEST not in members or weights is None or len(archive.infolist()) != 2:
        raise _other_content(file)
    for member in members.values():
        # The library cuts a name at a NUL.
        if member.orig_filename != member.filename or member.is_dir() or stat.S_ISLNK(member.external_attr >> 16):
            raise _other_content(file)
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ModelError("is encrypted, or packed in an unusual way", where=file.name, fix=_AGAIN)
    try:
        Weights(weights.filename, "0" * 64)
    except ValueError as error:
        raise _other_content(file) from error
    if members[MANIFEST].file_size > LARGEST_MANIFEST or weights.file_size > LARGEST_WEIGHTS:
        raise ModelError("is larger than any model may be", where=file.name, fix=_AGAIN)
    return members[MANIFEST], weights


def _most_bytes(spec: ModelSpec) -> int:
    """Of a weights file with every parameter in the longest type.

    Raises:
        ValueError: if the decoder's widths do not fit the encoder.
    """
    numbers = sum(prod(shape) for shape in parameter_shapes(spec.network).values())
    return LARGEST_HEADER + 8 * numbers * len(spec.members)


def names_a_folder(name: str) -> bool:
    """Whether any system takes a model's name as that of a folder, and none takes it for a way elsewhere."""
    plain = name.isprintable() and not set(name) & _NO_FOLDER and len(name.encode()) <= _LONGEST_NAME
    return bool(name) and plain and not name.startswith((".", " ")) and not name.endswith((".", " "))


def _copy(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    target: Path,
    file: Path,
    seen: Callable[[bytes], None] = lambda _piece: None,
) -> None:
    with target.open("wb") as out:
        for piece in _pieces(archive, member, file):
            seen(piece)
            out.write(piece)


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: Path) -> Iterator[bytes]:
    """A member's bytes, no more than it said."""
    left = member.file_size
    try:
        with archive.open(member) as source:
            while piece := source.read(_CHUNK):
                left -= len(piece)
                if left < 0:
                    raise zipfile.BadZipFile("it holds more than it says")
                yield piece
    except _DAMAGED as error:
        raise _damaged(file, error) from error
    if left:
        raise _damaged(file, EOFError("it holds less than it says"))


def _damaged(file: Path, error: Exception) -> ModelError:
    return ModelError(f"is no model file, or is damaged ({error})", where=file.name, fix=_AGAIN)


def _other_content(file: Path) -> ModelError:
    return ModelError("does not hold a model.json and one weights file", where=file.name, fix=_AGAIN)
