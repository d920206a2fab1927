"""The frames of a 4-D series before they are one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


class Frames:
    """What `numpy.asarray` makes (t, z, y, x) of, where there is time for it: a series holds hundreds of megabytes.

    Args:
        frames: (z, y, x), of one shape and type; their memory is shared until then.
    """

    def __init__(self, frames: Sequence[np.ndarray]) -> None:
        self._frames = tuple(frames)
        self.shape = (len(self._frames), *self._frames[0].shape)
        self.dtype = self._frames[0].dtype

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        import numpy as np

        return np.stack(self._frames, dtype=dtype, casting="unsafe")
