from __future__ import annotations

import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest
from small import cpu_run

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.training.datasets.subject import DataSet
from StrokeSegLogic.training.datasets.synthetic import write_synthetic
from StrokeSegLogic.training.experiments.run import Options, changes_of, run_experiment
from StrokeSegLogic.training.experiments.spec import read_experiment

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


TWO_ROWS = Options(changes=FUSION, rows=("SF_G(PMs,N)", "EF_G(PMs,N)"), device="cpu", resamples=100)


@pytest.fixture(scope="module")
def two_rows(ctp: DataSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of two rows of Exp-3; what is done in it again leaves it as it is."""
    folder = tmp_path_factory.mktemp("exp3") / "out"
    run_experiment(read_experiment("exp3"), ctp, cpu_run(folder), TWO_ROWS)
    return folder


@pytest.mark.slow
def test_two_rows_of_exp_3_are_trained_scored_and_written_beside_the_papers_figures(two_rows: Path) -> None:
    text = (two_rows / "table.md").read_text(encoding="utf-8")
    assert "| SF_G(PMs,N) | 1 |" in text and "EFI" not in text
    assert "0.72±0.2 | 0.37±0.3 |" in text
    for said in (
        "simulated",
        "Changes to the recipes: pretrained=; network.width",
        "seed 1; encoders begin at random and are frozen: no transfer",
        "network 1 of 1 epochs, step 1 of 3, best 1",
    ):
        assert said in text
    assert f"{os.cpu_count()} processor cores" in text
    with (two_rows / "cases.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # One validation case, two networks, two classes.
    assert len(rows) == 4 and {row["label"] for row in rows} == {"penumbra", "core"}
    assert (two_rows / "table.csv").read_text(encoding="utf-8").startswith("Exp-3")


@pytest.mark.slow
def test_an_experiment_goes_on_where_it_stopped(ctp: DataSet, two_rows: Path) -> None:
    files = [two_rows / "table.md", two_rows / "cases.csv"]
    before = [path.read_bytes() for path in files]
    checkpoints = {path: path.stat().st_mtime_ns for path in two_rows.glob("runs/*/network.ckpt")}
    assert len(checkpoints) == 2
    run_experiment(read_experiment("exp3"), ctp, cpu_run(two_rows), TWO_ROWS)
    assert {path: path.stat().st_mtime_ns for path in checkpoints} == checkpoints
    assert [path.read_bytes() for path in files] == before


@pytest.mark.slow
def test_table_3_sets_the_readers_against_the_model_and_each_other(ctp: DataSet, tmp_path: Path) -> None:
    options = Options(changes=FUSION, device="cpu", resamples=100)
    run_experiment(read_experiment("table3"), ctp, cpu_run(tmp_path), options)
    with (tmp_path / "cases.csv").open(encoding="utf-8") as file:
        pairs = {(row["member"], row["reference"]) for row in csv.DictReader(file)}
    assert pairs == {("network", "NR1 & NR2"), ("NR1", "NR2"), ("network", "NR1"), ("network", "NR2")}


@pytest.mark.slow
def test_the_mri_table_has_a_row_for_each_plane_and_the_votes_and_takes_another_encoder(
    siss: DataSet, tmp_path: Path
) -> None:
    rows = ("ResNet50, z (axial), weights present", "Proposed: vote, weights present", "ResNet50, vote, weights absent")
    # The compact encoder has one scale less than ResNet50, and no ImageNet weights.
    options = Options(changes=MRI, rows=rows, encoder="compact", device="cpu", resamples=100)
    with pytest.raises(InputError, match="no ImageNet weights for 'compact'|'compact'"):
        run_experiment(read_experiment("mri-table"), siss, cpu_run(tmp_path / "a"), options)
    absent = replace(options, rows=rows[2:])
    text = run_experiment(read_experiment("mri-table"), siss, cpu_run(tmp_path / "b"), absent).read_text("utf-8")
    assert "43.26 %" in text and "compact in the place of resnet50" in text
    with (tmp_path / "b" / "cases.csv").open(encoding="utf-8") as file:
        members = {row["member"] for row in csv.DictReader(file)}
    assert members == {"axial", "coronal", "sagittal", "vote", "weighted-vote"}


def test_a_data_set_without_the_tables_images_is_refused(siss: DataSet, tmp_path: Path) -> None:
    options = Options(changes=FUSION, device="cpu")
    with pytest.raises(InputError, match="the data set has the 2 classes background, lesion, the network has 3"):
        run_experiment(read_experiment("exp3"), siss, cpu_run(tmp_path), options)


@pytest.mark.slow
def test_a_table_that_would_come_out_empty_is_refused_before_training(tmp_path: Path) -> None:
    data = write_synthetic("ctp_folder", tmp_path / "data", patients=6, seed=1)
    one_reader = replace(data, subjects=tuple(replace(s, masks={"truth": s.masks["NR1"]}) for s in data.subjects))
    no_groups = replace(data, subjects=tuple(replace(s, group=None) for s in data.subjects))
    for name, damaged, words in (
        ("table3", one_reader, "has 1 masks where the table compares two readers"),
        ("exp1", no_groups, "none of the 1 val cases is of a group of the table"),
    ):
        with pytest.raises(InputError, match=words):
            run_experiment(read_experiment(name), damaged, cpu_run(tmp_path / name), Options(changes=FUSION))
        assert not (tmp_path / name).exists()


@pytest.mark.slow
def test_another_split_is_refused_and_the_first_split_stays(ctp: DataSet, two_rows: Path, tmp_path: Path) -> None:
    kept = (two_rows / "split.tsv").read_text(encoding="utf-8")
    other = tmp_path / "other.tsv"
    lines = [line.split("\t") for line in kept.splitlines()]
    swap = {"val": "test", "test": "val"}
    other.write_text("\n".join("\t".join([c, p, swap.get(s, s)]) for c, p, s in lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="split"):
        run_experiment(read_experiment("exp3"), ctp, cpu_run(two_rows), replace(TWO_ROWS, split_file=other))
    assert (two_rows / "split.tsv").read_text(encoding="utf-8") == kept


def test_a_change_may_be_for_one_recipe_alone() -> None:
    changes = ("epochs=2", "exp3/early-fusion:rate=0.5", "network.size=[32, 32]")
    assert changes_of("exp3/early-fusion", changes) == ["epochs=2", "rate=0.5", "network.size=[32, 32]"]
    assert changes_of("exp2/gradual-pms-n", changes) == ["epochs=2", "network.size=[32, 32]"]


@pytest.mark.slow
def test_recipes_on_the_same_images_share_their_prepared_cases(two_rows: Path) -> None:
    assert len(list((two_rows / "prepared").iterdir())) == 1
    assert not list(two_rows.glob("runs/*/prepared"))
