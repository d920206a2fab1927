from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.ctp.series.arteries import Vessel
from StrokeSegLogic.ctp.series.maps import MapsSpec, PerfusionMaps, maps
from StrokeSegLogic.phantom.ctp import ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol
from StrokeSegLogic.reports.vessel_figure import vessel_svg

NAME = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def made() -> PerfusionMaps:
    grid = ctp_grid((1.8, 1.8, 5.0)).crop((0, 0, 6), (128, 128, 15))
    series = ctp_series(3, grid, CtpProtocol(noise_hu=3.0))
    return maps(series.hu, series.times_s, grid=grid, spec=MapsSpec(motion=False, denoising=None, device="cpu"))


def words(root: ElementTree.Element) -> str:
    return " | ".join(line.text or "" for line in root.iter(f"{NAME}text"))


@pytest.mark.slow
def test_both_curves_their_peaks_and_the_chosen_voxels_are_drawn(made: PerfusionMaps) -> None:
    root = ElementTree.fromstring(vessel_svg(made))
    lines = root.findall(f"{NAME}polyline")
    assert len(lines) == 2
    points = np.array([[float(v) for v in point.split(",")] for point in lines[0].attrib["points"].split()])
    assert len(points) == len(made.times_s)
    assert np.argmin(points[:, 1]) == np.argmax(made.aif.curve), "y falls upwards"
    peak = int(np.argmax(made.aif.curve))
    assert f"AIF: peak {made.aif.curve[peak]:.0f} HU at {made.times_s[peak]:.3g} s" in words(root)
    pictures = root.findall(f"{NAME}image")
    assert len(pictures) == 2
    assert base64.b64decode(pictures[0].attrib["href"].split(",")[1]).startswith(b"\x89PNG")
    told = [int(n) for n in re.findall(r"(\d+) of 10 voxels", words(root))]
    rings = [circle for circle in root.findall(f"{NAME}circle") if circle.attrib["fill"] == "none"]
    assert len(rings) == sum(told)


def test_rings_lie_on_the_vessels_picture_at_the_bright_places(made: PerfusionMaps, tmp_path: Path) -> None:
    """One voxel in an otherwise even MIP: the ring must be where the picture shows it."""
    z, y, x = (int(n) for n in np.argwhere(made.brain)[len(np.argwhere(made.brain)) // 3])
    mip = np.zeros_like(made.mip)
    mip[z, y, x] = 500
    shown = replace(made, mip=mip, aif=Vessel(made.aif.curve, np.array([[z, y, x]])), vof=None)
    root = ElementTree.fromstring(vessel_svg(shown))
    (ring,) = [c for c in root.findall(f"{NAME}circle") if c.attrib["fill"] == "none"]
    (picture,) = root.findall(f"{NAME}image")
    file = tmp_path / "mip.png"
    file.write_bytes(base64.b64decode(picture.attrib["href"].split(",")[1]))
    shown = sitk.GetArrayFromImage(sitk.ReadImage(str(file)))[..., 0].astype(float)
    shown[:40] = 0  # the letters
    rows, columns = np.nonzero(shown > 0.5 * shown.max())
    place = (
        float(ring.attrib["cx"]) - float(picture.attrib["x"]),
        float(ring.attrib["cy"]) - float(picture.attrib["y"]),
    )
    assert place == pytest.approx((columns.mean() + 0.5, rows.mean() + 0.5), abs=1.0)


def test_given_curves_without_voxels_and_without_a_vein_are_drawn(made: PerfusionMaps) -> None:
    given = replace(made, aif=Vessel(made.aif.curve, np.zeros((0, 3), int)), vof=None, baseline=0)
    root = ElementTree.fromstring(vessel_svg(given))
    assert len(root.findall(f"{NAME}polyline")) == 1 and not root.findall(f"{NAME}image")
    assert "VOF" not in words(root) and "before contrast" not in words(root)


def test_the_scale_is_said_where_the_artery_was_scaled(made: PerfusionMaps) -> None:
    assert "used times 1.25" in vessel_svg(replace(made, aif_scale=1.25))
