"""Every name that the panel uses on qt, ctk and slicer is in the real application.

`standin/slicer_names.json` is an extract of the names that were read out of a running 3D Slicer; `make_extract.py`
makes it anew. What only running shows is held against it by the stand-in in all tests of the panel.
"""

from __future__ import annotations

import pytest

from .names_used import ui_classes, ui_properties, uses
from .standin.api import Api, NotInSlicer, read_extract

EXTRACT = read_extract()
USES = uses()


def test_the_extract_says_which_application_it_was_read_from() -> None:
    assert EXTRACT["source"].startswith("3D Slicer 5.12")


@pytest.mark.parametrize("kind", sorted(kind for kind in USES.classes if not kind.startswith("vtk")))
def test_the_application_has_every_name_that_is_used_of_a_class(kind: str) -> None:
    assert USES.classes[kind] <= set(EXTRACT["classes"][kind])


@pytest.mark.parametrize("kind", sorted(kind for kind in USES.classes if kind.startswith("vtk")))
def test_slicers_libraries_have_every_name_that_is_used_of_a_class(kind: str) -> None:
    slicer = pytest.importorskip("slicer")
    assert all(hasattr(getattr(slicer, kind), name) for name in USES.classes[kind])


@pytest.mark.parametrize("kind", sorted(kind for kind in USES.connected if kind))
def test_the_application_has_every_signal_that_is_connected(kind: str) -> None:
    assert USES.connected[kind] <= set(EXTRACT["signals"][kind])


@pytest.mark.parametrize("module", sorted(USES.functions))
def test_the_application_has_every_function_that_is_called(module: str) -> None:
    assert USES.functions[module] <= set(EXTRACT["functions"][module])


@pytest.mark.parametrize("kind", sorted(set(ui_classes().values())))
def test_the_application_has_every_property_that_a_ui_file_sets(kind: str) -> None:
    assert ui_properties()[kind] <= set(EXTRACT["properties"][kind])


def test_the_stand_in_refuses_names_and_signals_that_the_application_lacks() -> None:
    api = Api(EXTRACT)
    api.use("QComboBox", "setCurrentIndex")
    with pytest.raises(NotInSlicer):
        api.use("QComboBox", "selectTheRightOne")
    with pytest.raises(NotInSlicer):
        api.use("QImaginaryWidget", "setEnabled")
    api.connect("QComboBox", "currentIndexChanged(int)")
    with pytest.raises(NotInSlicer):
        api.connect("QComboBox", "currentIndexChanged(float)")
