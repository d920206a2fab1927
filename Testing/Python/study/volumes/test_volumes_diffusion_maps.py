"""Trace and ADC of known tensors: what the textbook says comes out, whatever the scheme, repeats, shells and order."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from io_fixtures import refusal
from scipy.linalg import lstsq
from scipy.stats import gmean, ortho_group

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.volumes.b_values import Weighting, shells_of, unweighted_of
from StrokeSegLogic.study.volumes.diffusion_maps import diffusion_maps, geometric_mean, log_linear_adc, needed

SHAPE = (2, 3, 4)
GRID = Grid.of(sitk.Image(*SHAPE[::-1], sitk.sitkFloat32))
GOLDEN = (1 + 5**0.5) / 2
SCHEMES = {
    "three orthogonal": np.eye(3),
    # The axes of an icosahedron, and of its dual: their mean of g'Dg is the tensor's for any D.
    "six of an icosahedron": np.array(
        [v for a in (1, -1) for v in ((0, 1, a * GOLDEN), (1, a * GOLDEN, 0), (a * GOLDEN, 0, 1))]
    ),
    "ten of a dodecahedron": np.array(
        [
            *((1, a, b) for a in (1, -1) for b in (1, -1)),
            *(v for a in (1, -1) for v in ((0, 1 / GOLDEN, a * GOLDEN), (1 / GOLDEN, a * GOLDEN, 0))),
            *((a * GOLDEN, 0, 1 / GOLDEN) for a in (1, -1)),
        ]
    ),
}

eigenvalues = st.tuples(*[st.floats(0.1e-3, 2.5e-3)] * 3)
seeds = st.integers(0, 2**31)


def tensors(lengths: tuple[float, ...], seed: int) -> tuple[np.ndarray, float]:
    """A tensor of these eigenvalues turned anyhow in each voxel, (z, y, x, 3, 3), and its mean diffusivity."""
    turns = ortho_group.rvs(3, size=int(np.prod(SHAPE)), random_state=seed).reshape(*SHAPE, 3, 3)
    return np.einsum("...ij,j,...kj->...ik", turns, lengths, turns), float(np.mean(lengths))


def signals(weightings: list[Weighting], tensor: np.ndarray, s0: np.ndarray) -> list[np.ndarray]:
    """S0 exp(-b g'Dg) of each volume, and of a trace S0 exp(-b MD)."""

    def exponent(known: Weighting) -> np.ndarray:
        along = np.asarray(known.direction or (0, 0, 0))
        if known.direction == ():
            return known.b * np.trace(tensor, axis1=-2, axis2=-1) / 3
        return known.b * np.einsum("i,...ij,j->...", along, tensor, along)

    return [(s0 * np.exp(-exponent(known))).astype(np.float32) for known in weightings]


def voxels(image: sitk.Image | None) -> np.ndarray:
    assert image is not None
    return sitk.GetArrayFromImage(image)


maps = partial(diffusion_maps, grid=GRID, where="a series")


@pytest.mark.parametrize("scheme", SCHEMES)
@settings(max_examples=25, deadline=None)
@given(lengths=eigenvalues, seed=seeds, b=st.sampled_from([500.0, 700.0, 1000.0, 1500.0]), turned=st.booleans())
def test_trace_and_adc_are_those_of_the_mean_diffusivity(scheme, lengths, seed, b, turned):
    tensor, md = tensors(lengths, seed)
    rng = np.random.default_rng(seed)
    s0 = rng.uniform(500, 3000, SHAPE)
    vectors = SCHEMES[scheme] @ (ortho_group.rvs(3, random_state=seed) if turned else np.eye(3))
    weightings = [Weighting(0.0), *(Weighting.along(b, vector) for vector in vectors)]
    order = rng.permutation(len(weightings))
    shuffled = [weightings[k] for k in order]
    found = maps(shuffled, signals(shuffled, tensor, s0))
    assert np.allclose(voxels(found.trace), s0 * np.exp(-b * md), rtol=1e-4)
    assert np.allclose(voxels(found.adc), md, rtol=1e-3, atol=1e-7)
    assert found.computed and f"{len(vectors)} directions" in found.trace_words and f"b={b:.0f}" in found.adc_words


@settings(max_examples=40, deadline=None)
@given(
    s0=st.floats(100, 4000),
    adc=st.floats(0.2e-3, 3e-3),
    others=st.lists(st.sampled_from([500.0, 750.0, 1250.0, 1600.0]), unique=True, max_size=3),
    noise=st.integers(0, 2**31),
)
def test_the_adc_is_the_slope_that_least_squares_find(s0, adc, others, noise):
    b = np.array([0.0, 1000.0, *others])
    rng = np.random.default_rng(noise)
    measured = s0 * np.exp(-b[:, None] * adc) * rng.uniform(0.9, 1.1, (b.size, 60))
    found = log_linear_adc([(weight, signal.astype(np.float32)) for weight, signal in zip(b, measured, strict=True)])
    slope = -lstsq(np.stack([np.ones_like(b), b], axis=1), np.log(measured))[0][1]
    assert np.allclose(found, np.maximum(slope, 0), rtol=1e-3, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(count=st.integers(2, 12), seed=seeds)
def test_the_geometric_mean_is_that_of_scipy_wherever_there_is_signal(count, seed):
    stack = np.random.default_rng(seed).integers(1, 4000, (count, 50)).astype(np.float32)
    assert np.allclose(geometric_mean(stack), gmean(stack, axis=0), rtol=1e-5)


def test_a_direction_without_signal_darkens_a_voxel_and_does_not_delete_it():
    stack = np.array([[100, 0, -3], [100, 100, 0], [100, 100, -1]], np.float32)
    mean = geometric_mean(stack)
    # The mean of 0, 100, 100 is 67; its hundredth counts in the place of the 0.
    assert mean == pytest.approx([100, (200 / 300 * 100 * 100) ** (1 / 3), 0], rel=1e-5)
    assert not np.isfinite(geometric_mean([np.array([np.nan, 1], np.float32)] * 2)[0])


def test_the_adc_is_0_in_air_and_where_it_would_be_negative():
    b0 = np.array([1000.0] * 98 + [10.0, 500.0, 0.0], np.float32)
    weighted = np.array([400.0] * 98 + [5.0, 600.0, 0.0], np.float32)
    found = log_linear_adc([(1000.0, weighted), (0.0, b0)])
    assert found[:98] == pytest.approx(np.log(2.5) / 1000, rel=1e-5)
    assert not found[98:].any()


X, Y, Z = np.eye(3)


def test_repeats_of_a_direction_are_averaged_before_directions_are_multiplied():
    rng = np.random.default_rng(5)
    # Opposite gradients weight alike; a degree is how tables are rounded.
    repeats = {"x": [X, -X, X + 0.017 * Y], "y": [Y], "z": [Z, Z]}
    weightings, volumes, kept = [], [], {}
    for name, vectors in repeats.items():
        kept[name] = rng.uniform(100, 900, (len(vectors), *SHAPE)).astype(np.float32)
        weightings += [Weighting.along(1000.0, vector) for vector in vectors]
        volumes += list(kept[name])
    found = maps(weightings, volumes)
    expected = gmean([part.mean(axis=0) for part in kept.values()], axis=0)
    assert np.allclose(voxels(found.trace), expected, rtol=1e-5)
    assert "3 directions, repeats averaged before: 6 of its 6 volumes" in found.trace_words
    assert found.adc is None and "without diffusion weighting" in found.adc_words


def test_repeats_without_weighting_are_averaged_and_never_part_of_the_trace():
    b0 = [np.full(SHAPE, value, np.float32) for value in (900, 1000, 1100)]
    volumes = [b0[0], np.full(SHAPE, 300, np.float32), b0[1], np.full(SHAPE, 300, np.float32), b0[2]]
    found = maps([Weighting(b) for b in (0.0, 1000.0, 5.0, 1000.0, 0.001)], volumes)
    assert np.allclose(voxels(found.trace), 300)
    assert np.allclose(voxels(found.adc), np.log(1000 / 300) / (1000 - 5.001 / 3), rtol=1e-4)
    assert "no file says which repeat a direction" in found.trace_words
    assert "b=2 (3 volumes, averaged)" in found.adc_words


def test_an_acquired_trace_in_the_series_goes_before_its_directions():
    told = [Weighting(0.0), *(Weighting.along(1000.0, vector) for vector in (X, Y, Z)), Weighting(1000.0, ())]
    tensor, _ = tensors((0.3e-3, 0.7e-3, 1.7e-3), 1)
    volumes = signals(told, tensor, np.full(SHAPE, 1000.0))
    volumes[-1] = volumes[-1] * np.float32(1.01)
    found = maps(told, volumes)
    assert np.array_equal(voxels(found.trace), volumes[-1])
    assert not found.computed and found.trace_words.startswith("the acquired trace")


@pytest.mark.parametrize(
    ("b_values", "taken", "count"),
    [
        ([0, 1000, 1000, 1000], 1000, 3),
        ([0, 995, 1005, 1000, 2000, 2005], 1000, 3),
        ([0, 500, 1000, 2000, 3000], 1000, 1),
        ([0, 500, 1500], 1500, 1),  # below 700 diffusion does not outweigh all else yet
        ([0, 700, 1300], 1300, 1),  # of two as far away the higher
        ([0, 2000, 2010], 2005, 2),  # better than nothing
        ([0, 500, 3000], 500, 1),
        ([5, 15, 950, 1050], 1000, 2),
        ([0, 50, 800, 850], 825, 2),
    ],
)
def test_the_shell_nearest_to_1000_is_taken(b_values, taken, count):
    known = [Weighting(float(b)) for b in b_values]
    shell = shells_of(known)[0]
    assert (shell.b, shell.count) == (taken, count)
    assert unweighted_of(known).count == sum(b <= 50 for b in b_values)


@pytest.mark.parametrize(
    ("b_values", "vectors", "words"),
    [
        ([0, 2000, 2000, 2000], [X, X, Y, Z], "b=2000 s/mm² is not within 500 to 1600"),
        ([1000, 1000, 1000], [X, Y, Z], "none of its volumes is without diffusion weighting"),
        ([0, 1000, 1000], [X, X, Y], "fewer than 3 directions"),
    ],
)
def test_why_there_is_no_adc_is_said(b_values, vectors, words):
    known = [Weighting.along(float(b), v) for b, v in zip(b_values, vectors, strict=True)]
    found = maps(known, [np.full(SHAPE, 500 if b else 1000, np.float32) for b in b_values])
    assert found.adc is None and words in found.adc_words


def test_a_table_of_b_values_that_the_voxels_contradict_gives_no_adc():
    known = [Weighting(1000.0), Weighting(0.0)]
    found = maps(known, [np.full(SHAPE, 1000, np.float32), np.full(SHAPE, 300, np.float32)])
    assert found.adc is None and "no brighter than the weighted" in found.adc_words


@pytest.mark.parametrize(("b_values", "words"), [([0, 5], "no diffusion"), ([0, 300], "T2 outweighs"), ([], "no diff")])
def test_what_is_hardly_weighted_is_refused(b_values, words):
    assert words in refusal(maps, [Weighting(float(b)) for b in b_values], [])


def test_voxels_that_are_no_numbers_at_the_border_are_0_and_said_where_the_trace_needs_them():
    hole = np.full(SHAPE, 100, np.float32)
    hole[0, 0, 0] = np.nan
    known = [Weighting(0.0), Weighting(1000.0), Weighting(3000.0)]
    found = maps(known, [hole * 3, hole, hole])
    assert "1 voxel without value" in found.trace_words and voxels(found.trace)[0, 0, 0] == 0
    assert np.isfinite(voxels(found.adc)).all()
    whole = np.full(SHAPE, 100, np.float32)
    found = maps(known, [whole * 3, whole, None])
    assert needed(known) == {0, 1} and voxels(found.trace).min() == 100
