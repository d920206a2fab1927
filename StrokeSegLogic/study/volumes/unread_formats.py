"""What may hold a volume and is not opened, so that it is named and not passed over in silence."""

from __future__ import annotations

from pathlib import Path

from ...base.errors import InputError

_ARCHIVES = (
    *(".zip", ".tar", ".tgz", ".tar.gz", ".tbz", ".tar.bz2", ".tar.xz", ".txz", ".7z", ".rar", ".zst", ".iso"),
    *(".bz2", ".xz", ".lzma", ".z"),
)
_OTHER = {
    ".par": "a Philips PAR/REC file",
    ".rec": "a Philips PAR/REC file",
    ".xmlrec": "a Philips PAR/REC file",
    ".mgh": "a volume of FreeSurfer",
    ".mgz": "a volume of FreeSurfer",
    ".mnc": "a volume of MINC",
    ".img.gz": "a packed pair of .hdr and .img",
    ".hdr.gz": "a packed pair of .hdr and .img",
    ".v": "a volume of ECAT",
    ".fif": "a volume of FIFF",
    ".vtk": "a volume of VTK",
    ".vti": "a volume of VTK",
    ".head": "a volume of AFNI",
    ".brik": "a volume of AFNI",
    ".brik.gz": "a volume of AFNI",
    ".dat": "raw data of a scanner",
    ".tif": "a picture, not a volume in space",
    ".tiff": "a picture, not a volume in space",
    ".bmp": "a picture, not a volume in space",
    ".mat": "a file of MATLAB",
    ".h5": "a file of HDF5",
    ".hdf5": "a file of HDF5",
}


def unread(path: Path) -> InputError | None:
    """Why a file is not opened though it may hold a volume; None for all others.

    Args:
        path: of a file that is neither of a format that is read nor DICOM.
    """
    name = path.name.lower()
    if name.endswith(_ARCHIVES):
        return InputError("is an archive that is not opened here", where=path, fix="Unpack it")
    for ending, what in _OTHER.items():
        if name.endswith(ending):
            return InputError(f"is {what}, which is not read", where=path, fix="Convert it to NIfTI")
    if name == "2dseq":
        return InputError("is an image of a Bruker scanner, which is not read", where=path, fix="Convert it to NIfTI")
    if name.endswith(".img"):
        return InputError(
            "holds the voxels of a pair whose .hdr is missing", where=path, fix="Put both into one folder"
        )
    if name.endswith(".gz") and path.with_suffix("").suffix.lower() in (".dcm", ".ima", ".dicom", ""):
        return InputError("is no packed DICOM file", where=path, fix="Unpack it")
    return None
