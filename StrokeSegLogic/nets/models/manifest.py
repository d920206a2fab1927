"""Reading a model.json of either kind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...base.errors import InputError, ModelError
from ...base.json_files import read_json_object
from ...base.settings import from_mapping
from .field_spec import FieldModelSpec
from .spec import PlanesModelSpec

LARGEST = 1 << 20
"""Bytes of a manifest; those of our own models have a hundredth of it."""


@dataclass(frozen=True)
class _Manifest:
    model: PlanesModelSpec | FieldModelSpec


def read_manifest(path: Path) -> PlanesModelSpec | FieldModelSpec:
    """The spec in a model.json.

    Raises:
        ModelError: if the file is missing, larger than any manifest, not JSON, or holds a wrong key or value.
    """
    try:
        values = read_json_object(path, largest=LARGEST)
    except InputError as error:
        raise ModelError(
            f"the manifest cannot be read ({error.what})", where=path, fix="Install the model again"
        ) from error
    try:
        model = from_mapping(_Manifest, {"model": values}, path).model
        # Every result repeats what the manifest says.
        model.to_json().encode("utf-8")
    except InputError as error:
        raise ModelError(error.what, where=error.where, fix=error.fix) from error
    except UnicodeEncodeError as error:
        raise ModelError("the manifest holds text that is none", where=path, fix="Install the model again") from error
    return model
