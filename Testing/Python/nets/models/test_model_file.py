"""A model's one file: zips that lie, harm or are damaged are refused before they cost anything."""

from __future__ import annotations

import io
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from nets.models.small_models import small_model

from StrokeSegLogic.base.errors import ModelError, OutputError
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.model_file import pack, unpack

Entries = list[tuple[zipfile.ZipInfo, bytes]]


@pytest.fixture
def small(tmp_path: Path) -> Bundle:
    return small_model(tmp_path / "small")


@pytest.fixture
def file(small: Bundle, tmp_path: Path) -> Path:
    pack(small.folder, tmp_path / "model.zip")
    return tmp_path / "model.zip"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "draft").mkdir()
    return tmp_path / "draft"


def entries(file: Path) -> Entries:
    with zipfile.ZipFile(file) as archive:
        return [(info, archive.read(info)) for info in archive.infolist()]


def zipped(file: Path, content: Entries, comment: bytes = b"") -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = comment
        for info, data in content:
            archive.writestr(info, data)
    return file


def refused(file: Path, folder: Path, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        unpack(file, folder)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


def test_a_model_is_unpacked_and_named(file: Path, folder: Path, small: Bundle) -> None:
    assert unpack(file, folder) == "small"
    assert Bundle.open(folder).spec == small.spec


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
def test_gigabytes_of_nothing_in_a_few_megabytes_are_not_unpacked(file: Path, folder: Path, name: str) -> None:
    content = entries(file)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for info, data in content:
            with archive.open(zipfile.ZipInfo(info.filename), "w", force_zip64=True) as out:
                out.write(data)
                for _ in range(300 if info.filename == name else 0):
                    out.write(bytes(1 << 20))
    refused(file, folder, "larger than")
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2 << 20


@pytest.mark.parametrize("place", [22, 24], ids=["local", "central"])
def test_a_size_that_is_a_lie_gives_no_more_than_was_said(file: Path, folder: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    mark = b"PK\3\4" if place == 22 else b"PK\1\2"
    at = content.index(mark) + place
    content[at : at + 4] = (10).to_bytes(4, "little")
    file.write_bytes(content)
    if place == 22:
        # The list at the end counts; the copy of it before each entry does not.
        assert unpack(file, folder) == "small"
    else:
        refused(file, folder, "damaged|manifest")


def test_a_list_of_many_entries_is_not_read(file: Path, folder: Path) -> None:
    zipped(file, [(zipfile.ZipInfo(f"{number}"), b"") for number in range(5000)])
    refused(file, folder, "does not hold")


@pytest.mark.parametrize(
    "name",
    ["../w.safetensors", "a/w.safetensors", "/w.safetensors", "C:w.safetensors", "w.safetensors:x", ".w.safetensors"]
    + [
        "w\ud7ff.safetensors",
        "w\n.safetensors",
        "W" * 200 + ".safetensors",
        "w.pkl",
        "w.safetensors/",
        "a\\w.safetensors",
    ],
)
def test_names_that_lead_elsewhere_are_refused(file: Path, folder: Path, name: str) -> None:
    (manifest, said), (_info, weights) = entries(file)
    other = zipfile.ZipInfo("x")
    other.filename = name
    refused(zipped(file, [(manifest, said), (other, weights)]), folder, "does not hold")
    assert not list(folder.iterdir())


def test_a_name_with_a_nul_is_refused(file: Path, folder: Path) -> None:
    content = file.read_bytes().replace(b"weights.safetensors", b"weights.safetens\0rs")
    file.write_bytes(content)
    refused(file, folder, "does not hold|damaged")


def test_two_of_one_name_a_link_and_an_encrypted_entry_are_refused(file: Path, folder: Path) -> None:
    (manifest, said), (info, weights) = entries(file)
    with pytest.warns(UserWarning, match="Duplicate"):
        zipped(file, [(manifest, said), (manifest, said)])
    refused(file, folder, "does not hold")
    link = zipfile.ZipInfo("weights.safetensors")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(zipped(file, [(manifest, said), (link, b"/etc/passwd")]), folder, "does not hold")
    content = bytearray(zipped(file, [(manifest, said), (info, weights)]).read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    file.write_bytes(content)
    refused(file, folder, "encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(file: Path, folder: Path, method: int) -> None:
    content = entries(file)
    with zipfile.ZipFile(file, "w", method) as archive:
        for info, data in content:
            archive.writestr(info.filename, data)
    refused(file, folder, "unusual")


def test_a_zip_with_a_comment_is_refused(file: Path, folder: Path) -> None:
    refused(zipped(file, entries(file), b"x"), folder, "comment")


def test_wherever_it_is_cut_or_changed_it_is_one_line_or_whole(file: Path, folder: Path, small: Bundle) -> None:
    content = file.read_bytes()
    directory = content.index(b"PK\1\2")
    places = [*range(0, 90), *range(directory, len(content))]
    for number, place in enumerate(places):
        harmed = bytearray(content)
        harmed[place] ^= 0xFF if number % 2 else 0x81
        file.write_bytes(harmed)
        draft = folder / str(number)
        draft.mkdir()
        try:
            unpack(file, draft)
        except ModelError as error:
            assert "\n" not in str(error) and len(str(error)) < 500
        else:
            assert Bundle.open(draft).load().keys() == small.load().keys()
        shutil.rmtree(draft)
    for length in (0, 1, 21, 22, 100, directory, len(content) - 1):
        file.write_bytes(content[:length])
        refused(file, folder, "no model file|does not hold")


def test_what_is_no_file_is_refused_rather_than_waited_for(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    (tmp_path / "endless.zip").symlink_to("/dev/zero")
    for name in ("pipe.zip", "endless.zip", "draft"):
        refused(tmp_path / name, folder, "cannot be read")


@pytest.mark.parametrize(
    "name", ["", "..", ".hidden", "a/b", "a\\b", "C:x", "x.", "x ", "nul\0", "line\nend", "x" * 101]
)
def test_a_model_whose_name_is_no_folders_is_refused(small: Bundle, folder: Path, tmp_path: Path, name: str) -> None:
    pack(small_model(tmp_path / "named", name).folder, tmp_path / "named.zip")
    refused(tmp_path / "named.zip", folder, "names other files")


def test_a_disk_without_room_is_said_before_anything_is_unpacked(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(OutputError, match="no room for a model of"):
        unpack(file, folder)


def test_a_file_that_ends_like_a_zip_is_none(folder: Path, tmp_path: Path) -> None:
    end = io.BytesIO()
    with zipfile.ZipFile(end, "w"):
        pass
    (tmp_path / "m.zip").write_bytes(bytes(1000) + end.getvalue())
    refused(tmp_path / "m.zip", folder, "does not hold")
