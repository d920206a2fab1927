"""How an MRI case is segmented: the one set that command line, jobs, panel, console and Python share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

from ..base.errors import InputError
from ..base.settings import DEVICES, REGISTERS, VOTES, one_of


@dataclass(frozen=True)
class MriSettings:
    """How an MRI case is segmented.

    Attributes:
        model: name or folder; "" is the bundled default.
        device: one of `base.settings.DEVICES`; "auto" takes a GPU where there is any.
        vote: one of `base.settings.VOTES`.
        threshold: of the probability, between 0 and 1; None is the model's own.
        minimum_lesion_ml: connected parts (26 neighbours) of the voted lesion with less volume are dropped, and that
            is said; probability and agreement stay as they are.
        flips: axial and coronal slices are shown mirrored, too, and the two answers are averaged (twice the work).
        reproducible: float32 and deterministic algorithms; run twice, and differing voxels are reported.
        anonymous: names of folder, files and series are left out of the result.
        unmeasured: whether inputs are taken on which the model was never measured on patients; the result says so.
        register: one of `base.settings.REGISTERS`; "auto" registers each sequence to the reference and moves those that
            do not lie on it.

    Raises:
        InputError: if a value is none that can be.
    """

    model: str = ""
    device: str = "auto"
    vote: str = "majority"
    threshold: float | None = None
    minimum_lesion_ml: float = 0.0
    flips: bool = False
    reproducible: bool = False
    anonymous: bool = False
    unmeasured: bool = False
    register: str = "auto"

    def __post_init__(self) -> None:
        one_of(self.device, DEVICES, "device")
        one_of(self.vote, VOTES, "vote")
        one_of(self.register, REGISTERS, "register")
        if self.threshold is not None and not (isinstance(self.threshold, Real) and 0 < self.threshold < 1):
            raise InputError(
                f"{self.threshold!r} is no threshold of a probability",
                option="threshold",
                fix="Give a number between 0 and 1, or none for the model's own",
            )
        if not (isinstance(self.minimum_lesion_ml, Real) and 0 <= self.minimum_lesion_ml < math.inf):
            raise InputError(
                f"{self.minimum_lesion_ml!r} ml is no volume", option="minimum_lesion_ml", fix="Give 0 or more ml"
            )

    @classmethod
    def of(cls, *, model: str | Path | None = None, **options: Any) -> MriSettings:
        """Settings as a caller in Python gives them: a model may be a Path, or None for the default.

        Raises:
            TypeError: for an option that there is none of.
            InputError: for a value that cannot be.
        """
        return cls(model="" if model is None else str(model), **options)

    def warnings(self, own: float, dropped: int) -> list[str]:
        """What a reader must know of a result that was not made as the model was measured.

        Args:
            own: the model's threshold.
            dropped: parts of the lesion that were too small.
        """
        found = []
        if self.threshold not in (None, own):
            found.append(f"the probability threshold was set to {self.threshold:g}; the model was measured at {own:g}")
        if dropped:
            found.append(
                f"{dropped} part{'' if dropped == 1 else 's'} of the lesion below {self.minimum_lesion_ml:g} ml "
                f"{'was' if dropped == 1 else 'were'} dropped"
            )
        return found
