"""Safetensors files made by hand, with whatever in them."""

from __future__ import annotations

import json
from typing import Any


def safetensors(header: Any, numbers: bytes = b"", length: int | None = None) -> bytes:
    """A file's bytes.

    Args:
        header: JSON-ready, or its bytes.
        numbers: what follows it.
        length: that the file claims for its header; None for the true length.
    """
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + numbers


def entry(kind: Any = "F32", shape: Any = (2,), place: Any = (0, 8)) -> dict[str, Any]:
    """What a header says of a tensor."""
    return {"dtype": kind, "shape": shape, "data_offsets": place}
