from __future__ import annotations

import importlib
import sys
from pathlib import Path

if __package__ in (None, ""):
    # Started by its path, as 3D Slicer's launcher does, which may reset PYTHONPATH. The folder that Python put first
    # is this folder, whose modules would hide others of the same name.
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    # First for the one import, so that panel and worker are of one version whatever else is installed; last for all
    # others, so that nothing beside the package hides a library.
    home = str(here.parents[1])
    sys.path.insert(0, home)
    importlib.import_module("StrokeSegLogic")
    sys.path.remove(home)
    sys.path.append(home)

from StrokeSegLogic.worker.serve import main

if __name__ == "__main__":
    sys.exit(main())
