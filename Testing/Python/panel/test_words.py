"""Words of files without a window are translated by Slicer, and are themselves where no Slicer is."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import pytest
from StrokeSegExtensionLib import words


def test_without_slicer_a_text_is_itself() -> None:
    if "slicer.i18n" not in sys.modules:
        assert words.tr("no volume is chosen") == "no volume is chosen"


def test_in_slicer_its_own_function_translates_so_that_the_calling_file_is_the_context(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    i18n = ModuleType("slicer.i18n")
    i18n.tr = lambda text: text.upper()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "slicer.i18n", i18n)
    try:
        assert importlib.reload(words).tr is i18n.tr
    finally:
        monkeypatch.undo()
        importlib.reload(words)
