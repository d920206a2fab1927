"""What a model is, as its model.json says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..case import Role
from ..errors import InputError, ModelError
from ..networks.spec import NetworkSpec
from ..planes import PLANES
from ..settings import from_mapping

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


@dataclass(frozen=True)
class ModelSpec:
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
        tested_with_one_of: without one of these the result carries a warning: never measured on real images.
        network: of every plane; its channels are the inputs.
        spacing_mm: pixel size that the networks were trained at.
        threshold: a plane says lesion where its probability is at least this.
        plane_weights: share of each plane in the weighted vote.
        weights: the weights' file and hash.
        card: what it was trained on, by what recipe, and what it reached; JSON-ready.
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

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"manifest format {self.format} is not {FORMAT}; a newer StrokeSeg may read it")
        if self.network.channels != len(self.inputs):
            raise ValueError(f"{self.network.channels} channels for {len(self.inputs)} inputs")
        if set(self.plane_weights) != set(PLANES) or min(self.plane_weights.values()) <= 0:
            raise ValueError(f"plane_weights must hold a positive number for each of {', '.join(PLANES)}")
        if not 0 < self.threshold < 1 or self.spacing_mm <= 0:
            raise ValueError("threshold must lie between 0 and 1, and spacing_mm be positive")
        for name in (*self.inputs, *self.needs_one_of, *self.tested_with_one_of):
            Role(name)

    @property
    def roles(self) -> tuple[Role, ...]:
        """The inputs, in channel order."""
        return tuple(Role(name) for name in self.inputs)

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

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, path: Path) -> ModelSpec:
        """The spec in a model.json.

        Raises:
            ModelError: if the file is missing, not JSON, or holds a wrong key or value.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise ModelError(
                f"the manifest cannot be read ({error})", where=path, fix="Install the model again"
            ) from error
        if not isinstance(values, dict):
            raise ModelError("the manifest is not a JSON object", where=path, fix="Install the model again")
        try:
            return from_mapping(cls, values, path)
        except InputError as error:
            raise ModelError(error.what, where=error.where, fix=error.fix) from error
