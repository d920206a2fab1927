"""The page of an MRI report: what it says, in which order, and that it stands by itself."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from html_page import PNG, Page
from reported_ball import result

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.mri.doubts import Unusual
from StrokeSegLogic.mri.flair import FlairSignal
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.mri.vote import VolumeInterval
from StrokeSegLogic.outputs.files import html_report, write_report
from StrokeSegLogic.reports.mri import Figures
from StrokeSegLogic.reports.page import ml, place
from StrokeSegLogic.result.doubts import Doubt
from StrokeSegLogic.result.lesions import Lesion
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.resampling import resample
from StrokeSegLogic.study.case import ClinicalData, Role


@pytest.fixture(scope="module")
def usual() -> Segmentation:
    return result()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws no pictures, for tests that look at words alone."""
    none = Figures("axial", montage=(), sequences=(), orthogonal=())
    monkeypatch.setattr("StrokeSegLogic.reports.mri.figures", lambda segmentation: none)


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


@pytest.mark.parametrize("size", [(4, 3, 2), (9, 9, 1)])
@pytest.mark.parametrize("masked", [True, False])
def test_tiny_volumes_and_empty_brains_have_a_report(size: tuple[int, int, int], masked: bool) -> None:
    image = sitk.Image(size, sitk.sitkFloat32) + 5
    image.SetSpacing((8.0, 8.0, 8.0))
    segmentation = result(image, lesion=False, others=False)
    if not masked:
        segmentation = replace(segmentation, brain=segmentation.brain * 0)
    Page(html_report(segmentation))


@pytest.mark.slow
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


@pytest.mark.slow
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
