"""Whose answers a folder of predictions holds: the model, what it has learned from, and on whose images."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..base.json_files import read_json
from ..base.records import OWN, SCHEMA, WRITTEN, schema_of
from ..base.settings import from_mapping

ORIGIN_FILE = "predictions.json"
_MARK = "strokeseg predictions"
"""Other programs, too, write files of that name."""


@dataclass(frozen=True)
class Origin:
    """What the record in a folder of predictions says.

    Attributes:
        model: name.
        sha256: of the weights; of several models, each fold's.
        trained_on: the model's own words.
        data: folder of the data set.
        simulated: no image of it is of a person.
        cases: all that were asked for, sorted.
    """

    model: str
    sha256: tuple[str, ...]
    trained_on: str
    data: str
    simulated: bool
    cases: tuple[str, ...]

    def same_source(self, other: Origin) -> bool:
        """Whether both are of one model and one data set, whichever the cases."""
        return (self.model, self.sha256, self.data) == (other.model, other.sha256, other.data)

    def sentences(self) -> tuple[str, ...]:
        """What a reader of any figure must know of where it comes from."""
        who = f"Predictions by the model {self.model}, trained on {self.trained_on.rstrip('.')}."
        return (who, "Scored on simulated patients: no image is of a person.") if self.simulated else (who,)

    def as_dict(self) -> dict[str, Any]:
        """What a record in the folder of predictions holds beside the files' names and hashes."""
        return {"format": _MARK, **asdict(self)}

    def to_json(self) -> str:
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"


def read_origin(folder: Path) -> Origin | None:
    """The record of a folder of predictions; None if there is none, or it is another program's.

    Raises:
        InputError: if the file is damaged, or a newer version wrote it.
    """
    path = folder / ORIGIN_FILE
    if not path.exists():
        return None
    content = read_json(path, fix="Take the file away")
    if not isinstance(content, dict) or content.pop("format", None) != _MARK:
        return None
    schema_of(content, path)
    for key in (SCHEMA, "files", WRITTEN, OWN):
        content.pop(key, None)
    return from_mapping(Origin, content, path)
