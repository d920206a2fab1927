"""Simulated perfusion whose cores have the shapes of given lesions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import map_coordinates

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.phantom.anatomy import Head
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.training.datasets.check import check
from StrokeSegLogic.training.datasets.layouts import read_data_set
from StrokeSegLogic.training.simulated_perfusion.circulation import Circulation
from StrokeSegLogic.training.simulated_perfusion.deficit import KINDS, LesionDeficit
from StrokeSegLogic.training.simulated_perfusion.lattice import Lattice, depth, fractions
from StrokeSegLogic.training.simulated_perfusion.patient import simulate
from StrokeSegLogic.training.simulated_perfusion.scanner import Scanner, eight_bits
from StrokeSegLogic.training.simulated_perfusion.territories import Territories
from StrokeSegLogic.training.simulated_perfusion.write import write_simulated_perfusion

MNI = Grid((157, 189, 136), (1.0, 1.0, 1.0), (-78.0, 112.0, -50.0), (1, 0, 0, 0, -1, 0, 0, 0, 1))


def ball(x: float, y: float, z: float, radius: float) -> sitk.Image:
    """A lesion in MNI space (LPS), stored as SOOP's are."""
    k, j, i = np.indices(MNI.shape)
    away = (i - 78 - x) ** 2 + (112 - j - y) ** 2 + (k - 50 - z) ** 2
    return MNI.image((away < radius**2).astype(np.uint8))


@pytest.fixture(scope="module")
def soop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten lesions of a stand-in's shape, and an atlas whose territories are the two halves."""
    folder = tmp_path_factory.mktemp("soop")
    (folder / "lesions").mkdir()
    rows = ["participant_id\tsplit\tlesion_voxels"]
    for number in range(10):
        split = "train" if number < 6 else "val" if number < 8 else "test"
        lesion = ball(40 * (-1) ** number, 10, 18, 14 + number)
        sitk.WriteImage(lesion, str(folder / "lesions" / f"sub-{number}.nii.gz"))
        rows.append(f"sub-{number}\t{split}\t{(sitk.GetArrayViewFromImage(lesion) > 0).sum()}")
    (folder / "participants.tsv").write_text("\n".join(rows) + "\n")
    halves = np.where(np.arange(157)[None, None] > 78, 1, 2) * np.ones(MNI.shape, np.uint8)
    sitk.WriteImage(MNI.image(halves.astype(np.uint8)), str(folder / "ArterialAtlas136.nii.gz"))
    (folder / "ArterialAtlas136.txt").write_text("1|ML|left half|3\n2|MR|right half|4\n")
    return folder


@pytest.fixture(scope="module")
def written(soop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sim") / "data"
    write_simulated_perfusion(soop, folder, 7, seed=4, pixels=48)
    return folder


def test_a_lattice_is_read_as_linear_interpolation_does() -> None:
    values = np.random.default_rng(0).normal(size=(7, 9, 8)).astype(np.float32)
    points = np.random.default_rng(1).uniform(-4, 20, (200, 3)).astype(np.float32)
    ours = Lattice(values, (-1.0, 2.0, 0.0)).at(points)
    place = (points - [-1.0, 2.0, 0.0]) / 2.0
    place = np.clip(place, 0, np.array(values.shape[::-1]) - 1)
    np.testing.assert_allclose(ours, map_coordinates(values, place.T[::-1], order=1), atol=1e-4)


def test_a_lesion_lies_on_its_lattice_where_it_lay_in_mni() -> None:
    cells = fractions(ball(40, 10, 18, 15))
    ml = float(cells.values.sum()) * 8 / 1000
    assert ml == pytest.approx(4 / 3 * np.pi * 1.5**3, rel=0.02)
    middle = np.average(np.argwhere(cells.values > 0), axis=0, weights=cells.values[cells.values > 0])
    np.testing.assert_allclose(middle[::-1] * 2 + np.array(cells.origin), (40, 10, 18), atol=0.1)
    inside = Lattice(depth(cells.values > 0.5), cells.origin).at(np.array([[40.0, 10.0, 18.0], [40.0, 10.0, 43.0]]))
    assert 9 < inside[0] < 16 and inside[1] == pytest.approx(-11, abs=2)


@pytest.mark.slow
def test_penumbra_stays_within_the_lesions_territory_and_holds_its_core(soop: Path) -> None:
    territories = Territories.read(soop)
    points = np.random.default_rng(3).uniform((-60, -60, -20), (60, 90, 60), (4_000, 3)).astype(np.float32)
    kinds = set()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        deficit = LesionDeficit(rng, Head(np.random.default_rng(seed)), fractions(ball(40, 10, 18, 15)), territories)
        whole, core = deficit.depths(points)
        kinds.add(deficit.kind)
        assert deficit.side == "left"
        # The atlas' halves meet at 0; edges waver by a few mm.
        assert (points[whole > 0][:, 0] > -8).all()
        assert (whole[core > 0] > 0).all()
        assert (core > 0).any() == (deficit.kind != "penumbra only")
        assert 0 <= deficit.core_ml <= deficit.hypoperfused_ml
        if deficit.kind == "core only":
            np.testing.assert_allclose(whole - core, 1, atol=1e-4)
    assert kinds == set(KINDS)


@pytest.mark.slow
def test_flow_and_times_in_core_penumbra_and_elsewhere_are_what_the_labels_say(soop: Path) -> None:
    territories, lesion = Territories.read(soop), fractions(ball(40, 10, 18, 15))
    points = np.random.default_rng(3).uniform((-60, -60, -20), (60, 90, 60), (15_000, 3)).astype(np.float32)
    for seed in range(4):
        head = Head(np.random.default_rng(seed))
        deficit = LesionDeficit(np.random.default_rng(seed), head, lesion, territories)
        circulation = Circulation.of(np.random.default_rng(seed + 50), None)
        ill, well = (circulation.signals(head, found, points, 1.8) for found in (deficit, None))
        whole, core = deficit.depths(points)
        assert (ill["TMAX"][whole > 0.5] >= 5.9).all()
        beyond = (whole < -3 * circulation.rim_mm - 3) & (well["TMAX"] < 5)
        assert (ill["TMAX"][beyond] < 6).all()
        dead = core > 4
        assert dead.any() == (deficit.kind != "penumbra only")
        assert (ill["CBF"][dead] <= 0.3 * well["CBF"][dead] + 0.5).all()
        np.testing.assert_allclose(ill["CBF"][whole < -60], well["CBF"][whole < -60], rtol=0.1, atol=0.1)


def test_a_data_set_is_written_that_nothing_is_wrong_with(written: Path) -> None:
    data = read_data_set(written)
    findings = check(data)
    assert findings.usable and data.simulated and data.classes == ("background", "penumbra", "core")
    assert len(data.subjects) == 7
    assert {subject.split for subject in data.subjects} == {"train", "val", "test"}
    for subject in data.subjects:
        assert set(subject.images) == {"CBF", "CBV", "MTT", "TTP", "TMAX", "MIP", "CT"}
        assert subject.nihss is not None and 0 <= subject.nihss <= 42
        labels = sitk.GetArrayFromImage(sitk.ReadImage(str(subject.masks["truth"])))
        assert (labels > 0).any() == (subject.group != "WIS")


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(soop: Path) -> None:
    territories, lesion = Territories.read(soop), fractions(ball(40, 10, 18, 15))
    first, again, other = (simulate(seed, lesion, lesion, territories, 32, True) for seed in (5, 5, 6))
    assert first.made_by == other.made_by == "drawn"
    for name, image in first.images.items():
        values = sitk.GetArrayViewFromImage(image)
        np.testing.assert_array_equal(values, sitk.GetArrayViewFromImage(again.images[name]))
        different = sitk.GetArrayViewFromImage(other.images[name])
        assert values.shape != different.shape or (values != different).any()


@pytest.mark.slow
def test_maps_of_the_perfusion_engine_are_among_what_is_learned_from(soop: Path) -> None:
    territories, lesion = Territories.read(soop), fractions(ball(40, 10, 18, 22))
    study = next(
        study
        for study in (simulate(seed, lesion, lesion, territories, 48, False) for seed in range(40, 60))
        if study.made_by == "engine"
    )
    late, labels = (sitk.GetArrayFromImage(image) for image in (study.images["TMAX"], study.truth))
    healthy = (sitk.GetArrayFromImage(study.images["CBF"]) > 0) & (labels == 0)
    assert np.median(late[labels > 0]) > np.median(late[healthy]) + 1


def test_no_lesion_is_in_two_parts(soop: Path, written: Path) -> None:
    split = {row.split("\t")[0]: row.split("\t")[1] for row in (soop / "participants.tsv").read_text().splitlines()}
    clinical = {row.split(",")[0]: row.split(",")[5] for row in (written / "clinical.csv").read_text().split()}
    for row in (written / "simulation.csv").read_text().splitlines()[1:]:
        case, lesion, *_ = row.split(",")
        assert not lesion or split[lesion] == clinical[case]


def test_vendors_scales_are_put_on_what_is_learned_from_alone() -> None:
    plain = [Scanner.of(np.random.default_rng(seed), vendors=False) for seed in range(20)]
    assert all(each.cbf == each.cbv == each.tmax_factor == 1 and not each.bits and not each.from_ttp for each in plain)
    hard = [Scanner.of(np.random.default_rng(seed), vendors=True) for seed in range(60)]
    assert min(each.cbf for each in hard) < 0.6 and max(each.cbf for each in hard) > 1.7
    assert any(drawn.bits for drawn in hard) and any(drawn.from_ttp for drawn in hard)


def test_8_bits_leave_at_most_256_values_and_cut_the_brightest() -> None:
    values = np.random.default_rng(0).uniform(0, 100, (4, 30, 30))
    found = eight_bits(values, np.ones(values.shape, bool), 90.0)
    assert len(np.unique(found)) <= 256 and found.max() == pytest.approx(90, abs=2)
    below = values < 85
    np.testing.assert_allclose(found[below], values[below], atol=0.3)


@pytest.mark.slow
def test_a_part_that_is_written_alone_has_the_bytes_that_it_has_in_the_whole(
    soop: Path, written: Path, tmp_path: Path
) -> None:
    data_set = write_simulated_perfusion(soop, tmp_path / "alone", 7, seed=4, pixels=48, splits=("test",))
    cases = [subject.case for subject in data_set.subjects]
    assert cases and {subject.split for subject in data_set.subjects} == {"test"}
    for case in cases:
        files = sorted(path.name for path in (written / case).iterdir())
        assert files == sorted(path.name for path in (tmp_path / "alone" / case).iterdir())
        assert all(
            (tmp_path / "alone" / case / name).read_bytes() == (written / case / name).read_bytes() for name in files
        )


def test_a_folder_that_is_not_empty_is_left_alone(soop: Path, written: Path) -> None:
    with pytest.raises(OutputError, match="is not an empty folder"):
        write_simulated_perfusion(soop, written, 7)


def test_what_is_missing_is_named(soop: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no participants\.tsv"):
        write_simulated_perfusion(tmp_path, tmp_path / "out", 7)
    with pytest.raises(InputError, match="there are 6 lesions for train"):
        write_simulated_perfusion(soop, tmp_path / "out", 40)
    with pytest.raises(InputError, match="6 patients cannot be split"):
        write_simulated_perfusion(soop, tmp_path / "out", 6)
    with pytest.raises(InputError, match="there is no ArterialAtlas136"):
        Territories.read(tmp_path)
