"""What the terminal says of a result."""

from __future__ import annotations

from pathlib import Path

from ..case import Case
from ..perfusion.mismatch import DelayVolume
from ..perfusion.result import PerfusionSegmentation, Route
from ..segmentation import Segmentation
from .console import console


def describe(result: Segmentation | PerfusionSegmentation, output: Path, case: Case | None = None) -> None:
    """Prints what a user wants to know first.

    Args:
        result: of the case.
        output: folder that its files are in.
        case: as it was read, where the result is anonymous: the terminal is the user's own.
    """
    case = case or result.case
    for one in case.series.values():
        console.print(f"  {one.role.value:<6}{one.source}  ({one.reason})", soft_wrap=True)
    for note in (*case.notes, *result.warnings):
        console.print(f"  note: {note}", soft_wrap=True)
    if isinstance(result, PerfusionSegmentation):
        _perfusion(result)
    else:
        _lesion(result)
    console.print(f"Results in {output}: open scene.mrb in 3D Slicer, report.html in a browser", soft_wrap=True)
    model = result.provenance["model"]
    if model.get("trained_on"):
        console.print(f"Model {model['name']} {model['version']}, trained on {model['trained_on']}", soft_wrap=True)
    console.print("Research use only: not a medical device")


def _lesion(result: Segmentation) -> None:
    statistics = result.statistics
    count = len(statistics.lesions)
    console.print(f"Lesion volume {statistics.volume_ml:.1f} ml in {count} part{'' if count == 1 else 's'}")
    for plane in statistics.planes:
        console.print(f"  {plane.plane:<9}{plane.volume_ml:7.1f} ml, Dice with the vote {plane.dice_with_vote:.2f}")


def _perfusion(result: PerfusionSegmentation) -> None:
    for route in result.routes:
        mark = "  <- the result" if route.name == result.chosen else ""
        console.print(f"  {route.name:<12}{_volumes(route)}{mark}", soft_wrap=True)
    numbers = result.numbers
    if numbers is not None:
        late = ", ".join(_delay(one) for one in numbers.delays)
        console.print(f"Tmax: {late}", soft_wrap=True)
        console.print(
            f"Mismatch {numbers.mismatch_ml:.0f} ml, ratio {numbers.mismatch_ratio_words}; "
            f"hypoperfused side: {numbers.side or 'none'}",
            soft_wrap=True,
        )
    for one in result.criteria:
        doubt = ", but this flips within the measurement's uncertainty" if one.flips else ""
        console.print(f"{one.trial}: {one.verdict}{doubt}", soft_wrap=True)


def _delay(one: DelayVolume) -> str:
    return f"{'not told' if one.ml is None else f'{one.ml:.0f} ml'} > {one.tmax_s:g} s"


def _volumes(route: Route) -> str:
    penumbra = "(knows no penumbra)" if route.penumbra_ml is None else f"penumbra {route.penumbra_ml:6.1f} ml"
    return f"core {route.core_ml:6.1f} ml, {penumbra}"
