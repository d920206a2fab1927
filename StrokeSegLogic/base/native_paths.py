"""Paths for libraries in C++: they take names in UTF-8 alone and end the process over any other bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .scratch import scratch_folder


@contextmanager
def native_paths(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """The paths, or for names of bytes that are no text links to them under other names, of the same endings.

    A link to a folder serves for writing into it, too. Links are gone when the block ends.

    Raises:
        OSError: if links are needed and cannot be made.
    """
    if all(_is_text(path) for path in paths):
        yield paths
        return
    with scratch_folder() as home:
        links = []
        for number, path in enumerate(paths):
            ending = "".join(path.suffixes[-2:])
            links.append(home / f"{number:06d}{ending if ending.isascii() else ''}")
            links[-1].symlink_to(path.absolute())
        yield links


def _is_text(path: Path) -> bool:
    try:
        str(path.absolute()).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
