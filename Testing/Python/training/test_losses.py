"""What holds for every loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from loss_examples import SHAPES, batch

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import from_mapping
from StrokeSegLogic.training.losses.choose import LossSpec, loss_of
from StrokeSegLogic.training.losses.cross_entropy_dice import CrossEntropyDice
from StrokeSegLogic.training.losses.focal_tversky import FocalTversky
from StrokeSegLogic.training.losses.iou import IoU

SPECS: list[LossSpec] = [
    CrossEntropyDice(),
    CrossEntropyDice(0.3, 0.7, 5.0),
    CrossEntropyDice(0.3, 0.7, 5.0, dice_over="image"),
    CrossEntropyDice(0.3, 0.7, 5.0, dice_over="image", smooth=20.0, empty=0.4),
    FocalTversky(),
    FocalTversky(gamma=2.0, alpha=1.0, beta=1.0, weights=(0.1, 3.0, 8.0)),
    FocalTversky(classes="together", weights=(0.1, 50.0, 440.0)),
    FocalTversky(background=False, gamma=0.8),
    IoU(),
    IoU(background=True, batch=True),
]
every_loss = pytest.mark.parametrize("spec", SPECS, ids=[f"{spec.kind}-{i}" for i, spec in enumerate(SPECS)])


def no_lesion(logits: torch.Tensor, labels: torch.Tensor, counted: torch.Tensor) -> None:
    labels[:] = 0


def one_sample_without_lesion(logits: torch.Tensor, labels: torch.Tensor, counted: torch.Tensor) -> None:
    labels[0] = 0


def an_empty_class(logits: torch.Tensor, labels: torch.Tensor, counted: torch.Tensor) -> None:
    labels[labels == 2] = 1


def nothing_counted(logits: torch.Tensor, labels: torch.Tensor, counted: torch.Tensor) -> None:
    counted[:] = False


def nothing_counted_in_one_sample(logits: torch.Tensor, labels: torch.Tensor, counted: torch.Tensor) -> None:
    counted[1] = False


def as_it_is(logits: torch.Tensor, labels: torch.Tensor, counted: torch.Tensor) -> None:
    return


CASES = [as_it_is, no_lesion, one_sample_without_lesion, an_empty_class, nothing_counted, nothing_counted_in_one_sample]


@every_loss
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("shape", [(3, 4), pytest.param((2, 3, 2), marks=pytest.mark.slow)])
@pytest.mark.quick(20)
def test_gradients_agree_with_finite_differences(spec: LossSpec, case: Callable, shape: tuple[int, ...]) -> None:
    logits, labels, counted, emphasised = batch(shape, count=2)
    case(logits, labels, counted)
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda z: loss_of(spec)(z, labels, counted, emphasised), logits)


@every_loss
@pytest.mark.parametrize("shape", SHAPES)
def test_voxels_that_do_not_count_have_no_gradient_and_may_have_any_label(
    spec: LossSpec, shape: tuple[int, ...]
) -> None:
    logits, labels, counted, emphasised = batch(shape)
    logits.requires_grad_()
    loss = loss_of(spec)(logits, labels, counted, emphasised)
    loss.backward()
    assert logits.grad is not None
    by_voxel = logits.grad.movedim(1, -1)
    assert not by_voxel[~counted].any()
    assert by_voxel[counted].any(-1).all()
    elsewhere = torch.where(counted, labels, 255)
    assert loss_of(spec)(logits, elsewhere, counted, emphasised) == loss


@every_loss
@pytest.mark.parametrize("scale", [1.0, -1.0])
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32])
def test_extreme_logits_of_any_precision_give_finite_float32(spec: LossSpec, scale: float, kind: torch.dtype) -> None:
    _, labels, counted, emphasised = batch()
    sure = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1) * 200.0 - 100.0
    extreme = (scale * sure).to(kind).requires_grad_()
    loss = loss_of(spec)(extreme, labels, counted, emphasised)
    loss.backward()
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss)
    assert extreme.grad is not None
    assert torch.isfinite(extreme.grad).all()
    # All right is no loss; all wrong is much.
    assert float(loss.detach()) == pytest.approx(0, abs=1e-6) if scale > 0 else loss > 0.5


@every_loss
@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.quick(20)
def test_descending_along_the_gradient_ends_at_the_true_labels(
    spec: LossSpec, classes: int, shape: tuple[int, ...]
) -> None:
    if isinstance(spec, FocalTversky) and spec.weights:
        spec = FocalTversky(spec.gamma, spec.alpha, spec.beta, classes=spec.classes)
    if isinstance(spec, FocalTversky) and not spec.background:
        spec = FocalTversky(background=True)
    logits, labels, counted, emphasised = batch(shape, classes)
    counted[:] = True
    logits = torch.zeros_like(logits).requires_grad_()
    optimiser = torch.optim.Adam([logits], lr=0.5)
    for _ in range(30):
        optimiser.zero_grad()
        loss_of(spec)(logits, labels, counted, emphasised).backward()
        optimiser.step()
    assert (logits.argmax(1) == labels).all()


@every_loss
def test_a_batch_without_lesion_has_a_loss_that_falls_with_certainty(spec: LossSpec) -> None:
    labels, counted = torch.zeros(1, 6, 6).long(), torch.ones(1, 6, 6, dtype=torch.bool)
    emphasised = torch.zeros(1, dtype=torch.bool)
    sure = torch.zeros(1, 3, 6, 6)
    sure[:, 0] = 9.0
    losses = [float(loss_of(spec)(logits, labels, counted, emphasised)) for logits in (sure, torch.zeros_like(sure))]
    assert 0 <= losses[0] < 0.3 * losses[1]


@every_loss
def test_a_label_beyond_the_classes_is_named(spec: LossSpec) -> None:
    logits, labels, counted, emphasised = batch()
    labels[0, 0, 0], counted[0, 0, 0] = 3, True
    with pytest.raises(InputError, match="label 3 where the network has the classes 0 to 2"):
        loss_of(spec)(logits, labels, counted, emphasised)


@every_loss
def test_shapes_that_do_not_belong_together_are_refused(spec: LossSpec) -> None:
    logits, labels, counted, emphasised = batch()
    with pytest.raises(ValueError, match="do not belong"):
        loss_of(spec)(logits, labels[:2], counted[:2], emphasised)
    with pytest.raises(ValueError, match="wrong shape"):
        loss_of(spec)(logits, labels, counted, emphasised[:1])
    with pytest.raises(ValueError, match="at least two classes"):
        loss_of(spec)(logits[:, :1], labels, counted, emphasised)


@dataclass(frozen=True)
class Holder:
    loss: LossSpec = field(default_factory=CrossEntropyDice)


def read(values: dict) -> LossSpec:
    return from_mapping(Holder, {"loss": values}, Path("recipe.toml")).loss


def test_a_recipe_chooses_the_loss_by_kind_and_cross_entropy_with_dice_without_a_kind() -> None:
    assert read({"cross_entropy": 1.0, "dice": 1.0, "lesion": 2.0}) == CrossEntropyDice(1.0, 1.0, 2.0)
    assert read({"kind": "iou"}) == IoU()
    found = read({"kind": "focal_tversky", "gamma": 2, "alpha": 1, "beta": 1, "weights": [0.1, 50, 440]})
    assert found == FocalTversky(2.0, 1.0, 1.0, weights=(0.1, 50.0, 440.0))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "hinge"}, "Use one of cross_entropy_dice, focal_tversky, iou"),
        ({"kind": "iou", "gamma": 1.0}, "unknown key 'gamma'"),
        ({"kind": "focal_tversky", "gamma": 0.0}, "gamma and smooth must be positive"),
        ({"kind": "focal_tversky", "alpha": 1.5}, "alpha and beta must not be negative"),
        ({"kind": "focal_tversky", "alpha": 0.0, "beta": 0.0}, "nor both 0"),
        ({"kind": "focal_tversky", "non_lvo": 0.5}, "at least 1"),
        ({"kind": "focal_tversky", "weights": [1.0, -1.0]}, "class weights must not be negative"),
        ({"kind": "focal_tversky", "weights": [1.0, 0.0], "background": False}, "nor 0 for all classes"),
        ({"kind": "focal_tversky", "classes": "some"}, "use each or together"),
        ({"cross_entropy": 0.0, "dice": 0.0}, "must not be negative"),
        ({"kind": "iou", "smooth": 0.0}, "smooth must be positive"),
    ],
)
def test_values_that_make_no_loss_are_refused(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(values)
