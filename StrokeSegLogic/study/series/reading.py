"""What was made of one name, or of one series' tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from ..case import Role

NO_B = 10.0
"""Up to this (s/mm²) a b-value is that of an image without diffusion weighting: vendors write 0, 0.264 or 5."""


class Quality(Enum):
    """What makes a series of a role better or worse than another, in points, and why the better of two is taken."""

    TRACE = 4, "it is the trace image"
    AXIAL = 1, "it is axial"
    REFORMATTED = -2, "it was acquired in its plane, the other was reformatted"
    REGISTERED = -2, "it lies as it was acquired, the other was moved to fit"
    SECONDARY = -3, "it is the scanner's own, the other was made at a workstation"
    CONVERTED = -3, "it is the plain file, the other is what a converter made beside it"
    SECOND_ECHO = -3, "it is of the first echo"
    SERIES = -4, "it is one volume, the other all b-values or directions"
    DIRECTION = -5, "it is no single direction of the diffusion gradient"
    COMPUTED = -6, "it was acquired, the other was computed from other images"
    MEDIUM = -2, "it was taken without contrast medium"
    DOUBTFUL = -7, "its name says nothing else, and the other's may be that of a map, a mask or another series"
    COLOUR = -8, "it has grey values, not colours"
    SHARP = -9, "it was reconstructed with a soft kernel, the other with a sharp one"
    CAPTURE = -9, "it is the scanner's own, the other a picture of it that a workstation stored for reading"

    @property
    def points(self) -> int:
        return self.value[0]

    @property
    def reason(self) -> str:
        return self.value[1]

    @property
    def alone(self) -> str:
        """What has to be said of a volume with it that is taken for want of a better; "" for nothing."""
        return _ALONE.get(self, "")


_ALONE = {
    Quality.COMPUTED: "it was computed from other images, not acquired, and none that was acquired is there",
    Quality.SHARP: "it was reconstructed with a sharp kernel, and none with a soft kernel is there: noise hides what "
    "differs little in density",
    Quality.CAPTURE: "it is a picture that was stored for reading, and the scanner's own is not there: what is very "
    "dark or bright may be cut off",
}


@dataclass(frozen=True)
class Reading:
    """A role, or why there is none.

    Attributes:
        role: None if it is no input of the networks.
        confidence: 0 to 1; 0 without role.
        reason: one sentence without a full stop; from a text its predicate only ("holds 'dwi'").
        b_value: s/mm², where known.
        told: without a role, whether that was said by name or tag; False where nothing was said at all.
        qualities: by which it is preferred to others of its role, or they to it.
        susceptibility: whether it is SWI, T2* or another gradient echo on which blood is dark.
        contrast_medium: whether it was taken after contrast medium.
        perhaps: what else a word of its name may say that it is; "" for nothing.
        bears: without role, the role whose own word its name bears, where another word took it away that need not.
    """

    role: Role | None
    confidence: float
    reason: str
    b_value: float | None = None
    qualities: frozenset[Quality] = frozenset()
    told: bool = True
    susceptibility: bool = False
    contrast_medium: bool = False
    perhaps: str = ""
    bears: Role | None = None

    @classmethod
    def nothing(cls, reason: str, *, susceptibility: bool = False) -> Reading:
        return cls(None, 0.0, reason, susceptibility=susceptibility)

    def doubtful(self, perhaps: str) -> Reading:
        """The same of a name that may also say that it is something else."""
        return replace(self, perhaps=perhaps, qualities=self.qualities | {Quality.DOUBTFUL})

    def weighted(self, b: float, direction: tuple[float, ...] | None) -> Reading:
        """The same of DWI, of which the file beside it says how it is weighted (see `b_values.Weighting`)."""
        if 0 <= b <= NO_B:
            return Reading.nothing(f"the .bval beside it says b={b:g}: it shows no diffusion")
        found = set(self.qualities)
        if direction is not None:
            found -= {Quality.TRACE, Quality.DIRECTION}
            found.add(Quality.DIRECTION if direction else Quality.TRACE)
        return replace(self, b_value=b, qualities=frozenset(found))

    @property
    def doubts(self) -> tuple[str, ...]:
        """What has to be said if it is taken."""
        # A map of ADC is always computed.
        found = self.qualities - ({Quality.COMPUTED} if self.role is Role.ADC else set())
        said = tuple(q.alone for q in Quality if q in found and q.alone)
        return (*said, f"its name may also say that it is {self.perhaps}: look at it") if self.perhaps else said

    @property
    def rank(self) -> int:
        """The points of its qualities: among equals of one role the higher is taken."""
        return sum(quality.points for quality in self.qualities)

    @property
    def advice(self) -> str:
        """What a reader can do with a volume that no network takes; "" for nothing."""
        return "look for blood on it, which StrokeSeg does not do" if self.susceptibility else ""
