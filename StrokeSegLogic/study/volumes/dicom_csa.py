"""Siemens' own header within the header (CSA), as far as it is needed: named lists of numbers as text."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

_MAGIC = b"SV10"
_MOST_TAGS, _MOST_ITEMS = 1024, 4096
_LONGEST_ITEM = 4096
_NAME, _TAG, _ITEM = 64, 84, 16


def csa_numbers(content: bytes, wanted: Collection[str]) -> dict[str, tuple[float, ...]]:
    """The values of some tags of a CSA header of either version (SV10, or without mark).

    What is cut short, claims more than there is, or is no number is left out. After the description of the format by
    nibabel (nibabel.nicom.csareader), which believes what the header claims.
    """
    found = {}
    for name, items in _tags(content):
        if name in wanted:
            try:
                values = tuple(float(item) for item in items if item)
            except ValueError:
                continue
            if values:
                found[name] = values
    return found


def _tags(content: bytes) -> Iterator[tuple[str, list[str]]]:
    marked = content[:4] == _MAGIC
    place = 8 if marked else 0
    try:
        count, _ = struct.unpack_from("<2I", content, place)
        place += 8
        of_first = None
        for _ in range(min(count, _MOST_TAGS)):
            name = _text(content[place : place + _NAME])
            (items,) = struct.unpack_from("<i", content, place + 76)
            place += _TAG
            if not 0 <= items <= _MOST_ITEMS:
                return
            of_first = items if of_first is None else of_first
            texts = []
            for _ in range(items):
                lengths = struct.unpack_from("<4i", content, place)
                place += _ITEM
                # Without the mark lengths have the first tag's number of items added.
                length = lengths[1] if marked else lengths[0] - of_first
                if not 0 <= length <= len(content) - place:
                    return
                texts.append(_text(content[place : place + min(length, _LONGEST_ITEM)]))
                place += (length + 3) // 4 * 4
            yield name, texts
    except struct.error:
        return


def _text(content: bytes) -> str:
    return content.partition(b"\0")[0].decode("latin-1").strip()
