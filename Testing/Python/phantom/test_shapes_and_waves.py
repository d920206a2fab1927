from __future__ import annotations

import numpy as np
import pytest

from StrokeSegLogic.phantom import shapes
from StrokeSegLogic.phantom.waves import Waves


def line(start: float, stop: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = np.linspace(start, stop, 101, dtype=np.float32)
    return x, np.zeros_like(x), np.zeros_like(x)


def test_a_ball_has_exact_depths() -> None:
    x, y, z = line(-15, 15)
    assert shapes.ellipsoid(x, y, z, (0, 0, 0), (10, 10, 10)) == pytest.approx(10 - np.abs(x), abs=0.01)


def test_a_boxy_ellipsoid_has_its_surface_at_its_radii() -> None:
    x, y, z = line(55, 65)
    depth = shapes.boxy_ellipsoid(x, y, z, (0, 0, 0), (60, 80, 50))
    assert depth == pytest.approx(60 - x, abs=0.3)


def test_a_tube_has_round_ends_and_a_radius_that_changes() -> None:
    x, y, z = line(-10, 20)
    depth = shapes.tube(x, y, z, [(0, 0, 0, 2), (10, 0, 0, 4)])
    assert depth[x < 0] == pytest.approx(2 + x[x < 0], abs=1e-4)
    assert depth[x > 10] == pytest.approx(4 - (x[x > 10] - 10), abs=1e-4)
    assert depth[50] == pytest.approx(2 + 2 * x[50] / 10, abs=1e-4)


def test_unions_and_intersections_are_rounded_only_near_the_crease() -> None:
    a, b = np.array([5.0, 0.0, -9.0]), np.array([-5.0, 0.0, 3.0])
    assert shapes.united(a, b, 2) == pytest.approx([5, 0.5, 3])
    assert shapes.common(a, b, 2) == pytest.approx([-5, -0.5, -9])


def test_cover_passes_from_nothing_to_all_over_the_edge() -> None:
    assert shapes.cover(np.array([-1, -0.5, 0, 0.5, 1]), 2.0) == pytest.approx([0, 0.25, 0.5, 0.75, 1])


def test_rotations_keep_lengths_and_hands() -> None:
    matrix = shapes.rotation(np.array([0.3, -0.2, 1.0]))
    assert matrix @ matrix.T == pytest.approx(np.eye(3))
    assert np.linalg.det(matrix) == pytest.approx(1)


def test_waves_have_unit_variance_and_mean_zero() -> None:
    points = np.random.default_rng(0).uniform(-500, 500, (20_000, 3)).astype(np.float32)
    values = Waves.of(np.random.default_rng(1), 20, 12).at(points)
    assert values.mean() == pytest.approx(0, abs=0.05)
    assert values.std() == pytest.approx(1, abs=0.05)


def test_the_sheet_distance_of_one_wave_is_the_distance_to_its_zeros() -> None:
    waves = Waves(np.array([[2 * np.pi / 20], [0], [0]], np.float32), np.zeros(1, np.float32))
    x = np.linspace(-2, 2, 41, dtype=np.float32)
    points = np.stack([x, x * 0, x * 0], axis=1)
    assert waves.sheet_distance(points) == pytest.approx(np.abs(x), rel=0.2, abs=1e-4)
