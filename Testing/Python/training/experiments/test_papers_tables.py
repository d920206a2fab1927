from __future__ import annotations

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.evaluation.rows import ALL, Row
from StrokeSegLogic.evaluation.scores import evaluate_pair
from StrokeSegLogic.evaluation.tables import DASH
from StrokeSegLogic.training.cohort.recipe import CohortRecipe, PlanesSpec
from StrokeSegLogic.training.experiments.run import Options, chosen_rows, stated
from StrokeSegLogic.training.experiments.spec import Experiment, ExperimentRow, experiment_names, read_experiment
from StrokeSegLogic.training.experiments.table import tables_of
from StrokeSegLogic.training.recipes import find_recipe, read_recipe, recipe_names

ROWS = {"exp1": 16, "exp2": 12, "exp3": 3, "table3": 4, "mri-table": 9, "unet3d-table": 2}


def test_there_is_a_file_for_each_table_of_the_three_papers() -> None:
    assert set(experiment_names()) == set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_every_row_has_a_cohort_recipe_and_a_member_that_its_model_has(name: str) -> None:
    experiment = read_experiment(name)
    assert len(experiment.rows) == ROWS[name]
    for row in experiment.rows:
        recipe = read_recipe(find_recipe(row.recipe))
        assert isinstance(recipe, CohortRecipe)
        planes = {"axial", "coronal", "sagittal", "vote", "weighted-vote"}
        members = planes if isinstance(recipe.view, PlanesSpec) else {"network"}
        assert row.member in members | ({"NR1", "NR2"} if experiment.readers else set())


def test_every_recipe_of_a_paper_stands_in_a_table() -> None:
    used = {row.recipe for name in ROWS for row in read_experiment(name).rows}
    bundled = {name for name in recipe_names() if "/" in name and not name.startswith("mri-table/soop-")}
    assert used == bundled


def test_the_search_of_exp_1_changes_the_loss_alone() -> None:
    base = read_recipe(find_recipe("exp2/frozen-pms"))
    losses = set()
    for row in read_experiment("exp1").rows:
        recipe = read_recipe(find_recipe(row.recipe))
        assert isinstance(recipe, CohortRecipe) and isinstance(base, CohortRecipe)
        assert (recipe.network, recipe.transfer, recipe.inputs, recipe.rate) == (
            base.network,
            base.transfer,
            base.inputs,
            base.rate,
        )
        losses.add(recipe.loss)
    assert len(losses) == 16


def test_exp_2_is_every_set_of_inputs_under_every_scheme() -> None:
    found = set()
    for row in read_experiment("exp2").rows:
        recipe = read_recipe(find_recipe(row.recipe))
        assert isinstance(recipe, CohortRecipe)
        found.add((recipe.transfer.scheme, len(recipe.inputs), recipe.nihss))
    assert found == {(s, n, h) for s in ("frozen", "unfrozen", "gradual") for n in (4, 5) for h in (False, True)}


def small(groups: tuple[str, ...]) -> Experiment:
    rows = (ExperimentRow("ours", "r", paper=("0.81±0.1",)), ExperimentRow("no figure there", "r", member="other"))
    return Experiment("T", "S", "val", ("dice",), ("core",), ("Dice LVO",), rows, groups)


def scored(group: str, case: str, overlap: float) -> Row:
    import numpy as np

    truth, said = np.zeros((1, 1, 100), np.uint8), np.zeros((1, 1, 100), np.uint8)
    truth[..., :10] = 1
    said[..., 10 - int(10 * overlap) : 20 - int(10 * overlap)] = 1
    return Row(case, case, group, "network", "reference", "core", evaluate_pair(said, truth, (1.0, 1.0, 1.0)))


def test_a_table_has_mean_and_sd_by_group_beside_the_papers_figure() -> None:
    found = {"r": [scored("LVO", "a", 0.8), scored("LVO", "b", 0.4), scored("WIS", "c", 0.2)]}
    (table,) = tables_of(small(("LVO", "WIS", ALL)), small(()).rows, found, 100, 0)
    assert table.heads == ("Row", "n", "LVO", "WIS", "All", "paper: Dice LVO")
    # Options of 0.8 and 0.4, of 0.2 alone, and of all three.
    assert table.rows[0] == ("ours", "3", "0.60±0.3", f"0.20±{DASH}", "0.47±0.3", "0.81±0.1")
    assert table.rows[1] == ("no figure there", "0", DASH, DASH, DASH, DASH)


def test_rows_are_chosen_by_name_and_an_unknown_row_is_named() -> None:
    experiment = read_experiment("exp3")
    assert [row.name for row in chosen_rows(experiment, ["EF_G(PMs,N)"])] == ["EF_G(PMs,N)"]
    assert chosen_rows(experiment, []) == experiment.rows
    with pytest.raises(InputError, match=r"no row 'EF'.*EFI_G\(PMs,N\)"):
        chosen_rows(experiment, ["EF"])


def test_an_unknown_table_and_a_wrong_number_of_figures_are_named() -> None:
    with pytest.raises(InputError, match="no experiment is called 'exp9'.*exp1"):
        read_experiment("exp9")
    with pytest.raises(ValueError, match="has 2 figures for 1 heads"):
        Experiment("T", "S", "val", ("dice",), ("core",), ("D",), (ExperimentRow("x", "r", paper=("1", "2")),))


def test_what_was_changed_is_stated() -> None:
    assert stated(Options(changes=("epochs=1",), encoder="mobilenet_v2")) == (
        "epochs=1",
        "mobilenet_v2 in the place of resnet50",
    )
