"""What a model is, as its model.json says."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from ...base.errors import InputError, ModelError
from ...base.settings import PLANES
from ...study.case import MRI_ROLES, Role
from ..networks.spec import LONGEST_SIDE, NetworkSpec, is_size

FORMAT = 1
"""Version of the manifest's format."""
JOINED = "+"
"""Between the names of sequences that are looked at together."""
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


@dataclass(frozen=True)
class VolumeLaw:
    """How far from the true lesion volume the model's was on patients, as a 90 % interval around a volume.

    With V the volume that is called lesion, L and H what the planes would vote for at the thresholds `low` and `high`,
    each with `offset_ml` added, it reaches from V / (S V / H)^below to V (S L / V)^above, S being e^`slack`: the more
    another threshold would change, the wider. `below` and `above` are split conformal quantiles (Lei et al., JASA 2018,
    113:1094), exceeded by one patient in twenty each.

    Attributes:
        low, high: of the probability.
        offset_ml: added to each volume, so that small volumes can be compared.
        slack: natural logarithm, of the width that is left where no other threshold changes anything.
        below, above: exponents.
        unmarked_ml: the upper end where nothing is called lesion; None where there were no such patients.
        measured_on: on whom, in words, and how many of them the interval held; shown beside it.
    """

    low: float
    high: float
    offset_ml: float
    slack: float
    below: float
    above: float
    unmarked_ml: float | None
    measured_on: str

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high < 1:
            raise ValueError("low and high must be thresholds, low below high")
        limits = {"offset_ml": 1000, "slack": 5, "below": 20, "above": 20, "unmarked_ml": 5000}
        if not all(0 <= (getattr(self, key) or 0) <= limits[key] for key in limits) or not self.offset_ml * self.slack:
            raise ValueError(f"a number of a volume's law is beyond {limits}")

    def interval_ml(self, volume: float, at_low: float, at_high: float) -> tuple[float, float] | None:
        """Both ends, ml, from the three volumes, ml; None where nothing is called lesion and no such patients were."""
        if not volume:
            return None if self.unmarked_ml is None else (0.0, self.unmarked_ml)
        v, more, less = (ml + self.offset_ml for ml in (volume, max(at_low, volume), min(at_high, volume)))
        low = v * (math.exp(-self.slack) * less / v) ** self.below
        high = v * (math.exp(self.slack) * more / v) ** self.above
        return max(low - self.offset_ml, 0.0), high - self.offset_ml


_FINEST_MM, _COARSEST_MM = 0.2, 20.0
"""Finer pixels make a head larger than memory, coarser pixels make nothing of it."""
MOST_VOXELS = 1 << 23
"""Of a field that a network is shown at once."""


@dataclass(frozen=True)
class PlanesModelSpec:
    """A model of one network a plane.

    Attributes:
        format: of the manifest.
        name: what users call it.
        version: of the weights.
        title: for people, one line.
        trained_on: what it has learned from, in a sentence that is shown beside every result; simulated data are
            called so.
        inputs: roles in channel order.
        needs_one_of: at least one of these must be there for the model to work at all.
        tested_with_one_of: without any of these the model was never measured on patients; see `require_measured`.
        network: of every plane; its channels are the inputs.
        spacing_mm: pixel size that the networks were trained at.
        threshold: a plane says lesion where its probability is at least this; see `threshold_for`.
        plane_weights: share of each plane in the weighted vote.
        weights: the weights' file and hash.
        card: what it was trained on, by what recipe, and what it reached; JSON-ready.
        needs_all_of: every one of these must be there: the model never learned without.
        thresholds: other thresholds for cases with certain sequences, by their names with "+" between them; the first
            of which all are there counts.
        least_expected_ml: parts of the lesion (26 neighbours) of less expected volume, the sum of their voxels' mean
            probability times the voxel's volume, are no lesion: the less sure a part, the larger it must be. By
            sequences, as `thresholds`; none is 0.
        volume_laws: the interval of the lesion's volume, by the very sequences that are looked at; for any
            other mixture there is none.
        canvas: rows and columns that networks were shown in training, and are after it (see `canvas`); empty for none.
    """

    format: int
    name: str
    version: str
    title: str
    trained_on: str
    inputs: tuple[str, ...]
    needs_one_of: tuple[str, ...]
    tested_with_one_of: tuple[str, ...]
    network: NetworkSpec
    spacing_mm: float
    threshold: float
    plane_weights: dict[str, float]
    weights: Weights
    card: dict[str, Any]
    needs_all_of: tuple[str, ...] = ()
    thresholds: dict[str, float] = field(default_factory=dict)
    canvas: tuple[int, ...] = ()
    least_expected_ml: dict[str, float] = field(default_factory=dict)
    volume_laws: dict[str, VolumeLaw] = field(default_factory=dict)
    kind: str = "planes"

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"manifest format {self.format} is not {FORMAT}; a newer StrokeSeg may read it")
        if self.network.channels != len(self.inputs):
            raise ValueError(f"{self.network.channels} channels for {len(self.inputs)} inputs")
        if self.network.dimensions != 2 or self.network.classes != 2 or getattr(self.network, "nihss", False):
            raise ValueError("the planes' network must be 2-D, of two classes, and ask for images alone")
        if set(self.plane_weights) != set(PLANES) or min(self.plane_weights.values()) <= 0:
            raise ValueError(f"plane_weights must hold a positive number for each of {', '.join(PLANES)}")
        limits = (self.threshold, *self.thresholds.values())
        if not all(0 < limit < 1 for limit in limits):
            raise ValueError("thresholds must lie between 0 and 1")
        if not _FINEST_MM <= self.spacing_mm <= _COARSEST_MM:
            raise ValueError(f"spacing_mm must lie between {_FINEST_MM} and {_COARSEST_MM}")
        if self.canvas and (len(self.canvas) != 2 or not is_size(self.canvas)):
            raise ValueError(f"canvas must be two sides of 1 to {LONGEST_SIDE} pixels, or empty")
        if len(set(self.inputs)) != len(self.inputs):
            raise ValueError("an input is named twice")
        if not all(0 <= least < math.inf for least in self.least_expected_ml.values()):
            raise ValueError("least_expected_ml must hold volumes of 0 ml or more")
        named = (*self.inputs, *self.needs_one_of, *self.tested_with_one_of, *self.needs_all_of)
        sets = (*self.thresholds, *self.least_expected_ml, *self.volume_laws)
        for name in (*named, *(part for names in sets for part in names.split(JOINED))):
            if name not in MRI_ROLES:
                raise ValueError(f"'{name}' is no MR sequence")

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the networks in the weights file."""
        return PLANES

    @property
    def roles(self) -> tuple[Role, ...]:
        """The inputs, in channel order."""
        return tuple(Role(name) for name in self.inputs)

    def threshold_for(self, used: Iterable[Role]) -> float:
        """The threshold of the probability where these sequences are looked at.

        A sequence that shows acute infarcts alone allows a lower threshold than another that shows old disease, too.
        """
        limit = of_sequences(used, self.thresholds)
        return self.threshold if limit is None else limit

    def least_expected_ml_for(self, used: Iterable[Role]) -> float:
        """The expected volume that a part of the lesion must have where these sequences are looked at, ml."""
        return of_sequences(used, self.least_expected_ml) or 0.0

    def volume_law_for(self, used: Iterable[Role]) -> VolumeLaw | None:
        """The law of the volume where these sequences, and no others, are looked at; None where it was not measured."""
        given = {role.value for role in used}
        return next((law for names, law in self.volume_laws.items() if given == set(names.split(JOINED))), None)

    def require_inputs(self, present: Iterable[Role]) -> None:
        """Refuses inputs that the model cannot work with.

        Raises:
            ModelError: if none of the inputs that it needs is there.
        """
        given = {role.value for role in present}
        if not given & set(self.needs_one_of):
            raise ModelError(
                f"the model cannot work with {', '.join(sorted(given))} alone",
                where=self.name,
                fix=f"Add at least one of {', '.join(self.needs_one_of)}",
            )
        missing = [name for name in self.needs_all_of if name not in given]
        if missing:
            raise ModelError(
                f"the model never learned without {', '.join(missing)}",
                where=self.name,
                fix=f"Add {', '.join(missing)}, or use a model that was trained with missing sequences",
            )

    def is_measured_on(self, present: Iterable[Role]) -> bool:
        """Whether the model was measured on patients of whom such sequences were there."""
        return any(role.value in self.tested_with_one_of for role in present)

    def require_measured(self, present: Iterable[Role], partly: Mapping[Role, float] | None = None) -> None:
        """Refuses inputs on which the model was never measured on patients.

        Args:
            present: sequences of most of the brain, or, before the brain is known, of all.
            partly: the part of the brain that other sequences show: too little for them to count.

        Raises:
            InputError: if none of `tested_with_one_of` is there.
        """
        given, partly = tuple(present), partly or {}
        if not self.is_measured_on(given):
            needed = " or ".join(self.tested_with_one_of)
            shown = ", ".join(f"{role} shows {part:.0%} of the brain" for role, part in partly.items())
            with_what = f"with {', '.join(given)} alone" if given else "without any other sequence"
            raise InputError(
                f"{self.name} was never measured on patients without {needed}{f' ({shown})' if shown else ''}; "
                f"{with_what} it marks healthy tissue, too",
                fix=f"Add {needed}{' of the whole brain' if shown else ''}, or allow inputs that were not measured",
                option="unmeasured",
                roles=tuple(role.value for role in (*given, *partly)),
            )


@dataclass(frozen=True)
class BrainModelSpec:
    """A brain network.

    Attributes:
        format, name, version, title, trained_on, weights, card: see `PlanesModelSpec`.
        network: 3-D, one channel in; background and brain out.
        spacing_mm: side of the cubic voxels that it is shown.
        field: voxels (z, y, x) that it is shown, the brain near their middle.
        threshold: brain is where its probability is at least this.
    """

    format: int
    name: str
    version: str
    title: str
    trained_on: str
    network: NetworkSpec
    spacing_mm: float
    field: tuple[int, ...]
    threshold: float
    weights: Weights
    card: dict[str, Any]
    kind: str = "brain"

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"manifest format {self.format} is not {FORMAT}; a newer StrokeSeg may read it")
        if self.network.dimensions != 3 or self.network.channels != 1 or self.network.classes != 2:
            raise ValueError("a brain network is 3-D, of one channel and two classes")
        if len(self.field) != 3 or not is_size(self.field, least=16) or prod(self.field) > MOST_VOXELS:
            raise ValueError(f"field must be slices, rows and columns, each at least 16, {MOST_VOXELS} voxels at most")
        if not _FINEST_MM <= self.spacing_mm <= _COARSEST_MM:
            raise ValueError(f"spacing_mm must lie between {_FINEST_MM} and {_COARSEST_MM}")
        if not 0 < self.threshold < 1:
            raise ValueError("threshold must lie between 0 and 1")

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the networks in the weights file."""
        return ("network",)


def of_sequences(used: Iterable[Role], values: Mapping[str, float]) -> float | None:
    """The first of the values by sequences of which all sequences are looked at; None where there is none."""
    given = {role.value for role in used}
    return next((value for names, value in values.items() if given >= set(names.split(JOINED))), None)
