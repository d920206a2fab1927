"""The weights file beside a manifest."""

from __future__ import annotations

import re
from dataclasses import dataclass

FORMAT = 1
"""Version of the manifest's format."""
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}\.safetensors")
"""Fit for any system: no folder, no drive, nothing that a shell or a terminal would read otherwise."""


@dataclass(frozen=True)
class Weights:
    """The weights file beside the manifest.

    Attributes:
        file: its name, without a folder.
        sha256: of its bytes.
    """

    file: str
    sha256: str

    def __post_init__(self) -> None:
        if not _FILE.fullmatch(self.file):
            raise ValueError(f"weights file '{self.file}' must be a .safetensors file beside the manifest")
        if len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):
            raise ValueError("sha256 must be 64 lower-case hexadecimal digits")
