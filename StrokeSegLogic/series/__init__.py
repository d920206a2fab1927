"""Which series is which role, why, and how sure; and the way from a study to a case."""

from .assign import Assignment, Claim, assign, read_candidate
from .load import load_case
from .read import series_in_memory
from .reading import Reading

__all__ = ["Assignment", "Claim", "Reading", "assign", "load_case", "read_candidate", "series_in_memory"]
