"""A run's folder belongs to one recipe."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..base.errors import InputError
from ..base.files import make_folder, read_regular, write_whole


def claim(output: Path, recipe: Any) -> None:
    """Marks the folder as this recipe's run.

    Args:
        output: made if it is not there.
        recipe: a dataclass.

    Raises:
        InputError: if it is another run's.
        OutputError: if it cannot be made or written to.
    """
    make_folder(output)
    mark = output / "recipe.json"
    content = (json.dumps(asdict(recipe), indent=2) + "\n").encode("utf-8")
    if not mark.exists():
        write_whole(mark, content)
    elif read_regular(mark, len(content)) != content:
        raise InputError(
            "the folder holds a run of another recipe",
            where=output,
            fix="Choose another output folder, or empty it",
        )
