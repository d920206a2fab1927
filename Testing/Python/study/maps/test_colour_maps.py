from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib import colormaps
from PIL import Image
from scipy.ndimage import gaussian_filter

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.ctp.routes.map_scales import rainbow
from StrokeSegLogic.study.maps.colour_bar import find_colour_bar
from StrokeSegLogic.study.maps.colour_maps import decode_colours

Table = Callable[[np.ndarray], np.ndarray]
TABLES: dict[str, Table] = {
    "rainbow": lambda values: np.moveaxis(rainbow(np.asarray(values)), 0, -1),
    "jet": lambda values: colormaps["jet"](values)[..., :3],
    "turbo": lambda values: colormaps["turbo"](values)[..., :3],
    "viridis": lambda values: colormaps["viridis"](values)[..., :3],
    "nipy_spectral": lambda values: colormaps["nipy_spectral"](values)[..., :3],
}
BAR = {"right": (232, 244), "left": (6, 18), None: None}


def capture(
    table: Table, side: str | None = "right", quality: int | None = None, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A secondary capture of 256 x 256 with a framed bar, ticks and writing; its values (0 to 1); where brain is."""
    y, x = np.mgrid[:256, :256]
    inside = ((x - 118) / 80) ** 2 + ((y - 128) / 100) ** 2 < 1
    values = gaussian_filter(np.random.default_rng(seed).standard_normal((256, 256)), 6)
    values = (values - values.min()) / (values.max() - values.min())
    shown = np.zeros((256, 256, 3))
    shown[inside] = table(values)[inside]
    shown[4:10, 60:64] = 0.6  # grey writing
    columns = BAR[side]
    if columns:
        first, last = columns
        shown[40:216, first:last] = table(np.linspace(1, 0, 176))[:, None]
        shown[36:40, first - 1 : last + 1] = shown[216:218, first - 1 : last + 1] = 1
        shown[100:104, (last + 2 if side == "left" else first - 8) :][:, :5] = 1
    picture = (shown * 255).round().astype(np.uint8)
    if quality:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=quality)
        picture = np.asarray(Image.open(file))
    return picture, values, inside


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", TABLES)
def test_values_come_back_from_colours(name: str, side: str) -> None:
    picture, values, inside = capture(TABLES[name], side)
    found = decode_colours(picture, 0, 12, where="x.png")
    wrong = np.abs(found.values - 12 * values)[inside & found.known]
    assert found.known[inside].mean() > 0.99 and found.known[~inside].mean() < 0.005
    assert np.median(wrong) < 0.15 and np.percentile(wrong, 99) < 0.3
    assert found.bar is not None and (found.bar.left < 128) == (side == "left")
    assert found.resolution == pytest.approx(12 / 175, rel=0.1)


@pytest.mark.parametrize("quality", [90, 70])
@pytest.mark.parametrize("name", TABLES)
def test_values_come_back_through_jpeg(name: str, quality: int) -> None:
    picture, values, inside = capture(TABLES[name], "right", quality)
    found = decode_colours(picture, 0, 12)
    wrong = np.abs(found.values - 12 * values)[inside & found.known]
    assert found.known[inside].mean() > 0.95
    assert np.median(wrong) < 0.15 and np.percentile(wrong, 99) < 1.2


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", TABLES)
def test_without_a_colour_bar_it_refuses(name: str, seed: int) -> None:
    picture, _, _ = capture(TABLES[name], None, seed=seed)
    with pytest.raises(InputError, match=r"x.png: is colour-coded, and no colour bar was found"):
        decode_colours(picture, 0, 12, where="x.png")


def test_a_known_table_needs_no_bar_and_may_count_downward() -> None:
    picture, values, inside = capture(TABLES["rainbow"], None)
    table = TABLES["rainbow"](np.linspace(0, 1, 256))
    up = decode_colours(picture, 0, 12, table)
    down = decode_colours(picture, 12, 0, table)
    assert up.bar is None
    assert np.abs(up.values - 12 * values)[inside].max() < 0.1
    assert (up.values + down.values)[up.known] == pytest.approx(12, abs=1e-4)


def test_writing_and_air_have_no_value() -> None:
    picture, _, _ = capture(TABLES["jet"])
    found = decode_colours(picture, 0, 12)
    assert not found.known[4:10, 60:64].any() and (found.values[~found.known] == 0).all()
    assert not found.known[40:216, 232:244].any(), "the bar itself is no tissue"


def test_a_bar_in_which_a_colour_comes_twice_is_refused() -> None:
    def there_and_back(values: np.ndarray) -> np.ndarray:
        return TABLES["rainbow"](1 - np.abs(2 * np.asarray(values) - 1))

    picture, _, _ = capture(there_and_back)
    with pytest.raises(InputError, match="one colour of the scale stands for two values"):
        decode_colours(picture, 0, 12)
    with pytest.raises(InputError, match="one colour of the scale stands for two values"):
        decode_colours(picture, 0, 12, there_and_back(np.linspace(0, 1, 256)))


def test_a_scale_at_its_end_is_said() -> None:
    picture, _, inside = capture(TABLES["jet"])
    picture[inside & (np.arange(256) < 100)] = (TABLES["jet"](np.ones(1)) * 255).round()
    assert "may lie beyond it" in decode_colours(picture, 0, 12).notes[0]


@pytest.mark.parametrize(
    ("low", "high", "change", "words"),
    [
        (5, 5, lambda picture: picture, "the scale runs from 5 to 5"),
        (0, float("inf"), lambda picture: picture, "the scale runs from 0 to inf"),
        (0, 12, lambda picture: picture[..., 0], "no colour picture"),
        (0, 12, lambda picture: picture.astype(float), "no colour picture"),
        (0, 12, np.zeros_like, "no colour bar was found"),
    ],
)
def test_what_cannot_be_decoded_is_refused(
    low: float, high: float, change: Callable[[np.ndarray], np.ndarray], words: str
) -> None:
    picture, _, _ = capture(TABLES["jet"])
    with pytest.raises(InputError, match=words):
        decode_colours(change(picture), low, high)


def test_a_table_of_another_picture_is_refused() -> None:
    picture, _, _ = capture(TABLES["jet"], None)
    greys = np.repeat(np.linspace(0, 1, 64)[:, None], 3, axis=1)
    with pytest.raises(InputError, match="hardly a pixel"):
        decode_colours(np.where(picture == 153, 0, picture).astype(np.uint8), 0, 12, greys)


@pytest.mark.parametrize(
    "table",
    [
        np.zeros((0, 3)),
        np.zeros((1, 3)),
        np.ones((5, 3)),
        np.zeros((4, 4)),
        np.zeros(3),
        np.array([[0, 0, 0], [np.nan] * 3]),
    ],
)
def test_a_table_of_fewer_than_two_colours_is_refused(table: np.ndarray) -> None:
    with pytest.raises(InputError, match="is no row of two and more colours"):
        decode_colours(capture(TABLES["jet"])[0], 0, 12, table)
    with pytest.raises(InputError, match="has no pixels"):
        decode_colours(np.zeros((0, 5, 3), np.uint8), 0, 12, TABLES["jet"](np.linspace(0, 1, 64)))


def test_the_bar_is_where_it_was_drawn() -> None:
    bar = find_colour_bar(capture(TABLES["turbo"], "right")[0], "x")
    assert (bar.top, bar.bottom, bar.left, bar.right) == (40, 216, 232, 244)
