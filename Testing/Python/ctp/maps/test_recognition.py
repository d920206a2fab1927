from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from map_cases import arrays, simulated

from StrokeSegLogic.ctp.maps.doubts import DoubtKind
from StrokeSegLogic.ctp.maps.reading import MapReading
from StrokeSegLogic.ctp.maps.recognition import recognise
from StrokeSegLogic.study.maps.units import UNITS, units_of

SEEDS = (0, 1)
FLOWS = ("CBF", "CBV", "MTT", "TTP", "TMAX")
SCALES = {
    role: {unit.name: unit for unit in units_of(role) if unit.factor is not None} for role in (*FLOWS, "CT", "MIP")
}


@cache
def true_maps(seed: int = 0) -> dict[str, np.ndarray]:
    """Maps of an occlusion in standard units; not to be changed."""
    return arrays(simulated("LVO", seed))


def stored(role: str, unit: str, values: np.ndarray) -> np.ndarray:
    """A map in standard units as software with another unit stores it."""
    scale = SCALES[role][unit]
    inside = values != 0
    return np.where(inside, (values - scale.offset) / scale.factor, 0).astype(np.float32)


def said(readings: dict[str, MapReading]) -> str:
    return " | ".join(doubt.words for reading in readings.values() for doubt in reading.doubts)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.quick(1)
def test_maps_in_standard_units_are_recognised_with_and_without_names(seed: int) -> None:
    maps = true_maps(seed)
    for claims in ({}, {name: name for name in maps}):
        names = {name: (name if claims else f"series {k}") for k, name in enumerate(maps)}
        found = recognise({names[name]: values for name, values in maps.items()}, {names[c]: c for c in claims})
        for name in maps:
            reading = found[names[name]]
            assert (reading.role, reading.factor, reading.doubts) == (name, 1.0, ()), reading
            assert reading.confidence > 0.7 and not reading.doubtful


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(SEEDS), st.tuples(*[st.sampled_from(sorted(SCALES[role])) for role in FLOWS]))
def test_named_maps_in_any_vendors_unit_come_back_to_standard_units_or_are_named_doubtful(
    seed: int, units: tuple[str, ...]
) -> None:
    maps = {role: stored(role, unit, true_maps(seed)[role]) for role, unit in zip(FLOWS, units, strict=True)}
    found = recognise(maps, {role: role for role in FLOWS})
    for role, unit in zip(FLOWS, units, strict=True):
        reading = found[role]
        if reading.factor is not None:
            assert (reading.role, reading.unit) == (role, unit), reading
            inside = maps[role] != 0
            assert np.allclose(
                reading.standard(maps[role])[inside], true_maps(seed)[role][inside], rtol=1e-4, atol=1e-3
            )
        else:
            assert reading.doubts, reading
    assert sum(reading.factor is not None for reading in found.values()) >= 4, said(found)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(SEEDS), st.tuples(*[st.sampled_from(sorted(SCALES[role])) for role in FLOWS]))
def test_maps_without_names_are_never_taken_for_others(seed: int, units: tuple[str, ...]) -> None:
    maps = {
        f"series {role}": stored(role, unit, true_maps(seed)[role]) for role, unit in zip(FLOWS, units, strict=True)
    }
    for name, reading in recognise(maps).items():
        assert reading.role in (None, name.removeprefix("series ")), reading
        assert reading.role is not None or reading.doubts


@pytest.mark.parametrize(("first", "other"), list(itertools.combinations(FLOWS, 2)))
@pytest.mark.quick(4)
def test_two_maps_under_each_others_names_are_noticed(first: str, other: str) -> None:
    maps = {role: true_maps()[role] for role in FLOWS}
    maps[first], maps[other] = maps[other], maps[first]
    found = recognise(maps, {role: role for role in FLOWS})
    for name in (first, other):
        assert found[name].factor is None or found[name].doubts, found[name]
    assert found[first].role != first or found[other].role != other
    if (first, other) == ("CBF", "CBV"):
        assert "CBF and CBV seem to be swapped" in said(found)
        swapped = found[first].doubt_of(DoubtKind.SWAPPED)
        assert swapped is not None and swapped.roles == (first, other) and swapped in found[other].doubts


def test_a_single_map_without_name_is_in_doubt_and_its_doubt_names_what_it_may_be() -> None:
    found = recognise({"x": true_maps()["CBF"]})["x"]
    assert found.role is None and found.factor is None and found.doubtful
    assert "CBF in ml/100 g/min" in found.doubts[0].words


def test_a_picture_of_a_map_has_its_name_but_no_scale() -> None:
    values = true_maps()["CBF"]
    picture = np.clip(np.round(values / 120 * 255), 0, 255)
    reading = recognise({"CBF": picture}, {"CBF": "CBF"})["CBF"]
    assert (reading.role, reading.unit, reading.factor) == ("CBF", None, None)
    assert "a picture of CBF, whose scale is unknown" in reading.doubts[0].words
    with pytest.raises(ValueError, match="unit of CBF is not known"):
        reading.standard(picture)
    assert recognise({"a": picture})["a"].role is None


def test_an_inverted_scale_is_noticed_by_its_background() -> None:
    values = true_maps()["CBF"]
    for inverted in (values.max() - values, np.clip(255 - np.round(values), 0, 255)):
        reading = recognise({"CBF": inverted}, {"CBF": "CBF"})["CBF"]
        assert reading.factor is None and "looks inverted" in reading.doubts[0].words


def test_a_scale_that_is_cut_off_is_noticed_and_its_unit_stands() -> None:
    values = np.minimum(true_maps()["TMAX"], 6.0)
    maps = {**{role: true_maps()[role] for role in ("CBF", "CBV", "MTT")}, "TMAX": values}
    reading = recognise(maps, {role: role for role in maps})["TMAX"]
    assert reading.factor == 1.0 and "the scale is cut off there" in reading.doubts[0].words


def test_relative_flow_has_a_role_but_no_absolute_unit() -> None:
    values = true_maps()["CBF"]
    relative = values / np.median(values[values > 0])
    maps = {"CBF": relative, **{role: true_maps()[role] for role in ("CBV", "MTT", "TMAX")}}
    reading = recognise(maps, {role: role for role in maps})["CBF"]
    assert reading.factor is None and reading.relative and "relative" in reading.doubts[0].words


def test_time_to_peak_under_the_name_of_tmax_is_noticed() -> None:
    reading = recognise({"CBF": true_maps()["CBF"], "TMAX": true_maps()["TTP"]}, {"CBF": "CBF", "TMAX": "TMAX"})["TMAX"]
    assert reading.factor is None and "named Tmax, but its values fit TTP" in reading.doubts[0].words


def test_values_that_fit_nothing_are_said_to() -> None:
    odd = {"CBV": np.where(true_maps()["CBV"] > 0, true_maps()["CBV"] * 1e7, 0)}
    assert "fit no known unit of CBV" in recognise(odd, {"CBV": "CBV"})["CBV"].doubts[0].words
    assert "every voxel" in recognise({"x": np.ones((3, 4, 5))})["x"].doubts[0].words
    holes = true_maps()["CBF"].copy()
    holes[0, 0, 0] = np.nan
    assert "NaN" in recognise({"CBF": holes}, {"CBF": "CBF"})["CBF"].doubts[0].words


@pytest.mark.parametrize("shape", [(0, 5, 5), (3, 0, 5)])
def test_a_map_without_voxels_is_said_to_have_none(shape: tuple[int, ...]) -> None:
    found = recognise({"CBF": np.zeros(shape, np.float32), "CBV": true_maps()["CBV"]}, {"CBF": "CBF", "CBV": "CBV"})
    assert found["CBF"].factor is None and [doubt.words for doubt in found["CBF"].doubts] == ["CBF has no voxels"]
    assert found["CBV"].role == "CBV" and recognise({}) == {}


def test_the_order_of_the_maps_does_not_matter() -> None:
    maps = {f"m{role}": true_maps()[role] for role in FLOWS}
    found = recognise(maps)
    back = recognise(dict(reversed(maps.items())))
    assert {name: read.role for name, read in found.items()} == {name: read.role for name, read in back.items()}


def test_each_role_has_its_standard_unit_once() -> None:
    for role in (*FLOWS, "CT", "MIP"):
        first = units_of(role)[0]
        assert (first.factor, first.offset, first.common) == (1.0, 0.0, 1.0)
    assert len({(unit.role, unit.name) for unit in UNITS}) == len(UNITS)


def upside_down(values: np.ndarray) -> np.ndarray:
    """Inverted within the brain alone; the background stays 0."""
    return np.where(values != 0, values[values != 0].max() + values[values != 0].min() - values, 0).astype(np.float32)


@pytest.mark.parametrize("others", [("CBV", "MTT", "TTP", "TMAX"), ("CBV", "TMAX"), ("TMAX",)])
def test_flow_that_is_inverted_within_the_brain_runs_against_the_other_maps(others: tuple[str, ...]) -> None:
    # Cut to a scale like that of healthy flow, or its size alone would give it away.
    flow = upside_down(np.minimum(true_maps()["CBF"], 60))
    found = recognise(
        maps := {"CBF": flow, **{role: true_maps()[role] for role in others}}, {role: role for role in maps}
    )
    reading = found["CBF"]
    assert reading.inverted and reading.factor is None and "its scale looks inverted" in said({"": reading}), reading
    if len(others) > 1:
        assert "CBF falls where CBV rises" in reading.reason
    if len(others) == 4:
        assert all(found[role].factor == 1.0 for role in others), said(found)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("group", ["LVO", "Non-LVO", "WIS"])
def test_no_true_map_runs_against_the_others(group: str, seed: int) -> None:
    maps = {role: values for role, values in arrays(simulated(group, seed)).items() if role in FLOWS}
    assert not any(reading.inverted for reading in recognise(maps, {role: role for role in maps}).values())


@pytest.mark.parametrize("flow", [unit.name for unit in units_of("CBF") if unit.factor is not None])
@pytest.mark.parametrize("others", [("TMAX",), ("TTP", "TMAX"), ("MTT", "TMAX")])
def test_swapped_flow_and_volume_are_named_without_a_transit_time(flow: str, others: tuple[str, ...]) -> None:
    maps = {"CBF": true_maps()["CBV"], "CBV": stored("CBF", flow, true_maps()["CBF"])}
    maps |= {role: true_maps()[role] for role in others}
    found = recognise(maps, {role: role for role in maps})
    if flow == "ml/g/min":
        # Flow of 0.3 and volume of 3 are no usual pair either way round: in doubt is enough.
        assert found["CBF"].factor is None or found["CBV"].factor is None or "doubt" in said(found), said(found)
        return
    assert "CBF and CBV seem to be swapped" in said(found)
    assert found["CBF"].role is None and found["CBV"].role is None
    assert found["TMAX"].factor == 1.0


@pytest.mark.parametrize("factor", [1 / 60, 1e6])
def test_flow_in_its_normal_range_is_not_lost_to_a_bad_companion(factor: float) -> None:
    maps = {"CBF": true_maps()["CBF"], "TMAX": (true_maps()["TMAX"] * factor).astype(np.float32)}
    found = recognise(maps, {role: role for role in maps})
    assert (found["CBF"].role, found["CBF"].factor) == ("CBF", 1.0), found["CBF"]
    assert found["TMAX"].factor is None and found["TMAX"].doubts
