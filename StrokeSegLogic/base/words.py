"""Text of foreign make, as names of files and tags are, made fit for a terminal, a file and a line."""

from __future__ import annotations

_UNDECODABLE = range(0xDC80, 0xDD00)
"""What Python puts in place of a byte (0x80 to 0xFF) of a file name that is no text."""


def printable(text: str) -> str:
    """The text with everything that no terminal, XML or UTF-8 file takes written as an escape.

    A byte of a file name that could not be decoded becomes \\xNN, a control character and a lone surrogate what Python
    writes for it. Letters of any script stay, and so does all white space of one line.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escaped(one) for one in text)


def _escaped(character: str) -> str:
    if ord(character) in _UNDECODABLE:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return " " if character.isspace() else character.encode("unicode_escape").decode("ascii")
