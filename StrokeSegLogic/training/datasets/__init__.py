"""Public data sets in the layouts they come in: readers, check, loader, and synthetic twins of them."""

from .check import check
from .findings import Finding, Findings
from .layouts import LAYOUTS, read_data_set
from .load import LoadedSubject, load_subject
from .subject import DataSet, Subject
from .synthetic import write_synthetic

__all__ = [
    "LAYOUTS",
    "DataSet",
    "Finding",
    "Findings",
    "LoadedSubject",
    "Subject",
    "check",
    "load_subject",
    "read_data_set",
    "write_synthetic",
]
