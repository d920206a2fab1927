"""NRRD and MetaImage, read through ITK."""

from __future__ import annotations

import re
from pathlib import Path

import SimpleITK as sitk

from ..base.errors import InputError
from .checks import require_real, require_scalar_3d
from .geometry import require_spacing, straighten

SUFFIXES = {".nrrd": "NrrdImageIO", ".nhdr": "NrrdImageIO", ".mha": "MetaImageIO", ".mhd": "MetaImageIO"}
_NRRD = (".nrrd", ".nhdr")
_HEADER_BYTES = 1 << 16
_DATA_FILE = re.compile(rb"^(?:ElementDataFile\s*=|data ?file\s*:)\s*(.+?)\s*$", re.I | re.M)
_META_SPACING = re.compile(rb"^Element(?:Spacing|Size)\s*=\s*(.+?)\s*$", re.M)


def read_itk(path: Path) -> sitk.Image:
    """The volume as 3-D float32, mm, LPS.

    Raises:
        InputError: if it is not an intact file of one 3-D scalar volume with a proper geometry.
    """
    for part in files_of(path)[1:]:
        if not part.is_file():
            raise InputError(f"its data file {part.name} is missing", where=path, fix="Put both into one folder")
    require_real_geometry(path)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(SUFFIXES[path.suffix.lower()])
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        size = reader.GetSize()
        while len(size) > 3 and size[-1] == 1:
            size = size[:-1]
        require_scalar_3d(size, reader.GetNumberOfComponents(), str(path))
        require_real(reader.GetPixelID(), str(path))
        # A zero tells ITK to drop that dimension.
        reader.SetExtractSize([*size, *[0] * (reader.GetDimension() - 3)])
        reader.SetOutputPixelType(sitk.sitkFloat32)
        image = reader.Execute()
    except RuntimeError as error:
        raise fault(path, str(error)) from error
    straighten(image, str(path))
    return image


def files_of(path: Path) -> tuple[Path, ...]:
    """The header file and, where the voxels lie in a file of their own, that one.

    Raises:
        InputError: if the voxels are spread over several files.
    """
    found = _DATA_FILE.search(_header(path))
    if found is None or found[1].upper() == b"LOCAL":
        return (path,)
    name = found[1].decode("utf-8", "replace")
    if name.upper().startswith("LIST") or "%" in name:
        raise InputError(
            "its voxels are spread over several files", where=path, fix="Save it as one .nrrd or .mha file"
        )
    return path, path.parent / name


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(_HEADER_BYTES)
    if path.suffix.lower() in _NRRD:
        # The voxels begin after the first empty line; nothing in them may be taken for a header line.
        return re.split(rb"\r?\n\r?\n", start, maxsplit=1)[0]
    local = re.search(rb"^ElementDataFile.*$", start, re.M)
    return start[: local.end()] if local else start


def require_real_geometry(path: Path) -> None:
    """Refuses a MetaImage whose header gives a spacing that is no positive number.

    Raises:
        InputError: if it does.
    """
    # ITK turns a negative spacing of a MetaImage silently into a flipped axis.
    if path.suffix.lower() not in _NRRD and (found := _META_SPACING.search(_header(path))):
        try:
            spacing = [float(s) for s in found[1].split()]
        except ValueError as error:
            raise fault(path, "spacing") from error
        require_spacing(spacing[:3], str(path))


def fault(path: Path, message: str) -> InputError:
    """The error for a file that ITK cannot read, from what ITK says."""
    low = message.lower()
    if "spacing" in low or "space vector" in low or "space directions" in low:
        what, fix = "the voxel spacing is zero or undefined", "Correct the header"
    elif "determinant" in low:
        what, fix = "the direction matrix is singular", "Correct the header"
    else:
        kind = "NRRD" if path.suffix.lower() in _NRRD else "MetaImage"
        what = f"is not an intact {kind} file (another kind of file, cut short, or damaged)"
        fix = "Copy or export it again, and check that its name ends as its content is"
    return InputError(what, where=path, fix=fix)
