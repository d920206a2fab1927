"""What Slicer's own generic tests ask of every module, in the words of a case, and a little more."""

from __future__ import annotations

import slicer

from .application import MODULE, errors_since, rest
from .base import SlicerCase

WIDEST_PX = 500
"""Least width that Slicer allows a module's panel on any screen."""


class GenericCase(SlicerCase):
    def setUp(self) -> None:
        super().setUp()
        self.module = slicer.util.getModule(MODULE)
        self.said = slicer.app.errorLogModel().logEntryCount()

    def python_errors(self) -> list[str]:
        return [line for line in errors_since(self.said) if "Traceback" in line]

    def test_its_description_is_whole(self) -> None:
        self.assertEqual(self.module.name, MODULE)
        for words in (self.module.title, self.module.helpText, self.module.acknowledgementText):
            self.assertTrue(words)
        self.assertTrue(list(self.module.categories) and list(self.module.contributors))
        self.assertTrue(-1 <= self.module.index <= 1000)
        self.assertFalse(self.module.icon.isNull())

    def test_logic_and_widget_stay_the_same(self) -> None:
        self.assertEqual(self.module.logic(), self.module.logic())
        self.assertEqual(self.module.widgetRepresentation(), self.module.widgetRepresentation())

    def test_another_scene_comes_and_goes(self) -> None:
        scene = slicer.vtkMRMLScene()
        self.module.setMRMLScene(scene)
        self.assertEqual(self.module.mrmlScene(), scene)
        rest(0.2)
        self.module.setMRMLScene(slicer.mrmlScene)
        self.assertEqual(self.module.mrmlScene(), slicer.mrmlScene)
        rest(0.2)
        self.assertEqual(self.python_errors(), [])

    def test_its_panel_is_no_wider_than_slicer_allows(self) -> None:
        self.assertLessEqual(self.module.widgetRepresentation().minimumSizeHint.width(), WIDEST_PX)

    def test_a_second_widget_lives_beside_the_first(self) -> None:
        # Slicer names the last widget of a module, and would reload the second one when it has gone.
        name = f"{self.widget.moduleName}Widget"
        self.addCleanup(setattr, slicer.modules, name, getattr(slicer.modules, name))
        second = self.module.createNewWidgetRepresentation()
        second.setMRMLScene(slicer.mrmlScene)
        for _time in range(2):
            second.enter()
            second.exit()
            second.show()
        slicer.mrmlScene.Clear(False)
        rest(0.3)
        self.assertIsNotNone(self.panel.parameters)
        second.self().cleanup()
        second.delete()
        rest(0.2)
        self.assertEqual(self.python_errors(), [])
