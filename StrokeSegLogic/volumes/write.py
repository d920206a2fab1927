"""Writing a volume: the whole file, or what was there before."""

from __future__ import annotations

import uuid
from pathlib import Path

import SimpleITK as sitk

from ..errors import OutputError


def write_image(image: sitk.Image, path: Path) -> None:
    """Writes a volume in the format of the path's ending, under a temporary name that is then changed.

    Raises:
        OutputError: if it cannot be written.
    """
    ending = path.name[path.name.index(".") :]
    temporary = path.with_name(f".{uuid.uuid4().hex}{ending}")
    try:
        sitk.WriteImage(image, str(temporary), True)
        temporary.replace(path)
    except (RuntimeError, OSError) as error:
        raise OutputError(
            f"cannot be written ({str(error).splitlines()[-1]})",
            where=path,
            fix="Check that the folder exists, may be written to, and that the disk is not full",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
