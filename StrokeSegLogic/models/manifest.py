"""Reading a model.json of either kind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import InputError, ModelError
from ..base.settings import from_mapping
from .field_spec import FieldModelSpec
from .spec import PlanesModelSpec


@dataclass(frozen=True)
class _Manifest:
    model: PlanesModelSpec | FieldModelSpec


def read_manifest(path: Path) -> PlanesModelSpec | FieldModelSpec:
    """The spec in a model.json.

    Raises:
        ModelError: if the file is missing, not JSON, or holds a wrong key or value.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(f"the manifest cannot be read ({error})", where=path, fix="Install the model again") from error
    if not isinstance(values, dict):
        raise ModelError("the manifest is not a JSON object", where=path, fix="Install the model again")
    try:
        return from_mapping(_Manifest, {"model": values}, path).model
    except InputError as error:
        raise ModelError(error.what, where=error.where, fix=error.fix) from error
