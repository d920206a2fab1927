"""Volumes in and out: reading, checking, finding them in a study folder, writing, hashing."""

from ..base.files import sha256_of
from .candidates import Candidate
from .checks import validate
from .dicom import read_dicom_series
from .dicom_headers import DicomTags
from .nifti import write_nifti, write_nifti_series
from .reader import header_notes, read_volume
from .study_files import StudyFiles, find_series, study_files

__all__ = [
    "Candidate",
    "DicomTags",
    "StudyFiles",
    "find_series",
    "header_notes",
    "read_dicom_series",
    "read_volume",
    "sha256_of",
    "study_files",
    "validate",
    "write_nifti",
    "write_nifti_series",
]
