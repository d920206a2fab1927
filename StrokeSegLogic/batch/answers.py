"""What a worker says of a case, in a file beside the results: it is there though its worker died a moment later."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ..base.errors import InputError
from ..base.files import write_whole
from ..base.json_files import json_bytes, json_ready, read_json_object
from .work import Answer

ANSWERS = ".strokeseg-answers"
"""In the output folder while workers are at work: a file a case, empty from its beginning on."""


class AnswerFile:
    """Of one case that a worker has.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self) -> None:
        """The worker begins; raises OSError where it cannot be said."""
        self.path.parent.mkdir(exist_ok=True)
        self.path.touch()

    def write(self, answer: Answer) -> None:
        """The worker has ended; raises OutputError where it cannot be said."""
        write_whole(self.path, json_bytes(json_ready(asdict(answer))))

    @property
    def begun(self) -> bool:
        """Whether the worker has begun."""
        return self.path.exists()

    def read(self) -> Answer | None:
        """The answer; None as long as there is none."""
        with suppress(OSError, InputError):
            if self.path.stat().st_size:
                values = read_json_object(self.path)
                return Answer(**{**values, "changed": tuple(values["changed"])})
        return None

    def remove(self) -> None:
        """It was heard."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
