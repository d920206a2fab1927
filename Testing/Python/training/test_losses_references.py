"""Each loss against MONAI's, and against its formula in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from loss_examples import SHAPES, Batch, all_counted, batch, counts, softmax
from monai.losses import DiceCELoss, DiceLoss, TverskyLoss

from StrokeSegLogic.training.losses.choose import loss_of
from StrokeSegLogic.training.losses.cross_entropy_dice import CrossEntropyDice
from StrokeSegLogic.training.losses.focal_tversky import FocalTversky
from StrokeSegLogic.training.losses.iou import IoU

every_shape = pytest.mark.parametrize("shape", SHAPES)


@every_shape
@pytest.mark.parametrize("classes", [2, 4])
def test_cross_entropy_and_dice_is_monais_where_lesions_weigh_1(shape: tuple[int, ...], classes: int) -> None:
    example = all_counted(batch(shape, classes))
    monai = DiceCELoss(
        include_background=False,
        to_onehot_y=True,
        softmax=True,
        batch=True,
        smooth_nr=1.0,
        smooth_dr=1.0,
        lambda_dice=0.7,
        lambda_ce=0.3,
    )
    found = float(loss_of(CrossEntropyDice(0.3, 0.7))(*example))
    assert found == pytest.approx(float(monai(example[0], example[1].unsqueeze(1))), rel=1e-6)


@every_shape
def test_dice_over_images_is_monais_where_every_image_shows_every_class(shape: tuple[int, ...]) -> None:
    logits, labels, counted, emphasised = all_counted(batch(shape))
    monai = DiceLoss(
        include_background=False, to_onehot_y=True, softmax=True, batch=False, smooth_nr=1.0, smooth_dr=1.0
    )
    found = float(loss_of(CrossEntropyDice(0.0, 1.0, dice_over="image"))(logits, labels, counted, emphasised))
    assert found == pytest.approx(float(monai(logits, labels.unsqueeze(1))), rel=1e-6)


@every_shape
def test_an_image_without_lesion_has_no_dice_of_its_own(shape: tuple[int, ...]) -> None:
    logits, labels, counted, emphasised = all_counted(batch(shape, classes=2))
    labels[0] = 0
    spec = CrossEntropyDice(0.0, 1.0, dice_over="image")
    rest = loss_of(spec)(logits[1:], labels[1:], counted[1:], emphasised[1:])
    found = loss_of(spec)(logits, labels, counted, emphasised)
    assert float(found) == pytest.approx(float(rest) * (len(logits) - 1) / len(logits), rel=1e-9)


@every_shape
def test_with_empty_images_of_full_weight_dice_over_images_is_monais(shape: tuple[int, ...]) -> None:
    logits, labels, counted, emphasised = all_counted(batch(shape))
    labels[0] = 0
    monai = DiceLoss(
        include_background=False, to_onehot_y=True, softmax=True, batch=False, smooth_nr=9.0, smooth_dr=9.0
    )
    spec = CrossEntropyDice(0.0, 1.0, dice_over="image", smooth=9.0, empty=1.0)
    found = float(loss_of(spec)(logits, labels, counted, emphasised))
    assert found == pytest.approx(float(monai(logits, labels.unsqueeze(1))), rel=1e-6)


def test_an_empty_image_weighs_what_is_asked_for() -> None:
    logits, labels, counted, emphasised = all_counted(batch(SHAPES[0], classes=2))
    labels[0] = 0
    losses = [
        float(loss_of(CrossEntropyDice(0.0, 1.0, dice_over="image", empty=weight))(logits, labels, counted, emphasised))
        for weight in (0.0, 0.25, 1.0)
    ]
    assert losses[1] - losses[0] == pytest.approx(0.25 * (losses[2] - losses[0]), rel=1e-6)
    assert losses[2] > losses[0]


def two_class_formula(example: Batch, spec: CrossEntropyDice) -> float:
    logits, labels, counted, _ = example
    p, y, c = softmax(logits)[:, 1], labels.numpy(), counted.numpy()
    weight = np.where(y == 1, spec.lesion, 1.0)
    entropy = -(weight * np.log(np.where(y == 1, p, 1 - p)))[c].mean()
    dice = 1 - (2 * p[c & (y == 1)].sum() + 1) / (p[c].sum() + (y[c] == 1).sum() + 1)
    return float(spec.cross_entropy * entropy + spec.dice * dice)


@every_shape
@pytest.mark.parametrize("spec", [CrossEntropyDice(), CrossEntropyDice(0.3, 0.7, 5.0)])
def test_weighted_cross_entropy_and_dice_is_what_the_formulas_say(
    spec: CrossEntropyDice, shape: tuple[int, ...]
) -> None:
    example = batch(shape, classes=2)
    assert float(loss_of(spec)(*example)) == pytest.approx(two_class_formula(example, spec), rel=1e-9)


@every_shape
@pytest.mark.parametrize("background", [True, False])
@pytest.mark.parametrize(("gamma", "alpha", "beta"), [(4 / 3, 0.7, None), (1.0, 1.0, 1.0), (3.0, 0.0, 1.0)])
def test_focal_tversky_is_monais_tversky_to_the_power_with_alpha_on_the_missed(
    shape: tuple[int, ...], background: bool, gamma: float, alpha: float, beta: float | None
) -> None:
    example = all_counted(batch(shape))
    # MONAI's alpha weighs false positives, its beta false negatives.
    monai = TverskyLoss(
        include_background=background,
        to_onehot_y=True,
        softmax=True,
        alpha=1 - alpha if beta is None else beta,
        beta=alpha,
        smooth_nr=1.0,
        smooth_dr=1.0,
        reduction="none",
    )
    expected = float((monai(example[0], example[1].unsqueeze(1)) ** (1 / gamma)).mean())
    spec = FocalTversky(gamma, alpha, beta, background=background)
    assert float(loss_of(spec)(*example)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("alpha", [0.3, 0.7])
def test_alpha_weighs_what_is_missed(alpha: float) -> None:
    labels = torch.zeros(1, 1, 10, dtype=torch.long)
    labels[..., :5] = 1
    counted, emphasised = torch.ones_like(labels, dtype=torch.bool), torch.zeros(1, dtype=torch.bool)

    def loss(found: slice) -> float:
        logits = torch.zeros(1, 2, 1, 10)
        logits[:, 0] = 50.0
        logits[:, 1, :, found] = 100.0
        return float(loss_of(FocalTversky(alpha=alpha, background=False))(logits, labels, counted, emphasised))

    missing_two, two_too_many = loss(slice(0, 3)), loss(slice(0, 7))
    assert missing_two == pytest.approx((2 * alpha / (3 + 2 * alpha + 1)) ** 0.75, abs=1e-6)
    assert two_too_many == pytest.approx((2 * (1 - alpha) / (5 + 2 * (1 - alpha) + 1)) ** 0.75, abs=1e-6)
    assert (missing_two > two_too_many) is (alpha == 0.7)


def focal_tversky_formula(example: Batch, spec: FocalTversky) -> float:
    """Sums over samples and classes by hand."""
    logits, labels, counted, emphasised = example
    weights = spec.weights or (1.0,) * logits.shape[1]
    alpha, beta = spec.missed_and_false
    losses = []
    for n in range(len(logits)):
        by_class = np.array([counts(example, n, c) for c in range(len(weights))])
        raised = [w * (spec.non_lvo if emphasised[n] and c else 1.0) for c, w in enumerate(weights)]
        if spec.classes == "each":
            tp, fn, fp = by_class.T
            index = (tp + spec.smooth) / (tp + alpha * fn + beta * fp + spec.smooth)
            losses.append(np.sum(np.array(raised) * (1 - index) ** (1 / spec.gamma)) / np.sum(weights))
        else:
            tp, fn, fp = np.array(weights) @ by_class
            index = (tp + spec.smooth) / (tp + alpha * fn + beta * fp + spec.smooth)
            truth = labels[n].numpy()[counted[n].numpy()]
            losses.append(np.mean(np.array(raised)[truth]) * (1 - index) ** (1 / spec.gamma))
    return float(np.mean(losses))


@every_shape
@pytest.mark.parametrize("classes", ["each", "together"])
@pytest.mark.parametrize("weights", [(), (0.1, 50.0, 440.0)])
@pytest.mark.parametrize("non_lvo", [1.0, 6.0])
def test_weights_and_the_non_lvo_penalty_are_what_the_formulas_say(
    shape: tuple[int, ...], classes: str, weights: tuple[float, ...], non_lvo: float
) -> None:
    spec = FocalTversky(non_lvo=non_lvo, weights=weights, classes=classes)
    example = batch(shape)
    assert float(loss_of(spec)(*example)) == pytest.approx(focal_tversky_formula(example, spec), rel=1e-6)


@pytest.mark.parametrize("classes", ["each", "together"])
def test_only_emphasised_samples_with_errors_on_lesions_weigh_more(classes: str) -> None:
    logits, labels, counted, emphasised = batch()
    loss = loss_of(FocalTversky(classes=classes, non_lvo=6.0))
    plain = loss_of(FocalTversky(classes=classes, non_lvo=1.0))
    nobody = torch.zeros_like(emphasised)
    assert loss(logits, labels, counted, nobody) == plain(logits, labels, counted, emphasised)
    assert loss(logits, labels, counted, emphasised) > 1.5 * plain(logits, labels, counted, emphasised)
    perfect = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1) * 200.0
    assert float(loss(perfect, labels, counted, emphasised)) == pytest.approx(0, abs=1e-6)


def test_class_weights_must_be_as_many_as_the_classes() -> None:
    with pytest.raises(ValueError, match="2 class weights and the network 3 classes"):
        loss_of(FocalTversky(weights=(1.0, 2.0)))(*batch())


@every_shape
@pytest.mark.parametrize("background", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_iou_is_monais_jaccard(shape: tuple[int, ...], background: bool, whole: bool) -> None:
    example = all_counted(batch(shape))
    # MONAI adds its constants to twice the intersection and twice the union.
    monai = DiceLoss(
        include_background=background,
        to_onehot_y=True,
        softmax=True,
        jaccard=True,
        batch=whole,
        smooth_nr=2.0,
        smooth_dr=2.0,
    )
    found = float(loss_of(IoU(background=background, batch=whole))(*example))
    assert found == pytest.approx(float(monai(example[0], example[1].unsqueeze(1))), rel=1e-6)


def test_iou_counts_only_what_counts() -> None:
    example = batch(classes=2)
    losses = []
    for n in range(3):
        tp, fn, fp = counts(example, n, 1)
        losses.append(1 - (tp + 1) / (tp + fn + fp + 1))
    assert float(loss_of(IoU())(*example)) == pytest.approx(np.mean(losses), rel=1e-9)
