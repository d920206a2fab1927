"""Synthetic patients with known truth."""

from __future__ import annotations

from .mri import MriPhantom, mri_phantom
from .scan_grids import diffusion_grid, structural_grid

__all__ = ["MriPhantom", "diffusion_grid", "mri_phantom", "structural_grid"]
