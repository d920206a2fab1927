"""Heads as label maps."""

from pathlib import Path

import numpy as np
import pytest
from ball_heads import ball_labels, write_heads

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.training.heads.label_maps import LEFT_OUT, Tissue, read_heads


def test_the_brain_is_all_that_lies_inside_the_skull(tmp_path: Path) -> None:
    (head,) = read_heads(write_heads(tmp_path), ["a"])
    labels = ball_labels()
    assert head.brain.sum() == ((labels >= 1) & (labels <= 499)).sum()
    assert set(np.unique(head.tissues)) == {
        Tissue.WHITE_MATTER, Tissue.GREY_MATTER, Tissue.CSF, Tissue.CORTICAL_BONE, Tissue.SKIN, Tissue.AIR
    }  # fmt: skip


def test_subjects_that_are_left_out_are_read_only_when_named(tmp_path: Path) -> None:
    write_heads(tmp_path, subjects=("a", *LEFT_OUT))
    assert [head.subject for head in read_heads(tmp_path)] == ["a"]
    assert [head.subject for head in read_heads(tmp_path, LEFT_OUT)] == list(LEFT_OUT)


def test_a_label_of_no_known_tissue_is_named(tmp_path: Path) -> None:
    labels = ball_labels()
    labels[0, 0, 0] = 777
    with pytest.raises(InputError, match="777"):
        read_heads(write_heads(tmp_path, labels))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "does not exist"),
        (lambda folder: (folder / "index.tsv").write_text("name\nx\n", encoding="utf-8"), "no column"),
        (lambda folder: (folder / "index.tsv").write_text("subject\tfile\na\tgone.nii.gz\n", encoding="utf-8"), "gone"),
    ],
)
def test_a_folder_without_what_is_needed_is_refused(tmp_path: Path, make, message: str) -> None:
    make(tmp_path)
    with pytest.raises(InputError, match=message):
        read_heads(tmp_path)


def test_a_subject_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no head of zz"):
        read_heads(write_heads(tmp_path), ["zz"])
