"""The section "Export": files of the result as it stands, corrections included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from StrokeSegLogic.base.errors import InputError, StrokeSegError
from StrokeSegLogic.base.files import write_whole

from .export_files import put
from .notices import say, tint
from .parameters import PanelParameters
from .problems import words_of

_INSTANCES = "DICOM.instanceUIDs"
_REFUSED = '<>:"/\\|?*'
"""Characters that no file may have in its name, on one system or another."""


class ExportSection:
    """Asks where to, writes, and says what was written.

    Args:
        ui: the widgets of Export.ui by name.
        parameters: gives the current parameters.
    """

    def __init__(self, ui: Any, parameters: Callable[[], PanelParameters | None]) -> None:
        self.ui = ui
        self._parameters = parameters
        self._folder: Path | None = None
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
                words, kind = words_of(error), "error"
            tint(self.ui.exportLabel, "error" if kind == "error" else "plain")
            say(self.ui.exportLabel, words)

        return pressed

    def _seg_nrrd(self, parameters: PanelParameters) -> str:
        from StrokeSegLogic.slicer_bridge.exports import export_segments

        words = self._save(parameters, ".seg.nrrd", lambda path: export_segments(parameters.segmentation, path))
        return _with_hidden(words, parameters)

    def _nifti(self, parameters: PanelParameters) -> str:
        from StrokeSegLogic.slicer_bridge.exports import export_labels

        reference = parameters.referenceVolume
        segmentation = parameters.segmentation
        words = self._save(parameters, ".nii.gz", lambda path: export_labels(segmentation, reference, path))
        return _with_hidden(words, parameters)

    def _report(self, parameters: PanelParameters) -> str:
        return self._save(parameters, ".html", lambda path: write_whole(path, _report_of(parameters)))

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
        from StrokeSegLogic.slicer_bridge.lesion_segments import nothing_hidden

        with nothing_hidden(parameters.segmentation):
            dialog.execDialog(item)
        return _with_hidden(_("DICOM: see the export dialog"), parameters)

    def _save(self, parameters: PanelParameters, suffix: str, write: Callable[[Path], object]) -> str:
        proposed = str(self._usual_folder() / f"{_file_name(parameters.referenceVolume)}{suffix}")
        chosen = qt.QFileDialog.getSaveFileName(slicer.util.mainWindow(), _("Save"), proposed, f"*{suffix}")
        if not chosen:
            return ""
        path = Path(chosen if chosen.endswith(suffix) else chosen + suffix)
        # Of the chosen name the dialog has asked already, of the longer name nobody has.
        question = _("{path} is there already. Replace it?").format(path=path)
        if str(path) != chosen and path.exists() and not slicer.util.confirmOkCancelDisplay(question, _("Save")):
            return ""
        moved = put(path, write)
        self._folder = path.parent
        if moved:
            return _("Written: {path}. What was there: {moved}").format(path=path, moved=moved)
        return _("Written: {path}").format(path=path)

    def _usual_folder(self) -> Path:
        """Where the last file went, else the scene's folder, else the user's."""
        folders = (self._folder, Path(slicer.mrmlScene.GetRootDirectory() or ""))
        return next(
            (folder for folder in folders if folder is not None and folder.is_absolute() and folder.is_dir()),
            Path.home(),
        )


def _with_hidden(words: str, parameters: PanelParameters) -> str:
    """What was written, and what is not in it because it is hidden."""
    from StrokeSegLogic.slicer_bridge.lesion_segments import hidden_ml

    hidden = hidden_ml(parameters.segmentation)
    if not words or not hidden:
        return words
    note = _("Lesions below {below:.2f} ml ({hidden:.2f} ml together) are hidden and not in it.")
    return f"{words}\n{note.format(below=parameters.hiddenBelow, hidden=hidden)}"


def _report_of(parameters: PanelParameters) -> bytes:
    text: str = parameters.reportText.GetText()
    return text.encode("utf-8")


def _file_name(reference: Any | None) -> str:
    """After the reference volume, without what file systems refuse."""
    name = "" if reference is None else reference.GetName() or ""
    kept = "".join("_" if letter in _REFUSED or not letter.isprintable() else letter for letter in name).strip(" .")
    return f"{kept}_strokeseg" if kept else "strokeseg"
