"""Pictures as PNG files."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

_PALETTE = 256
"""Colours that a palette holds."""


def encode_png(picture: np.ndarray) -> bytes:
    """A PNG file of a picture (H, W, 3), uint8: with a palette where up to 256 colours do, a third of the size.

    Raises:
        ValueError: if the array is no such picture.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
        raise ValueError(f"not an RGB picture: {picture.dtype} of shape {picture.shape}")
    colours, index = np.unique(picture.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32), return_inverse=True)
    image = Image.fromarray(picture)
    if len(colours) <= _PALETTE:
        # Pillow's own reduction to a palette may merge colours that are near one another.
        image = Image.fromarray(index.reshape(picture.shape[:2]).astype(np.uint8)).convert("P")
        image.putpalette(
            np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8).tobytes()
        )
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def data_uri(png: bytes) -> str:
    """The bytes of a PNG file as an address that a page carries in itself."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
