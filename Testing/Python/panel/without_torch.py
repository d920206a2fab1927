"""A process in which importing torch raises: the panel opens, loads a result and reviews it.

`python -m panel.without_torch FOLDER RESULT`, in Testing/Python: FOLDER takes temporary files, RESULT is the folder of
a result, or a scene (.mrb) that the panel saved. What was seen is printed as JSON.
"""

from __future__ import annotations

import json
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

FORBIDDEN = ("torch", "monai", "lightning_fabric", "nibabel", "safetensors", "typer", "rich", "dask", "matplotlib")
"""What a fresh Slicer lacks."""


class _Refusing(MetaPathFinder):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in FORBIDDEN:
            raise ImportError(f"{name} is not installed here")


def main(folder: Path, result: Path) -> dict[str, Any]:
    """Opens, reviews and exports."""
    sys.meta_path.insert(0, _Refusing())
    from .conftest import _opening, _standin
    from .opened import target
    from .standin.qt_module import FileDialog
    from .studies import MRI_STUDY, add_study

    with _standin(folder / "slicer", window=True) as slicer:
        opening = _opening(slicer)
        opened = next(opening)()
        if result.is_dir():
            add_study(slicer.scene)
            opened.assigned(*MRI_STUDY)
            FileDialog.answers.append(str(result))
            opened.press(opened.ui.result.openResultButton)
        else:
            from StrokeSegLogic.slicer_bridge.runtime import quiet_vtk

            with quiet_vtk():
                slicer.scene.ReadFromMRB(str(result), True)
        desk, ui = opened.panel.lesions.desk, opened.ui
        opened.wait(lambda: desk.table is not None, what="the table of lesions")
        seen: dict[str, Any] = {"before": [row.lesion.volume_ml for row in desk.table.rows]}
        table = target(ui.lesions.lesionTable)
        table.setCurrentCell(0, 0)
        opened.press(ui.lesions.keepButton)
        table.setCurrentCell(1, 0)
        opened.press(ui.lesions.dropButton)
        opened.wait(lambda: desk.idle, what="the table")
        opened.press(ui.result.nextSliceButton)
        seen["place"] = ui.result.placeLabel.text
        seen["after"] = [(row.lesion.volume_ml, row.kept) for row in desk.table.rows]
        FileDialog.answers.append(str(folder / "out.seg.nrrd"))
        opened.press(ui.export.segNrrdButton)
        seen["said"] = ui.export.exportLabel.text
        seen["loaded"] = sorted(name for name in FORBIDDEN if name in sys.modules)
        next(opening, None)
    return seen


if __name__ == "__main__":
    print("SEEN", json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
