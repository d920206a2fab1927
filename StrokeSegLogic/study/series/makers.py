"""Whose software made a perfusion map: maps of two programs are no set.

Programs deconvolve and scale in their own ways, so that the Tmax of one beside the CBF of another gives numbers that
neither was validated for (Kamalian et al., Stroke 2011 42:1923).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ...base.errors import InputError
from ..case import MAP_ROLES, Role
from ..volumes.candidates import Candidate
from .reading import Quality, Reading

_PROGRAMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.I))
    for name, pattern in (
        ("RAPID", r"(?<![a-z])rapid(?:ai)?(?![a-z])|ischema ?view"),
        ("Olea", r"(?<![a-z])olea"),
        ("Brainomix", r"brainomix|e-?ctp(?![a-z])"),
        ("Viz", r"(?<![a-z])viz(?:\.?ai)?(?![a-z])"),
        ("MIStar", r"mi-?star|apollo medical"),
        ("nordicICE", r"nordic"),
        ("Vitrea", r"vitrea|vital images"),
        ("syngo", r"(?<![a-z])syngo"),
        ("IntelliSpace", r"intelli ?space"),
        ("AW Server", r"(?<![a-z])aw ?(?:server|workstation)|fast ?stroke"),
        ("StrokeSeg", r"strokeseg"),
    )
)
_COMPANIES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.I))
    for name, pattern in (
        ("Siemens", r"siemens"),
        ("GE", r"^ge(?![a-z])|general electric"),
        ("Philips", r"philips"),
        ("Canon", r"canon|toshiba"),
        ("United Imaging", r"united ?imaging|^uih"),
    )
)
_ROOTS = {
    "1.3.12.2.1107.": "Siemens",
    "1.2.840.113619.": "GE",
    "1.3.46.670589.": "Philips",
    "1.2.392.200036.9116.": "Canon",
    "1.2.156.112605.": "United Imaging",
}
"""Beginnings of the UIDs that these companies' software gives to series."""
_OF_COMPANY = {"syngo": "Siemens", "IntelliSpace": "Philips", "AW Server": "GE", "Vitrea": "Canon"}


@dataclass(frozen=True)
class Maker:
    """Of a map, as far as it is known.

    Attributes:
        program: by its name or header.
        company: by its header, or that of the program.
        version: of the software.
    """

    program: str = ""
    company: str = ""
    version: str = ""

    @classmethod
    def of(cls, candidate: Candidate) -> Maker:
        tags = candidate.tags or candidate.sidecar
        said = (candidate.name, *((tags.software, tags.maker) if tags is not None else ()))
        program = next((name for name, known in _PROGRAMS if any(known.search(text) for text in said)), "")
        company = _OF_COMPANY.get(program, "")
        if tags is not None and not program:
            company = next((name for name, known in _COMPANIES if known.search(tags.maker)), tags.maker)
        if not company and not program and candidate.slices:
            uid = candidate.slices[0].uid
            company = next((name for root, name in _ROOTS.items() if uid.startswith(root)), "")
        return cls(program, company, "" if tags is None else tags.software)

    @property
    def known(self) -> bool:
        return bool(self.program or self.company)

    def differs(self, other: Maker) -> bool:
        """Whether the two are known to be different."""
        if self.version and self.version == other.version:
            return False
        if self.program and other.program:
            return self.program != other.program or self._versions(other)
        if self.company and other.company:
            return self.company.casefold() != other.company.casefold() or self._versions(other)
        return self.known and other.known and bool(self.program) != bool(other.program)

    def _versions(self, other: Maker) -> bool:
        return bool(self.version and other.version) and self.version != other.version

    def __str__(self) -> str:
        return self.program or self.company


def of_one_maker(readings: Sequence[tuple[Candidate, Reading]]) -> list[tuple[Candidate, Reading]]:
    """The readings with the maps of all makers but one set aside, where CBF and Tmax of that one are there.

    Of several such makers that with most maps, then that whose CBF is clearly better; where neither is, nobody is set
    aside.
    """
    sets: list[tuple[Maker, dict[Role, list[tuple[Candidate, Reading]]]]] = []
    for candidate, reading in readings:
        if reading.role not in MAP_ROLES or reading.role is None:
            continue
        maker = Maker.of(candidate)
        if not maker.known:
            return list(readings)
        roles = next((roles for known, roles in sets if not known.differs(maker)), None)
        if roles is None:
            roles = {}
            sets.append((maker, roles))
        roles.setdefault(reading.role, []).append((candidate, reading))
    if len(sets) < 2 or (chosen := _whole(sets)) is None:
        return list(readings)
    maker, roles = chosen
    said = f"the maps of one program were taken together, those of {maker}"
    kept = [candidate for rivals in roles.values() for candidate, _ in rivals]
    return [
        (candidate, Reading.nothing(said) if reading.role in roles and candidate not in kept else reading)
        for candidate, reading in readings
    ]


def _whole(
    sets: Sequence[tuple[Maker, dict[Role, list[tuple[Candidate, Reading]]]]],
) -> tuple[Maker, dict[Role, list[tuple[Candidate, Reading]]]] | None:
    whole = [each for each in sets if all(_usable(each[1].get(role, ())) for role in (Role.CBF, Role.TMAX))]
    most = max((len(roles) for _, roles in whole), default=0)
    whole = [each for each in whole if len(each[1]) == most]
    if len(whole) < 2:
        return whole[0] if whole else None
    from .preference import choose

    try:
        taken, _, _ = choose(Role.CBF, [rival for _, roles in whole for rival in roles[Role.CBF]])
    except InputError:
        return None
    return next(each for each in whole if any(taken is candidate for candidate, _ in each[1][Role.CBF]))


def _usable(rivals: Iterable[tuple[Candidate, Reading]]) -> bool:
    unwanted = {Quality.COLOUR, Quality.CAPTURE}
    return any(candidate.fault is None and not reading.qualities & unwanted for candidate, reading in rivals)


def mixed_makers(maps: Mapping[Role, Candidate]) -> tuple[str, ...]:
    """A note where perfusion maps that were taken are of different makers; none where they are not known to be.

    Args:
        maps: what was taken for each role; others than maps are not looked at.
    """
    makers = {role: Maker.of(candidate) for role, candidate in maps.items() if role in MAP_ROLES}
    for (first, ours), (other, theirs) in combinations(makers.items(), 2):
        if ours.differs(theirs):
            whose = f"{first.display_name} of {ours}, {other.display_name} of {theirs}"
            if str(ours) == str(theirs):
                whose = f"{first.display_name} and {other.display_name} of two versions of {ours}"
            return (
                f"the perfusion maps are of different software ({whose}): programs scale and deconvolve in their own "
                "ways, and thresholds hold for the maps of one; give all maps of one program",
            )
    return ()
