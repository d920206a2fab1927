"""A model's folder: model.json and weights.safetensors, written together and verified before use."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...base.errors import InputError, ModelError
from ...base.files import make_folder, read_regular, write_whole
from ...base.json_files import read_json_object
from ...base.settings import from_mapping
from ..networks.parameters import parameter_shapes
from .field_spec import FieldModelSpec
from .spec import BrainModelSpec, PlanesModelSpec, Weights
from .tensors import FLOATS, INT8, SCALE, WHOLE_NUMBERS, read_header, tensors_of

MANIFEST = "model.json"
WEIGHTS = "weights.safetensors"
LARGEST_WEIGHTS = (2 << 30) - 1
"""Bytes of the weights: a full slow fusion of five images has a tenth of it."""
LARGEST_MANIFEST = 1 << 20
"""Bytes of a manifest; those of our own models have a hundredth of it."""
_AGAIN = "Install the model again"
_COUNTER = ".num_batches_tracked"
ModelSpec = PlanesModelSpec | FieldModelSpec | BrainModelSpec


@dataclass(frozen=True)
class Bundle:
    """A model on disk whose manifest has been read; the weights are verified when they are loaded."""

    folder: Path
    spec: ModelSpec

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
            fix="Choose another model for this case; strokeseg predict runs this model over a data set",
        )

    @property
    def field(self) -> FieldModelSpec:
        """The spec of a model of one network.

        Raises:
            ModelError: if it is a model of another kind.
        """
        if isinstance(self.spec, FieldModelSpec):
            return self.spec
        raise ModelError("is not a model of CT perfusion", where=self.spec.name, fix="Choose another model")

    @property
    def brain(self) -> BrainModelSpec:
        """The spec of a model that finds the brain.

        Raises:
            ModelError: if it is a model of another kind.
        """
        if isinstance(self.spec, BrainModelSpec):
            return self.spec
        raise ModelError("does not find the brain in a head", where=self.spec.name, fix="Install StrokeSeg again")

    @classmethod
    def open(cls, folder: Path) -> Bundle:
        """The bundle in a folder.

        Raises:
            ModelError: if it holds no readable manifest.
        """
        return cls(folder, read_manifest(folder / MANIFEST))

    def load(self) -> dict[str, dict[str, np.ndarray]]:
        """Each network's parameters by name, as stored (fp16; batch norms' statistics fp32; int8 with its scales as
        float32), once the hash was checked.

        The file is read once: the bytes that were hashed are the bytes that are used. The arrays are read-only.

        Raises:
            ModelError: if the file is missing, its hash differs from the manifest's, it is no safetensors file, a
                number in it is not finite, or a network is missing.
        """
        path = self.folder / self.spec.weights.file
        try:
            content = read_regular(path, LARGEST_WEIGHTS)
        except InputError as error:
            raise ModelError(f"the weights cannot be read: {error.what}", where=path, fix=_AGAIN) from error
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
            raise ModelError(error.what, where=path, fix=_AGAIN) from error
        members: dict[str, dict[str, np.ndarray]] = {member: {} for member in self.spec.members}
        for name, tensor in tensors.items():
            member, _, parameter = name.partition(".")
            if member not in members:
                raise ModelError(f"unknown network '{member}' in the weights", where=path, fix=_AGAIN)
            members[member][parameter] = tensor
        for member, parameters in members.items():
            if not parameters:
                raise ModelError(f"no weights for the {member} network", where=path, fix=_AGAIN)
        if not any(value.dtype == np.int8 for parameters in members.values() for value in parameters.values()):
            return members
        from .quantisation import dequantised

        try:
            return {member: dequantised(parameters) for member, parameters in members.items()}
        except KeyError as error:
            raise ModelError(f"there is no {error.args[0]} in the weights", where=path, fix=_AGAIN) from error

    @classmethod
    def write(
        cls,
        folder: Path,
        spec: ModelSpec,
        members: Mapping[Any, Mapping[str, np.ndarray]],
        int8: bool = False,
    ) -> Bundle:
        """Writes the weights and the manifest with their hash (the spec's own weights entry is replaced).

        Args:
            folder: made if it is not there.
            spec: of the model.
            members: parameters of each of its networks.
            int8: kernels are stored as int8 with a scale for each channel (see `quantisation`), all else as fp16.

        Raises:
            ValueError: if a weight is too large for fp16, or no number.
            OutputError: if the folder cannot be written to.
        """
        # Reading does without it, as Slicer's own process does, where it may not be installed.
        from safetensors.numpy import save

        make_folder(folder)
        tensors = {
            f"{member}.{part}": np.ascontiguousarray(stored)
            for member, parameters in members.items()
            for name, value in parameters.items()
            for part, stored in _parts(name, value, int8)
        }
        # One entry: safetensors writes several in any order, and the same weights would have another hash.
        content = save(tensors, metadata={"model": f"{spec.name} {spec.version}"})
        spec = dataclasses.replace(spec, weights=Weights(WEIGHTS, hashlib.sha256(content).hexdigest()))
        write_whole(folder / WEIGHTS, content)
        write_whole(folder / MANIFEST, manifest_text(spec).encode("utf-8"))
        return cls(folder, spec)


def _parts(name: str, value: np.ndarray, int8: bool) -> Iterator[tuple[str, np.ndarray]]:
    """What is stored of a parameter, by name."""
    from .quantisation import is_worth_it, quantised

    if int8 and is_worth_it(value):
        whole, scale = quantised(value)
        yield name, whole
        yield name + SCALE, scale
    else:
        yield name, _stored(name, value)


def _stored(name: str, value: np.ndarray) -> np.ndarray:
    """Weights as fp16; batch norms' statistics as they are: variances range beyond what fp16 can hold."""
    if value.dtype.kind != "f" or name.endswith((".running_mean", ".running_var")):
        return value
    with np.errstate(over="ignore"):  # asked for in the next line
        half = value.astype(np.float16)
    if not np.isfinite(half).all():
        raise ValueError(f"{name} holds values that fp16 cannot")
    return half


def manifest_text(spec: ModelSpec) -> str:
    """What a model.json says of a model."""
    return json.dumps(dataclasses.asdict(spec), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class _Manifest:
    model: ModelSpec


def read_manifest(path: Path) -> ModelSpec:
    """The spec in a model.json.

    Raises:
        ModelError: if the file is missing, larger than any manifest, not JSON, or holds a wrong key or value.
    """
    try:
        values = read_json_object(path, largest=LARGEST_MANIFEST)
    except InputError as error:
        raise ModelError(f"the manifest cannot be read ({error.what})", where=path, fix=_AGAIN) from error
    try:
        model = from_mapping(_Manifest, {"model": values}, path).model
        # Every result repeats what the manifest says.
        json.dumps(values, ensure_ascii=False).encode("utf-8")
    except InputError as error:
        raise ModelError(error.what, where=error.where, fix=error.fix) from error
    except UnicodeEncodeError as error:
        raise ModelError("the manifest holds text that is none", where=path, fix=_AGAIN) from error
    return model


def verify(folder: Path) -> Bundle:
    """The model in a folder, once every parameter of its networks was found in the weights, finite and in its shape.

    What passes loads: the networks are built from the same spec, and take exactly these names and shapes.

    Raises:
        ModelError: if the manifest or the weights are missing or damaged, or do not fit one another.
    """
    bundle = Bundle.open(folder)
    require_fitting_weights(bundle)
    bundle.load()
    return bundle


def require_fitting_weights(bundle: Bundle) -> None:
    """Refuses weights that are not the parameters of the networks which the manifest describes.

    Only the file's header is read, and nothing is allocated: a manifest may ask for layers of any width.

    Raises:
        ModelError: naming the first parameter that is missing, unknown, or of another shape or type.
    """
    path = bundle.folder / bundle.spec.weights.file
    try:
        shapes = parameter_shapes(bundle.spec.network)
        entries = read_header(path)
    except InputError as error:
        raise ModelError(f"the weights cannot be read: {error.what}", where=path, fix=_AGAIN) from error
    except ValueError as error:
        raise ModelError(f"the weights do not fit the network ({error})", where=path, fix=_AGAIN) from error
    # Kernels in int8 bring their scales, a number for each channel.
    kernels = {name for name, entry in entries.items() if entry.kind == INT8 and not name.endswith(_COUNTER)}
    wanted = {f"{member}.{name}": shape for member in bundle.spec.members for name, shape in shapes.items()}
    wanted |= {f"{name}{SCALE}": entries[name].shape[:1] for name in kernels}
    wrong = [f"no {name}" for name in wanted if name not in entries]
    wrong += [f"an unknown {name}" for name in entries if name not in wanted]
    wrong += [
        f"{name} as {_sides(entries[name].shape)} instead of {_sides(shape)}"
        for name, shape in wanted.items()
        # A counter was stored as a list of one number, and is loaded so.
        if name in entries and (entries[name].shape or (1,)) != (shape or (1,))
    ]
    wrong += [
        f"{name} as {entry.kind}"
        for name, entry in entries.items()
        if name not in kernels and entry.kind not in (WHOLE_NUMBERS if name.endswith(_COUNTER) else FLOATS)
    ]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise ModelError(f"the weights do not fit the network (there is {wrong[0]}{more})", where=path, fix=_AGAIN)


def _sides(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"
