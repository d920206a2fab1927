"""What a user may choose by name. Each list stands here alone: command line, panel, jobs and engines read it."""

from __future__ import annotations

from typing import Literal, TypeVar, get_args

from .errors import InputError

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
VoteName = Literal["majority", "weighted", "mean"]
RouteName = Literal["thresholds", "slow-fusion", "unet3d"]
ExtraName = Literal["probability", "agreement", "maps", "report"]

DEVICES: tuple[DeviceName, ...] = get_args(DeviceName)
VOTES: tuple[VoteName, ...] = get_args(VoteName)
"""How the three planes of an MRI model decide."""
ROUTES: tuple[RouteName, ...] = get_args(RouteName)
"""Ways to core and penumbra, in the order in which one of them becomes the result."""
EXTRAS: tuple[ExtraName, ...] = get_args(ExtraName)
"""What a worker hands over beside the labels."""

T = TypeVar("T", bound=str)


def one_of(value: object, choices: tuple[T, ...], what: str) -> T:
    """The choice that a value names.

    Args:
        value: from a user or a file.
        choices: one of the lists above.
        what: the setting is called: "vote", "device".

    Raises:
        InputError: if there is no such choice.
    """
    for choice in choices:
        if choice == value:
            return choice
    raise InputError(f"{value!r} is no {what}", option=what, fix=f"Use one of {', '.join(choices)}")
