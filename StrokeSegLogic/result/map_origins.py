"""Which perfusion maps of a result were given, and which were computed here from the 4-D series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..study.case import Role, role_names

COMPUTED, GIVEN = "computed", "given"
"""What records call the two."""


@dataclass(frozen=True)
class MapOrigin:
    """Where a map came from.

    Attributes:
        role: of the map.
        computed: whether it was computed here from the 4-D series; else it was given.
        source: the file of the map, or of the series.
    """

    role: Role
    computed: bool
    source: str = ""

    @property
    def words(self) -> str:
        """As a report says it: "given: scan/cbf.nii.gz", "computed from scan/ctp.nii.gz"."""
        if not self.computed:
            return f"given: {self.source}" if self.source else "given"
        return f"computed from {self.source}" if self.source else "computed"

    def record(self) -> dict[str, str]:
        """JSON-ready."""
        return {"origin": COMPUTED if self.computed else GIVEN, "source": self.source}

    @classmethod
    def parse(cls, role: str, record: Mapping[str, Any]) -> MapOrigin:
        """What `record` wrote."""
        return cls(Role(role), record["origin"] == COMPUTED, str(record.get("source", "")))


def origins_words(origins: Iterable[MapOrigin]) -> str:
    """All in one line: "given: CBF, Tmax; computed from the 4-D series: CBV, MTT"."""
    given, computed = parted(origins)
    made = "computed from the 4-D series"
    if not (given and computed):
        return made if computed else "given"
    return f"given: {role_names(given)}; {made}: {role_names(computed)}"


def parted(origins: Iterable[MapOrigin]) -> tuple[tuple[Role, ...], tuple[Role, ...]]:
    """The roles of maps that were given, and of those that were computed."""
    known = tuple(origins)
    given, computed = (tuple(each.role for each in known if each.computed is made) for made in (False, True))
    return given, computed
