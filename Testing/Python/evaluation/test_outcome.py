"""What an evaluation leaves: plots, page, tables and record, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from evaluation.cohorts import row

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.evaluation.cohort import Evaluation, Sources
from StrokeSegLogic.evaluation.plots import COLOURS, bland_altman, dice_boxes, plots
from StrokeSegLogic.evaluation.report import FILES, RECORD, Settings, write_evaluation

ROWS = [
    replace(row(f"c{k}", group, truth_ml=10.0 * k, predicted_ml=10.0 * k + k % 3, volume_bias_ml=k % 3), member=member)
    for k in range(8)
    for group in (("LVO", "WIS")[k % 2],)
    for member in ("axial", "vote")
]
EVALUATION = Evaluation(ROWS, {"lesion": (1,)}, ("1 reference(s) without a prediction: <d>",))
SOURCES = Sources(Path("predictions"), Path("references"))


def picture(png: bytes) -> np.ndarray:
    return matplotlib.image.imread(io.BytesIO(png), format="png")


def share(image: np.ndarray, colour: str) -> float:
    """Part of a picture's pixels that have a colour."""
    wanted = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return float((np.abs(image[..., :3] - wanted).max(-1) < 0.02).mean())


@pytest.mark.parametrize("draw", [bland_altman, dice_boxes])
def test_plots_show_every_group_or_member_in_its_colour(draw) -> None:
    image = picture(draw(ROWS, "lesion"))
    assert image.shape[0] > 300 and image.shape[1] > 400
    assert all(share(image, colour) > 0.0002 for colour in COLOURS[:2])
    assert share(image, COLOURS[2]) == 0


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_cases_can_be_drawn(count: int) -> None:
    for png in plots(ROWS[: 2 * count], ["lesion"]).values():
        assert picture(png).std() > 0


def test_drawing_leaves_no_global_state_behind() -> None:
    import matplotlib.pyplot

    plots(ROWS, ["lesion"])
    assert matplotlib.pyplot.get_fignums() == []


def test_drawing_looks_for_no_windows_library() -> None:
    """In Slicer, whose own is another Qt, that ended the application."""
    script = """
import sys

import matplotlib
from test_outcome import ROWS, plots

chosen = dict.__getitem__(matplotlib.rcParams, "backend")
plots(ROWS, ["lesion"])
found = [name for name in sys.modules if name.startswith(("matplotlib.pyplot", "PySide", "PyQt", "tkinter"))]
assert not found, found
assert dict.__getitem__(matplotlib.rcParams, "backend") is chosen
"""
    here = Path(__file__).parent
    paths = [str(here), str(here.parent), *sys.path]
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)


def test_the_same_cohort_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_evaluation(EVALUATION, SOURCES, Settings(), tmp_path / name)
    first, two = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert first == two


class Tags(HTMLParser):
    """All tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outcome") / "ä new" / "folder"
    write_evaluation(EVALUATION, SOURCES, Settings(resamples=200, seed=3), folder)
    return folder


def test_every_file_is_there_and_named_in_the_record(outcome: Path) -> None:
    names = {path.name for path in outcome.iterdir()}
    plotted = {"bland-altman-1.png", "dice-1.png"}
    assert names == {"cases.csv", "tables.csv", "tables.md", "report.html", RECORD, *plotted}
    record = json.loads((outcome / RECORD).read_text(encoding="utf-8"))
    assert set(record["files"]) == names
    assert (record["cases"], record["bootstrap"]["seed"], record["joint"]) == (8, 3, "mean")
    assert "<d>" in record["missing"][0]


def test_the_page_needs_nothing_beside_it_and_says_what_is_missing(outcome: Path) -> None:
    page = Tags((outcome / "report.html").read_text(encoding="utf-8"))
    images = [attributes["src"] or "" for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 2 and all(src.startswith("data:image/png;base64,") for src in images)
    assert not {"script", "link", "iframe", "d"} & {tag for tag, _ in page.tags}
    assert "without a prediction: <d>" in page.words and "Research use only" in page.words
    assert "Dice ↑" in page.words and "Hausdorff (mm) ↓" in page.words


def test_the_tables_name_the_conventions(outcome: Path) -> None:
    text = (outcome / "tables.md").read_text(encoding="utf-8")
    for words in ("n \u2212 1", "200 resamples, seed 3", "Both masks empty", "ISLES'22", "ISLES'24", "0.2", "<d>"):
        assert words in text
    with (outcome / "cases.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(ROWS)


def test_a_run_into_the_same_folder_replaces_its_own_files_alone(tmp_path: Path) -> None:
    two = replace(
        EVALUATION, rows=[*ROWS, *(replace(row, label="core") for row in ROWS)], classes={"lesion": (1,), "core": (2,)}
    )
    write_evaluation(two, SOURCES, Settings(100), tmp_path)
    assert (tmp_path / "dice-2.png").exists()
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    write_evaluation(EVALUATION, SOURCES, Settings(100), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "notes.txt"}


OF_EACH_KIND = (RECORD, "report.html")


@pytest.mark.parametrize(
    "name", [name if name in OF_EACH_KIND else pytest.param(name, marks=pytest.mark.slow) for name in FILES]
)
@pytest.mark.quick(1)
def test_a_file_that_is_not_an_evaluations_is_never_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=f"holds {name}, which no record shows"):
        write_evaluation(EVALUATION, SOURCES, Settings(100), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    write_evaluation(EVALUATION, SOURCES, Settings(100), tmp_path, overwrite=True)
    (place,) = tmp_path.glob("previous-*")
    assert (place / name).read_text(encoding="utf-8") == "mine"


def test_without_matplotlib_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"strokeseg\[evaluate\]"):
        plots(ROWS, ["lesion"])
