"""The weights file beside a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FORMAT = 1
"""Version of the manifest's format."""


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
        if Path(self.file).name != self.file or not self.file.endswith(".safetensors"):
            raise ValueError(f"weights file '{self.file}' must be a .safetensors file beside the manifest")
        if len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):
            raise ValueError("sha256 must be 64 lower-case hexadecimal digits")
