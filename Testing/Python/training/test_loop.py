"""The optimiser loop: resumed to the bit, frozen where it should be, stopped by what is no number."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from loop_runs import FUSION, PLAN, Run, assert_same, compute, examples, falling
from torch import Tensor

from StrokeSegLogic.base.errors import Cancelled, InputError, StrokeSegError
from StrokeSegLogic.nets.networks.base import SegmentationNetwork
from StrokeSegLogic.nets.networks.spec import NetworkSpec, UNet2DSpec
from StrokeSegLogic.training import checkpoint
from StrokeSegLogic.training.examples import Examples, MakeExamples
from StrokeSegLogic.training.loop import State, on_cpu
from StrokeSegLogic.training.loss_log import read
from StrokeSegLogic.training.transfer import TransferSpec

U_NET = UNet2DSpec("compact", 2, 3, (16, 8, 8, 8))


def grey(number: int) -> Examples:
    return replace(examples(number), nihss=None)


def batches_for(network: NetworkSpec) -> MakeExamples:
    return examples if network is FUSION else grey


def encoder_state(run: Run, state: State) -> State:
    """What belongs to the encoders, running statistics included."""
    network = run.start()
    network.load_state_dict(state)
    inside = {id(tensor) for encoder in network.encoders() for tensor in encoder.state_dict(keep_vars=True).values()}
    return {name: t.detach() for name, t in network.state_dict(keep_vars=True).items() if id(t) in inside}


def encoder_parameters(network: SegmentationNetwork, first: int) -> set[str]:
    """Names of the parameters of the encoders' units from that on."""
    inside = {id(value) for depth in network.units()[first:] for unit in depth for value in unit.parameters()}
    return {name for name, parameter in network.named_parameters() if id(parameter) in inside}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, State]:
    run = Run(tmp_path_factory.mktemp("whole") / "run")
    return run, run()


@pytest.mark.parametrize("stops", [(1,), (5,), (3, 8, 11), (2, 3, 4)], ids=str)
@pytest.mark.quick(1)
def test_a_run_that_was_stopped_gives_the_same_weights_and_the_same_logs(
    whole: tuple[Run, State], tmp_path: Path, stops: tuple[int, ...]
) -> None:
    first, expected = whole
    run = first.changed(folder=tmp_path / "run")
    for stop in stops:
        with pytest.raises(Cancelled):
            run(stop)
    assert_same(run(), expected)
    for name in ("network-losses.csv", "network-epochs.csv"):
        assert run.text(name) == first.text(name)


@pytest.mark.slow
def test_a_run_without_a_judge_resumes_its_average_too(tmp_path: Path) -> None:
    plan = replace(PLAN, average=0.9, optimiser="adamw", weight_decay=0.1)
    run = Run(tmp_path / "one", plan, transfer=None, network=U_NET, make=grey)
    stopped = run.changed(folder=tmp_path / "other")
    with pytest.raises(Cancelled):
        stopped(8)
    assert_same(stopped(), run())


def test_threads_that_make_batches_ahead_change_nothing(whole: tuple[Run, State], tmp_path: Path) -> None:
    first, expected = whole
    assert_same(first.changed(folder=tmp_path, plan=replace(PLAN, workers=4))(), expected)


def test_another_seed_gives_other_weights(whole: tuple[Run, State], tmp_path: Path) -> None:
    first, expected = whole
    other = first.changed(folder=tmp_path, plan=replace(PLAN, seed=6))()
    assert not torch.equal(other["decoder.head.weight"], expected["decoder.head.weight"])


def test_a_finished_run_gives_its_weights_again_without_a_step(whole: tuple[Run, State]) -> None:
    run, expected = whole
    files = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*") if path.is_file()}
    messages: list[str] = []
    assert_same(run.changed(messages=messages)(), expected)
    assert messages == ["network: done"]
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*") if path.is_file()} == files


@pytest.mark.parametrize("network", [FUSION, U_NET], ids=["vgg16", "batch norms"])
def test_a_frozen_encoder_does_not_change_by_a_bit(tmp_path: Path, network: NetworkSpec) -> None:
    run = Run(tmp_path, transfer=TransferSpec("frozen", patience=9), network=network)
    after = run.changed(validate=falling(3.0, 2.5, 2.0, 1.5, 1.0, 0.5), make=batches_for(network))()
    before = run.start().state_dict()
    frozen = encoder_state(run, after)
    assert len(frozen) > 20
    assert_same(frozen, encoder_state(run, before))
    assert any(not torch.equal(after[name], before[name]) for name in after)


@pytest.mark.slow
def test_gradual_fine_tuning_frees_the_deepest_half_and_then_all(tmp_path: Path) -> None:
    # Better for two epochs, worse once: half is freed; worse once more: all; then better to the end.
    run = Run(tmp_path, replace(PLAN, steps=16), network=U_NET, make=grey)
    run = run.changed(validate=falling(1.0, 0.9, 0.95, 0.95, 0.8, 0.7, 0.6, 0.5))
    seen: list[State] = []

    def watch(network: SegmentationNetwork, logits: Tensor, batch: Examples) -> Tensor:
        seen.append({name: value.detach().clone() for name, value in network.named_parameters()})
        return compute(network, logits, batch)

    after = run.changed(loss=watch)()
    network = run.start()
    everything, deepest = (encoder_parameters(network, first) for first in (0, len(network.units()) // 2))

    def moved(before: State, now: State) -> set[str]:
        return {name for name in everything if not torch.equal(before[name], now[name])}

    assert [row["phase"] for row in read(tmp_path / "network-epochs.csv")] == [0, 0, 0, 1, 2, 2, 2, 2]
    assert moved(seen[0], seen[5]) == set()
    assert moved(seen[6], seen[7]) == deepest and 0 < len(deepest) < len(everything)
    assert moved(seen[8], after) == everything
    # Each phase begins from the best weights so far, those after the second epoch.
    assert_same(seen[6], seen[4])
    assert_same(seen[8], seen[4])
    rates = [row["rate"] for row in read(tmp_path / "network-losses.csv")]
    assert rates == [1e-3] * 6 + [5e-4] * 2 + [2.5e-4] * 8


def test_early_stopping_stops_and_gives_the_best_weights(tmp_path: Path) -> None:
    kept: list[State] = []
    losses = iter((1.0, 0.4, 0.6, 0.5, 0.45, 0.3))

    def validate(network: SegmentationNetwork) -> float:
        kept.append(on_cpu(network.state_dict()))
        return next(losses)

    run = Run(tmp_path, replace(PLAN, steps=200), TransferSpec("unfrozen", patience=3), validate=validate)
    best = run()
    epochs = read(tmp_path / "network-epochs.csv")
    assert [row["validation"] for row in epochs] == [1.0, 0.4, 0.6, 0.5, 0.45]
    assert len(read(tmp_path / "network-losses.csv")) == 10
    assert_same(best, kept[1])
    assert not torch.equal(best["decoder.head.weight"], kept[-1]["decoder.head.weight"])


def test_an_epochs_training_loss_is_the_mean_of_its_steps(whole: tuple[Run, State]) -> None:
    run, _ = whole
    losses = [row["loss"] for row in read(run.folder / "network-losses.csv")]
    epochs = read(run.folder / "network-epochs.csv")
    assert len(losses) == 2 * len(epochs) == 12
    for number, row in enumerate(epochs):
        assert row["training"] == pytest.approx(sum(losses[2 * number : 2 * number + 2]) / 2, rel=1e-12)


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_what_is_no_number_stops_with_its_cases_and_leaves_the_last_good_checkpoint(
    whole: tuple[Run, State], tmp_path: Path, what: str
) -> None:
    first, expected = whole

    def spoilt(network: SegmentationNetwork, logits: Tensor, batch: Examples) -> Tensor:
        loss = compute(network, logits, batch)
        if batch.names[0] != "case 7-0":
            return loss
        # The root has the value 0 where its slope is infinite.
        return loss * float("nan") if what == "loss" else loss + (logits - logits).sum().sqrt()

    run = first.changed(folder=tmp_path)
    with pytest.raises(StrokeSegError, match=rf"the {what} is (nan|inf) at step 8 of .*batch of case 7-0, case 7-1"):
        run.changed(loss=spoilt)()
    state = checkpoint.load(tmp_path / "network.ckpt")
    assert state is not None and state["step"] == 6
    assert all(torch.isfinite(value).all() for value in state["network"].values())
    assert_same(run(), expected)


def test_a_validation_loss_that_is_no_number_stops_too(tmp_path: Path) -> None:
    with pytest.raises(StrokeSegError, match="the validation loss is nan after epoch 2"):
        Run(tmp_path, validate=falling(1.0, float("nan")))()


@pytest.mark.slow
def test_bfloat16_trains_and_resumes_to_the_bit(whole: tuple[Run, State], tmp_path: Path) -> None:
    first = Run(tmp_path / "one", precision="bf16-mixed")
    other = first.changed(folder=tmp_path / "other")
    with pytest.raises(Cancelled):
        other(5)
    expected = first()
    assert_same(other(), expected)
    assert not torch.equal(expected["decoder.head.weight"], whole[1]["decoder.head.weight"])
    assert all(value.dtype == torch.float32 for value in expected.values())


def test_a_batch_that_cannot_be_made_is_told_as_it_is(tmp_path: Path) -> None:
    def make(number: int) -> Examples:
        if number == 4:
            raise InputError("the file is damaged", where="case 4")
        return examples(number)

    with pytest.raises(InputError, match="case 4: the file is damaged"):
        Run(tmp_path, make=make)()


def test_a_run_does_not_go_on_with_another_number_of_processes(tmp_path: Path) -> None:
    run = Run(tmp_path)
    with pytest.raises(Cancelled):
        run(5)
    state = checkpoint.load(tmp_path / "network.ckpt")
    assert state is not None
    checkpoint.save(tmp_path / "network.ckpt", {**state, "processes": 4})
    with pytest.raises(InputError, match="began with 4 processes and cannot go on with 1"):
        run()


def test_all_messages_of_a_stage_begin_alike_so_that_a_log_is_not_flooded(tmp_path: Path) -> None:
    messages: list[str] = []
    Run(tmp_path, messages=messages)()
    assert {message.partition(":")[0] for message in messages} == {"network"}
    assert messages[0] == "network: step 1 of 12"
    assert re.fullmatch(r"network: step 2 of 12, loss \d\.\d{3}", messages[1])
