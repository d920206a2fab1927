"""`predict_slices` under its public name: loose slices in, probabilities out. It lives in `mri.slices`."""

from __future__ import annotations

from .mri.slices import predict_slices as predict_slices
