from __future__ import annotations

import ast
import inspect
import json
import math
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import StrokeSegLogic
from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import DEVICES, EXTRAS, REGISTERS, ROUTES, VOTES
from StrokeSegLogic.cli.segment import segment
from StrokeSegLogic.ctp.settings import PerfusionSettings
from StrokeSegLogic.mri.settings import MriSettings
from StrokeSegLogic.outputs.files import perfusion_into, segment_into
from StrokeSegLogic.study.case import MODALITIES, Case
from StrokeSegLogic.worker.job import Job, JobOptions, read_job

PANEL = Path(__file__).resolve().parents[3] / "StrokeSegExtension" / "StrokeSegExtensionLib"
OF_THE_STUDY = {
    *("study", "output", "overwrite", "modality", "reference", "brain_mask", "age", "nihss", "onset"),
    "dicom_references",
}
"""What the command is told of the study and of the files, not of how it is segmented."""


def plain(names: Any) -> set[str]:
    """Names whatever the convention: minimum_lesion_ml, minimum_lesion and minimumLesion are one."""
    return {name.removesuffix("_ml").replace("_", "").lower() for name in names}


def names_of(kind: type) -> set[str]:
    return {field.name for field in fields(kind)}


def annotated_in(file: str, name: str) -> set[str]:
    """Names of a class's fields, of a file that only Slicer can import."""
    tree = ast.parse((PANEL / file).read_text(encoding="utf-8"))
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    return {
        node.target.id for node in found.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


OF_PERFUSION = {"route", "aif", "hematocrit"}
SHARED = plain(names_of(MriSettings))


def test_the_command_line_has_every_setting_and_no_other() -> None:
    options = plain(set(inspect.signature(segment).parameters) - OF_THE_STUDY)
    assert options == SHARED | OF_PERFUSION


def test_a_job_has_every_setting_and_no_other() -> None:
    assert plain(names_of(JobOptions)) == SHARED | OF_PERFUSION | {"extras"}


def test_the_panels_scene_keeps_every_setting() -> None:
    assert SHARED | (OF_PERFUSION - {"aif"}) | {*EXTRAS, "arterypoint"} <= plain(
        annotated_in("parameters.py", "PanelParameters")
    )


def test_panel_and_console_take_the_settings_as_they_are() -> None:
    source = (PANEL / "study.py").read_text(encoding="utf-8")
    assert "class Settings(MriSettings):" in source
    assert annotated_in("study.py", "Settings") == OF_PERFUSION | {*EXTRAS}


def test_the_brain_mask_is_an_input_of_every_way_in_and_no_setting() -> None:
    for function in (segment, segment_into, StrokeSegLogic.segment):
        assert "brain_mask" in inspect.signature(function).parameters
    assert "brain_mask" in names_of(Job) and "brain_mask" in annotated_in("study.py", "StudyInputs")
    assert "brainMask" in annotated_in("parameters.py", "PanelParameters")
    console = ast.parse((PANEL / "console_api.py").read_text(encoding="utf-8"))
    ways = [node for node in console.body if isinstance(node, ast.FunctionDef) and node.name == "segment"]
    assert "brain_mask" in {argument.arg for way in ways for argument in way.args.kwonlyargs}
    # A setting stands in every result's provenance, and with it the file's place.
    assert "brainmask" not in SHARED


def test_ct_perfusion_has_in_common_what_has_a_meaning_there() -> None:
    ours = set(inspect.signature(PerfusionSettings.of).parameters)
    assert ours == OF_PERFUSION | {"model", "device", "anonymous"}
    assert {"device", "route", "anonymous"} <= names_of(PerfusionSettings)


def test_functions_that_segment_take_the_settings_whole() -> None:
    assert get_type_hints(StrokeSegLogic.segment)["settings"] == MriSettings | None
    for function in (segment_into, perfusion_into):
        assert "settings" in inspect.signature(function).parameters


def test_choices_stand_in_one_list(tmp_path: Path) -> None:
    hints = get_type_hints(segment)
    for option, choices in {"vote": VOTES, "register": REGISTERS, "route": ROUTES}.items():
        assert set(get_args(get_args(hints[option])[0])) == set(choices)
    assert get_args(hints["device"]) == DEVICES
    assert get_args(hints["modality"]) == ("auto", *MODALITIES)
    for device in DEVICES:
        assert MriSettings(device=device).device == PerfusionSettings(device=device).device


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"device": "tpu"}, "'tpu' is no device"),
        ({"vote": ["majority"]}, "is no vote"),
        ({"register": "yes"}, "is no register. Use one of auto, off"),
        ({"threshold": 1.0}, "between 0 and 1"),
        ({"threshold": math.nan}, "between 0 and 1"),
        ({"threshold": "0.5"}, "between 0 and 1"),
        ({"minimum_lesion_ml": -1}, "0 or more ml"),
        ({"minimum_lesion_ml": math.inf}, "0 or more ml"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_said(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        MriSettings(**wrong)


def test_python_may_name_settings_one_by_one_or_hand_them_over_whole(phantom_case: Case) -> None:
    assert MriSettings.of(model=None, vote="mean") == MriSettings(vote="mean")
    assert MriSettings.of(model=Path("some") / "model").model == str(Path("some") / "model")
    with pytest.raises(TypeError, match="colour"):
        StrokeSegLogic.segment(phantom_case, colour="red")
    with pytest.raises(TypeError, match="settings are given, and vote beside them"):
        StrokeSegLogic.segment(phantom_case, MriSettings(), vote="mean")


def test_a_model_of_ct_perfusion_needs_its_route() -> None:
    assert PerfusionSettings.of("unet3d", "mine").models == {"unet3d": "mine"}
    assert PerfusionSettings.of("", "").route is None
    for route in (None, "thresholds"):
        with pytest.raises(InputError, match="a model is named without its route"):
            PerfusionSettings.of(route, "mine")


def test_a_job_that_an_older_panel_wrote_is_read(tmp_path: Path) -> None:
    options = {
        "model": "m",
        "device": "cpu",
        "vote": "mean",
        "route": "",
        "threshold": 0.4,
        "minimum_lesion_ml": 0.1,
        "flips": True,
        "reproducible": False,
        "extras": ["probability"],
    }
    volumes = {"DWI": {"file": "DWI.nrrd", "source": "b1000", "times_s": None}}
    job = {"format": 1, "name": "old", "modality": "mri", "volumes": volumes, "options": options}
    (tmp_path / "job.json").write_text(json.dumps(job))
    read = read_job(tmp_path / "job.json").options
    assert (read.model, read.vote, read.threshold, read.flips, read.anonymous) == ("m", "mean", 0.4, True, False)
    assert read.register == MriSettings().register
