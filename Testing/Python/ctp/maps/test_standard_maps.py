"""Given maps on one grid, in standard units, with what is doubtful named."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import SimpleITK as sitk
from map_cases import simulated

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.ctp.maps.doubts import DoubtKind
from StrokeSegLogic.ctp.maps.inputs import RELATIVE, UNKNOWN_SCALE, StandardMaps, standard_maps
from StrokeSegLogic.result.doubts import doubts_about
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.resampling import resample
from StrokeSegLogic.study.case import Case, Role, Series, role_names

ALL = ("CT", "CBF", "CBV", "MTT", "TTP", "TMAX", "MIP")
UNITS = {"CT": "HU", "CBF": "ml/100 g/min", "CBV": "ml/100 g", "MTT": "s", "TTP": "s", "TMAX": "s", "MIP": "HU"}


@lru_cache(maxsize=1)
def maps() -> dict[str, sitk.Image]:
    return {name: sitk.Cast(image, sitk.sitkFloat32) for name, image in simulated().images.items()}


def case_of(images: dict[str, sitk.Image], user: tuple[str, ...] = (), **units: str) -> Case:
    series = [
        Series(
            Role(name),
            image,
            f"{name}.nii",
            "a name",
            1.0 if name in user or name in units else 0.9,
            "",
            None,
            units.get(name),
        )
        for name, image in images.items()
    ]
    return Case.of("patient", series)


def scaled(**changes: tuple[float, float]) -> dict[str, sitk.Image]:
    """The maps with some in other units: factor, and offset added within the whole volume."""
    found = dict(maps())
    for name, (factor, offset) in changes.items():
        found[name] = sitk.Cast(found[name] * factor + offset, sitk.sitkFloat32)
    return found


def values(found: StandardMaps, name: str) -> np.ndarray:
    return sitk.GetArrayFromImage(found.images[name])


def words_of(found: StandardMaps) -> list[str]:
    return [doubt.words for doubt in found.doubts]


def truth(name: str) -> np.ndarray:
    return sitk.GetArrayFromImage(maps()[name])


def test_maps_in_standard_units_stay_as_they_are():
    found = standard_maps(case_of(maps()))
    assert dict(found.units) == UNITS and found.doubts == () and found.usable == frozenset(ALL)
    assert all(found.scales_known.values())
    for name in ALL:
        assert np.array_equal(values(found, name), truth(name))
        assert found.images[name].GetPixelID() == sitk.sitkFloat32


def test_vendors_units_become_standard_units():
    found = standard_maps(case_of(scaled(TMAX=(10, 0), MTT=(1000, 0), CBF=(0.01, 0), CT=(1, 1024))))
    assert dict(found.units) == UNITS and found.doubts == ()
    for name in ALL:
        np.testing.assert_allclose(values(found, name), truth(name), rtol=1e-5, atol=2e-3, err_msg=name)


def test_a_flow_relative_to_normal_tissue_is_usable_and_said_to_be_relative():
    mean = float(truth("CBF")[truth("CBF") > 0].mean())
    found = standard_maps(case_of(scaled(CBF=(1 / mean, 0))))
    assert found.units["CBF"] == RELATIVE and "CBF" in found.usable
    assert not found.scales_known["CBF"] and found.scales_known["TMAX"]
    assert any("CBF is relative to normal tissue" in doubt for doubt in words_of(found))
    np.testing.assert_allclose(values(found, "CBF"), truth("CBF") / mean, rtol=1e-5)


def test_swapped_flow_and_volume_are_refused_by_name_unless_the_user_named_them():
    images = dict(maps())
    images["CBF"], images["CBV"] = images["CBV"], images["CBF"]
    with pytest.raises(InputError, match=r"CBF and CBV seem to be swapped .* Name CBF and CBV yourself"):
        standard_maps(case_of(images))
    found = standard_maps(case_of(images, user=ALL))
    assert any("seem to be swapped" in doubt for doubt in words_of(found))
    assert found.units["CBF"] == UNKNOWN_SCALE and "CBV" not in found.usable


@pytest.mark.parametrize(("named", "is_really"), [("CBF", "CBV"), ("TMAX", "TTP")])
def test_a_map_that_is_another_than_its_name_is_left_out_unless_the_user_named_it(named: str, is_really: str):
    images = {name: maps()[name] for name in ("CBF", "TMAX")} | {named: maps()[is_really]}
    found = standard_maps(case_of(images))
    assert named not in found.images
    assert any(
        doubt.startswith(f"{named} is named {role_names([named])}, but its values fit") for doubt in words_of(found)
    )
    assert any(doubt.kind is DoubtKind.LEFT_OUT and doubt.roles == (named,) for doubt in found.doubts)
    kept = standard_maps(case_of(images, user=("CBF", "TMAX")))
    assert kept.units[named] == UNKNOWN_SCALE
    assert any(
        doubt.startswith(f"{named} is named {role_names([named])}, but its values fit") for doubt in words_of(kept)
    )


@pytest.mark.parametrize(("first", "other"), [("TMAX", "TTP"), ("CBV", "CBF")])
def test_one_map_under_two_names_is_refused_in_whatever_unit(first: str, other: str):
    images = dict(maps())
    images[first] = sitk.Cast(images[other] * 10, sitk.sitkFloat32)
    with pytest.raises(InputError, match=r"patient: .* are one map, up to a factor of (10|0\.1) "):
        standard_maps(case_of(images))


def test_a_picture_keeps_its_values_and_is_not_used_where_a_limit_is_applied():
    top = float(truth("TMAX").max())
    images = dict(maps())
    images["TMAX"] = sitk.Round(images["TMAX"] * (255 / top))
    found = standard_maps(case_of(images))
    assert found.units["TMAX"] == UNKNOWN_SCALE and "TMAX" not in found.usable
    assert values(found, "TMAX").max() == 255
    assert any("perhaps a picture of Tmax" in doubt for doubt in words_of(found))
    assert any("name the unit, if you know it: Tmax in" in doubt for doubt in words_of(found))


def test_a_picture_on_another_grid_stays_a_picture():
    top = float(truth("TMAX").max())
    own = Grid.of(maps()["TMAX"])
    finer = own.about_centre(tuple(2 * n for n in own.size), tuple(step / 2 for step in own.spacing))
    images = dict(maps())
    images["TMAX"] = sitk.Round(resample(images["TMAX"], finer) * (255 / top))
    found = standard_maps(case_of(images))
    assert found.units["TMAX"] == UNKNOWN_SCALE and "TMAX" not in found.usable
    assert any("perhaps a picture" in doubt for doubt in words_of(found))


def test_a_unit_that_the_user_names_is_believed():
    whole = {name: maps()[name] for name in ("CBV", "MTT", "TMAX")}
    whole["CBF"] = sitk.Minimum(sitk.Round(maps()["CBF"] * 2), 255.0)
    assert "CBF" not in standard_maps(case_of(whole)).usable, "whole numbers up to 255 could be a picture"
    found = standard_maps(case_of(whole, CBF="ml/100g/min"))
    assert found.units["CBF"] == "ml/100 g/min" and "CBF" in found.usable
    assert np.array_equal(values(found, "CBF"), np.minimum(np.round(truth("CBF") * 2), 255))
    in_ms = {**whole, "TMAX": sitk.Cast(maps()["TMAX"] * 1000, sitk.sitkFloat32)}
    found = standard_maps(case_of(in_ms, TMAX="ms"))
    np.testing.assert_allclose(values(found, "TMAX"), truth("TMAX"), atol=1e-3)
    assert found.scales["TMAX"] == (0.001, 0.0) and found.scales["CBF"] == (1.0, 0.0)
    wrong = standard_maps(case_of(in_ms, TMAX="s"))
    assert any("Tmax: values of" in doubt and "perhaps milliseconds" in doubt for doubt in words_of(wrong))
    with pytest.raises(InputError, match="'days' is no unit of Tmax"):
        standard_maps(case_of(in_ms, TMAX="days"))


@pytest.mark.parametrize("top", [120, 200, 254])
def test_a_flow_in_whole_ml_is_no_picture(top: int):
    images = dict(maps())
    images["CBF"] = sitk.Minimum(sitk.Round(images["CBF"]), float(top))
    found = standard_maps(case_of(images))
    assert found.units["CBF"] == "ml/100 g/min" and "CBF" in found.usable
    assert not any("picture" in doubt for doubt in words_of(found))


@pytest.mark.parametrize("unit", [1.0, 10.0, 1000.0])
def test_a_tmax_of_0_in_all_healthy_tissue_is_used(unit: float):
    late = np.where(truth("TMAX") < 4, 0, truth("TMAX"))
    images = dict(maps()) | {"TMAX": Grid.of(maps()["TMAX"]).image((late * unit).astype(np.float32))}
    found = standard_maps(case_of(images))
    assert found.units == UNITS and "TMAX" in found.usable
    np.testing.assert_allclose(values(found, "TMAX"), late, rtol=1e-4)
    assert words_of(found) == ["TMAX is 0 in most of the brain: taken for no delay"]


def test_a_tmax_in_whole_seconds_is_no_picture():
    images = dict(maps())
    images["TMAX"] = sitk.Round(images["TMAX"])
    found = standard_maps(case_of(images))
    assert found.units["TMAX"] == "s" and "TMAX" in found.usable
    assert np.array_equal(values(found, "TMAX"), np.round(truth("TMAX")))


@pytest.mark.slow
def test_an_inverted_and_a_saturated_scale_are_named():
    top = float(truth("TMAX").max())
    found = standard_maps(case_of(scaled(TMAX=(-1, top))))
    assert "TMAX" not in found.usable and any("the scale looks inverted" in doubt for doubt in words_of(found))
    images = dict(maps())
    images["TMAX"] = sitk.Minimum(images["TMAX"], 6.0)
    found = standard_maps(case_of(images))
    assert "TMAX" in found.usable and any("the scale is cut off there" in doubt for doubt in words_of(found))


@pytest.mark.slow
def test_maps_of_other_grids_are_put_on_the_references_and_that_is_said():
    own = Grid.of(maps()["CBF"])
    moved = own.about_centre(tuple(n + 4 for n in own.size), own.spacing)
    images = dict(maps())
    images["TMAX"] = resample(images["TMAX"], moved)
    found = standard_maps(case_of(images))
    assert all(Grid.of(image).same(own) for image in found.images.values())
    assert any(doubt.startswith("Tmax lay on another grid") for doubt in words_of(found))
    np.testing.assert_allclose(values(found, "TMAX"), truth("TMAX"), atol=1e-4)
    on_tmax = standard_maps(case_of(images), Role.TMAX)
    assert all(Grid.of(image).same(moved) for image in on_tmax.images.values())


def test_the_frames_of_the_series_may_be_the_reference():
    own = Grid.of(maps()["CBF"])
    coarse = own.about_centre(tuple(n // 2 for n in own.size), tuple(2 * step for step in own.spacing))
    frames = sitk.JoinSeries([resample(maps()["CT"], coarse)] * 3)
    case = case_of({**maps(), "CTP": frames})
    found = standard_maps(case, Role.CTP)
    assert set(found.images) == set(ALL)
    assert all(Grid.of(image).same(coarse) for image in found.images.values())


def test_two_slabs_and_no_map_at_all_are_refused():
    own = Grid.of(maps()["CBF"])
    x, y, z = own.to_world(np.array([[0, 0, own.size[2]]]))[0]
    above = Grid(own.size, own.spacing, (float(x), float(y), float(z)), own.direction)
    images = {"CBF": maps()["CBF"], "TMAX": above.image(truth("TMAX"))}
    with pytest.raises(InputError, match="two slabs of one patient"):
        standard_maps(case_of(images))
    with pytest.raises(InputError, match="patient: holds no perfusion map"):
        standard_maps(case_of({"CT": maps()["CT"]}))
    with pytest.raises(InputError, match="the reference MTT is not in the case"):
        standard_maps(case_of({"CBF": maps()["CBF"]}), Role.MTT)


@pytest.mark.parametrize("unit", [None, "ml/100g/min"])
@pytest.mark.parametrize("background", [False, True])
@pytest.mark.quick(2)
def test_inverted_flow_is_not_used_even_if_the_user_named_its_unit(unit: str | None, background: bool):
    flow, images = np.minimum(truth("CBF"), 60), dict(maps())
    inverted = flow.max() - flow if background else np.where(flow > 0, flow.max() + 1 - flow, 0)
    images["CBF"] = Grid.of(images["CBF"]).image(inverted.astype(np.float32))
    found = standard_maps(case_of(images, **({"CBF": unit} if unit else {})))
    assert "CBF" not in found.usable and {"CBV", "MTT", "TMAX"} <= found.usable
    assert any("CBF" in doubt and "looks inverted" in doubt for doubt in words_of(found))
    assert not doubts_about([doubt for doubt in found.doubts if doubt.kind is DoubtKind.NO_LIMIT], ["CBF"]), "no unit"


def test_the_units_that_an_unknown_scale_could_have_are_named():
    top = float(truth("TMAX").max())
    images = {**maps(), "TMAX": sitk.Round(maps()["TMAX"] * (255 / top))}
    (advice,) = (doubt for doubt in standard_maps(case_of(images)).doubts if doubt.kind is DoubtKind.NO_LIMIT)
    middle = float(np.median(sitk.GetArrayFromImage(images["TMAX"])[sitk.GetArrayFromImage(images["TMAX"]) > 0]))
    known = {"s": (0.2, 9), "0.1 s": (2, 90), "ms": (200, 9000)}
    fit = [unit for unit, (low, high) in known.items() if low <= middle <= high]
    assert advice.words.endswith(f"name the unit, if you know it: Tmax in {' or '.join(fit)}")
