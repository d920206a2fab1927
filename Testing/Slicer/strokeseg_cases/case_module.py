"""The module in the application, before anything was loaded."""

from __future__ import annotations

import sys
from pathlib import Path

import slicer

from .application import MODULE, wait_until
from .base import SlicerCase


class ModuleCase(SlicerCase):
    def test_the_module_stands_in_its_category_under_its_title(self) -> None:
        module = slicer.util.getModule(MODULE)
        self.assertEqual(module.title, "Stroke Segmentation")
        self.assertIn("Segmentation", list(module.categories))
        self.assertFalse(module.icon.isNull())

    def test_the_package_comes_from_beside_the_module_and_brings_no_torch_along(self) -> None:
        import StrokeSegLogic

        beside = Path(slicer.util.modulePath(MODULE)).resolve().parent
        package = Path(StrokeSegLogic.__file__).resolve().parents[1]
        self.assertIn(package, (beside, beside.parent))
        self.assertNotIn("torch", sys.modules, "torch does not belong into Slicer's process")

    def test_its_own_terms_are_known(self) -> None:
        from StrokeSegExtensionLib.terminology_loading import load_terminology

        self.assertTrue(load_terminology())
        names = slicer.modules.terminologies.logic()
        from StrokeSegLogic.result.looks import LESION_STYLE

        entry = slicer.vtkSlicerTerminologyEntry()
        self.assertTrue(names.DeserializeTerminologyEntry(LESION_STYLE.slicer_terminology_string(), entry))
        self.assertEqual(entry.GetTypeObject().GetCodeValue(), "55641003")

    def test_the_simulated_studies_are_offered_and_load_without_a_network(self) -> None:
        wait_until(lambda: "StrokeSeg" in getattr(slicer.modules, "sampleDataSources", {}), "the registration", 20)
        offered = {source.sampleName: source for source in slicer.modules.sampleDataSources["StrokeSeg"]}
        self.assertEqual(sorted(offered), ["StrokeSegCTPMaps", "StrokeSegMRI", "StrokeSegReview"])
        source = offered["StrokeSegMRI"]
        # As the module's button does; SampleData.downloadSamples() downloads addresses and asks no customDownloader.
        nodes = source.customDownloader(source)
        self.assertGreaterEqual(len(nodes), 3)
        self.assertTrue(all(node.GetImageData() is not None for node in nodes))

    def test_all_packages_of_the_worker_are_installed(self) -> None:
        from StrokeSegExtensionLib.packages import RequiredPackages
        from StrokeSegExtensionLib.slicer_installer import SlicerInstaller

        self.assertEqual(RequiredPackages(SlicerInstaller()).missing, (), "install them before: docs/slicer.md")
