"""A model's folder: model.json and weights.safetensors, written together and verified before use."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...base.errors import InputError, ModelError
from ...base.files import make_folder, read_regular, write_whole
from .field_spec import FieldModelSpec
from .manifest import read_manifest
from .spec import PlanesModelSpec
from .tensors import tensors_of
from .weights import Weights

MANIFEST = "model.json"
WEIGHTS = "weights.safetensors"
LARGEST = (2 << 30) - 1
"""Bytes of the weights: a full slow fusion of five images has a tenth of it."""


@dataclass(frozen=True)
class Bundle:
    """A model on disk whose manifest has been read; the weights are verified when they are loaded."""

    folder: Path
    spec: PlanesModelSpec | FieldModelSpec

    @property
    def planes(self) -> PlanesModelSpec:
        """The spec of a model of three planes.

        Raises:
            ModelError: if it is a model of another kind.
        """
        if isinstance(self.spec, PlanesModelSpec):
            return self.spec
        raise ModelError(
            "is not a model of three MRI planes",
            where=self.spec.name,
            fix="Choose another model for this case; strokeseg predict runs this one over a data set",
        )

    @property
    def field(self) -> FieldModelSpec:
        """The spec of a model of one network.

        Raises:
            ModelError: if it is a model of another kind.
        """
        if isinstance(self.spec, FieldModelSpec):
            return self.spec
        raise ModelError(
            "is a model of three MRI planes, not of CT perfusion", where=self.spec.name, fix="Choose another model"
        )

    @classmethod
    def open(cls, folder: Path) -> Bundle:
        """The bundle in a folder.

        Raises:
            ModelError: if it holds no readable manifest.
        """
        return cls(folder, read_manifest(folder / MANIFEST))

    def load(self) -> dict[str, dict[str, np.ndarray]]:
        """Each network's parameters by name, as stored (fp16; batch norms' statistics fp32), once the hash was checked.

        The file is read once: the bytes that were hashed are the bytes that are used. The arrays are read-only.

        Raises:
            ModelError: if the file is missing, its hash differs from the manifest's, it is no safetensors file, a
                number in it is not finite, or a network is missing.
        """
        path = self.folder / self.spec.weights.file
        try:
            content = read_regular(path, LARGEST)
        except InputError as error:
            raise ModelError(
                f"the weights cannot be read: {error.what}", where=path, fix="Install the model again"
            ) from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.spec.weights.sha256:
            raise ModelError(
                f"the weights' SHA-256 is {found[:12]}..., the manifest says {self.spec.weights.sha256[:12]}...",
                where=path,
                fix="The file was changed or damaged: install the model again",
            )
        try:
            tensors = tensors_of(content, path)
        except InputError as error:
            raise ModelError(error.what, where=path, fix="Install the model again") from error
        members: dict[str, dict[str, np.ndarray]] = {member: {} for member in self.spec.members}
        for name, tensor in tensors.items():
            member, _, parameter = name.partition(".")
            if member not in members:
                raise ModelError(
                    f"unknown network '{member}' in the weights", where=path, fix="Install the model again"
                )
            members[member][parameter] = tensor
        for member, parameters in members.items():
            if not parameters:
                raise ModelError(f"no weights for the {member} network", where=path, fix="Install the model again")
        return members

    @classmethod
    def write(
        cls, folder: Path, spec: PlanesModelSpec | FieldModelSpec, members: Mapping[Any, Mapping[str, np.ndarray]]
    ) -> Bundle:
        """Writes weights as fp16 and the manifest with their hash (the spec's own weights entry is replaced).

        Raises:
            ValueError: if a weight is too large for fp16.
            OutputError: if the folder cannot be written to.
        """
        # Reading does without it, as Slicer's own process does, where it may not be installed.
        from safetensors.numpy import save

        make_folder(folder)
        tensors = {
            f"{member}.{name}": np.ascontiguousarray(_stored(name, value))
            for member, parameters in members.items()
            for name, value in parameters.items()
        }
        # One entry: safetensors writes several in any order, and the same weights would have another hash.
        content = save(tensors, metadata={"model": f"{spec.name} {spec.version}"})
        spec = dataclasses.replace(spec, weights=Weights(WEIGHTS, hashlib.sha256(content).hexdigest()))
        write_whole(folder / WEIGHTS, content)
        write_whole(folder / MANIFEST, spec.to_json().encode("utf-8"))
        return cls(folder, spec)


def _stored(name: str, value: np.ndarray) -> np.ndarray:
    """Weights as fp16; batch norms' statistics as they are: variances range beyond what fp16 can hold."""
    if value.dtype.kind != "f" or name.endswith((".running_mean", ".running_var")):
        return value
    with np.errstate(over="ignore"):  # asked for in the next line
        half = value.astype(np.float16)
    if not np.isfinite(half).all():
        raise ValueError(f"{name} holds values that fp16 cannot")
    return half
