from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import SimpleITK as sitk
from cancelling import AfterSome
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from strategies import STORAGES, grids

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import Progress, hearing
from StrokeSegLogic.brain.registration import Registration, register
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Role

# Rounded: ITK's singular value decomposition fails on cosines like 1e-313.
directions = st.tuples(*[st.floats(-1, 1).map(lambda part: round(part, 6))] * 3).filter(
    lambda way: np.linalg.norm(way) > 0.1
)


@st.composite
def motions(draw: st.DrawFn, largest_mm: float = 10.0, largest_deg: float = 8.0) -> sitk.Euler3DTransform:
    """A rigid motion about the middle of space: any axis, any direction."""
    axis, way = (np.array(draw(directions)) for _ in range(2))
    turn = sitk.VersorRigid3DTransform()
    turn.SetRotation((axis / np.linalg.norm(axis)).tolist(), np.radians(round(draw(st.floats(0, largest_deg)), 6)))
    motion = sitk.Euler3DTransform()
    motion.SetMatrix(turn.GetMatrix(), 1e-9)
    motion.SetTranslation((way / np.linalg.norm(way) * draw(st.floats(0, largest_mm))).tolist())
    return motion


def moved(image: sitk.Image, motion: sitk.Transform) -> sitk.Image:
    """The image of a head that was taken elsewhere: each point x of it now lies at motion(x)."""
    return sitk.TransformGeometry(image, motion.GetInverse())


def at(transform: sitk.Transform, points: np.ndarray) -> np.ndarray:
    return np.array([transform.TransformPoint(point) for point in points.tolist()])


@pytest.fixture(scope="module")
def brain(phantom: MriPhantom) -> sitk.Image:
    return phantom.brain_on(Grid.of(phantom.images[Role.DWI]))


@pytest.fixture(scope="module")
def points(brain: sitk.Image) -> np.ndarray:
    return Grid.of(brain).to_world(np.argwhere(sitk.GetArrayViewFromImage(brain))[::50, ::-1])


def found_in(phantom: MriPhantom, brain: sitk.Image, moving: sitk.Image, fixed: Role = Role.DWI) -> Registration:
    found = register(phantom.images[fixed], moving, brain)
    assert found is not None
    return found


# Not shrunk: an example takes a second.
@pytest.mark.slow
@settings(max_examples=5, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(motion=motions(), role=st.sampled_from([Role.T1, Role.T2, Role.FLAIR]))
def test_a_head_is_found_where_it_went(
    phantom: MriPhantom, brain: sitk.Image, points: np.ndarray, motion: sitk.Euler3DTransform, role: Role
) -> None:
    found = found_in(phantom, brain, moved(phantom.images[role], motion))
    assert np.linalg.norm(at(found.transform, points) - at(motion, points), axis=1).mean() < 0.5
    displacement = np.linalg.norm(at(found.transform, points) - points, axis=1).mean()
    # The points are every fiftieth voxel.
    assert found.mean_mm == pytest.approx(displacement, rel=0.03, abs=0.05)


@pytest.mark.slow
def test_a_motion_gains_information_and_none_gains_hardly_any(phantom: MriPhantom, brain: sitk.Image) -> None:
    flair = phantom.images[Role.FLAIR]
    right = found_in(phantom, brain, flair)
    away = found_in(phantom, brain, moved(flair, sitk.Euler3DTransform((0, 0, 0), 0.05, 0, 0.05, (2, -2, 3))))
    assert away.after == pytest.approx(right.after, abs=0.01) and away.before < right.before
    assert abs(right.gain) < 0.03 < 0.2 < away.gain


@pytest.mark.slow
@settings(max_examples=4)
@given(storage=st.sampled_from(STORAGES))
def test_what_is_found_does_not_depend_on_how_volumes_are_stored(
    phantom: MriPhantom, brain: sitk.Image, points: np.ndarray, storage: tuple
) -> None:
    order, signs = storage
    motion = sitk.Euler3DTransform((0, 0, 0), 0.05, 0.02, 0, (4, 1, -3))
    flair = moved(phantom.images[Role.FLAIR], motion)
    stored = sitk.Flip(sitk.PermuteAxes(flair, order), [sign < 0 for sign in signs], False)
    first, other = (found_in(phantom, brain, image).transform for image in (flair, stored))
    np.testing.assert_allclose(at(first, points), at(other, points), atol=1e-3)


@pytest.fixture
def threads() -> Iterator[None]:
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    yield
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


@pytest.mark.slow
def test_what_is_found_does_not_depend_on_the_number_of_threads(
    phantom: MriPhantom, brain: sitk.Image, threads: None
) -> None:
    flair = moved(phantom.images[Role.FLAIR], sitk.Euler3DTransform((0, 0, 0), 0.05, 0.02, 0, (4, 1, -3)))
    said = []
    for count in (1, 2, 5):
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(count)
        found = found_in(phantom, brain, flair)
        said.append((found.transform.GetParameters(), found.before, found.after))
    assert said[0] == said[1] == said[2]


@given(grid=grids(), motion=motions())
def test_what_is_put_back_keeps_its_voxels_and_lies_where_the_tissue_is(
    grid: Grid, motion: sitk.Euler3DTransform
) -> None:
    image = grid.image(np.random.default_rng(0).random(grid.shape, np.float32))
    back = Registration(motion, 0.1, 0.2, 1.0).put_back(image)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(back), sitk.GetArrayFromImage(image))
    corners = Grid.of(back).corners()
    np.testing.assert_allclose(at(motion, corners), grid.corners(), atol=1e-6)


@given(motion=motions())
def test_shift_and_angle_are_those_of_the_motion(motion: sitk.Euler3DTransform) -> None:
    found = Registration(motion, 0.1, 0.2, 1.0)
    assert found.shift_mm == pytest.approx(np.linalg.norm(motion.GetTranslation()))
    versor = sitk.VersorRigid3DTransform()
    versor.SetMatrix(motion.GetMatrix(), 1e-6)
    half = np.linalg.norm(versor.GetParameters()[:3])
    assert found.angle_deg == pytest.approx(np.degrees(2 * np.arcsin(half)), abs=1e-3)
    assert found.gain == pytest.approx(1.0)


def test_three_slices_are_not_registered(phantom: MriPhantom, brain: sitk.Image) -> None:
    flair = phantom.images[Role.FLAIR]
    middle = flair.GetSize()[2] // 2
    assert register(phantom.images[Role.DWI], flair[:, :, middle : middle + 3], brain) is None
    assert register(phantom.images[Role.DWI], flair[:, :, middle - 3 : middle + 3], brain) is not None


def test_a_volume_that_shows_little_of_the_brain_is_not_registered(phantom: MriPhantom, brain: sitk.Image) -> None:
    away = moved(phantom.images[Role.FLAIR], sitk.Euler3DTransform((0, 0, 0), 0, 0, 0, (0, 0, 130)))
    assert register(phantom.images[Role.DWI], away, brain) is None


def test_a_mask_beside_the_volume_is_none_to_register_in(phantom: MriPhantom, brain: sitk.Image) -> None:
    away = moved(brain, sitk.Euler3DTransform((0, 0, 0), 0, 0, 0, (0, 0, 900)))
    assert register(phantom.images[Role.DWI], phantom.images[Role.FLAIR], away) is None


def test_a_climb_is_given_up_when_the_run_is_cancelled(phantom: MriPhantom, brain: sitk.Image) -> None:
    flair = moved(phantom.images[Role.FLAIR], sitk.Euler3DTransform((0, 0, 0), 0.1, 0, 0, (8, 0, 0)))
    counting = AfterSome(10_000)
    with hearing(Progress(cancel=counting)):
        register(phantom.images[Role.DWI], flair, brain)
    # The last that ask are the last steps.
    token = AfterSome(counting.asked - 8)
    with hearing(Progress(cancel=token)), pytest.raises(Cancelled):
        register(phantom.images[Role.DWI], flair, brain)
    assert token.asked < counting.asked - 3
