from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from StrokeSegLogic.errors import InputError
from StrokeSegLogic.training.datasets import DataSet, write_synthetic
from StrokeSegLogic.training.devices import Hardware
from StrokeSegLogic.training.experiments.run import Means, run_experiment
from StrokeSegLogic.training.experiments.spec import read_experiment

CPU = Hardware("cpu")
FUSION = (
    "pretrained=",
    "network.width=0.0625",
    "network.size=[32, 32]",
    "view.size=[32, 32]",
    "epochs=1",
    "batch=16",
    "rate=1e-3",
)
MRI = ("view.patch=[32, 32]", "view.spacing_mm=8", "epochs=1", "batch=8")


@pytest.fixture(scope="module")
def ctp(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return write_synthetic("ctp_folder", tmp_path_factory.mktemp("ctp") / "data", patients=6, seed=1)


@pytest.fixture(scope="module")
def siss(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return write_synthetic("isles2015", tmp_path_factory.mktemp("siss") / "data", patients=5, seed=1)


def silent(line: str) -> None:
    pass


def test_two_rows_of_exp_3_are_trained_scored_and_written_beside_the_papers_figures(
    ctp: DataSet, tmp_path: Path
) -> None:
    means = Means(changes=FUSION, rows=("SF_G(PMs,N)", "EF_G(PMs,N)"), hardware=CPU, device="cpu", resamples=100)
    text = run_experiment(read_experiment("exp3"), ctp, tmp_path, means, log=silent).read_text(encoding="utf-8")
    assert "| SF_G(PMs,N) | 1 |" in text and "EFI" not in text
    assert "0.72±0.2 | 0.37±0.3 |" in text
    for said in ("simulated", "Changes to the recipes: pretrained=; network.width", "Seed 1", "at random"):
        assert said in text
    assert f"{os.cpu_count()} processor cores" in text
    with (tmp_path / "cases.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # One validation case, two networks, two classes.
    assert len(rows) == 4 and {row["label"] for row in rows} == {"penumbra", "core"}
    assert (tmp_path / "table.csv").read_text(encoding="utf-8").startswith("Exp-3")


def test_an_experiment_goes_on_where_it_stopped(ctp: DataSet, tmp_path: Path) -> None:
    means = Means(changes=FUSION, rows=("EF_G(PMs,N)",), hardware=CPU, device="cpu", resamples=100)
    first = run_experiment(read_experiment("exp3"), ctp, tmp_path, means, log=silent)
    table, cases = first.read_text(encoding="utf-8"), (tmp_path / "cases.csv").read_bytes()
    checkpoint = next(tmp_path.glob("runs/*/network.ckpt"))
    before = checkpoint.stat().st_mtime_ns
    run_experiment(read_experiment("exp3"), ctp, tmp_path, means, log=silent)
    assert checkpoint.stat().st_mtime_ns == before
    assert (first.read_text(encoding="utf-8"), (tmp_path / "cases.csv").read_bytes()) == (table, cases)


def test_table_3_sets_the_readers_against_the_model_and_each_other(ctp: DataSet, tmp_path: Path) -> None:
    means = Means(changes=FUSION, hardware=CPU, device="cpu", resamples=100)
    run_experiment(read_experiment("table3"), ctp, tmp_path, means, log=silent)
    with (tmp_path / "cases.csv").open(encoding="utf-8") as file:
        pairs = {(row["member"], row["reference"]) for row in csv.DictReader(file)}
    assert pairs == {("network", "NR1 & NR2"), ("NR1", "NR2"), ("network", "NR1"), ("network", "NR2")}


def test_the_mri_table_has_a_row_for_each_plane_and_the_votes_and_takes_another_encoder(
    siss: DataSet, tmp_path: Path
) -> None:
    rows = ("ResNet50, z (axial), weights present", "Proposed: vote, weights present", "ResNet50, vote, weights absent")
    means = Means(
        changes=(*MRI, "pretrained="), rows=rows, encoder="compact", hardware=CPU, device="cpu", resamples=100
    )
    # The compact encoder has one scale less than ResNet50.
    means = Means(**{**vars(means), "changes": (*means.changes, "network.decoder=[32, 16, 8, 8]")})
    # `pretrained=` stands before the encoder's own weights, which have the last word.
    with pytest.raises(InputError, match="no ImageNet weights for 'compact'"):
        run_experiment(read_experiment("mri-table"), siss, tmp_path / "a", means, log=silent)
    absent = Means(**{**vars(means), "rows": rows[2:]})
    text = run_experiment(read_experiment("mri-table"), siss, tmp_path / "b", absent, log=silent).read_text("utf-8")
    assert "43.26 %" in text and "compact in the place of resnet50" in text
    with (tmp_path / "b" / "cases.csv").open(encoding="utf-8") as file:
        members = {row["member"] for row in csv.DictReader(file)}
    assert members == {"axial", "coronal", "sagittal", "vote", "weighted-vote"}


def test_a_data_set_without_the_tables_images_is_refused(siss: DataSet, tmp_path: Path) -> None:
    means = Means(changes=FUSION, hardware=CPU, device="cpu")
    with pytest.raises(InputError, match="the data set has the 2 classes background, lesion, the network has 3"):
        run_experiment(read_experiment("exp3"), siss, tmp_path, means, log=silent)
