"""Signal of tissue, infarcts and what looks like them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from StrokeSegLogic.training.heads import disease
from StrokeSegLogic.training.heads.disease import Change, apply, draw_change, hollow
from StrokeSegLogic.training.heads.relaxation import Region, Relaxation, draw_relaxation
from StrokeSegLogic.training.heads.sequences import (
    Protocol,
    adc_of,
    b0_signal,
    draw_protocol,
    dwi_signal,
    flair_signal,
    fluid_t1,
    t1_signal,
    t2_signal,
)

seeds = st.integers(0, 100_000)


def signals(tissue: Relaxation, protocol: Protocol, null: float) -> dict[str, np.ndarray]:
    b0 = b0_signal(tissue, protocol)
    return {
        "b0": b0,
        "DWI": dwi_signal(b0, tissue.adc, protocol.b),
        "FLAIR": flair_signal(tissue, protocol, null),
        "T1": t1_signal(tissue, protocol),
        "T2": t2_signal(tissue, protocol),
    }


def ratios(change: Change, seed: int) -> dict[str, float]:
    """Signal of white matter with the disease over that without."""
    random = np.random.default_rng(seed)
    regions, protocol = draw_relaxation(random), draw_protocol(random)
    healthy, ill = (regions.at(np.array([Region.WHITE_MATTER])) for _ in range(2))
    apply(ill, np.ones(1, np.float32), draw_change(change, random))
    null = fluid_t1(regions)
    pair = [signals(tissue, protocol, null) for tissue in (healthy, ill)]
    found = {name: float(pair[1][name][0] / pair[0][name][0]) for name in pair[0]}
    return {**found, "ADC": float(ill.adc[0] / healthy.adc[0]), "ADC of it": float(ill.adc[0])}


@settings(max_examples=60, deadline=None)
@given(seed=seeds)
def test_tissues_look_as_they_should_on_every_sequence(seed: int) -> None:
    random = np.random.default_rng(seed)
    regions, protocol = draw_relaxation(random), draw_protocol(random)
    level = signals(regions, protocol, fluid_t1(regions))
    white, grey, fluid = Region.WHITE_MATTER, Region.CORTEX, Region.VENTRICLE
    assert level["T1"][white] > level["T1"][grey] > level["T1"][fluid]
    assert level["T2"][fluid] > level["T2"][grey] > 0.9 * level["T2"][white]
    assert level["FLAIR"][fluid] < 0.5 * level["FLAIR"][white]
    assert level["b0"][fluid] > 2 * level["b0"][white] and level["DWI"][fluid] < 0.75 * level["DWI"][white]
    assert all(level[name][Region.AIR] < 0.05 * level[name][white] for name in ("b0", "DWI", "T1", "T2"))


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_a_hyperacute_infarct_shows_on_diffusion_alone(seed: int) -> None:
    ratio = ratios(disease.HYPERACUTE, seed)
    assert ratio["DWI"] > 1.1 and 0.48 < ratio["ADC"] < 0.8
    assert ratio["FLAIR"] < 1.15 and 0.93 < ratio["T1"] < 1.05


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_an_acute_infarct_is_bright_on_dwi_and_dark_on_adc(seed: int) -> None:
    ratio = ratios(disease.ACUTE, seed)
    assert 1.25 < ratio["DWI"] < 3.5 and 0.22 < ratio["ADC of it"] < 0.62


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_an_early_subacute_infarct_is_bright_on_flair_and_t2_and_dark_on_t1(seed: int) -> None:
    ratio = ratios(disease.EARLY_SUBACUTE, seed)
    assert ratio["FLAIR"] > 1.2 and ratio["T2"] > 1.2 and ratio["T1"] < 1


@pytest.mark.parametrize(
    "name", ["GLIOSIS", "WHITE_MATTER_DISEASE", "MULTIPLE_SCLEROSIS", "SHINE_THROUGH"], ids=str.lower
)
def test_nothing_that_looks_like_an_infarct_has_restricted_diffusion(name: str) -> None:
    for seed in range(20):
        ratio = ratios(getattr(disease, name), seed)
        assert ratio["ADC"] >= 1 and ratio["FLAIR"] > 1.05


def test_shine_through_is_bright_on_dwi_for_all_its_adc() -> None:
    assert np.mean([ratios(disease.SHINE_THROUGH, seed)["DWI"] > 1.2 for seed in range(40)]) > 0.8


def test_a_cavity_is_fluid() -> None:
    regions = draw_relaxation(np.random.default_rng(1))
    tissue = regions.at(np.array([Region.WHITE_MATTER, Region.WHITE_MATTER]))
    hollow(tissue, np.array([1, 0], np.float32))
    assert tissue.adc[0] == pytest.approx(2.7) and tissue.t2[0] == pytest.approx(500)
    assert tissue.adc[1] == pytest.approx(regions.adc[Region.WHITE_MATTER])


@settings(max_examples=40, deadline=None)
@given(adc=st.floats(0.2, 3.5), b=st.sampled_from((800.0, 1000.0, 1200.0, 1500.0)), b0=st.floats(0.1, 5.0))
def test_adc_of_noiseless_images_is_what_made_them(adc: float, b: float, b0: float) -> None:
    image = np.array([b0], np.float32)
    assert adc_of(image, dwi_signal(image, np.array([adc], np.float32), b), b)[0] == pytest.approx(adc, rel=1e-3)


def test_a_part_of_a_lesion_changes_a_part() -> None:
    regions = draw_relaxation(np.random.default_rng(2))
    tissue = regions.at(np.zeros(3, np.uint8))
    before = dataclasses.replace(tissue, adc=tissue.adc.copy())
    apply(tissue, np.array([0.0, 0.5, 1.0], np.float32), disease.Drawn(1.0, 1.0, 0.5))
    assert tissue.adc / before.adc == pytest.approx([1.0, 0.5**0.5, 0.5], rel=1e-5)
