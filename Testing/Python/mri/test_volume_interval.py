"""The 90 % interval of a lesion's volume: from the votes at other thresholds, and only where it was measured."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import StrokeSegLogic
from StrokeSegLogic.base.errors import ModelError
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.mri.prepare import Prepared, prepare
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.mri.settings import MriSettings
from StrokeSegLogic.mri.vote import VolumeInterval, majority, volume_interval
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.nets.models.spec import PlanesModelSpec, VolumeLaw
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role

LAW = VolumeLaw(0.05, 0.95, 0.5, 0.25, 1.7, 1.8, 40.0, "twenty patients")
ML = st.floats(0.01, 400, allow_subnormal=False)


@given(ML, ML, ML)
def test_the_interval_holds_the_volume_and_lies_within_what_can_be(volume: float, low: float, high: float) -> None:
    ends = LAW.interval_ml(volume, low, high)
    assert ends is not None
    assert 0 <= ends[0] <= volume <= ends[1]


@given(ML, ML, st.floats(1, 3))
def test_the_more_another_threshold_changes_the_wider_it_is(volume: float, more: float, times: float) -> None:
    sure, unsure = LAW.interval_ml(volume, more, volume), LAW.interval_ml(volume, more * times, volume / times)
    assert sure is not None and unsure is not None
    assert unsure[0] <= sure[0] + 1e-9 and unsure[1] >= sure[1] - 1e-9


def test_it_is_what_its_definition_says() -> None:
    # With half a ml added: 4 called lesion, 8 at the low threshold, 2 at the high threshold.
    ends = LAW.interval_ml(3.5, 7.5, 1.5)
    expected = 4 * (2 * np.exp(0.25)) ** -1.7 - 0.5, 4 * (2 * np.exp(0.25)) ** 1.8 - 0.5
    assert ends == pytest.approx(expected)


def test_without_lesion_it_begins_at_zero_and_ends_where_patients_without_a_mark_do() -> None:
    assert LAW.interval_ml(0.0, 3.0, 0.0) == (0.0, 40.0)
    assert replace(LAW, unmarked_ml=None).interval_ml(0.0, 3.0, 0.0) is None


@pytest.mark.parametrize(
    "wrong", [{"low": 0.99}, {"offset_ml": 0.0}, {"slack": 0.0}, {"below": -1.0}, {"above": 21.0}, {"unmarked_ml": 1e9}]
)
def test_a_law_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="low|beyond"):
        VolumeLaw(**{**asdict(LAW), **wrong})


def test_planes_vote_at_any_threshold() -> None:
    said = dict(zip(PLANES, np.array([[0.9, 0.9, 0.1], [0.9, 0.1, 0.1], [0.1, 0.9, 0.1]], np.float32), strict=True))
    assert majority(said, 0.5).tolist() == [True, True, False]
    assert majority(said, 0.05).all() and not majority(said, 0.95).any()


@pytest.fixture(scope="module")
def with_law(untrained: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The model with random weights, as if it had been measured on DWI alone."""
    spec = replace(untrained.planes, volume_laws={"DWI": LAW})
    return Bundle.write(tmp_path_factory.mktemp("law") / "measured", spec, untrained.load())


@pytest.fixture(scope="module")
def dwi(phantom: MriPhantom, make_case) -> Case:
    return make_case({Role.DWI: phantom.images[Role.DWI]})


def test_a_result_has_the_interval_of_its_own_votes(dwi: Case, with_law: Bundle) -> None:
    result = StrokeSegLogic.segment(dwi, model=with_law.folder, device="cpu")
    found, ml = result.statistics, result.grid.voxel_ml
    lesion = result.array() > 0
    assert found.volume_ml == pytest.approx(lesion.sum() * ml)
    interval = found.volume_interval
    assert interval.low_ml is not None and interval.high_ml is not None and not interval.why_not
    assert interval.low_ml <= found.volume_ml <= interval.high_ml
    assert interval.measured_on == "twenty patients"
    assert result.summary()["statistics"]["volume_interval"] == asdict(interval)
    # What was searched is a little more than the brain mask here and there, as both lie on other grids.
    assert interval.high_ml <= 1.05 * found.brain_ml
    said = f"90 % interval of the volume {interval.low_ml:.1f} to {interval.high_ml:.1f} ml; measured on twenty"
    assert said in result.headline()[1]


@pytest.fixture(scope="module")
def seen(dwi: Case, with_law: Bundle) -> Prepared:
    spec = with_law.planes
    return prepare(dwi, Role.DWI, spec.roles, spec.spacing_mm, Progress())


def interval_of(seen: Prepared, with_law: Bundle, **options: object) -> VolumeInterval:
    """Of a lesion of four voxels of 1 ml, two of which all planes are sure of."""
    grid = Grid((4, 1, 1), (10.0, 10.0, 10.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    said = np.array([0.99, 0.99, 0.6, 0.6], np.float32).reshape(grid.shape)
    how = MriSettings(**options)  # type: ignore[arg-type]
    return volume_interval(said > 0.5, dict.fromkeys(PLANES, said), grid, with_law.planes, seen, how)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"threshold": 0.4}, "another threshold"),
        ({"vote": "mean"}, "another vote"),
        ({"minimum_lesion_ml": 0.2}, "another minimum_lesion_ml"),
        ({"flips": True, "vote": "mean"}, "another vote or flips"),
    ],
)
def test_there_is_none_for_settings_that_were_not_measured(
    seen: Prepared, with_law: Bundle, options: dict[str, object], why: str
) -> None:
    found = interval_of(seen, with_law, **options)
    assert why in found.why_not and found.low_ml is None
    assert why in found.words


def test_the_models_own_threshold_may_be_named(seen: Prepared, with_law: Bundle) -> None:
    assert interval_of(seen, with_law, threshold=0.5) == interval_of(seen, with_law)
    assert interval_of(seen, with_law) == VolumeInterval(*LAW.interval_ml(4.0, 4.0, 2.0) or (), "twenty patients")


def test_there_is_none_where_a_sequence_shows_part_of_the_brain(seen: Prepared, with_law: Bundle) -> None:
    assert "less than most of the brain" in interval_of(replace(seen, used={Role.DWI: 0.5}), with_law).why_not


def test_there_is_none_for_sequences_that_were_not_measured(pair_result: Segmentation) -> None:
    found = pair_result.statistics.volume_interval
    assert (found.low_ml, found.high_ml) == (None, None)
    assert "never measured for untrained on DWI + FLAIR" in found.why_not
    assert "no 90 % interval" in pair_result.headline()[1]


def test_a_law_counts_for_its_very_sequences(untrained: Bundle) -> None:
    spec = replace(untrained.planes, volume_laws={"DWI+FLAIR": LAW})
    assert spec.volume_law_for([Role.FLAIR, Role.DWI]) == LAW
    assert spec.volume_law_for([Role.DWI]) is None
    assert spec.volume_law_for([Role.DWI, Role.FLAIR, Role.ADC]) is None


def test_the_bundled_model_was_measured_on_flair_and_on_dwi() -> None:
    spec = find(None).planes
    assert isinstance(spec, PlanesModelSpec)
    assert set(spec.volume_laws) == {"FLAIR", "DWI"}
    assert all("it held" in law.measured_on for law in spec.volume_laws.values())


def test_a_manifest_with_a_law_that_cannot_be_is_refused(with_law: Bundle) -> None:
    path = with_law.folder / "model.json"
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(text.replace('"slack": 0.25', '"slack": 99'), encoding="utf-8")
        with pytest.raises(ModelError, match="beyond"):
            Bundle.open(with_law.folder)
    finally:
        path.write_text(text, encoding="utf-8")
