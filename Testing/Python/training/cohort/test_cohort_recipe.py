"""Cohort recipes: what does not fit together is named before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.training.cohort.recipe import CohortRecipe
from StrokeSegLogic.training.recipes import find_recipe, merged, read_recipe, recipe_names

SF, UNET3D, RES = "exp2/gradual-pms-n", "unet3d-table/modified", "mri-table/res-unet-pretrained"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (SF, "epoch=3", r"gradual-pms-n\.toml: unknown key 'epoch'\. Known keys: name, title,.*epochs"),
        (SF, "network.wide=1", r"\[network\]: unknown key 'wide'"),
        (SF, "epochs=many", "'epochs' is 'many', not of type int"),
        (SF, "epochs=0", "epochs, batch and checkpoint_every must be at least 1"),
        (SF, "checkpoint_every=0", "epochs, batch and checkpoint_every must be at least 1"),
        (SF, "rate=0.0", "rate must be positive"),
        (SF, "rate=nan", "'rate' is nan"),
        (SF, "view.size=[256, 256]", r"network\.size \[512, 512\] is not view\.size \[256, 256\]"),
        (SF, "view.size=[8, 512, 512]", r"view\.size \[8, 512, 512\] where the network is 2-D"),
        (SF, "view.size=[4, 4]", "each at least 8"),
        (SF, "view.masked_by=SKULL", "masked_by 'SKULL' is not one of"),
        (SF, "nihss=false", r"nihss and network\.nihss must be the same"),
        (SF, "network.channels=9", "9 channels for 4 inputs"),
        (SF, "network.inputs=5", "12 channels for 5 inputs"),
        (SF, "network.kind=unet5d", r"'network\.kind' is 'unet5d'.*unet2d, slow_fusion"),
        (SF, "loss.weights=[1.0, 2.0]", "the loss weighs 2 classes, the network has 3"),
        (SF, "loss.kind=dice", r"'loss\.kind' is 'dice'"),
        (SF, "pretrained=resnet50", "pretrained 'resnet50' does not fit the network's encoder, vgg16"),
        (SF, "transfer.scheme=melted", "scheme 'melted' is not one of scratch"),
        (SF, "split.test=0.5", "must be positive .* and sum to 1"),
        (SF, "kind=chort", "'kind' is 'chort'"),
        (SF, "inputs.0.low=3", "'inputs' is no table"),
        (SF, "epochs", "'epochs' is no change"),
        (UNET3D, "transfer.scheme=frozen", "freezes encoders, and the network has none"),
        (UNET3D, "pretrained=vgg16", "pretrained 'vgg16' does not fit the network's encoder, none"),
        (UNET3D, "view.size=[128, 128]", "where the network is 3-D"),
        (RES, "network.classes=3", "a 2-D network of two classes"),
        (RES, "view.patch=[8, 8]", "two sides of at least 16"),
        (RES, "network.channels=5", "the network has 5 channels, the inputs have 4"),
    ],
)
def test_a_wrong_change_is_named(name: str, change: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read_recipe(find_recipe(name), [change])
    assert "\n" not in str(error.value)


def test_an_input_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    text = find_recipe(RES).read_text(encoding="utf-8").replace('name = "T2"', 'name = "T1"')
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="an input is named twice"):
        read_recipe(tmp_path / "a.toml")


def test_planes_take_no_perfusion_maps(tmp_path: Path) -> None:
    text = find_recipe(RES).read_text(encoding="utf-8").replace('name = "T2"', 'name = "CBF"\nlow = 0\nhigh = 9')
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="input 'CBF': planes take MR sequences"):
        read_recipe(tmp_path / "a.toml")


def test_recipes_may_extend_a_file_beside_them_or_a_bundled_recipe(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = "exp2/gradual-pms-n"\nepochs = 7\n[transfer]\npatience = 3\n', "utf-8")
    (tmp_path / "b.toml").write_text('extends = "a"\n[transfer]\nmin_delta = 0.5\n', "utf-8")
    found = read_recipe(tmp_path / "b.toml")
    assert isinstance(found, CohortRecipe)
    assert (found.epochs, found.transfer.patience, found.transfer.min_delta) == (7, 3, 0.5)
    assert found.transfer.scheme == "gradual"


@pytest.mark.parametrize("way", ["b", "../{folder}/b"])
def test_recipes_that_extend_one_another_in_a_circle_are_refused(tmp_path: Path, way: str) -> None:
    (tmp_path / "a.toml").write_text(f'extends = "{way.format(folder=tmp_path.name)}"\n', "utf-8")
    (tmp_path / "b.toml").write_text(f'extends = "../{tmp_path.name}/a"\n', "utf-8")
    with pytest.raises(InputError, match=r"a\.toml: extends itself, over a\.toml, b\.toml"):
        read_recipe(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('extends = "nobody"', "no recipe is called 'nobody'"),
        ("extends = 3", "'extends' is 3, not a recipe's name"),
        ("extends = ", "not a readable TOML file"),
    ],
)
def test_a_recipe_that_extends_nothing_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.toml").write_text(text + "\n", "utf-8")
    with pytest.raises(InputError, match=message):
        read_recipe(tmp_path / "a.toml")


def test_an_unknown_recipe_gets_the_list_of_the_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no recipe is called 'exp9'\. Use one of .*exp1/gamma"):
        find_recipe("exp9")
    assert {SF, UNET3D, RES, "mri-compact"} <= set(recipe_names())


def test_a_table_of_another_kind_is_replaced_as_a_whole() -> None:
    base = {"loss": {"kind": "iou", "smooth": 2.0}, "network": {"kind": "x", "a": 1}, "list": [1, 2]}
    over = {"loss": {"kind": "cross_entropy_dice"}, "network": {"b": 2}, "list": [3]}
    assert merged(base, over) == {
        "loss": {"kind": "cross_entropy_dice"},
        "network": {"kind": "x", "a": 1, "b": 2},
        "list": [3],
    }
    assert base["network"] == {"kind": "x", "a": 1}


def test_changes_take_numbers_lists_and_words() -> None:
    found = read_recipe(
        find_recipe(SF),
        ["name=mine", "epochs=3", "pretrained=", 'title = "a = b"', "view.size=[64, 64]", "network.size=[64, 64]"],
    )
    assert isinstance(found, CohortRecipe)
    assert (found.name, found.epochs, found.pretrained, found.title, found.view.size) == (  # type: ignore[union-attr]
        "mine",
        3,
        "",
        "a = b",
        (64, 64),
    )
