"""The section "Export": files of the result as it stands, corrections included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from StrokeSegLogic.errors import InputError, StrokeSegError

from .export_files import write_labels_nifti, write_seg_nrrd, write_text
from .notices import say, tint
from .parameters import PanelParameters

_INSTANCES = "DICOM.instanceUIDs"


class ExportSection:
    """Asks where to, writes, and says what was written.

    Args:
        ui: the widgets of Export.ui by name.
        parameters: gives the current parameters.
    """

    def __init__(self, ui: Any, parameters: Callable[[], PanelParameters | None]) -> None:
        self.ui = ui
        self._parameters = parameters
        buttons = {
            "segNrrdButton": self._seg_nrrd,
            "niftiButton": self._nifti,
            "dicomButton": self._dicom,
            "reportButton": self._report,
        }
        for name, action in buttons.items():
            getattr(ui, name).connect("clicked(bool)", self._guarded(action))
        self.show(None)

    def show(self, parameters: PanelParameters | None) -> None:
        """What can be exported now."""
        there = parameters is not None and parameters.segmentation is not None
        reference = there and parameters is not None and parameters.referenceVolume is not None
        for name, on in (("segNrrdButton", there), ("niftiButton", reference), ("dicomButton", reference)):
            getattr(self.ui, name).setEnabled(on)
        self.ui.reportButton.setEnabled(parameters is not None and parameters.reportText is not None)
        say(self.ui.exportLabel, "")

    def _guarded(self, action: Callable[[PanelParameters], str]) -> Callable[[bool], None]:
        def pressed(_checked: bool) -> None:
            parameters = self._parameters()
            if parameters is None:
                return
            try:
                words, kind = action(parameters), "plain"
            except StrokeSegError as error:
                words, kind = str(error), "error"
            tint(self.ui.exportLabel, "error" if kind == "error" else "plain")
            say(self.ui.exportLabel, words)

        return pressed

    def _seg_nrrd(self, parameters: PanelParameters) -> str:
        return self._save(".seg.nrrd", lambda path: write_seg_nrrd(parameters.segmentation, path))

    def _nifti(self, parameters: PanelParameters) -> str:
        reference = parameters.referenceVolume
        return self._save(".nii.gz", lambda path: write_labels_nifti(parameters.segmentation, reference, path))

    def _report(self, parameters: PanelParameters) -> str:
        return self._save(".html", lambda path: write_text(parameters.reportText.GetText(), path))

    def _dicom(self, parameters: PanelParameters) -> str:
        """Slicer's own export: it takes patient and study from the reference's series.

        Raises:
            InputError: if the reference did not come from the DICOM database.
        """
        if not parameters.referenceVolume.GetAttribute(_INSTANCES):
            raise InputError(
                _("DICOM SEG needs a study that was loaded from Slicer's DICOM database"),
                where=parameters.referenceVolume.GetName(),
                fix=_("Import the study in the module DICOM and segment it there, or export .seg.nrrd"),
            )
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        item = hierarchy.GetItemByDataNode(parameters.segmentation)
        study = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(parameters.referenceVolume))
        hierarchy.SetItemParent(item, study)
        dialog = slicer.qSlicerDICOMExportDialog()
        dialog.setMRMLScene(slicer.mrmlScene)
        dialog.execDialog(item)
        return _("DICOM: see the export dialog")

    def _save(self, suffix: str, write: Callable[[Path], None]) -> str:
        chosen = qt.QFileDialog.getSaveFileName(slicer.util.mainWindow(), _("Save"), f"strokeseg{suffix}", f"*{suffix}")
        if not chosen:
            return ""
        path = Path(chosen if chosen.endswith(suffix) else chosen + suffix)
        write(path)
        return _("Written: {path}").format(path=path)
