from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import SimpleITK as sitk
from perfusion_results import by_network, computed, of_series, perfused, unknown_scales

from StrokeSegLogic.base.errors import Cancelled, OutputError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.ctp.numbers.criteria import defuse3
from StrokeSegLogic.ctp.tissue.thresholds import CORE
from StrokeSegLogic.outputs.files import MAPS_ALONE, names_of, write_outputs
from StrokeSegLogic.outputs.maps import write_maps
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import ClinicalData

MAPS = ("CBF", "CBV", "MTT", "TTP", "TMAX", "MIP")


def strict(path: Path) -> Any:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ctp") / "out"
    write_outputs(perfused(), folder)
    return folder


@pytest.fixture(scope="module")
def from_series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series") / "out"
    write_outputs(of_series(), folder)
    return folder


def test_each_route_has_its_labels_and_given_maps_are_not_written_again(written: Path) -> None:
    names = {"labels-thresholds.nii.gz", "labels-slow-fusion.nii.gz", "labels-unet3d.nii.gz", "labels.nii.gz"}
    names |= {"brain.nii.gz", "segmentation.seg.nrrd", "report.html", "scene.mrb", "result.json"}
    assert {path.name for path in written.iterdir()} == names == set(names_of(perfused()))
    for route in perfused().routes:
        image = sitk.ReadImage(str(written / f"labels-{route.name}.nii.gz"))
        np.testing.assert_array_equal(sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(route.labels))
        np.testing.assert_allclose(Grid.of(image).corners(), perfused().grid.corners(), atol=1e-3)


def test_labels_are_those_of_the_chosen_route(tmp_path: Path) -> None:
    result = by_network("unet3d")
    write_outputs(result, tmp_path / "out")
    chosen = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / "labels.nii.gz")))
    assert set(np.unique(chosen)) == {0, CORE}
    np.testing.assert_array_equal(chosen, sitk.GetArrayFromImage(result.routes[2].labels))


def test_the_record_is_strict_json_with_everything_in_it(written: Path) -> None:
    result, values = perfused(), strict(written / "result.json")
    assert values["modality"] == "ctp" and values["research_use_only"] is True and values["chosen"] == "thresholds"
    assert [route["name"] for route in values["routes"]] == ["thresholds", "slow-fusion", "unet3d"]
    assert values["routes"][1]["trained_on"].startswith("simulated perfusion")
    assert values["routes"][0]["dice_with_chosen"] == {"core": 1.0, "penumbra": 1.0}
    assert values["routes"][2]["dice_with_chosen"]["penumbra"] is None
    assert result.numbers is not None
    assert values["numbers"]["core_ml"] == pytest.approx(result.numbers.core_ml)
    assert len(values["sweep"]["rows"]) == 77
    assert [criteria["trial"] for criteria in values["criteria"]] == ["DEFUSE 3", "DAWN"]
    assert [part["name"] for part in values["criteria"][1]["items"][3]["parts"]] == ["group A", "group B", "group C"]
    assert values["provenance"]["settings"]["least"] == "minus infinite"
    assert sorted(values["files"]) == sorted(names_of(result))


def test_an_infinite_ratio_is_a_word_in_the_record() -> None:
    result = perfused()
    assert result.numbers is not None
    numbers = replace(result.numbers, core_ml=0.0, mismatch_ratio=math.inf)
    values = replace(result, numbers=numbers, criteria=(defuse3(numbers, ClinicalData()),)).summary()
    assert values["numbers"]["mismatch_ratio"] == "infinite"
    items = {item["name"]: item["value"] for item in values["criteria"][0]["items"]}
    assert items["mismatch ratio"] == "infinite" and items["age"] is None


def test_without_numbers_the_record_says_so(tmp_path: Path) -> None:
    write_outputs(unknown_scales(), tmp_path / "out")
    values = strict(tmp_path / "out" / "result.json")
    assert values["numbers"] is None and values["sweep"] is None and values["criteria"] == []
    assert any("scale" in warning for warning in values["warnings"])
    assert set(values["units"].values()) == {"unknown scale"}


def test_no_lesion_is_written_with_zeros(tmp_path: Path) -> None:
    write_outputs(perfused("WIS", 1, clinical=ClinicalData()), tmp_path / "out")
    numbers = strict(tmp_path / "out" / "result.json")["numbers"]
    assert numbers["core_ml"] == numbers["hypoperfused_ml"] == 0.0
    assert numbers["mismatch_ratio"] is None and numbers["side"] is None
    assert not sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / "segmentation.seg.nrrd"))).any()


def test_computed_maps_are_written_with_their_artery(from_series: Path) -> None:
    measured = computed()
    names = {path.name for path in from_series.iterdir()}
    assert {f"{name}.nii.gz" for name in MAPS} | {"aif.svg"} <= names
    for name in MAPS:
        image = sitk.ReadImage(str(from_series / f"{name}.nii.gz"))
        np.testing.assert_array_equal(
            sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(measured.images()[name]), err_msg=name
        )
    assert ElementTree.parse(from_series / "aif.svg").getroot().tag.endswith("svg")
    record = strict(from_series / "result.json")["measured"]
    assert record["times_s"] == pytest.approx(list(measured.times_s), abs=1e-3)
    assert record["warnings"] == list(measured.warnings)


def test_maps_alone_are_written_with_units_curves_and_voxels(tmp_path: Path) -> None:
    measured = computed()
    paths = write_maps(
        measured, tmp_path / "maps", name="4-D", source="ctp.nii.gz", provenance={"settings": {"motion": False}}
    )
    assert {path.name for path in (tmp_path / "maps").iterdir()} == set(paths)
    assert set(paths) == {f"{name}.nii.gz" for name in (*MAPS, "brain")} | {"aif.svg", "maps.json"} == set(MAPS_ALONE)
    values = strict(paths["maps.json"])
    assert values["units"]["CBF"] == "ml/100 g/min" and values["units"]["TMAX"] == "s"
    assert values["maps"]["CBF"] == {"origin": "computed", "source": "ctp.nii.gz"}
    assert values["case"] == "4-D" and values["research_use_only"] is True
    assert values["provenance"]["settings"] == {"motion": False} and values["provenance"]["strokeseg"]
    # The voxels named are the bright voxels of the artery's own image.
    index = np.array(values["aif"]["voxels_xyz"])
    np.testing.assert_array_equal(index[:, ::-1], measured.aif.voxels)
    np.testing.assert_allclose(values["aif"]["positions_mm"], measured.grid.to_world(index), atol=0.051)
    assert values["aif"]["curve_hu"] == pytest.approx(list(measured.aif.curve), abs=0.01)
    assert values["motion"] is None
    assert values["brain"]["file"] == "brain.nii.gz"
    brain = sitk.GetArrayFromImage(sitk.ReadImage(str(paths["brain.nii.gz"])))
    np.testing.assert_array_equal(brain > 0, measured.brain)


def test_maps_can_be_written_again_but_not_into_a_segmentations_folder(written: Path, tmp_path: Path) -> None:
    write_maps(computed(), tmp_path / "maps")
    write_maps(computed(), tmp_path / "maps")
    before = {path.name: path.read_bytes() for path in written.iterdir()}
    with pytest.raises(OutputError, match="holds a segmentation of an earlier run"):
        write_maps(computed(), written)
    assert {path.name: path.read_bytes() for path in written.iterdir()} == before


def test_an_earlier_results_maps_go_with_it(tmp_path: Path) -> None:
    write_outputs(of_series(), tmp_path / "out")
    write_outputs(perfused(), tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(names_of(perfused()))


def test_a_cancel_while_writing_maps_leaves_nothing(tmp_path: Path) -> None:
    token = CancelToken()

    def at_the_figure(fraction: float, message: str) -> None:
        if "aif" in message:
            token.cancel()

    with pytest.raises(Cancelled):
        write_maps(computed(), tmp_path / "a" / "b", Progress(at_the_figure, token))
    assert not list(tmp_path.iterdir())
