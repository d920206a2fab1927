from __future__ import annotations

import base64
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from html_page import PNG, Page
from perfusion_results import by_network, of_series, perfused, unknown_scales

from StrokeSegLogic.ctp.numbers.criteria import defuse3
from StrokeSegLogic.ctp.numbers.uncertainty import plus_minus
from StrokeSegLogic.ctp.result import PerfusionSegmentation
from StrokeSegLogic.outputs.files import html_report, write_report
from StrokeSegLogic.reports.ctp_figures import ctp_figures
from StrokeSegLogic.reports.page import colour_of
from StrokeSegLogic.result.looks import CORE_STYLE, PENUMBRA_STYLE
from StrokeSegLogic.study.case import ClinicalData, Role

NOTHING = ClinicalData()


@pytest.fixture(scope="module")
def usual() -> PerfusionSegmentation:
    return perfused()


@pytest.fixture(scope="module")
def html(usual: PerfusionSegmentation) -> str:
    return html_report(usual)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture
def quick(usual: PerfusionSegmentation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws no pictures, for tests that look at words alone."""
    few = replace(ctp_figures(usual), montage=(), maps=())
    monkeypatch.setattr("StrokeSegLogic.reports.ctp.ctp_figures", lambda result: few)


def test_it_is_one_page_that_loads_and_runs_nothing(html: str, page: Page) -> None:
    assert html.startswith("<!DOCTYPE html>")
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "http://" not in html and "https://" not in html and "url(" not in html and "@import" not in html
    assert all(not name.startswith("on") for name, _ in page.attributes)
    assert all(str(image["src"]).startswith("data:image/png;base64,") and image["alt"] for image in page.images)


def test_it_says_what_it_is_for_and_what_networks_have_learned_from(page: Page) -> None:
    assert "Research use only \u2013 not a medical device" in page.text
    assert "Beside it: slow fusion and the 3-D U-Net, trained on simulated perfusion." in page.text
    assert page.text.count("trained on simulated perfusion") == 3
    chosen = Page(html_report(by_network()))
    assert "The result is that of slow fusion (slow fusion of four maps). It was trained on simulated" in chosen.text


def test_a_result_without_networks_does_not_speak_of_training(usual: PerfusionSegmentation, quick: None) -> None:
    assert "trained on" not in Page(html_report(replace(usual, routes=usual.routes[:1]))).text


def test_the_numbers_are_those_of_the_result(usual: PerfusionSegmentation, page: Page) -> None:
    numbers = usual.numbers
    assert numbers is not None
    assert f"Core {usual.route.core_ml:.1f} ml by thresholds" in page.text
    assert f"Mismatch volume {numbers.mismatch_ml:.1f} ml" in page.text
    assert f"Mismatch ratio {numbers.mismatch_ratio:.1f}" in page.text
    for delay in numbers.delays:
        assert f"Tmax > {delay.tmax_s:g} s {delay.ml:.1f} ml" in page.text or delay.ml < 9.995
    assert f"intensity ratio {numbers.hypoperfusion_intensity_ratio:.2f}" in page.text
    assert f"CBV index {numbers.cbv_index:.2f}" in page.text
    assert f"Side {numbers.side}" in page.text
    assert f"{numbers.reference}: mean CBF {numbers.reference_cbf:.1f}" in page.text


def test_the_routes_stand_beside_each_other_with_their_dice(usual: PerfusionSegmentation, page: Page) -> None:
    core, penumbra = usual.dice_with_chosen(usual.routes[1])
    row = next(text for text in page.text.split("Slow fusion ")[1:] if "sf-compact 1.0 (cdcdcdcdcdcd)" in text)
    assert f"{usual.routes[1].core_ml:.1f} {usual.routes[1].penumbra_ml:.1f} {core:.2f} {penumbra:.2f}" in row
    assert "Thresholds (the result)" in page.text


def test_criteria_stand_item_by_item_with_sources(usual: PerfusionSegmentation, page: Page) -> None:
    assert "Research use only: not for deciding on a treatment." in page.text
    for trial in usual.criteria:
        assert f"{trial.trial}: " in page.text and trial.source in page.text
        for criterion in (*trial.items, *(part for item in trial.items for part in item.parts)):
            sign = {"met": "✓", "not met": "✕", "unknown": "?"}[criterion.verdict]
            assert f"{criterion.name} {sign} {criterion.verdict}" in page.text


def test_what_is_missing_is_unknown_and_said_to_be_not_given(usual: PerfusionSegmentation, quick: None) -> None:
    assert usual.numbers is not None
    result = replace(usual, criteria=(defuse3(usual.numbers, NOTHING),), case=replace(usual.case, clinical=NOTHING))
    text = Page(html_report(result)).text
    assert "age ? unknown not given 18 to 90 years" in text
    assert "Patient" not in text and "flips" not in text


def test_a_verdict_that_flips_is_flagged_at_the_top_and_at_its_item(usual: PerfusionSegmentation, quick: None) -> None:
    numbers, clinical = usual.numbers, ClinicalData(71, 17, 8.0)
    assert numbers is not None
    sure = defuse3(numbers, clinical, plus_minus(numbers, 0.1, 0.1))
    unsure = defuse3(numbers, clinical, plus_minus(numbers, numbers.core_ml, numbers.hypoperfused_ml))
    assert not sure.flips and unsure.flips
    text = Page(html_report(replace(usual, criteria=(sure,)))).text
    assert "flips within" not in text and "holds within the uncertainty taken: core ± 0.1 ml" in text
    text = Page(html_report(replace(usual, criteria=(unsure,)))).text
    assert text.count("flips within the uncertainty") >= 3
    assert text.index("flips within the uncertainty") < text.index("Numbers by thresholds")


def test_no_core_makes_an_infinite_ratio_and_no_crash(usual: PerfusionSegmentation, quick: None) -> None:
    assert usual.numbers is not None
    numbers = replace(usual.numbers, core_ml=0.0, mismatch_ratio=math.inf)
    text = Page(html_report(replace(usual, numbers=numbers, criteria=(defuse3(numbers, NOTHING),)))).text
    assert "Mismatch ratio infinite no core" in text
    assert "mismatch ratio ✓ met infinite (no core) at least 1.8" in text


def test_no_lesion_is_a_result_with_zeros() -> None:
    page = Page(html_report(perfused("WIS", 1, clinical=NOTHING)))
    assert "Neither core nor penumbra was found" in page.text
    assert "Core 0.00 ml" in page.text and "Tmax > 6 s 0.00 ml" in page.text
    assert "undefined no lesion" in page.text and "Side none" in page.text
    assert "1.00 1.00" in page.text  # no route marks anything: they agree
    drawn = [str(image["alt"]) for image in page.images if str(image["alt"]).startswith("CT")]
    assert drawn and all("neither core nor penumbra" in alt for alt in drawn)


@pytest.mark.slow
def test_unknown_scales_are_said_and_leave_numbers_out() -> None:
    result = unknown_scales()
    page = Page(html_report(result))
    assert page.text.index("the scale of CBF") < page.text.index("Core")
    assert "Mismatch unknown thresholds could not be applied" in page.text
    assert "There are none: thresholds could not be applied" in page.text
    assert "Trial criteria" not in page.text and "How the numbers move" not in page.text
    assert "unknown scale" in page.text


def test_a_network_that_knows_the_core_alone_has_no_penumbra(quick: None) -> None:
    text = Page(html_report(by_network("unet3d"))).text
    assert "Penumbra \u2013 this network knows the core alone" in text


@pytest.mark.slow
def test_maps_that_were_computed_show_their_artery_and_how() -> None:
    result = of_series()
    page = Page(html_report(result))
    assert result.measured is not None
    assert "computed here by block-circulant deconvolution" in page.text
    assert f"Artery: found, {len(result.measured.aif.voxels)} voxels" in page.text
    assert "Motion was not looked for" in page.text
    assert "Arterial input and venous output" in page.text  # the figure's title
    assert "3 frames over 2 s" in page.text  # of the input
    for warning in result.measured.warnings:
        assert warning in page.text


def test_warnings_come_before_everything_and_all_text_is_escaped(usual: PerfusionSegmentation, quick: None) -> None:
    nasty = "<script>alert('x')</script> & \"quotes\""
    cbf = replace(usual.case.series[Role.CBF], source=nasty, reason=nasty)
    case = replace(usual.case, name=nasty, series={Role.CBF: cbf}, notes=(nasty,))
    routes = tuple(replace(route, title=nasty, notes=(nasty,)) for route in usual.routes)
    result = replace(
        usual, case=case, routes=routes, warnings=(nasty,), units={"CBF": nasty}, provenance={nasty: [nasty]}
    )
    page = Page(html_report(result))
    assert "script" not in page.tags
    assert page.text.index("Read this first") < page.text.index("Core")
    assert page.texts.count(nasty) >= 5


def test_core_and_penumbra_are_outlined_where_they_lie(usual: PerfusionSegmentation) -> None:
    shown = ctp_figures(usual)
    assert shown.on == "CT" and shown.plane == "axial"
    core, penumbra = (np.array(colour_of(style)) for style in (CORE_STYLE, PENUMBRA_STYLE))
    side = 1 if usual.numbers is not None and usual.numbers.side == "left" else -1
    seen = {"core": 0, "penumbra": 0}
    for figure in shown.montage:
        for name, colour in (("core", core), ("penumbra", penumbra)):
            places = np.nonzero((figure.picture == colour).all(axis=2))[1]
            if name == "core":  # drawn last, so that nothing hides it
                assert bool(len(places)) == ("with core" in figure.alt)
            if len(places):
                # Radiological convention: the patient's left is on the right.
                assert side * (places.mean() - figure.picture.shape[1] / 2) > 0
                seen[name] += 1
    assert min(seen.values()) > 3


def test_each_map_has_its_colours_unit_and_the_same_slices(usual: PerfusionSegmentation, page: Page) -> None:
    shown = ctp_figures(usual)
    assert [row.layer.name for row in shown.maps] == [name for name in usual.maps if name != "CT"]
    assert len({tuple(figure.caption for figure in row.slices) for row in shown.maps}) == 1
    tmax = next(row for row in shown.maps if row.layer.name == "TMAX")
    assert tmax.layer.window == (0.0, 12.0) and "12 s" in page.text
    assert "80 ml/100 g/min" in page.text
    # Delay lights up on the affected side.
    left, right = (
        np.mean([half.mean() for half in halves])
        for halves in zip(
            *((f.picture[:, f.picture.shape[1] // 2 :], f.picture[:, : f.picture.shape[1] // 2]) for f in tmax.slices),
            strict=True,
        )
    )
    assert usual.numbers is not None
    assert (left > right) == (usual.numbers.side == "left")


def test_pictures_decode_to_their_size(page: Page, tmp_path: Path) -> None:
    for number, image in enumerate(page.images[::7]):
        match = PNG.fullmatch(str(image["src"]))
        assert match
        path = tmp_path / f"{number}.png"
        path.write_bytes(base64.b64decode(match[1]))
        assert sitk.ReadImage(str(path)).GetSize() == (int(str(image["width"])), int(str(image["height"])))


@pytest.mark.slow
def test_it_is_written_whole_and_the_same_each_time(usual: PerfusionSegmentation, html: str, tmp_path: Path) -> None:
    write_report(usual, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html
    assert (tmp_path / "report.html").stat().st_size < 3_000_000


@pytest.mark.slow
def test_an_empty_brain_mask_still_has_a_report(usual: PerfusionSegmentation) -> None:
    Page(html_report(replace(usual, brain=usual.brain * 0)))
