from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from html_page import PNG, Page

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.mri.doubts import Unusual
from StrokeSegLogic.mri.flair import FlairSignal
from StrokeSegLogic.mri.result import PlaneVote, Segmentation, Statistics
from StrokeSegLogic.mri.vote import VolumeInterval
from StrokeSegLogic.outputs.files import html_report, write_report
from StrokeSegLogic.reports.mri import CONTOUR, Figures, figures
from StrokeSegLogic.reports.page import BRAIN_COLOUR, ml, place
from StrokeSegLogic.result.doubts import Doubt
from StrokeSegLogic.result.lesions import Lesion
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.resampling import resample
from StrokeSegLogic.study.case import Case, ClinicalData, Role, Series


def series(role: Role, image: sitk.Image) -> Series:
    return Series(role, image, f"scan/{role}.nii.gz", f"the name says {role}", 0.9, "0123456789abcdef" * 4)


def head(size: tuple[int, int, int], spacing: tuple[float, float, float]) -> sitk.Image:
    """A ball of brain in air, LPS, its centre at the origin."""
    image = sitk.Image(size, sitk.sitkFloat32)
    image.SetSpacing(spacing)
    image.SetOrigin([-(n - 1) / 2 * s for n, s in zip(size, spacing, strict=True)])
    index = np.argwhere(np.ones(Grid.of(image).shape, bool))[:, ::-1]
    radius = np.linalg.norm(Grid.of(image).to_world(index) / [60, 75, 55], axis=1).reshape(Grid.of(image).shape)
    noise = np.random.default_rng(0).normal(0, 5, radius.shape)
    return Grid.of(image).image(np.where(radius < 1, 100 + noise, 0).astype(np.float32))


def result(
    image: sitk.Image | None = None,
    *,
    lesion: bool = True,
    others: bool = True,
    name: str = "Case 7",
    warnings: tuple[str, ...] = (),
) -> Segmentation:
    """A segmentation of a ball with a lesion 30 mm to the patient's left, 15 mm to the back."""
    image = image or head((64, 76, 30), (2.0, 2.0, 4.0))
    grid = Grid.of(image)
    index = np.argwhere(np.ones(grid.shape, bool))[:, ::-1]
    distance = np.linalg.norm(grid.to_world(index) - [30, 15, 0], axis=1).reshape(grid.shape)
    probability = np.clip(1.5 - distance / 14, 0, 1).astype(np.float32) * lesion
    labels = (probability > 0.5).astype(np.uint8)
    agreement = sum((probability > t).astype(np.uint8) for t in (0.3, 0.5, 0.7))
    volume = float(labels.sum() * grid.voxel_ml)
    doubt = np.argsort(-(probability * (1 - probability)).sum((1, 2)), kind="stable")[:8] if lesion else ()
    statistics = Statistics(
        volume,
        1020.0,
        (Lesion(volume, (30.0, 15.0, 0.0), 0.8),) if lesion else (),
        1.0 if lesion else None,
        0.0 if lesion else None,
        tuple(PlaneVote(plane, volume, 0.95, 40, 0.4) for plane in ("axial", "coronal", "sagittal")),
        tuple(int(k) for k in doubt),
    )
    roles = [series(Role.DWI, image)]
    if others:
        roles += [series(role, head((50, 60, 44), (2.6, 2.6, 2.8))) for role in (Role.T1, Role.FLAIR)]
    return Segmentation(
        Case.of(name, roles, ["a mask was left out"]),
        Role.DWI,
        grid.image(labels),
        grid.image(probability),
        grid.image(np.asarray(agreement, np.uint8)),
        grid.image((sitk.GetArrayFromImage(image) > 0).astype(np.uint8)),
        statistics,
        {"model": {"name": "m1", "weights_sha256": "f" * 64}, "failed": [], "weights": None, "ok": True},
        warnings,
    )


@pytest.fixture(scope="module")
def usual() -> Segmentation:
    return result()


@pytest.fixture(scope="module")
def drawn(usual: Segmentation) -> Figures:
    return figures(usual)


@pytest.fixture
def quick(drawn: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws no pictures, for tests that look at words alone."""
    few = replace(drawn, montage=(), sequences=(), orthogonal=(), doubt=())
    monkeypatch.setattr("StrokeSegLogic.reports.mri.figures", lambda segmentation: few)


@pytest.fixture(scope="module")
def html(usual: Segmentation) -> str:
    return html_report(usual)


def test_it_is_well_formed_and_says_what_it_is_for(html: str) -> None:
    page = Page(html)
    assert html.startswith("<!DOCTYPE html>")
    assert "Research use only \u2013 not a medical device" in page.text
    assert "Case 7" in page.text
    for title in ("Lesion on the reference", "All sequences", "Slices of most doubt", "Inputs", "Provenance"):
        assert title in page.text
    assert "f" * 64 in page.text and "0123456789ab" in page.text
    assert "a mask was left out" in page.text


@pytest.mark.usefixtures("quick")
def test_it_says_how_sure_the_volume_is_and_whether_flair_shows_the_lesion(usual: Segmentation) -> None:
    known = VolumeInterval(1.25, 6.0, "seven patients"), FlairSignal(1.4, "yes", 1.0)
    statistics = replace(usual.statistics, volume_interval=known[0], flair=known[1])
    text = Page(html_report(replace(usual, statistics=statistics))).text
    assert "1.2 to 6.0 ml" in text and "measured on seven patients" in text
    assert "visible on FLAIR: yes (research use only)" in text and "Thomalla" in text


@pytest.mark.usefixtures("quick")
def test_it_says_why_there_is_no_interval_and_no_mismatch(usual: Segmentation) -> None:
    none = VolumeInterval(why_not="nobody was measured"), FlairSignal(why_not="it lies at the midline")
    statistics = replace(usual.statistics, volume_interval=none[0], flair=none[1])
    text = Page(html_report(replace(usual, statistics=statistics))).text
    assert "No 90 % interval of the volume: nobody was measured." in text
    assert "DWI-FLAIR mismatch not judged: it lies at the midline." in text
    assert "Visible on FLAIR" not in text


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(html: str) -> None:
    page = Page(html)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "http://" not in html and "https://" not in html and "url(" not in html and "@import" not in html
    assert all(not name.startswith("on") for name, _ in page.attributes)
    assert all(str(image["src"]).startswith("data:image/png;base64,") for image in page.images)


def test_every_picture_decodes_to_its_size_and_has_words(html: str, tmp_path: Path) -> None:
    page = Page(html)
    assert len(page.images) == 12 + 4 + 3 + 2 * 6
    for number, image in enumerate(page.images):
        match = PNG.fullmatch(str(image["src"]))
        assert match and image["alt"]
        path = tmp_path / f"{number}.png"
        path.write_bytes(base64.b64decode(match[1]))
        size = sitk.ReadImage(str(path)).GetSize()
        assert size == (int(str(image["width"])), int(str(image["height"])))


def test_pictures_have_the_proportions_of_the_patient(usual: Segmentation, drawn: Figures) -> None:
    box = usual.grid
    brain = sitk.GetArrayFromImage(usual.brain)
    used = [np.flatnonzero(brain.any(axis=tuple(a for a in range(3) if a != axis))) for axis in (2, 1, 0)]
    mm = [(u[-1] - u[0] + 1) * s for u, s in zip(used, box.spacing, strict=True)]
    axial, coronal, sagittal = (figure.picture.shape for figure in drawn.orthogonal)
    assert axial[0] / axial[1] == pytest.approx((mm[1] + 16) / (mm[0] + 16), rel=0.08)
    assert coronal[0] / coronal[1] == pytest.approx((mm[2] + 16) / (mm[0] + 16), rel=0.08)
    assert sagittal[0] / sagittal[1] == pytest.approx((mm[2] + 16) / (mm[1] + 16), rel=0.08)
    assert coronal[1] == axial[1]  # one scale


@pytest.mark.parametrize("orientation", ["LPS", "RAS", "LAS", "PIR", "SAL"])
def test_a_lesion_of_the_left_is_outlined_on_the_right(orientation: str) -> None:
    shown = figures(result(sitk.DICOMOrient(head((64, 76, 30), (2.0, 2.0, 4.0)), orientation), others=False))
    assert shown.plane == {"S": "axial", "R": "sagittal", "L": "sagittal"}[orientation[2]]
    axial, coronal, sagittal = (figure.picture for figure in shown.orthogonal)
    for picture in (axial, coronal):
        assert np.nonzero((picture == CONTOUR).all(axis=2))[1].mean() > 0.65 * picture.shape[1]
    for picture, across in ((axial, 0), (sagittal, 1)):
        assert np.nonzero((picture == CONTOUR).all(axis=2))[across].mean() > 0.55 * picture.shape[across]


def test_the_montage_names_slices_as_they_are_stored(usual: Segmentation, drawn: Figures) -> None:
    held = {int(k) for k in np.flatnonzero(usual.array().any(axis=(1, 2)))}
    marked = set()
    for figure in drawn.montage:
        number, letter, mm = re.fullmatch(r"Slice (\d+) · ([SI]) (\d+) mm", figure.caption).groups()
        assert usual.grid.to_world(np.array([[0, 0, int(number)]]))[0, 2] == pytest.approx(
            int(mm) * (1 if letter == "S" else -1), abs=0.51
        )
        if (figure.picture == CONTOUR).all(axis=2).any():
            marked.add(int(number))
    assert marked == held


def test_a_tall_lesion_is_thinned_out_to_three_rows() -> None:
    image = head((48, 56, 120), (2.5, 2.5, 1.0))
    shown = figures(result(image, others=False))
    assert len(shown.montage) == 18


def test_the_most_doubtful_slices_come_first(usual: Segmentation, drawn: Figures) -> None:
    doubt = drawn.doubt
    assert [figure.caption.split(" · ")[0] for figure, _ in doubt] == [
        f"Slice {k}" for k in usual.statistics.doubtful_slices[:6]
    ]
    warm, agreed = doubt[0]
    assert (np.ptp(warm.picture.astype(int), axis=2) > 40).any()
    assert (np.ptp(agreed.picture.astype(int), axis=2) > 40).any()


def test_values_are_escaped(quick: None) -> None:
    nasty = "<script>alert('x')</script> & \"quotes\""
    segmentation = result(name=nasty, warnings=(nasty,), others=False)
    dwi = replace(segmentation.case.series[Role.DWI], source=nasty, reason=nasty)
    case = replace(segmentation.case, series={Role.DWI: dwi}, notes=(nasty,))
    page_html = html_report(replace(segmentation, case=case, provenance={nasty: [nasty, {"a": nasty}]}))
    page = Page(page_html)
    assert "script" not in page.tags
    assert page_html.count("&lt;script&gt;") >= 8
    assert page.texts.count(nasty) >= 5


def test_warnings_stand_before_everything_else(usual: Segmentation, quick: None) -> None:
    page = Page(html_report(replace(usual, warnings=("the coronal plane failed",))))
    assert page.text.index("the coronal plane failed") < page.text.index("Lesion volume")
    assert "Read this first" not in Page(html_report(usual)).text


def test_what_is_unusual_is_the_first_line(usual: Segmentation, quick: None) -> None:
    alarm = Doubt((), Unusual.LARGE, "300 ml <are> marked")
    html = html_report(replace(usual, unusual=(alarm,), warnings=("look here",)))
    body = html[html.index("<body>") :]
    assert body.index("Unusual: 300 ml &lt;are&gt; marked") < body.index("Case 7") < body.index("look here")
    assert "Unusual" not in html_report(usual)


def test_a_case_without_lesion_shows_the_brain() -> None:
    segmentation = result(lesion=False)
    page = Page(html_report(segmentation))
    assert "0.00 ml" in page.text and "no lesion was found" in page.text
    assert "Slices of most doubt" not in page.text
    assert len(page.images) == 12 + 3 + 3
    assert all("without lesion" in str(image["alt"]) for image in page.images)


def test_a_case_of_one_series_has_one_sequence() -> None:
    assert [figure.caption for figure in figures(result(others=False)).sequences] == ["DWI, unmarked", "DWI"]


@pytest.mark.parametrize("size", [(4, 3, 2), (9, 9, 1)])
@pytest.mark.parametrize("masked", [True, False])
def test_tiny_volumes_and_empty_brains_have_a_report(size: tuple[int, int, int], masked: bool) -> None:
    image = sitk.Image(size, sitk.sitkFloat32) + 5
    image.SetSpacing((8.0, 8.0, 8.0))
    segmentation = result(image, lesion=False, others=False)
    if not masked:
        segmentation = replace(segmentation, brain=segmentation.brain * 0)
    Page(html_report(segmentation))


def test_a_large_volume_has_a_small_file(tmp_path: Path, usual: Segmentation) -> None:
    grid = Grid((320, 384, 80), (0.44, 0.44, 1.6), (-70.0, -84.0, -64.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))

    def finer(image: sitk.Image) -> sitk.Image:
        return resample(image, grid, "nearest")

    dwi = usual.case.series[Role.DWI]
    rng = np.random.default_rng(1)
    noisy = sitk.GetArrayFromImage(finer(dwi.image)) + rng.standard_normal(grid.shape, np.float32) * 30
    case = replace(usual.case, series={**usual.case.series, Role.DWI: replace(dwi, image=grid.image(noisy))})
    parts = {name: finer(getattr(usual, name)) for name in ("labels", "probability", "agreement", "brain")}
    large = replace(usual, case=case, **parts)
    write_report(large, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 5_000_000


def test_a_volume_that_does_not_reach_the_slice_is_black_there(usual: Segmentation) -> None:
    far = usual.case.series[Role.T1].image + 0
    far.SetOrigin((500.0, 500.0, 500.0))
    case = replace(usual.case, series={**usual.case.series, Role.T1: replace(usual.case.series[Role.T1], image=far)})
    t1 = next(figure for figure in figures(replace(usual, case=case)).sequences if figure.caption == "T1")
    below = t1.picture[30:]
    drawn = (below == CONTOUR).all(axis=2) | (below == BRAIN_COLOUR).all(axis=2)
    grey = below[~drawn]
    assert grey.max() == 0


def test_what_is_known_of_the_patient_is_shown(usual: Segmentation, quick: None) -> None:
    case = replace(usual.case, clinical=ClinicalData(age=71, nihss=9))
    text = Page(html_report(replace(usual, case=case))).text
    assert "age 71" in text and "NIHSS 9" in text and "since onset" not in text


def test_agreement_counts_what_all_planes_mark(usual: Segmentation, quick: None) -> None:
    counts = sitk.GetArrayFromImage(usual.agreement)
    share = (counts == 3).sum() / (counts > 0).sum()
    assert f"{share:.0%} of what any plane marks, all 3 mark" in Page(html_report(usual)).text
    alone = replace(usual, statistics=replace(usual.statistics, planes=usual.statistics.planes[:1]))
    assert "one plane alone has voted" in Page(html_report(alone)).text


def test_many_lesions_are_cut_short(usual: Segmentation, quick: None) -> None:
    many = tuple(Lesion(20.0 - i, (30.0, 15.0, 0.0), 0.7) for i in range(19))
    text = Page(html_report(replace(usual, statistics=replace(usual.statistics, lesions=many)))).text
    assert "4 smaller lesions are not listed" in text


def test_it_is_written_whole_as_utf8_and_the_same_each_time(usual: Segmentation, html: str, tmp_path: Path) -> None:
    write_report(usual, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_folder_that_is_not_there_is_an_error(usual: Segmentation, quick: None, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write_report(usual, tmp_path / "missing" / "report.html")


def test_numbers_are_said_in_few_digits() -> None:
    assert [ml(0), ml(3.14159), ml(9.996), ml(123.46)] == ["0.00", "3.14", "10.0", "123.5"]
    assert place((30.2, -4.0, -12.6)) == "L 30, A 4, I 13"
