"""Fine-tuning as a sequence of states, and what it does to a network."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transfer_network import NoEncoder, TwoEncoders

from StrokeSegLogic.base.errors import InputError, StrokeSegError
from StrokeSegLogic.base.settings import from_mapping
from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import InflatedFusionSpec, NetworkSpec, SlowFusionSpec, UNet2DSpec
from StrokeSegLogic.training.transfer import SCHEMES, TransferSpec, TransferState, after_epoch, apply

losses = st.lists(st.floats(-10, 10), max_size=60)
specs = st.builds(
    TransferSpec,
    scheme=st.sampled_from(sorted(SCHEMES)),
    patience=st.integers(1, 6),
    min_delta=st.sampled_from([0.0, 1e-5, 0.5]),
    longest=st.sampled_from([0, 1, 4]),
)
every_scheme = pytest.mark.parametrize("scheme", sorted(SCHEMES))
freezing = pytest.mark.parametrize("scheme", ["frozen", "frozen_then_all", "gradual"])


def course(spec: TransferSpec, values: list[float]) -> list[TransferState]:
    """States from the start until training is over or the losses are."""
    states = [TransferState()]
    for value in values:
        if states[-1].finished:
            break
        states.append(after_epoch(spec, states[-1], value))
    return states


@given(specs, losses)
def test_steps_follow_one_another_and_more_and_more_learns(spec: TransferSpec, values: list[float]) -> None:
    states = course(spec, values)
    for before, after in itertools.pairwise(states):
        assert after.epochs == before.epochs + 1
        assert after.step == before.step + after.stepped
        assert after.step < spec.steps
        for units in (0, 1, 4, 13):
            assert spec.learning(before, units) <= spec.learning(after, units) <= units
        assert not (after.stepped and after.finished)
        assert not after.finished or after.step == spec.steps - 1


@given(specs, losses)
def test_the_best_loss_is_the_lowest_but_for_the_margin_and_stands_at_its_epoch(
    spec: TransferSpec, values: list[float]
) -> None:
    states = course(spec, values)
    seen = values[: states[-1].epochs]
    for state in states[1:]:
        assert state.best_loss == seen[state.best_epoch - 1]
        assert state.best_loss <= min(seen[: state.epochs]) + spec.min_delta
        assert state.improved == (state.best_epoch == state.epochs)


@given(specs, losses)
def test_a_step_ends_exactly_when_patience_or_its_length_is_spent(spec: TransferSpec, values: list[float]) -> None:
    states = course(spec, values)
    began, better = 0, 0
    for state in states[1:]:
        better = state.epochs if state.improved else better
        spent = state.epochs - max(better, began) >= spec.patience
        too_long = spec.longest > 0 and state.epochs - began >= spec.longest
        assert (state.stepped or state.finished) == (spent or too_long)
        began = state.epochs if state.stepped else began


@given(specs, losses)
def test_a_state_survives_a_checkpoint_and_goes_on_alike(spec: TransferSpec, values: list[float]) -> None:
    half = course(spec, values[: len(values) // 2])
    again = TransferState.from_dict(json.loads(json.dumps(half[-1].to_dict(), allow_nan=False)))
    assert again == half[-1]
    rest = values[len(values) // 2 :]
    for value in rest:
        if again.finished:
            break
        again = after_epoch(spec, again, value)
    assert again == course(spec, values)[-1]


@every_scheme
def test_without_improvement_every_step_takes_its_patience_and_then_training_stops(scheme: str) -> None:
    spec = TransferSpec(scheme, patience=25)
    states = course(spec, [1.0] * 1000)
    # The very first epoch is better than nothing.
    assert states[-1].finished
    assert states[-1].epochs == 1 + 25 * spec.steps
    assert [state.epochs for state in states if state.stepped] == [1 + 25 * n for n in range(1, spec.steps)]
    assert states[-1].best_epoch == 1


def test_gradual_fine_tuning_is_the_papers_three_steps() -> None:
    spec = TransferSpec("gradual", patience=25)
    falling = [1.0 - 0.01 * n for n in range(10)]
    states = course(spec, falling + [1.0] * 25 + [0.5] + [0.6] * 25 + [0.7] * 25)
    assert [spec.learning(state, 13) for state in states if state.stepped] == [7, 13]
    assert [state.epochs for state in states if state.stepped] == [35, 61]
    assert states[-1].finished
    assert states[-1].epochs == 86
    assert states[-1].best_epoch == 36


def test_the_limit_of_a_step_ends_it_though_the_loss_falls() -> None:
    states = course(TransferSpec("frozen_then_all", longest=3), [10.0 - n for n in range(10)])
    assert [state.epochs for state in states if state.stepped] == [3]
    assert states[-1].finished
    assert states[-1].epochs == 6


def test_whole_fine_tuning_after_a_frozen_step_is_slower_unless_the_recipe_says_otherwise() -> None:
    first, second = TransferState(), TransferState(step=1)
    spec = TransferSpec("frozen_then_all")
    assert (spec.factor(first), spec.factor(second)) == (1.0, 0.1)
    assert TransferSpec("gradual").factor(second) == 1.0
    assert TransferSpec("frozen_then_all", factors=(1.0, 0.5)).factor(second) == 0.5


def test_only_scratch_begins_without_pretrained_weights() -> None:
    assert [name for name in SCHEMES if not TransferSpec(name).pretrained] == ["scratch"]


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), -float("inf")])
def test_a_validation_loss_that_is_no_number_stops_and_names_the_epoch(loss: float) -> None:
    state = after_epoch(TransferSpec(), TransferState(), 1.0)
    with pytest.raises(StrokeSegError, match="after epoch 2"):
        after_epoch(TransferSpec(), state, loss)


def test_nothing_follows_the_end() -> None:
    with pytest.raises(ValueError, match="over"):
        after_epoch(TransferSpec(), TransferState(finished=True), 1.0)


def test_a_damaged_checkpoint_is_refused_with_the_key() -> None:
    with pytest.raises(InputError, match="'epochs'"):
        TransferState.from_dict({"epochs": "many"})
    with pytest.raises(InputError, match="unknown key 'stage'"):
        TransferState.from_dict({"stage": 1})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"scheme": "thawed"}, "scheme 'thawed' is not one of scratch, unfrozen"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"scheme": "gradual", "factors": [1.0, 0.1]}, "3 positive numbers"),
        ({"scheme": "frozen_then_all", "factors": [1.0, 0.0]}, "2 positive numbers"),
        ({"min_delta": float("nan")}, "'min_delta' is nan"),
    ],
)
def test_settings_that_make_no_scheme_are_refused(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_mapping(TransferSpec, values, Path("recipe.toml"))


def train(network: TwoEncoders, optimiser: torch.optim.Optimizer, steps: int = 3) -> None:
    for seed in range(steps):
        images = torch.randn(2, 2, 8, 8, generator=torch.Generator().manual_seed(seed))
        optimiser.zero_grad(set_to_none=True)
        network(images).square().mean().backward()
        optimiser.step()


def contents(module: torch.nn.Module) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in module.state_dict().items()}


@pytest.mark.parametrize("step", [0, 1, 2])
def test_what_is_frozen_does_not_change_by_a_bit_and_all_else_learns(step: int) -> None:
    network = TwoEncoders()
    spec, state = TransferSpec("gradual"), TransferState(step=step)
    # The optimiser knows every parameter and would decay the frozen if they had gradients.
    optimiser = torch.optim.AdamW(network.parameters(), 1e-2, weight_decay=0.1)
    before = [[contents(unit) for unit in depth] for depth in network.units()]
    decoder = contents(network.decoder)
    apply(spec, state, network)
    train(network, optimiser)
    frozen = {0: 5, 1: 2, 2: 0}[step]
    for number, depth in enumerate(network.units()):
        for unit, old in zip(depth, before[number], strict=True):
            changed = {name for name, value in contents(unit).items() if value != old[name]}
            # A bias before a batch norm has no effect, so its tiny gradient may round to none.
            assert changed == set() if number < frozen else changed >= {"0.weight", "1.weight", "1.running_mean"}
            assert unit[3].training is (number >= frozen)
    assert contents(network.decoder)["0.weight"] != decoder["0.weight"]
    assert contents(network.decoder)["1.running_var"] != decoder["1.running_var"]


def test_units_that_have_learnt_stay_still_once_frozen_again() -> None:
    network = TwoEncoders()
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    apply(TransferSpec("unfrozen"), TransferState(), network)
    train(network, optimiser)
    apply(TransferSpec("frozen"), TransferState(), network)
    before = contents(network.first)
    train(network, optimiser)
    assert contents(network.first) == before


def test_train_mode_alone_would_have_moved_the_statistics() -> None:
    network = TwoEncoders()
    apply(TransferSpec("frozen"), TransferState(), network)
    before = contents(network.first)
    network.train()
    network(torch.randn(2, 2, 8, 8))
    assert contents(network.first) != before


@pytest.mark.parametrize(
    "spec",
    [
        UNet2DSpec("resnet18", 4, 2, (8, 8, 8, 8, 8)),
        UNet2DSpec("mobilenet_v2", 4, 2, (8, 8, 8, 8, 8)),
        SlowFusionSpec(4, 3, 4, width=1 / 16),
        InflatedFusionSpec(4, 3, 4, width=1 / 16),
    ],
    ids=lambda spec: getattr(spec, "encoder", None) or spec.kind,
)
def test_encoders_of_the_papers_networks_stay_frozen_and_are_freed_from_the_deepest(spec: NetworkSpec) -> None:
    network = build(spec)
    images = torch.randn(2, 4, 64, 64, generator=torch.Generator().manual_seed(0))
    units = len(network.units())
    for step, frozen in enumerate((units, units // 2, 0)):
        optimiser = torch.optim.Adam(network.parameters(), 1e-3)
        before = [[contents(unit) for unit in depth] for depth in network.units()]
        apply(TransferSpec("gradual"), TransferState(step=step), network)
        network(images).square().mean().backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        for number, depth in enumerate(network.units()):
            moved = [contents(unit) != old for unit, old in zip(depth, before[number], strict=True)]
            assert moved == [number >= frozen] * len(depth)


@freezing
def test_a_network_without_encoder_cannot_be_frozen(scheme: str) -> None:
    with pytest.raises(InputError, match=f"no encoder that '{scheme}' could freeze"):
        apply(TransferSpec(scheme), TransferState(), NoEncoder())


def test_a_network_without_encoder_learns_from_scratch() -> None:
    network = NoEncoder().eval()
    apply(TransferSpec("scratch"), TransferState(), network)
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
