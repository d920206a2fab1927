"""Arrays on disk that were cut, changed or exchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.training.arrays import open_array, read_arrays


def test_arrays_are_read_as_they_were_written(tmp_path: Path) -> None:
    values = np.arange(24.0).reshape(2, 3, 4)
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", first=values, second=values > 3)
    np.testing.assert_array_equal(open_array(tmp_path / "a.npy", 3, "Fix it"), values)
    np.testing.assert_array_equal(read_arrays(tmp_path / "a.npz", ["second"])["second"], values > 3)


def test_a_header_that_python_stumbled_over_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(6.0).reshape(1, 2, 3)
    np.save(tmp_path / "a.npy", values)
    load, stumbles = np.load, iter([True, True])

    def stumbling(*arguments: Any, **options: Any) -> Any:
        if next(stumbles, False):
            raise SystemError("AST constructor recursion depth mismatch (before=216, after=47)")
        return load(*arguments, **options)

    monkeypatch.setattr(np, "load", stumbling)
    np.testing.assert_array_equal(open_array(tmp_path / "a.npy", 3, "Fix it"), values)
    monkeypatch.setattr(np, "load", lambda *_, **__: (_ for _ in ()).throw(SystemError("for ever")))
    with pytest.raises(InputError, match="for ever"):
        open_array(tmp_path / "a.npy", 3, "Fix it")


def npy(header: str) -> bytes:
    text = header.encode().ljust(118)
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


HARMED = {
    "empty": b"",
    "text": b"no array",
    "cut": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, 4)}") + bytes(10),
    "huge": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000, 1000000)}"),
    "negative": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 1, 1)}"),
    "no notation": npy("{'descr'"),
    "objects": npy("{'descr': '|O', 'fortran_order': False, 'shape': (1, 1, 1)}") + b"\x80\x04N.",
    "words": npy("{'descr': '<U4', 'fortran_order': False, 'shape': (1, 1, 1)}") + bytes(16),
    "flat": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}") + bytes(16),
    "zip": b"PK\3\4" + bytes(60),
}


@pytest.mark.parametrize("content", HARMED.values(), ids=HARMED)
def test_what_is_no_array_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.npy") as caught:
        open_array(tmp_path / "a.npy", 3, "Fix it")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("content", [*HARMED.values()], ids=HARMED)
def test_what_is_no_archive_of_arrays_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.npz"):
        read_arrays(tmp_path / "a.npz", ["first"])


def test_an_archive_that_was_changed_anywhere_is_one_line_or_whole(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", first=np.arange(50))
    content = (tmp_path / "a.npz").read_bytes()
    for place in range(len(content)):
        harmed = bytearray(content)
        harmed[place] ^= 0x55
        (tmp_path / "a.npz").write_bytes(harmed)
        try:
            found = read_arrays(tmp_path / "a.npz", ["first"])["first"]
        except InputError as error:
            assert len(str(error)) < 500
        else:
            np.testing.assert_array_equal(found, np.arange(50))


def test_an_array_that_is_missing_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", first=np.ones(2))
    with pytest.raises(InputError, match="holds no array 'second"):
        read_arrays(tmp_path / "a.npz", ["second"])
